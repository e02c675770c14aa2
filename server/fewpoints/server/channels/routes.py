# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Channels over HTTP: what the viewer can show of points beside their colours."""

from __future__ import annotations

from typing import get_args

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.channels import service
from fewpoints.server.channels.queries import read_numbered
from fewpoints.server.channels.schemas import ChannelName, ChannelRead
from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, LabellersDep, StorageDep
from fewpoints.server.errors import Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_ANSWER, OtherVersion, file_answer, made_answer
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import PathId
from fewpoints.server.records import RecordCounts, RecordRangesOrAll, count_objects
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
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, ScanNotReady, service.NoChannel, Invalid, OtherVersion),
    },
    response_class=Response,
)
def read_channel(
    _: CurrentUser,
    scan_id: PathId,
    name: ChannelName,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """Four bytes each of records of the tiles; byte ranges are served, too."""
    with database.read() as session:
        facts = service.Facts.of(session, scan_id)
    try:
        path, version = service.made(storage, facts, name)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return file_answer(request, path, version=version, ranges=ranges, item_bytes=4)


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
        **problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady, Invalid, OtherVersion),
    },
    response_class=Response,
)
def read_objects(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    labellers: LabellersDep,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """Instance (two bytes, 0 for none), class and confidence of records of the tiles.

    The `ETag` is the same exactly where the objects of the whole scan are.
    """
    with database.read() as session:
        numbered = read_numbered(session, ready_scan(session, scan_id))
    return made_answer(
        request,
        lambda: labellers.objects(numbered.labelled, numbered.instances, numbered.version),
        version=numbered.version,
        ranges=ranges,
        item_bytes=4,
    )


@router.get(
    "/scans/{scan_id}/objects/counts",
    responses=problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady),
)
def read_object_counts(
    _: CurrentUser, scan_id: PathId, database: DatabaseDep, labellers: LabellersDep
) -> RecordCounts:
    """How many points each object has."""
    with database.read() as session:
        numbered = read_numbered(session, ready_scan(session, scan_id))
    content = labellers.objects(numbered.labelled, numbered.instances, numbered.version)
    return count_objects(np.frombuffer(content, np.uint8).reshape(-1, 4))
