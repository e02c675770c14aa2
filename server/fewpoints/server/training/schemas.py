# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Training over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from fewpoints.models.training.config import Variant
from fewpoints.server.schemas import Name, Schema, Time


class NetworkRead(BaseModel):
    """The network that gives features and that training starts from; `note` says it in words."""

    trained: bool
    note: str


class LabelledClass(BaseModel):
    """How many points have a class; `few`: some, but too few to keep any out to measure with."""

    index: int
    labelled: int
    few: bool


class Readiness(BaseModel):
    """Whether training can start; `reasons` say why not. `labelled_scans` have labelled points."""

    ready: bool
    reasons: list[str]
    labelled_points: int
    labelled_scans: int
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


class CheckpointUpdate(Schema):
    """Another name."""

    name: Name


class PredictionsQueued(BaseModel):
    """How many predictions were queued: of scans that had none by the checkpoint."""

    queued: int


class CheckpointRead(BaseModel):
    """Weights with their configuration and provenance.

    Attributes:
        user_name: who started the training. seconds: how long it took.
        newer_answers: labelled points that were answered after its snapshot.
        predicted_scans: imported scans with a prediction. lacking_scans: those without.
    """

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
    job_id: int | None
    user_name: str | None
    seconds: float | None
    newer_answers: int
    predicted_scans: int
    lacking_scans: int
