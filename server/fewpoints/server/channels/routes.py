# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Channels over HTTP: what the viewer can show of points beside their colours."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.channels import service
from fewpoints.server.channels.queries import read_numbered
from fewpoints.server.channels.schemas import ChannelName, ChannelRead
from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, LabellersDep, StorageDep
from fewpoints.server.errors import NotFound, NotSignedIn, problem
from fewpoints.server.files import ASK_AGAIN, BINARY_ANSWER, file_answer, knows
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import PathId
from fewpoints.server.scans.service import ScanNotReady, ready_scan

router = APIRouter(tags=["channels"], responses=problem(NotSignedIn))


@router.get("/scans/{scan_id}/channels", responses=problem(NotFound, ScanNotReady))
def list_channels(
    _: CurrentUser, scan_id: PathId, database: DatabaseDep, storage: StorageDep
) -> list[ChannelRead]:
    """Every channel, with the reason where it cannot be seen."""
    with database.read() as session:
        facts = service.Facts.of(session, scan_id)
    return [service.describe(storage, facts, name) for name in get_args(ChannelName)]


@router.get(
    "/scans/{scan_id}/channels/{name}",
    responses={**BINARY_ANSWER, **problem(NotFound, ScanNotReady, service.NoChannel)},
    response_class=Response,
)
def read_channel(
    _: CurrentUser,
    scan_id: PathId,
    name: ChannelName,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
) -> Response:
    """Four bytes for every record of the tiles; ranges are served."""
    with database.read() as session:
        facts = service.Facts.of(session, scan_id)
    try:
        path, version = service.made(storage, facts, name)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return file_answer(request, path, version=version)


@router.post(
    "/scans/{scan_id}/channels/{name}",
    status_code=202,
    responses=problem(NotFound, ScanNotReady, service.NothingToMake),
)
def make_channel(
    user: CurrentUser,
    scan_id: PathId,
    name: ChannelName,
    database: DatabaseDep,
    storage: StorageDep,
) -> JobRead:
    """Have a channel made that is missing."""
    with database.write() as session:
        return read_job(service.queue_channel(session, storage, scan_id, name, user.id))


@router.get(
    "/scans/{scan_id}/objects.bin",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady),
    },
    response_class=Response,
)
def read_objects(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    labellers: LabellersDep,
) -> Response:
    """Instance (two bytes, 0 for none), class and confidence of every record of the tiles."""
    with database.read() as session:
        numbered = read_numbered(session, ready_scan(session, scan_id))
    etag = f'"{numbered.version}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    content = labellers.objects(numbered.labelled, numbered.instances)
    return Response(content, media_type="application/octet-stream", headers=headers)
