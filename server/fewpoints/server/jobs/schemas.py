# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from fewpoints.server.jobs.tables import Job
from fewpoints.server.schemas import Time

JobKindName = Literal["import", "features", "select", "finetune", "predict", "export", "normals"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
ACTIVE_STATES = ("queued", "running")


class JobRead(BaseModel):
    """A piece of background work; `progress` is 0..1, `message` says what it does now."""

    id: int
    kind: JobKindName
    state: JobState
    progress: float
    message: str
    error: str | None
    project_id: int | None
    scan_id: int | None
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


def read_job(job: Job) -> JobRead:
    """Return a job as HTTP shows it."""
    return JobRead.model_validate(job, from_attributes=True)
