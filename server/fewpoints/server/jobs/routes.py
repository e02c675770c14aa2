# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs: look, read the log, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.jobs import output, service
from fewpoints.server.jobs.schemas import (
    JobGroup,
    JobGroupRead,
    JobKindName,
    JobRead,
    JobsCancelled,
    JobState,
    LossesRead,
    QueuePlace,
    read_job,
)
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.schemas import MAX_ID, Page

MAX_OFFSET = 2**53  # What a browser counts exactly.
router = APIRouter(tags=["jobs"], responses=problem(NotSignedIn))
Active = Annotated[
    bool | None, Query(description="Only queued and running jobs, or only those that are over.")
]


@router.get("/jobs")
def list_jobs(
    _: CurrentUser,
    database: DatabaseDep,
    project_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    scan_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    kind: JobKindName | None = None,
    state: JobState | None = None,
    active: Active = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[JobRead]:
    """Jobs, newest first; active ones by what runs, and what comes next."""
    with database.read() as session:
        jobs, total = service.list_jobs(
            session,
            project_id=project_id,
            scan_id=scan_id,
            kind=kind,
            state=state,
            active=active,
            offset=offset,
            limit=limit,
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
    _: Lead,
    job_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    after: Annotated[int | None, Query(ge=0, le=MAX_OFFSET)] = None,
) -> PlainTextResponse:
    """Whole lines of what the job's worker printed, at most 256 KiB: the last ones, or those from
    the offset `after`. The header `X-Log-Next` has the offset at which to read on.
    """
    with database.read() as session:
        ended = service.get_job(session, job_id).finished_at is not None
    part = output.read_log(storage.job_log(job_id), after=after, ended=ended)
    headers = {"X-Log-Next": str(part.next), "Cache-Control": "private, no-store"}
    return PlainTextResponse(part.text, headers=headers)


@router.get("/jobs/{job_id}/losses", responses=problem(NotFound))
def read_losses(
    _: CurrentUser,
    job_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    points: Annotated[int, Query(ge=2, le=5000)] = 500,
) -> LossesRead:
    """The losses of a training so far, thinned to a curve; none where nothing descends."""
    with database.read() as session:
        service.get_job(session, job_id)
    steps, losses = output.read_losses(storage.job_losses(job_id))
    shown_steps, shown_losses = output.thinned(steps, losses, points)
    return LossesRead(total=len(steps), steps=shown_steps, losses=shown_losses)


@router.get("/jobs/{job_id}/queue", responses=problem(NotFound))
def read_queue_place(_: CurrentUser, job_id: PathId, database: DatabaseDep) -> QueuePlace:
    """How many jobs of whatever project a queued job waits for."""
    with database.read() as session:
        return QueuePlace(ahead=service.jobs_ahead(session, service.get_job(session, job_id)))


@router.post("/jobs/{job_id}/cancel", responses=problem(Forbidden, NotFound))
def cancel(_: Lead, job_id: PathId, database: DatabaseDep) -> JobRead:
    """Cancel a job. A running one ends within seconds; a finished one stays as it is."""
    with database.write() as session:
        job = service.get_job(session, job_id)
        service.request_cancel(session, job)
        session.flush()
        return read_job(job)


@router.get("/projects/{project_id}/job-groups", responses=problem(NotFound))
def list_groups(_: CurrentUser, project_id: PathId, database: DatabaseDep) -> list[JobGroupRead]:
    """What is under way in a project, counted by kind and batch."""
    with database.read() as session:
        get_project(session, project_id)
        return service.list_groups(session, project_id)


@router.post("/projects/{project_id}/job-groups/cancel", responses=problem(Forbidden, NotFound))
def cancel_group(
    _: Lead, project_id: PathId, body: JobGroup, database: DatabaseDep
) -> JobsCancelled:
    """Cancel the unfinished jobs of a kind and batch; without a batch, those that have none."""
    with database.write() as session:
        get_project(session, project_id)
        number = service.cancel_group(session, project_id, body.kind, body.batch)
    return JobsCancelled(cancelled=number)
