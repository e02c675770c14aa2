# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives of projects over HTTP."""

from __future__ import annotations

from pydantic import BaseModel

from fewpoints.server.schemas import JsonObject, Name, Schema, Time


class ArchiveCreate(Schema):
    """What to pack. `derived`: also what can be made again, such as superpoints."""

    derived: bool = True


class ArchiveImport(Schema):
    """What is decided about an archive that has arrived. `name`: its own by default."""

    name: Name | None = None


class ArchiveSize(BaseModel):
    """About how many bytes an archive will have, with and without what can be made again."""

    bytes: int
    bytes_without_derived: int


class ArchiveRead(BaseModel):
    """A finished archive; its file is at `/exports/{id}/file`. `snapshot`: of which moment."""

    id: int
    created_at: Time
    created_by: str | None
    filename: str
    bytes: int
    sha256: str
    derived: bool
    snapshot: JsonObject
