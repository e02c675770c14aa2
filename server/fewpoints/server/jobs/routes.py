# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs: look, read the log, cancel."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.jobs import service
from fewpoints.server.jobs.schemas import JobRead, JobState, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.schemas import MAX_ID, Page

MAX_LOG_BYTES = 256 * 1024
router = APIRouter(tags=["jobs"], responses=problem(NotSignedIn))


@router.get("/jobs")
def list_jobs(
    _: CurrentUser,
    database: DatabaseDep,
    project_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    state: JobState | None = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[JobRead]:
    """Jobs, newest first."""
    with database.read() as session:
        jobs, total = service.list_jobs(
            session, project_id=project_id, state=state, offset=offset, limit=limit
        )
        return Page(items=[read_job(job) for job in jobs], total=total)


@router.get("/jobs/{job_id}", responses=problem(NotFound))
def read_one(_: CurrentUser, job_id: PathId, database: DatabaseDep) -> JobRead:
    """One job."""
    with database.read() as session:
        return read_job(service.get_job(session, job_id))


@router.get(
    "/jobs/{job_id}/log",
    response_class=PlainTextResponse,
    responses=problem(Forbidden, NotFound),
)
def read_log(
    _: Lead, job_id: PathId, database: DatabaseDep, storage: StorageDep
) -> PlainTextResponse:
    """What the job's worker printed: the last 256 KiB."""
    with database.read() as session:
        service.get_job(session, job_id)
    try:
        with storage.job_log(job_id).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MAX_LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    return PlainTextResponse(text)


@router.post("/jobs/{job_id}/cancel", responses=problem(Forbidden, NotFound))
def cancel(_: Lead, job_id: PathId, database: DatabaseDep) -> JobRead:
    """Cancel a job. A running one ends within seconds; a finished one stays as it is."""
    with database.write() as session:
        job = service.get_job(session, job_id)
        service.request_cancel(session, job)
        session.flush()
        return read_job(job)
