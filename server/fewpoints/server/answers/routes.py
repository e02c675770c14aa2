# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Giving, taking back and listing answers."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from fewpoints.server.answers import queries, service
from fewpoints.server.answers.schemas import AnswerCreate, AnswerRead, UndoCreate, UndoRead
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, StorageDep
from fewpoints.server.errors import Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ScanNotReady
from fewpoints.server.schemas import PathId

router = APIRouter(tags=["answers"], responses=problem(NotSignedIn, NotFound))


@router.get("/scans/{scan_id}/answers")
def list_answers(_: CurrentUser, scan_id: PathId, database: DatabaseDep) -> list[AnswerRead]:
    """The live answers of a scan: the newest of each person at each point."""
    with database.read() as session:
        get_scan(session, scan_id)
        return queries.live_answers(session, scan_id)


@router.post(
    "/scans/{scan_id}/answers",
    status_code=201,
    response_model=AnswerRead,
    responses={
        200: {"model": AnswerRead, "description": "The client_id is known: what was stored then."},
        **problem(ScanNotReady, service.ClientIdTaken, Invalid),
    },
)
async def create_answer(
    user: CurrentUser,
    scan_id: PathId,
    body: AnswerCreate,
    database: DatabaseDep,
    storage: StorageDep,
) -> Response:
    """Store an answer. The response means that it is on disk."""
    work = partial(service.record_answer, storage=storage, scan_id=scan_id, user=user, body=body)
    answer, is_new = await asyncio.wrap_future(database.group.submit(work))
    return Response(
        answer.model_dump_json(),
        status_code=201 if is_new else 200,
        media_type="application/json",
    )


@router.post("/scans/{scan_id}/undo", responses=problem(service.ClientIdTaken))
async def undo(
    user: CurrentUser, scan_id: PathId, body: UndoCreate, database: DatabaseDep
) -> UndoRead:
    """Take back the caller's newest answer on a scan; again, the one before."""
    work = partial(service.undo, scan_id=scan_id, user=user, client_id=body.client_id)
    return await asyncio.wrap_future(database.group.submit(work))
