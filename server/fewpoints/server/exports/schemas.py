# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Exports over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from fewpoints.annotations.formats.content import Source
from fewpoints.server.exports.formats import OLD_NAMES, Group, format_of
from fewpoints.server.schemas import Id, Schema, Time

# The names of the formats, spelled out for the types of the web app; a test compares them.
ExportKind = Literal[
    "sparse_csv",
    "sparse_parquet",
    "sparse_pth",
    "ply",
    "las",
    "laz",
    "npz",
    "npy",
    "semantic_kitti",
    "scannet",
    "boxes_json",
    "kitti_boxes",
    "labelcloud_rel",
    "labelcloud_abs",
    "supervisely",
    "cvat_kitti",
]
# Why a scan is not in an export.
ScanReason = Literal[
    "not_imported", "open_queries", "no_answers", "no_objects", "not_prepared", "no_prediction"
]
# Why a live answer is not in it.
AnswerReason = Literal["sent_back", "corrected", "not_approved", "no_class", "other_decides"]


class ExportCreate(Schema):
    """What to export, and of which scans; without `scan_ids`, of all that are ready.

    kind: one of `GET /export-formats`. source: what dense labels are made from. done_only: only
    scans without open queries. other_replies: unsure, skipped and not listed, and notes, as rows of
    the tables. approved_only: only answers that a reviewer approved or gave. checkpoint_id: whose
    prediction; without, the one that the project shows.

    The kinds "labels_ply" and "dense_ply" of older versions are taken for "ply" with a source.
    """

    kind: ExportKind
    source: Source = "answers"
    scan_ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)] | None = None
    done_only: bool = False
    other_replies: bool = True
    approved_only: bool = False
    checkpoint_id: Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _present_names(cls, value: Any) -> Any:  # Any: whatever a client sent.
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            old = OLD_NAMES.get(value["kind"])
            if old is not None:
                return {**value, "kind": old[0], "source": old[1]}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> ExportCreate:
        if self.source not in format_of(self.kind).sources:
            raise ValueError(f'the kind "{self.kind}" is not made from a {self.source}')
        if self.checkpoint_id is not None and self.source != "prediction":
            raise ValueError(f'the source "{self.source}" has no checkpoint_id')
        return self


class ExportRead(BaseModel):
    """A finished export; `snapshot` says which answers and which checkpoint are in it.

    Unknown, of exports made by an older version: who asked, the options, the checksum.
    """

    id: int
    kind: ExportKind
    created_at: Time
    created_by: str | None
    filename: str
    bytes: int
    sha256: str | None
    options: dict[str, Any] | None
    snapshot: dict[str, Any]


class ExportFormatRead(BaseModel):
    """A format that exports can be written in.

    group: answers, a class for every point, or objects. version: of the format. holds: what is in
    it. files: what its files are called. confidence: it says how sure labels are. loader: Python
    that reads one.
    """

    name: ExportKind
    title: str
    group: Group
    version: str
    holds: str
    files: list[str]
    sources: list[Source]
    confidence: bool
    loader: str


class PreviewFile(BaseModel):
    """A file that would be written: its rows or points, and bytes before any compression."""

    name: str
    scan_id: int | None
    scan_name: str | None
    rows: int
    bytes: int


class PreviewClass(BaseModel):
    """Rows or points with a class; `index` is null for those without one."""

    index: int | None
    count: int


class LeftOutScan(BaseModel):
    """A scan that would not be in the export."""

    scan_id: int
    name: str
    reason: ScanReason


class PreviewSnapshot(BaseModel):
    """The state of the logs that the preview is of."""

    last_event_id: int
    last_review_id: int
    answers: int
    checkpoint_id: int | None
    checkpoint_name: str | None


class ExportPreview(BaseModel):
    """What an export would write now, by the code that writes it.

    `refusal`: why there would be no file. `files` and `left_out` are the first hundred of
    `file_count` and `left_out_count`. `bytes_exact`: the sum is no estimate. `classes` are of the
    first `counted_scans` of the scans. `columns` and `sample`: the head of a CSV. `unit`: what
    `rows` and `classes` count.
    """

    kind: ExportKind
    source: Source
    unit: Literal["answers", "points", "objects"]
    refusal: str | None
    filename: str | None
    zipped: bool
    files: list[PreviewFile]
    file_count: int
    scan_count: int
    rows: int
    bytes: int
    bytes_exact: bool
    classes: list[PreviewClass]
    counted_scans: int
    columns: list[str]
    sample: list[list[str]]
    left_out: list[LeftOutScan]
    left_out_count: int
    left_out_scans: dict[ScanReason, int]
    left_out_answers: dict[AnswerReason, int]
    snapshot: PreviewSnapshot
