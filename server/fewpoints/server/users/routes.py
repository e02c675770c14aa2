# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, and inviting."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, SettingsDep
from fewpoints.server.errors import Forbidden, NotSignedIn, problem
from fewpoints.server.parameters import Limit, Offset
from fewpoints.server.schemas import Page
from fewpoints.server.users import service
from fewpoints.server.users.authentication import COOKIE, credential_of
from fewpoints.server.users.schemas import (
    InvitationCreate,
    InvitationRead,
    PersonRead,
    SignIn,
    UserRead,
)

router = APIRouter(tags=["users"])


@router.post("/session", responses=problem(service.TokenSpent))
def sign_in(
    body: SignIn, response: Response, database: DatabaseDep, settings: SettingsDep
) -> UserRead:
    """Exchange the one-time token of a sign-in link for a cookie."""
    valid_for = timedelta(days=settings.session_days)
    with database.write() as session:
        user, secret = service.redeem(session, body.token, valid_for=valid_for)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(valid_for.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=settings.secure_cookies,
        path="/",
    )
    return UserRead.model_validate(user, from_attributes=True)


@router.get("/session", responses=problem(NotSignedIn))
async def read_session(user: CurrentUser) -> UserRead:
    """Who is signed in."""
    return UserRead.model_validate(user, from_attributes=True)


@router.delete("/session", status_code=204, responses=problem(NotSignedIn))
def sign_out(_: CurrentUser, request: Request, response: Response, database: DatabaseDep) -> None:
    """End this browser's session. A bearer token stays valid."""
    credential = credential_of(request)
    if credential.kind == "session":
        with database.write() as session:
            service.sign_out(session, credential.token_hash)
        request.app.state.authenticator.forget(credential)
    response.delete_cookie(COOKIE, path="/")


@router.get("/people", responses=problem(NotSignedIn, Forbidden))
def list_people(
    _: Lead, database: DatabaseDep, offset: Offset = 0, limit: Limit = 100
) -> Page[PersonRead]:
    """Everybody who was ever invited, oldest first."""
    with database.read() as session:
        items, total = service.list_people(session, offset, limit)
    return Page(items=items, total=total)


@router.post("/invitations", responses=problem(NotSignedIn, Forbidden, service.RoleMismatch))
def invite(
    _: Lead, body: InvitationCreate, database: DatabaseDep, settings: SettingsDep
) -> InvitationRead:
    """Make a one-time sign-in link for a person."""
    with database.write() as session:
        token = service.invite(
            session,
            body.name,
            body.role,
            valid_for=timedelta(minutes=settings.sign_in_minutes),
        )
    return InvitationRead(name=body.name, sign_in_path=f"/?token={token}")
