# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project's figures over HTTP. An answer that the client has already is not sent again."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.dashboard import queries, service
from fewpoints.server.dashboard.activity import read_activity
from fewpoints.server.dashboard.buckets import UTC_NAME, known_zone
from fewpoints.server.dashboard.schemas import ActivityRead, ClassBalanceRead, ScanStates
from fewpoints.server.db.types import utc_now
from fewpoints.server.dependencies import CurrentUser, DatabaseDep
from fewpoints.server.errors import NotFound, NotSignedIn, problem
from fewpoints.server.files import ASK_AGAIN, knows
from fewpoints.server.parameters import PathId
from fewpoints.server.projects.queries import get_project

router = APIRouter(
    prefix="/projects/{project_id}/dashboard",
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
People = Annotated[int, Query(ge=1, le=200, description="How many people are listed.")]


@router.get("/scans", response_model=ScanStates)
def read_scan_states(
    _: CurrentUser, project_id: PathId, request: Request, database: DatabaseDep
) -> Response:
    """How many scans are in which state."""
    with database.read() as session:
        get_project(session, project_id)
        return _answer(request, queries.scan_states(session, project_id))


@router.get("/activity", response_model=ActivityRead)
def read_project_activity(
    _: CurrentUser,
    project_id: PathId,
    request: Request,
    database: DatabaseDep,
    time_zone: TimeZone = UTC_NAME,
    days: Days = 7,
    limit: People = 20,
) -> Response:
    """Replies by person over time, and how long they take."""
    name, zone = known_zone(time_zone)
    with database.read() as session:
        get_project(session, project_id)
        found = read_activity(
            session, project_id, now=utc_now(), zone=zone, name=name, days=days, limit=limit
        )
    return _answer(request, found)


@router.get("/classes", response_model=ClassBalanceRead)
def read_class_balance(
    _: CurrentUser, project_id: PathId, request: Request, database: DatabaseDep
) -> Response:
    """How often each class was answered."""
    with database.read() as session:
        return _answer(request, service.class_balance(session, project_id))


def _answer(request: Request, found: BaseModel) -> Response:
    content = found.model_dump_json()
    etag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
