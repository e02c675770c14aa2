# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Training over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from fewpoints.models.training.config import Variant
from fewpoints.server.schemas import Schema, Time


class NetworkRead(BaseModel):
    """The network that gives features and that training starts from; `note` says it in words."""

    trained: bool
    note: str


class LabelledClass(BaseModel):
    """How many points have a class."""

    index: int
    labelled: int


class Readiness(BaseModel):
    """Whether training can start; `reasons` say why not."""

    ready: bool
    reasons: list[str]
    labelled_points: int
    classes: list[LabelledClass]


class TrainingCreate(Schema):
    """What learns: a head on superpoints or on points, the last stage, or the whole network."""

    variant: Variant = "superpoints"
    steps: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


class SnapshotRead(BaseModel):
    """The answers that a checkpoint was trained on."""

    answers: int
    last_event_id: int
    classes: list[str]


class CheckpointRead(BaseModel):
    """Weights with their configuration and provenance."""

    id: int
    project_id: int | None
    name: str
    arch: str
    variant: str
    created_at: Time
    bytes: int
    sha256: str
    metrics: dict[str, Any]
    config: dict[str, Any]
    snapshot: SnapshotRead | None
    parent_id: int | None
    agreement: float | None
    shown: bool
