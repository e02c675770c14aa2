# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The life of a job row. Every change of state is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    SQLColumnExpression,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import NotFound
from fewpoints.server.jobs.registry import KINDS, resolve
from fewpoints.server.jobs.schemas import (
    ACTIVE_STATES,
    ALL_STATES,
    OVER_STATES,
    JobGroupRead,
)
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.arriving import has_arrived, is_arriving

MAX_CRASHES = 2
WAITING = "Waiting for its turn"


def enqueue(
    session: Session,
    kind: str,
    *,
    args: Mapping[str, Any],
    project_id: int | None = None,
    scan_id: int | None = None,
    user_id: int | None = None,
) -> Job:
    """Add a job. It starts once the transaction is committed and its lane is free.

    Args:
        args: ids and plain values; the task's keyword arguments.
    """
    job = Job(
        kind=kind,
        lane=KINDS[kind].lane,
        args=dict(args),
        project_id=project_id,
        scan_id=scan_id,
        user_id=user_id,
        state="queued",
        message=WAITING,
    )
    session.add(job)
    session.flush()
    return job


def enqueue_once(
    session: Session,
    kind: str,
    *,
    scan_id: int,
    project_id: int,
    user_id: int | None,
    states: Sequence[str] = ACTIVE_STATES,
) -> Job:
    """Return the newest job of a kind for a scan that is in one of `states`, else add one.

    The task's only argument is the scan's id.
    """
    under_way = session.scalars(
        select(Job)
        .where(Job.kind == kind, Job.scan_id == scan_id, Job.state.in_(states))
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()
    return under_way or enqueue(
        session,
        kind,
        args={"scan_id": scan_id},
        project_id=project_id,
        scan_id=scan_id,
        user_id=user_id,
    )


def get_job(session: Session, job_id: int) -> Job:
    """Return a job.

    Raises:
        NotFound: there is none.
    """
    job = session.get(Job, job_id)
    if job is None or is_arriving(session, job.project_id):
        raise NotFound("job", job_id)
    return job


def enqueue_many(
    session: Session,
    kind: str,
    args_by_scan: Mapping[int, Mapping[str, Any]],
    *,
    project_id: int,
    user_id: int | None,
) -> int | None:
    """Add one job for each scan, all of one batch; return the batch, or None without any scan.

    Args:
        args_by_scan: scan id -> the task's keyword arguments.
    """
    batch: int | None = None
    rows = []
    for scan_id, args in args_by_scan.items():
        if batch is None:
            first = enqueue(
                session, kind, args=args, project_id=project_id, scan_id=scan_id, user_id=user_id
            )
            batch = first.batch = first.id
            session.flush()
            continue
        rows.append({**_waiting(kind, scan_id, args, project_id, user_id), "batch": batch})
    if rows:
        session.execute(insert(Job), rows)
    return batch


def enqueue_in_order(
    session: Session,
    wanted: Sequence[tuple[str, int, Mapping[str, Any]]],
    *,
    project_id: int,
    user_id: int | None,
) -> None:
    """Add many jobs, of no batch, whose turns come in this order.

    Args:
        wanted: the kind, the scan and the task's keyword arguments of each.
    """
    rows = [_waiting(kind, scan_id, args, project_id, user_id) for kind, scan_id, args in wanted]
    if rows:
        session.execute(insert(Job), rows)


def _waiting(
    kind: str, scan_id: int, args: Mapping[str, Any], project_id: int, user_id: int | None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "lane": KINDS[kind].lane,
        "args": dict(args),
        "project_id": project_id,
        "scan_id": scan_id,
        "user_id": user_id,
        "state": "queued",
        "message": WAITING,
    }


def list_jobs(
    session: Session,
    *,
    project_id: int | None,
    scan_id: int | None = None,
    kind: str | None = None,
    state: str | None,
    active: bool | None = None,
    offset: int,
    limit: int,
) -> tuple[Sequence[Job], int]:
    """Return a page of jobs, newest first, and how many there are.

    Args:
        active: only those that are queued or running, in the order in which people look for them:
            running ones first, then trainings and exports before what there is one of per scan,
            and of each kind the one whose turn it is; or only those that are over.
    """
    conditions = [has_arrived(Job.project_id)]
    order: list[SQLColumnExpression[Any]] = [Job.id.desc()]
    if project_id is not None:
        conditions.append(Job.project_id == project_id)
    if scan_id is not None:
        conditions.append(Job.scan_id == scan_id)
    if kind is not None:
        conditions.append(Job.kind == kind)
    if state is not None:
        conditions.append(Job.state == state)
    if active is not None:
        states = ACTIVE_STATES if active else OVER_STATES
        conditions.append(Job.state.in_(states))
    if active:
        of_one_scan = case((Job.kind.in_(("finetune", "export")), 0), else_=1)
        order = [case((Job.state == "running", 0), else_=1), of_one_scan, Job.id]
    total = session.scalar(select(func.count()).select_from(Job).where(*conditions)) or 0
    page = session.scalars(
        select(Job).where(*conditions).order_by(*order).offset(offset).limit(limit)
    ).all()
    return page, total


def jobs_ahead(session: Session, job: Job) -> int:
    """Return how many unfinished jobs of its lane come before a queued job."""
    if job.state != "queued":
        return 0
    waiting = select(func.count()).select_from(Job)
    before = or_(Job.state == "running", and_(Job.state == "queued", Job.id < job.id))
    return session.scalar(waiting.where(Job.lane == job.lane, before)) or 0


def list_groups(session: Session, project_id: int) -> list[JobGroupRead]:
    """Return what is under way in a project by kind and batch, oldest first."""
    count = {state: func.sum(case((Job.state == state, 1), else_=0)) for state in ALL_STATES}
    under_way = count["queued"] + count["running"]
    rows = session.execute(
        select(Job.kind, Job.batch, *count.values())
        .where(Job.project_id == project_id)
        .group_by(Job.kind, Job.batch)
        .having(under_way > 0)
        .order_by(func.min(Job.id))
    )
    return [
        JobGroupRead(kind=kind, batch=batch, **dict(zip(ALL_STATES, numbers, strict=True)))
        for kind, batch, *numbers in rows
    ]


def cancel_group(session: Session, project_id: int, kind: str, batch: int | None) -> int:
    """Cancel the unfinished jobs of a kind and batch of a project; return how many there were."""
    return _cancel_where(
        session, [Job.project_id == project_id, Job.kind == kind, Job.batch == batch]
    )


def cancel_of_scans(session: Session, scan_ids: Sequence[int]) -> None:
    """Cancel the unfinished jobs of scans that are about to be deleted."""
    _cancel_where(session, [Job.scan_id.in_(scan_ids)])


def _cancel_where(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    # In statements, not in rows: there may be ten thousand, and the database waits meanwhile.
    now = utc_now()
    # Locked first: none may be started between the statements. SQLite has one writer anyway.
    session.execute(
        select(Job.id)
        .where(*conditions, Job.state.in_(ACTIVE_STATES))
        .order_by(Job.id)
        .with_for_update()
    ).all()
    asked = session.execute(
        update(Job)
        .where(*conditions, Job.state == "running", ~Job.cancel_requested)
        .values(cancel_requested=True, message="Cancelling", updated_at=now)
        .execution_options(synchronize_session=False)
    )
    waiting = [*conditions, Job.state == "queued"]
    for kind in session.scalars(select(Job.kind).where(*waiting).distinct()).all():
        ended = KINDS[kind].ended_many
        if ended is not None:
            resolve(ended)(session, select(Job.scan_id).where(*waiting, Job.kind == kind))
    cancelled = session.execute(
        update(Job)
        .where(*waiting)
        .values(
            state="cancelled",
            cancel_requested=True,
            message="Cancelled",
            finished_at=now,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    # mypy: the result of an UPDATE is one of these.
    return sum(cast(CursorResult[Any], result).rowcount for result in (asked, cancelled))


def active_job(session: Session, kind: str, *, project_id: int) -> Job | None:
    """Return a queued or running job of this kind in the project, if there is one."""
    return session.scalars(
        select(Job)
        .where(Job.kind == kind, Job.project_id == project_id, Job.state.in_(ACTIVE_STATES))
        .order_by(Job.id)
        .limit(1)
    ).one_or_none()


def active_ids(session: Session) -> set[int]:
    """Return the ids of all queued and running jobs."""
    return set(session.scalars(select(Job.id).where(Job.state.in_(ACTIVE_STATES))))


def has_queued(session: Session, lane: str) -> bool:
    """Whether a job waits in a lane."""
    waiting = select(Job.id).where(Job.state == "queued", Job.lane == lane).limit(1)
    return session.scalar(waiting) is not None


def claim_next(session: Session, lane: str) -> Job | None:
    """Take the oldest queued job of a lane, marking it as running under a new attempt number."""
    job = session.scalars(
        select(Job)
        .where(Job.state == "queued", Job.lane == lane)
        .order_by(Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if job is None:
        return None
    job.state = "running"
    job.attempts += 1
    job.progress = 0.0
    job.message = "Starting"
    job.started_at = utc_now()
    session.flush()
    return job


def report(
    session: Session, job_id: int, attempt: int, *, progress: float, message: str
) -> bool | None:
    """Store progress; return whether cancelling was asked for, or None if the job is not ours."""
    return session.execute(
        update(Job)
        .where(Job.id == job_id, Job.attempts == attempt, Job.state == "running")
        .values(progress=progress, message=message[:1000], updated_at=utc_now())
        .returning(Job.cancel_requested)
    ).scalar_one_or_none()


def owned(session: Session, job_id: int, attempt: int) -> Job | None:
    """Return the job if this attempt still runs it; locked until the transaction ends."""
    return session.scalars(
        select(Job)
        .where(Job.id == job_id, Job.attempts == attempt, Job.state == "running")
        .with_for_update()
    ).one_or_none()


def finish(
    session: Session,
    job: Job,
    state: str,
    *,
    error: str | None = None,
    result: Mapping[str, Any] | None = None,
) -> None:
    """End a job as done, failed or cancelled."""
    assert state in ("done", "failed", "cancelled")
    assert job.state in ACTIVE_STATES
    job.state = state
    job.error = error
    job.finished_at = utc_now()
    if state == "done":
        job.progress = 1.0
        job.message = "Done"
        job.result = dict(result or {})
    else:
        job.message = "Cancelled" if state == "cancelled" else "Failed"
        ended = KINDS[job.kind].ended
        if ended is not None:
            resolve(ended)(session, job)
    session.flush()


def crashed(session: Session, job: Job, reason: str) -> None:
    """The worker of a running job died: end the job if that was asked for, else try once more."""
    job.crashes += 1
    if job.cancel_requested:
        finish(session, job, "cancelled")
    elif job.crashes >= MAX_CRASHES:
        finish(
            session, job, "failed", error=f"{reason} This was attempt {job.attempts}; giving up."
        )
    else:
        requeue(job, f"{reason} Trying once more.")


def requeue(job: Job, message: str) -> None:
    """Put a running job back into its lane."""
    assert job.state == "running"
    job.state = "queued"
    job.message = message
    job.progress = 0.0
    job.started_at = None


def recover(session: Session) -> int:
    """Bring jobs that a stopped server left running into a true state; return how many.

    Call only while no worker of an earlier server can own a job that this server runs: the attempt
    number keeps orphans from writing.
    """
    left = session.scalars(select(Job).where(Job.state == "running").order_by(Job.id)).all()
    for job in left:
        crashed(session, job, "The server stopped while this job ran.")
    return len(left)


def request_cancel(session: Session, job: Job) -> None:
    """Cancel a queued job now and a running one soon; a finished one stays as it is."""
    if job.state == "queued":
        job.cancel_requested = True
        finish(session, job, "cancelled")
    elif job.state == "running" and not job.cancel_requested:
        job.cancel_requested = True
        job.message = "Cancelling"


def cancel_all(
    session: Session, *, project_id: int | None = None, scan_id: int | None = None
) -> None:
    """Cancel the unfinished jobs of a project or of a scan."""
    condition = Job.project_id == project_id if scan_id is None else Job.scan_id == scan_id
    for job in session.scalars(select(Job).where(condition, Job.state.in_(ACTIVE_STATES))):
        request_cancel(session, job)
    session.flush()
