# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Exports over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from fewpoints.server.schemas import Id, Schema, Time

ExportKind = Literal["sparse_csv", "sparse_pth", "labels_ply", "dense_ply"]


class ExportCreate(Schema):
    """What to export, and of which scans; without `scan_ids`, of all that are ready."""

    kind: ExportKind
    scan_ids: Annotated[list[Id], Field(min_length=1, max_length=10_000)] | None = None


class ExportRead(BaseModel):
    """A finished export; `snapshot` says which answers and which checkpoint are in it."""

    id: int
    kind: ExportKind
    created_at: Time
    filename: str
    bytes: int
    snapshot: dict[str, Any]
