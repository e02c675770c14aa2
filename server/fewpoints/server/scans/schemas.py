# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.server.schemas import JsonObject, Name, Schema, Time, Vector

ScanState = Literal["queued", "importing", "ready", "failed"]
FileUnit = Literal["metres", "millimetres", "centimetres", "feet", "US survey feet", "inches"]
FileUp = Literal["+x", "-x", "+y", "-y", "+z", "-z"]


class FixesBody(Schema):
    """Changes to the points of a file, made on import and undone in exports.

    `unit` is what the file's coordinates are in: they become metres. `up` is what points up in the
    file: it becomes +z. Points that are dropped or thinned away keep their row and take no part.
    `unaligned` points are not turned and moved where their file asks for that.
    """

    unit: FileUnit | None = None
    up: FileUp | None = None
    drop_duplicates: bool = False
    thin_to: Annotated[
        float | None,
        Field(ge=1e-6, le=1e6, description="Metres, or the file's unit where `unit` is not given."),
    ] = None
    unaligned: bool = False


class ImportOptionsBody(Schema):
    """What is decided about a file before it is imported.

    `text` is how a text file is a table of points, as `TextLayout` has it; `member` which of the
    scans in an archive is meant.
    """

    version: Annotated[int, Field(ge=1, le=1)] = 1
    fixes: FixesBody = FixesBody()
    text: JsonObject | None = None
    member: Annotated[str | None, Field(min_length=1, max_length=1000)] = None

    def options(self) -> ImportOptions:
        """Return the same for readers and jobs."""
        return ImportOptions.from_json(self.model_dump(mode="json", exclude_none=True))


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

    The local frame is the file's after its fixes, minus `shift`, in their unit. `version` changes
    whenever the bytes of the tiles do: with `?v=` a browser may keep them for good. `dense` is null
    while the scan has no superpoints yet, or nobody ever answered. `can_retry`: its import failed,
    and its file is kept. `unexplained`, 0 to 1, is the
    share of its surfaces that the answers say nothing about, or more than that for a moment after
    an answer; null where that is not known. `answered_at` is when an answer was last given or taken
    back. `options` are what was decided before its import: exports undo that.
    """

    id: int
    project_id: int
    name: str
    state: ScanState
    error: str | None
    can_retry: bool
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
    options: ImportOptionsBody
    has_features: bool
    queries: QueryNumbers
    answers: int
    unexplained: float | None
    answered_at: Time | None
    prediction: PredictionRead | None
    dense: DenseRead | None
    created_at: Time
