# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scan next, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fewpoints.server.coverage import service
from fewpoints.server.coverage.schemas import NextScanRead
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, LabellersDep
from fewpoints.server.errors import NotFound, NotSignedIn, problem
from fewpoints.server.parameters import PathId
from fewpoints.server.schemas import MAX_ID

router = APIRouter(tags=["coverage"], responses=problem(NotSignedIn))
Without = Annotated[
    int | None, Query(ge=1, le=MAX_ID, description="A scan to leave out: the one just labelled.")
]
Few = Annotated[int, Query(ge=1, le=20, description="How many scans.")]


@router.get("/projects/{project_id}/next-scan", responses=problem(NotFound))
def list_next_scans(
    user: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    labellers: LabellersDep,
    without: Without = None,
    limit: Few = 1,
) -> list[NextScanRead]:
    """The scans of a project worth going on with, the best first; empty if there is no other."""
    return service.next_scans(
        database, labellers, project_id, user_id=user.id, without=without, limit=limit
    )
