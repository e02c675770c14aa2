# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.server.schemas import Name, Schema, Time, Vector

ScanState = Literal["queued", "importing", "ready", "failed"]


class ScanUpdate(Schema):
    """What is given is changed. Another voxel size asks for other features."""

    name: Name | None = None
    voxel_size_m: Annotated[float | None, Field(ge=1e-4, le=100)] = None


class Bounds(BaseModel):
    """The box of the finite points, in the local frame."""

    min: Vector
    max: Vector


class QueryNumbers(BaseModel):
    """Queries by state."""

    total: int = 0
    open: int = 0
    answered: int = 0
    unsure: int = 0
    skipped: int = 0
    unlisted: int = 0


class PredictionRead(BaseModel):
    """The prediction that is shown; `version` changes whenever its bytes do.

    Its training saw the answers up to the event `last_event_id`.
    """

    checkpoint_id: int
    created_at: Time
    version: str
    last_event_id: int


class DenseRead(BaseModel):
    """What dense labels are made from; `version` changes whenever they may have changed.

    `last_event_id` is the newest answer, or undo, of the scan.
    """

    version: str
    last_event_id: int


class ScanRead(BaseModel):
    """A scan; from `points` on most is null until it is ready.

    The local frame is the file's minus `shift`, in the file's unit. `version` changes whenever the
    bytes of the tiles do: with `?v=` a browser may keep them for good. `dense` is null while the
    scan has no superpoints yet, or nobody ever answered. `unexplained`, 0 to 1, is the share of its
    surfaces that the answers say nothing about, or more than that for a moment after an answer;
    null where that is not known. `answered_at` is when an answer was last given or taken back.
    """

    id: int
    project_id: int
    name: str
    state: ScanState
    error: str | None
    bytes: int
    points: int | None
    finite_points: int | None
    format: str | None
    voxel_size_m: float | None
    up: Vector | None
    unit: str | None
    warnings: list[str]
    shift: Vector | None
    bounds: Bounds | None
    version: str | None
    has_features: bool
    queries: QueryNumbers
    answers: int
    unexplained: float | None
    answered_at: Time | None
    prediction: PredictionRead | None
    dense: DenseRead | None
    created_at: Time
