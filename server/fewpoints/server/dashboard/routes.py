# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project's figures over HTTP. An answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.dashboard import queries, service
from fewpoints.server.dashboard.activity import read_activity
from fewpoints.server.dashboard.buckets import UTC_NAME, known_zone
from fewpoints.server.dashboard.coverage import read_coverage, read_curve
from fewpoints.server.dashboard.reply_log import ReplyLog
from fewpoints.server.dashboard.schemas import (
    ActivityRead,
    ClassBalanceRead,
    CoverageRead,
    CurveRead,
    ScanStates,
    VersionsRead,
)
from fewpoints.server.dashboard.versions import read_versions
from fewpoints.server.db.types import utc_now
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, FiguresDep
from fewpoints.server.errors import NotFound, NotSignedIn, problem
from fewpoints.server.files import ASK_AGAIN, knows
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.tables import Scan


async def get_reply_log(request: Request) -> ReplyLog:
    """What people did, as this server remembers it."""
    log: ReplyLog = request.app.state.reply_log
    return log


ReplyLogDep = Annotated[ReplyLog, Depends(get_reply_log)]
router = APIRouter(
    tags=["dashboard"],
    responses={
        304: {"description": "As the client has it, by If-None-Match."},
        **problem(NotSignedIn, NotFound),
    },
)
TimeZone = Annotated[
    str, Query(max_length=64, description="An IANA name, such as Europe/Berlin; UTC if unknown.")
]
Days = Annotated[int, Query(ge=1, le=3650, description="How far back, today included.")]
Scans = Annotated[int, Query(ge=1, le=200, description="How many scans are listed.")]
People = Annotated[int, Query(ge=1, le=200, description="How many people are listed.")]


@router.get("/projects/{project_id}/dashboard/scans", response_model=ScanStates)
def read_scan_states(
    _: CurrentUser, project_id: PathId, request: Request, database: DatabaseDep
) -> Response:
    """How many scans are in which state."""
    with database.read() as session:
        get_project(session, project_id)
        return _answer(request, queries.scan_states(session, project_id))


@router.get("/projects/{project_id}/dashboard/activity", response_model=ActivityRead)
def read_project_activity(
    _: CurrentUser,
    project_id: PathId,
    request: Request,
    database: DatabaseDep,
    log: ReplyLogDep,
    time_zone: TimeZone = UTC_NAME,
    days: Days = 7,
    limit: People = 20,
) -> Response:
    """Replies by person over time, and how long they take."""
    name, zone = known_zone(time_zone)
    with database.read() as session:
        get_project(session, project_id)
        found = read_activity(
            session,
            log.read(session, project_id),
            now=utc_now(),
            zone=zone,
            name=name,
            days=days,
            limit=limit,
        )
    return _answer(request, found)


@router.get("/projects/{project_id}/dashboard/classes", response_model=ClassBalanceRead)
def read_class_balance(
    _: CurrentUser, project_id: PathId, request: Request, database: DatabaseDep
) -> Response:
    """How often each class was answered."""
    with database.read() as session:
        get_project(session, project_id)
        etag = _tag(queries.class_version(session, project_id))
        if knows(request, etag):  # Counting takes a second where answers are many.
            return _unchanged(etag)
        return _answer(request, service.class_balance(session, project_id), etag)


@router.get("/projects/{project_id}/dashboard/coverage", response_model=CoverageRead)
def read_project_coverage(
    _: CurrentUser,
    project_id: PathId,
    request: Request,
    database: DatabaseDep,
    figures: FiguresDep,
    offset: Offset = 0,
    limit: Scans = 50,
) -> Response:
    """How far answers reach, and where more are worth it.

    While `waiting` is not 0, ask again: each request works on for a moment.
    """
    with database.read() as session:
        get_project(session, project_id)
    figures.advance(database, Scan.project_id == project_id)
    with database.read() as session:
        return _answer(request, read_coverage(session, project_id, offset=offset, limit=limit))


@router.get("/projects/{project_id}/dashboard/versions", response_model=VersionsRead)
def read_project_versions(
    _: CurrentUser, project_id: PathId, request: Request, database: DatabaseDep, limit: Limit = 200
) -> Response:
    """The newest checkpoints by answers, with what was measured of each."""
    with database.read() as session:
        get_project(session, project_id)
        return _answer(request, read_versions(session, project_id, limit=limit))


@router.get("/scans/{scan_id}/learning-curve", response_model=CurveRead)
def read_learning_curve(
    _: CurrentUser, scan_id: PathId, request: Request, database: DatabaseDep, figures: FiguresDep
) -> Response:
    """How good a scan's labels are by the number of answers, and whether to go on.

    While it is not `current`, ask again: each request works on for a moment.
    """
    with database.read() as session:
        get_scan(session, scan_id)
    figures.advance(database, Scan.id == scan_id)
    with database.read() as session:
        return _answer(request, read_curve(session, scan_id))


def _answer(request: Request, found: BaseModel, etag: str | None = None) -> Response:
    content = found.model_dump_json()
    etag = _tag(content) if etag is None else etag
    if knows(request, etag):
        return _unchanged(etag)
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    return Response(content, media_type="application/json", headers=headers)


def _unchanged(etag: str) -> Response:
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": ASK_AGAIN})


def _tag(content: str) -> str:
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
