# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as people see them; renaming, deleting, and predicting what they lack."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, NotFound
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.schemas import ACTIVE_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.arriving import is_arriving
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.queries import lacking_scans
from fewpoints.server.training.schemas import CheckpointRead, SnapshotRead
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from fewpoints.server.users.tables import User


class CheckpointInUse(Conflict):
    """The checkpoint cannot be deleted: something needs it."""

    code = "checkpoint_in_use"


def get_checkpoint(session: Session, checkpoint_id: int) -> Checkpoint:
    """Return a checkpoint of a project.

    Raises:
        NotFound: there is none.
    """
    checkpoint = session.get(Checkpoint, checkpoint_id)
    if (
        checkpoint is None
        or checkpoint.project_id is None
        or is_arriving(session, checkpoint.project_id)
    ):
        raise NotFound("checkpoint", checkpoint_id)
    return checkpoint


def read_checkpoints(
    session: Session, project_id: int, checkpoints: Sequence[Checkpoint]
) -> list[CheckpointRead]:
    """Return checkpoints of a project as HTTP shows them, with a fixed number of queries."""
    ids = [checkpoint.id for checkpoint in checkpoints]
    snapshots = {
        snapshot.id: snapshot
        for snapshot in session.scalars(
            select(Snapshot).where(Snapshot.id.in_([item.snapshot_id for item in checkpoints]))
        )
    }
    made_by = {
        job.id: (job, name)
        for job, name in session.execute(
            select(Job, User.name)
            .outerjoin(User, User.id == Job.user_id)
            .where(Job.id.in_([item.job_id for item in checkpoints]))
        )
    }
    mine = Scan.project_id == project_id
    events = [event for event, *_ in labelled_points(session, mine)]
    ready = [mine, Scan.state == "ready"]
    scans = session.scalar(select(func.count()).select_from(Scan).where(*ready)) or 0
    predicted: dict[int, int] = dict(
        session.execute(
            select(Prediction.checkpoint_id, func.count())
            .join(Scan, Scan.id == Prediction.scan_id)
            .where(Prediction.checkpoint_id.in_(ids), *ready)
            .group_by(Prediction.checkpoint_id)
        ).all()
    )
    return [
        _read(
            checkpoint,
            snapshots.get(checkpoint.snapshot_id or 0),
            made_by.get(checkpoint.job_id or 0),
            events,
            predicted.get(checkpoint.id, 0),
            scans,
        )
        for checkpoint in checkpoints
    ]


def _read(
    checkpoint: Checkpoint,
    snapshot: Snapshot | None,
    made_by: tuple[Job, str | None] | None,
    events: list[int],
    predicted: int,
    scans: int,
) -> CheckpointRead:
    """Return a checkpoint; `events`: of the labelled points of its project, ascending."""
    job, user_name = made_by or (None, None)
    seconds = None
    if job is not None and job.started_at is not None:
        seconds = max(0.0, (checkpoint.created_at - job.started_at).total_seconds())
    last = 0 if snapshot is None else snapshot.last_event_id
    fields: dict[str, Any] = {  # Any: columns of the same names and types.
        name: getattr(checkpoint, name)
        for name in CheckpointRead.model_fields
        if name != "snapshot" and hasattr(checkpoint, name)
    }
    return CheckpointRead(
        **fields,
        snapshot=None
        if snapshot is None
        else SnapshotRead(
            answers=len(snapshot.rows),
            last_event_id=last,
            classes=[str(entry["name"]) for entry in snapshot.classes],
        ),
        user_name=user_name,
        seconds=seconds,
        newer_answers=len(events) - bisect_right(events, last),
        predicted_scans=predicted,
        lacking_scans=scans - predicted,
    )


def rename(session: Session, checkpoint: Checkpoint, name: str) -> None:
    """Give a checkpoint another name."""
    checkpoint.name = name
    _touch_project(session, checkpoint)
    session.flush()


def remove(session: Session, checkpoint: Checkpoint) -> list[int]:
    """Delete a checkpoint that is not shown; return the scans that have files of its predictions.

    Raises:
        CheckpointInUse: it is shown, another one was trained on from it, or a job works with it.
    """
    if checkpoint.shown:
        raise CheckpointInUse(
            f"{checkpoint.name} is the version that the project shows. Show another one first."
        )
    child = session.scalars(
        select(Checkpoint).where(Checkpoint.parent_id == checkpoint.id).limit(1)
    ).one_or_none()
    if child is not None:
        raise CheckpointInUse(
            f"{child.name} was trained on from {checkpoint.name}. Delete that one first."
        )
    for job in _active_jobs(session, checkpoint):
        raise CheckpointInUse(
            f"A job works with {checkpoint.name} (job {job.id}). Wait for it or cancel it."
        )
    scan_ids = list(
        session.scalars(select(Prediction.scan_id).where(Prediction.checkpoint_id == checkpoint.id))
    )
    _touch_project(session, checkpoint)
    session.execute(delete(Checkpoint).where(Checkpoint.id == checkpoint.id))
    others = select(Checkpoint.id).where(Checkpoint.snapshot_id == checkpoint.snapshot_id)
    if checkpoint.snapshot_id is not None and session.scalar(others.limit(1)) is None:
        session.execute(delete(Snapshot).where(Snapshot.id == checkpoint.snapshot_id))
    return scan_ids


def remove_files(storage: Storage, checkpoint_id: int, scan_ids: Sequence[int]) -> None:
    """Remove the files of a checkpoint that was deleted."""
    storage.remove_checkpoint(checkpoint_id)
    for scan_id in scan_ids:
        storage.remove_prediction(scan_id, checkpoint_id)


def predict_lacking(session: Session, checkpoint: Checkpoint, user_id: int) -> int:
    """Queue predictions of the scans that have none by a checkpoint; return how many."""
    under_way = {job.scan_id for job in _active_jobs(session, checkpoint) if job.kind == "predict"}
    wanted = {
        scan_id: {"scan_id": scan_id, "checkpoint_id": checkpoint.id}
        for scan_id in lacking_scans(session, checkpoint)
        if scan_id not in under_way
    }
    assert checkpoint.project_id is not None
    jobs.enqueue_many(session, "predict", wanted, project_id=checkpoint.project_id, user_id=user_id)
    return len(wanted)


def _active_jobs(session: Session, checkpoint: Checkpoint) -> list[Job]:
    """Return the unfinished jobs that were given this checkpoint, oldest first."""
    active = session.scalars(
        select(Job)
        .where(Job.project_id == checkpoint.project_id, Job.state.in_(ACTIVE_STATES))
        .order_by(Job.id)
    )
    return [job for job in active if job.args.get("checkpoint_id") == checkpoint.id]


def _touch_project(session: Session, checkpoint: Checkpoint) -> None:
    """Let everybody who looks at the project know that it changed."""
    session.get_one(Project, checkpoint.project_id).updated_at = utc_now()
