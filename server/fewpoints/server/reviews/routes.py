# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reviewing answers. Everybody may look; leads give verdicts."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from fewpoints.server.answers.service import ClientIdTaken
from fewpoints.server.db.engine import Database
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.parameters import PathId
from fewpoints.server.reviews import listing, queries, service
from fewpoints.server.reviews.answer_rows import STATES, AnswerRowsCache
from fewpoints.server.reviews.predicted import PredictedPoints
from fewpoints.server.reviews.schemas import (
    MAX_WALK,
    ApproveAll,
    ApprovedAll,
    ReviewCreate,
    ReviewDetail,
    ReviewIds,
    ReviewListing,
    ReviewPage,
    ReviewSummary,
    ReviewUndone,
    ReviewWalk,
    UndoReview,
)
from fewpoints.server.storage import Storage

router = APIRouter(tags=["reviews"], responses=problem(NotSignedIn, NotFound))
AnswerId = Annotated[int, Path(ge=1, lt=2**63)]


class Reviewing:
    """What reading answers for review keeps in memory."""

    def __init__(self, storage: Storage) -> None:
        self.rows = AnswerRowsCache()
        self.predicted = PredictedPoints(storage)


async def get_reviewing(request: Request) -> Reviewing:
    """What this server keeps of the answers of projects."""
    reviewing: Reviewing = request.app.state.reviewing
    return reviewing


ReviewingDep = Annotated[Reviewing, Depends(get_reviewing)]


@router.get("/projects/{project_id}/reviews")
def list_reviews(
    user: CurrentUser,
    project_id: PathId,
    listed: Annotated[ReviewListing, Query()],
    database: DatabaseDep,
    reviewing: ReviewingDep,
) -> ReviewPage:
    """The live answers of a project that meet a filter, with their reviews."""
    with database.read() as session:
        seen = listing.see(session, reviewing.rows, reviewing.predicted, project_id)
        found = listing.ordered(seen, listing.matching(seen, listed), listed.sort)
        page = seen.rows.id[found[listed.offset : listed.offset + listed.limit]].tolist()
        items = queries.read_items(
            session,
            reviewing.predicted,
            page,
            user_id=user.id,
            checkpoint=seen.checkpoint,
        )
        last = int(seen.rows.id.max()) if len(seen.rows) else 0
        return ReviewPage(items=items, total=len(found), last_answer_id=last)


@router.get("/projects/{project_id}/reviews/walk")
def walk_reviews(
    _: CurrentUser,
    project_id: PathId,
    walk: Annotated[ReviewWalk, Query()],
    database: DatabaseDep,
    reviewing: ReviewingDep,
) -> ReviewIds:
    """The ids of the answers that meet a filter, to go through one by one."""
    with database.read() as session:
        seen = listing.see(session, reviewing.rows, reviewing.predicted, project_id)
        found = listing.ordered(seen, listing.matching(seen, walk), walk.sort)
        ids: list[int] = seen.rows.id[found[:MAX_WALK]].tolist()
        return ReviewIds(answer_ids=ids, total=len(found))


@router.get("/projects/{project_id}/reviews/summary")
def summarise_reviews(
    _: CurrentUser, project_id: PathId, database: DatabaseDep, reviewing: ReviewingDep
) -> ReviewSummary:
    """Answers by class, person, kind and review, and how far people agree."""
    with database.read() as session:
        return listing.summary(
            listing.see(session, reviewing.rows, reviewing.predicted, project_id)
        )


@router.post(
    "/projects/{project_id}/reviews/approve", responses=problem(Forbidden, ClientIdTaken, Invalid)
)
def approve_all(
    user: Lead,
    project_id: PathId,
    body: ApproveAll,
    database: DatabaseDep,
    reviewing: ReviewingDep,
) -> ApprovedAll:
    """Approve every unreviewed answer that meets a filter; one undo takes all of it back."""
    with database.write() as session:
        seen = listing.see(session, reviewing.rows, reviewing.predicted, project_id)
        rows = seen.rows
        keep = listing.matching(seen, body)
        keep &= (rows.state == STATES.index("unreviewed")) & (rows.id <= body.up_to_answer_id)
        kept = np.flatnonzero(keep)
        pairs = list(zip(rows.id[kept].tolist(), rows.scan_id[kept].tolist(), strict=True))
        return ApprovedAll(approved=service.approve_all(session, pairs, user, body.client_id))


@router.post("/projects/{project_id}/reviews/undo", responses=problem(Forbidden, ClientIdTaken))
async def undo_review(
    user: Lead, project_id: PathId, body: UndoReview, database: DatabaseDep
) -> ReviewUndone:
    """Take back the caller's newest verdict in a project; again, the one before."""
    work = partial(service.undo, project_id=project_id, user=user, client_id=body.client_id)
    return await asyncio.wrap_future(database.group.submit(work))


@router.get("/answers/{answer_id}/review")
def read_review(
    user: CurrentUser, answer_id: AnswerId, database: DatabaseDep, reviewing: ReviewingDep
) -> ReviewDetail:
    """One answer with its review, predictions, view, and what others answered at its point."""
    return _detail(database, reviewing, answer_id, user.id)


@router.post(
    "/answers/{answer_id}/reviews",
    status_code=201,
    responses=problem(Forbidden, service.AnswerReplaced, ClientIdTaken, Invalid),
)
async def create_review(
    user: Lead,
    answer_id: AnswerId,
    body: ReviewCreate,
    database: DatabaseDep,
    storage: StorageDep,
    reviewing: ReviewingDep,
) -> ReviewDetail:
    """Approve an answer, send it back to its author, or correct it. Stored once per client_id."""
    work = partial(
        service.review_answer, storage=storage, answer_id=answer_id, user=user, body=body
    )
    await asyncio.wrap_future(database.group.submit(work))
    return await run_in_threadpool(_detail, database, reviewing, answer_id, user.id)


def _detail(database: Database, reviewing: Reviewing, answer_id: int, user_id: int) -> ReviewDetail:
    with database.read() as session:
        return queries.read_detail(session, reviewing.predicted, answer_id, user_id=user_id)
