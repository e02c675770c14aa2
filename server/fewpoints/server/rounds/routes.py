# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Choosing points, listing queries, reserving them."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from fewpoints.server.db.engine import Database
from fewpoints.server.dense.queries import SuperpointsMissing
from fewpoints.server.dependencies import (
    CurrentUser,
    DatabaseDep,
    LabellersDep,
    Lead,
    SettingsDep,
    StorageDep,
)
from fewpoints.server.errors import Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import PathId
from fewpoints.server.rounds import queries, service
from fewpoints.server.rounds.next_point import NothingToAsk, add_next_point
from fewpoints.server.rounds.schemas import QueryRead, RoundCreate
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ScanNotReady

router = APIRouter(tags=["rounds"], responses=problem(NotSignedIn))


@router.post(
    "/scans/{scan_id}/rounds",
    status_code=202,
    responses=problem(Forbidden, NotFound, ScanNotReady),
)
def start_round(user: Lead, scan_id: PathId, body: RoundCreate, database: DatabaseDep) -> JobRead:
    """Queue the choice of further points; none that was asked about or answered comes again."""
    with database.write() as session:
        return read_job(service.start_round(session, scan_id, body, user.id))


@router.get("/scans/{scan_id}/queries", responses=problem(NotFound))
def list_queries(user: CurrentUser, scan_id: PathId, database: DatabaseDep) -> list[QueryRead]:
    """All queries of a scan in the order of asking."""
    with database.read() as session:
        get_scan(session, scan_id)
        return queries.list_queries(session, scan_id, user_id=user.id)


@router.post(
    "/scans/{scan_id}/next-point",
    status_code=201,
    responses=problem(NotFound, ScanNotReady, SuperpointsMissing, NothingToAsk),
)
def ask_next_point(
    user: CurrentUser,
    scan_id: PathId,
    database: DatabaseDep,
    labellers: LabellersDep,
    storage: StorageDep,
    settings: SettingsDep,
) -> QueryRead:
    """Add one query, chosen from the answers as they are now, and reserve it for two minutes."""
    return add_next_point(database, labellers, storage, scan_id, user, lease_s=settings.lease_s)


@router.post("/queries/{query_id}/lease", responses=problem(NotFound, service.LeasedElsewhere))
async def lease(
    user: CurrentUser, query_id: PathId, database: DatabaseDep, settings: SettingsDep
) -> QueryRead:
    """Reserve a query for two minutes; an answer releases it."""
    work = partial(service.lease, query_id=query_id, user=user, seconds=settings.lease_s)
    await asyncio.wrap_future(database.group.submit(work))
    return await run_in_threadpool(_read_query, database, query_id, user.id)


def _read_query(database: Database, query_id: int, user_id: int) -> QueryRead:
    with database.read() as session:
        return queries.read_query(session, query_id, user_id=user_id)
