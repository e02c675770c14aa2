# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.server.scans.schemas import ImportOptionsBody
from fewpoints.server.schemas import FreeText, JsonObject, Schema, ShortName, Time

UploadState = Literal["receiving", "received", "checked", "refused", "imported"]
ScanKind = Literal["file", "sweep", "scannet", "s3dis", "arrays", "frames"]


class UploadCreate(Schema):
    """A file that will be sent. A known fingerprint goes on where it stopped."""

    name: Annotated[FreeText, Field(max_length=1000)]
    bytes: Annotated[int, Field(ge=1, lt=2**53)]
    fingerprint: ShortName


class UploadCheck(Schema):
    """What is known of the bytes: their SHA-256, if the sender worked it out.

    With other `options` than before, a file is looked at again. `tables` are layouts of text tables
    in an archive, as `TextLayout` has them, by the member that names each of them.
    """

    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    options: ImportOptionsBody = ImportOptionsBody()
    tables: Annotated[dict[str, JsonObject], Field(max_length=1000, default_factory=dict)]

    def layouts(self) -> dict[str, TextLayout]:
        """Return `tables` for readers.

        Raises InvalidTextLayout if one is none.
        """
        return {member: TextLayout.from_json(layout) for member, layout in self.tables.items()}


class UploadImport(Schema):
    """What is decided about the file; null leaves it at what the check was asked with."""

    options: ImportOptionsBody | None = None


class UploadProblem(BaseModel):
    """Why a check found no scan in the file."""

    code: str
    message: str


ColumnRole = Literal["x", "y", "z", "r", "g", "b", "nx", "ny", "nz", "intensity", "label", "skip"]
Delimiter = Literal["blanks", "tab", "comma", "semicolon"]
DecimalMark = Literal["point", "comma"]


class TextLayoutRead(BaseModel):
    """How a text file is a table of points.

    `columns` has the part of each column, `skip` is the number of lines before the first point,
    `names` is empty or has what the file calls each column, `reason` is empty if a person said it.
    """

    columns: list[ColumnRole]
    delimiter: Delimiter
    decimal: DecimalMark
    skip: int
    names: list[str]
    reason: str


class TextLineRead(BaseModel):
    """A line, counted from 1; cut where it is very long."""

    number: int
    text: str


class TextTable(BaseModel):
    """A text file as a table of points: the lines around its first point.

    `layout` is what the check was asked with, else what it detected; null where nothing was.
    """

    layout: TextLayoutRead | None
    lines: list[TextLineRead]


class ArchiveTable(BaseModel):
    """Text tables of an archive that look alike; what is said of the first counts for all.

    `member` is the first one, which `table` shows; `said`: somebody said its layout.
    """

    member: str
    members: list[str]
    said: bool
    table: TextTable


class UploadScan(BaseModel):
    """One scan of an archive.

    Without a preflight and a problem it was not looked at, as it would have taken too long.
    `member` is its path in the archive, `title` its name as a scan.
    """

    member: str
    title: str
    kind: ScanKind
    files: int
    bytes: int
    preflight: dict[str, Any] | None
    problem: UploadProblem | None
    scan_id: int | None


class UploadLeftOut(BaseModel):
    """A file of an archive that belongs to no scan."""

    file: str
    reason: str


class UploadRead(BaseModel):
    """A file on its way in.

    `receiving`: bytes from `received` on are missing. `received`: it can be checked. `checked`: it
    can be imported; without a preflight the check was given up, as `problem` says. `refused`: it
    cannot. `twins` are scans of the project with this name and size, or these very bytes.
    `options` are those of the check. `text_table` is null until then, and where a layout of text
    would be of no use. `scans` are those of an archive, once it is checked; it has a preflight
    itself if there is one only. `tables` are the text tables among them. `scan_id` is the first
    that became of it. An archive of a project has no `project_id`, goes from `received` to
    `imported`, and `job_id` imports it.
    """

    id: int
    project_id: int | None
    name: str
    bytes: int
    received: int
    fingerprint: str
    state: UploadState
    options: ImportOptionsBody
    preflight: dict[str, Any] | None
    problem: UploadProblem | None
    text_table: TextTable | None
    twins: list[str]
    scans: list[UploadScan]
    left_out: list[UploadLeftOut]
    tables: list[ArchiveTable]
    scan_id: int | None
    job_id: int | None
    created_at: Time
    expires_at: Time
