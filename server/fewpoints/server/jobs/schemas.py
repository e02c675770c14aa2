# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from fewpoints.server.jobs.tables import Job
from fewpoints.server.schemas import Id, Schema, Time

JobKindName = Literal[
    "import",
    "features",
    "select",
    "finetune",
    "predict",
    "export",
    "normals",
    "labels",
    "pack",
    "restore",
]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ACTIVE_STATES = ("queued", "running")
OVER_STATES = ("done", "failed", "cancelled")
ALL_STATES = ACTIVE_STATES + OVER_STATES


class JobRead(BaseModel):
    """A piece of background work; `progress` is 0..1, `message` says what it does now.

    Jobs that were queued together for many scans share a `batch`.
    """

    id: int
    kind: JobKindName
    state: JobState
    progress: float
    message: str
    error: str | None
    project_id: int | None
    scan_id: int | None
    scan_name: str | None
    batch: int | None
    result: dict[str, Any]
    attempts: int
    created_at: Time
    started_at: Time | None
    finished_at: Time | None


class LossesRead(BaseModel):
    """The losses of a training so far; `total` steps, thinned to means of runs of them."""

    total: int
    steps: list[int]
    losses: list[float]


class QueuePlace(BaseModel):
    """How many jobs run or wait in front of a queued one."""

    ahead: int


class JobGroupRead(BaseModel):
    """Jobs of one kind and batch, counted by state; at least one of them is under way.

    Without a batch they have nothing in common but the kind, and so have those that are over.
    """

    kind: JobKindName
    batch: int | None
    queued: int
    running: int
    done: int
    failed: int
    cancelled: int


class JobGroup(Schema):
    """Which jobs."""

    kind: JobKindName
    batch: Id | None = None


class JobsCancelled(BaseModel):
    """How many jobs were cancelled; running ones end within seconds."""

    cancelled: int


def read_job(job: Job) -> JobRead:
    """Return a job as HTTP shows it."""
    return JobRead.model_validate(job, from_attributes=True)
