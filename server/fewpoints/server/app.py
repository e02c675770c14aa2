# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The application: routes, errors, guards and what lives as long as the server."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from fewpoints.server import web
from fewpoints.server.answers import routes as answers
from fewpoints.server.channels import routes as channels
from fewpoints.server.comparisons import routes as comparisons
from fewpoints.server.comparisons.service import Comparisons
from fewpoints.server.coverage import routes as coverage
from fewpoints.server.coverage.keeper import FiguresKeeper
from fewpoints.server.dashboard import routes as dashboard
from fewpoints.server.dashboard.reply_log import ReplyLog
from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.dense import routes as dense
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dependencies import CurrentUser
from fewpoints.server.error_handlers import install_error_handlers
from fewpoints.server.errors import ErrorBody
from fewpoints.server.events import routes as events
from fewpoints.server.events.hub import EventHub
from fewpoints.server.exports import routes as exports
from fewpoints.server.file_labels import routes as file_labels
from fewpoints.server.home_lock import HomeLock
from fewpoints.server.jobs import routes as jobs
from fewpoints.server.jobs.executors.local import LocalExecutor
from fewpoints.server.project_archives import routes as project_archives
from fewpoints.server.projects import routes as projects
from fewpoints.server.reviews import routes as reviews
from fewpoints.server.rounds import routes as rounds
from fewpoints.server.scan_list import routes as scan_list
from fewpoints.server.scans import routes as scans
from fewpoints.server.security import Guard
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from fewpoints.server.training import routes as training
from fewpoints.server.uploads import routes as uploads
from fewpoints.server.uploads.service import Writers
from fewpoints.server.uploads.sweeper import Sweeper
from fewpoints.server.users import routes as users
from fewpoints.server.users.authentication import Authenticator

API_PREFIX = "/api/v1"
# Routes are tried in this order; answering is the hot path, so its routes come first.
ROUTERS = (
    answers.router,
    rounds.router,
    users.router,
    projects.router,
    scan_list.router,
    scans.router,
    uploads.router,
    dense.router,
    channels.router,
    coverage.router,
    dashboard.router,
    reviews.router,
    training.router,
    comparisons.router,
    exports.router,
    project_archives.router,
    file_labels.router,
    jobs.router,
    events.router,
)


class Health(BaseModel):
    """The server answers."""

    status: str
    version: str


def version() -> str:
    """Return the installed version of fewpoints."""
    return importlib.metadata.version("fewpoints")


def operation_id(route: APIRoute) -> str:
    """Name an operation after its area and function: stable, and readable in generated clients."""
    area = str(route.tags[0]) if route.tags else "server"
    return f"{area}_{route.name}"


def create_app(settings: Settings) -> FastAPI:
    """Return the application. The database is opened and workers start when it is served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if not app.state.started:
            await run_in_threadpool(start, app)
        try:
            yield
        finally:
            await run_in_threadpool(stop, app)

    app = FastAPI(
        title="fewpoints",
        version=version(),
        lifespan=lifespan,
        openapi_url=None,  # Served below, to people who are signed in.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        responses={422: {"model": ErrorBody, "description": "validation: a value is not valid"}},
    )
    app.state.started = False
    app.state.settings = settings
    app.state.storage = Storage(settings)
    app.state.labellers = Labellers(app.state.storage)
    app.state.reply_log = ReplyLog()
    app.state.figures = FiguresKeeper(app.state.labellers)
    app.state.comparisons = Comparisons(app.state.storage)
    app.state.writers = Writers()
    app.state.reviewing = reviews.Reviewing(app.state.storage)
    for router in ROUTERS:
        app.include_router(router, prefix=API_PREFIX)

    @app.get(f"{API_PREFIX}/health", tags=["server"])
    async def health() -> Health:
        """Whether the server answers."""
        return Health(status="ok", version=version())

    @app.get(f"{API_PREFIX}/openapi.json", include_in_schema=False)
    async def openapi(_: CurrentUser) -> JSONResponse:
        return JSONResponse(app.openapi())

    app.include_router(web.router)
    install_error_handlers(app)
    app.add_middleware(Guard, allowed=settings.host_names)
    return app


def start(app: FastAPI) -> None:
    """Open the database and start workers; serving the app does it, if nobody did before.

    Raises:
        HomeInUse, DatabaseFromTheFuture: this server cannot run; nothing was started.
    """
    settings: Settings = app.state.settings
    storage: Storage = app.state.storage
    settings.home.mkdir(parents=True, exist_ok=True)
    app.state.lock = HomeLock(storage.lock_file)
    try:
        storage.prepare()
        database = Database(settings.resolved_database_url)
        app.state.database = database
        upgrade(database.engine)
        app.state.authenticator = Authenticator(database)
        app.state.events = EventHub(database)
        app.state.executor = LocalExecutor(database, storage, settings)
        if settings.run_jobs:
            app.state.executor.start()
        app.state.sweeper = Sweeper(database, storage, app.state.writers)
    except BaseException:
        app.state.lock.release()
        raise
    app.state.started = True


def stop(app: FastAPI) -> None:
    """End streams, workers and the database; does nothing the second time."""
    if not app.state.started:
        return
    app.state.started = False
    app.state.events.close()
    app.state.executor.stop()
    app.state.sweeper.stop()
    app.state.database.close()
    app.state.lock.release()
