# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What routes ask for. None of these holds a transaction while a route waits for its turn."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from fewpoints.server.coverage.keeper import FiguresKeeper
from fewpoints.server.db.engine import Database
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.errors import Forbidden
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from fewpoints.server.uploads.service import Writers
from fewpoints.server.users.authentication import Authenticator, SignedIn, credential_of


async def get_database(request: Request) -> Database:
    """The database of this server."""
    database: Database = request.app.state.database
    return database


async def get_storage(request: Request) -> Storage:
    """The files of this server."""
    storage: Storage = request.app.state.storage
    return storage


async def get_labellers(request: Request) -> Labellers:
    """What makes dense labels on this server."""
    labellers: Labellers = request.app.state.labellers
    return labellers


async def get_figures(request: Request) -> FiguresKeeper:
    """What keeps the figures of scans current on this server."""
    figures: FiguresKeeper = request.app.state.figures
    return figures


async def get_settings(request: Request) -> Settings:
    """The settings of this server."""
    settings: Settings = request.app.state.settings
    return settings


async def get_current_user(request: Request) -> SignedIn:
    """The person who sent the request: by cookie, or by bearer token for scripts."""
    credential = credential_of(request)
    authenticator: Authenticator = request.app.state.authenticator
    user = authenticator.remembered(credential)
    if user is None:
        return await run_in_threadpool(authenticator.authenticate, credential)
    return user


async def get_lead(user: Annotated[SignedIn, Depends(get_current_user)]) -> SignedIn:
    """The person who sent the request, if they may change projects."""
    require_lead(user)
    return user


def require_lead(user: SignedIn) -> None:
    """Raise Forbidden if somebody is no lead."""
    if user.role != "lead":
        raise Forbidden("Only project leads can do this. Ask one of them.")


async def get_writers(request: Request) -> Writers:
    """Who writes to which upload of this server."""
    writers: Writers = request.app.state.writers
    return writers


DatabaseDep = Annotated[Database, Depends(get_database)]
StorageDep = Annotated[Storage, Depends(get_storage)]
LabellersDep = Annotated[Labellers, Depends(get_labellers)]
WritersDep = Annotated[Writers, Depends(get_writers)]
FiguresDep = Annotated[FiguresKeeper, Depends(get_figures)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
CurrentUser = Annotated[SignedIn, Depends(get_current_user)]
Lead = Annotated[SignedIn, Depends(get_lead)]
