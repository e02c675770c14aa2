# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Readiness, frozen snapshots and the start of a training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.models.nets.default_weights import packaged_weights
from fewpoints.models.training.readiness import MIN_OF_CLASS_TO_HOLD_OUT, check_ready
from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.errors import Conflict
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.queries import class_rows, get_project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.settings import Settings
from fewpoints.server.training.schemas import (
    LabelledClass,
    NetworkRead,
    Readiness,
    TrainingCreate,
)
from fewpoints.server.training.tables import Snapshot


class NotEnoughAnswers(Conflict):
    """There are too few labelled points to train on."""

    code = "not_enough_answers"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.details = {"reasons": list(reasons)}


class TrainingRunning(Conflict):
    """The project is being trained already."""

    code = "training_running"

    def __init__(self, job: Job) -> None:
        super().__init__(
            f"A training of this project is {job.state} (job {job.id}). Wait for it or cancel it."
        )
        self.details = {"job_id": job.id}


def read_network(settings: Settings) -> NetworkRead:
    """Tell whether features and trainings start from a trained network."""
    if settings.pretrained is not None:
        return NetworkRead(trained=True, note=f"Starts from {settings.pretrained.name}.")
    if packaged_weights(settings.arch) is not None:
        return NetworkRead(trained=True, note="Starts from the weights that come with fewpoints.")
    return NetworkRead(
        trained=False,
        note="The network starts from random weights, so suggested points and first predictions"
        " are poor. Set FEWPOINTS_PRETRAINED to a pre-trained checkpoint and restart.",
    )


def readiness(session: Session, project_id: int) -> Readiness:
    """Return whether a project can be trained, and why not."""
    get_project(session, project_id)
    rows = labelled_points(session, Scan.project_id == project_id)
    counts = Counter(index for *_, index in rows)
    reasons = check_ready([index for *_, index in rows])
    classes = class_rows(session, [project_id]).get(project_id, [])
    return Readiness(
        ready=not reasons,
        reasons=reasons,
        labelled_points=len(rows),
        labelled_scans=len({scan_id for _, scan_id, *_ in rows}),
        classes=[
            LabelledClass(
                index=row.position,
                labelled=counts[row.position],
                few=0 < counts[row.position] < MIN_OF_CLASS_TO_HOLD_OUT,
            )
            for row in classes
        ],
    )


def start_training(session: Session, project_id: int, body: TrainingCreate, user_id: int) -> Job:
    """Freeze the answers so far and queue a training on them.

    Raises:
        NotFound: there is no such project.
        TrainingRunning: one is queued or running.
        NotEnoughAnswers: with the reasons.
    """
    get_project(session, project_id)
    running = jobs.active_job(session, "finetune", project_id=project_id)
    if running is not None:
        raise TrainingRunning(running)
    rows = labelled_points(session, Scan.project_id == project_id)
    reasons = check_ready([index for *_, index in rows])
    if reasons:
        raise NotEnoughAnswers(reasons)
    snapshot = take_snapshot(session, project_id, rows)
    return jobs.enqueue(
        session,
        "finetune",
        args={"snapshot_id": snapshot.id, **body.model_dump()},
        project_id=project_id,
        user_id=user_id,
    )


def take_snapshot(
    session: Session, project_id: int, rows: Sequence[tuple[int, int, int, int]]
) -> Snapshot:
    """Store the labels as they are now, with what the class indices mean now."""
    scans = select(Scan.id).where(Scan.project_id == project_id)
    last = session.scalar(select(func.max(AnswerEvent.id)).where(AnswerEvent.scan_id.in_(scans)))
    classes = class_rows(session, [project_id]).get(project_id, [])
    snapshot = Snapshot(
        project_id=project_id,
        last_event_id=last or 0,
        rows=[list(row) for row in rows],
        classes=[{"id": row.id, "name": row.name, "color": row.color} for row in classes],
    )
    session.add(snapshot)
    session.flush()
    return snapshot
