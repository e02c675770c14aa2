# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Giving, taking back and listing answers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.annotations.errors import InvalidLabels
from fewpoints.server.answers import queries, service
from fewpoints.server.answers.notes import record_note
from fewpoints.server.answers.redo import redo as give_again
from fewpoints.server.answers.schemas import (
    AnswerCreate,
    AnswerRead,
    AnswersImported,
    NoteCreate,
    NoteRead,
    RedoCreate,
    RedoRead,
    UndoCreate,
    UndoRead,
)
from fewpoints.server.answers.sparse import import_labels
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.parameters import PathId
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ScanNotReady
from fewpoints.server.scans.upload import BrokenOff, TooLarge, received_file
from fewpoints.server.storage import DiskFull, display_name

MAX_CSV_BYTES = 64 * 1024 * 1024
router = APIRouter(tags=["answers"], responses=problem(NotSignedIn, NotFound))


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


@router.get("/scans/{scan_id}/answers")
def list_answers(_: CurrentUser, scan_id: PathId, database: DatabaseDep) -> list[AnswerRead]:
    """The live answers of a scan: the newest of each person at each point."""
    with database.read() as session:
        get_scan(session, scan_id)
        return queries.live_answers(session, scan_id)


@router.post(
    "/scans/{scan_id}/answers/import",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    },
    responses=problem(Forbidden, ScanNotReady, InvalidLabels, TooLarge, DiskFull, BrokenOff),
)
async def import_answers(
    user: Lead,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    name: Annotated[str, Query(max_length=1000)] = "The file",
) -> AnswersImported:
    """Add the answers of a CSV file (columns index, class, …) to those of a scan."""
    shown_name = display_name(name, fallback="The file")
    async with received_file(request, storage, limit=MAX_CSV_BYTES, suffix=".csv") as received:

        def add() -> AnswersImported:
            content = received.path.read_bytes()
            with database.write() as session:
                return import_labels(session, storage, scan_id, user, content, name=shown_name)

        return await run_in_threadpool(add)


@router.post("/scans/{scan_id}/undo", responses=problem(service.ClientIdTaken))
async def undo(
    user: CurrentUser, scan_id: PathId, body: UndoCreate, database: DatabaseDep
) -> UndoRead:
    """Take back the caller's newest answer on a scan; again, the one before."""
    work = partial(service.undo, scan_id=scan_id, user=user, client_id=body.client_id)
    return await asyncio.wrap_future(database.group.submit(work))


@router.post("/scans/{scan_id}/redo", responses=problem(service.ClientIdTaken))
async def redo(
    user: CurrentUser, scan_id: PathId, body: RedoCreate, database: DatabaseDep
) -> RedoRead:
    """Give the answer again that the caller took back last, unless they have answered since."""
    work = partial(give_again, scan_id=scan_id, user=user, client_id=body.client_id)
    return await asyncio.wrap_future(database.group.submit(work))


@router.post(
    "/scans/{scan_id}/notes",
    status_code=201,
    responses=problem(ScanNotReady, service.ClientIdTaken, Invalid),
)
async def create_note(
    user: CurrentUser,
    scan_id: PathId,
    body: NoteCreate,
    database: DatabaseDep,
    storage: StorageDep,
) -> NoteRead:
    """Note something about a point without answering it."""
    work = partial(record_note, storage=storage, scan_id=scan_id, user=user, body=body)
    return await asyncio.wrap_future(database.group.submit(work))
