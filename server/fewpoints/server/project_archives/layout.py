# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is in an archive of a project, and under which names.

    manifest.json                        what, when, of which snapshot; every member's SHA-256
    project.json                         the project's own row
    people.jsonl                         whom other rows name: id, name, role, created_at
    tables/TABLE.jsonl                   the rows of each table, ascending, with the ids they had
    scans/ID/source                      the file as it was uploaded, while it is not imported;
                                         scans out of one file share it, see `MemberRead.same_as`
    scans/ID/data/...                    points, tiles, preflight and what undoes the fixes
    scans/ID/superpoints.npz             derived: what dense labels are made from
    scans/ID/channels/NAME.bin           derived: colours of the view
    scans/ID/predictions/CHECKPOINT.npy  (N, 2) classes and confidences
    checkpoints/ID.safetensors           weights
    scans/ID/truth/IMPORT.npy            (N,) classes of a ground truth that came with the file
    jobs/ID.losses                       the curve of a training

Nothing of a name becomes part of a path: it is matched as a whole, and only its numbers are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fewpoints.server.channels.schemas import ChannelName
from fewpoints.server.project_archives.rules import RULES
from fewpoints.server.schemas import JsonObject, Schema

FORMAT = "fewpoints project"
VERSION = 1
SUFFIX = ".fewpoints.zip"
MANIFEST = "manifest.json"
PROJECT = "project.json"
PEOPLE = "people.jsonl"
ROWS = MappingProxyType(
    {
        rule.name: PROJECT if rule.name == "project" else f"tables/{rule.name}.jsonl"
        for rule in RULES
    }
)
CHANNELS: tuple[ChannelName, ...] = ("intensity", "normals", "features")
_ID = r"([1-9][0-9]{0,9})"
_ARRAYS = r"arrays/[a-z]{2,20}(?:-[a-z0-9]{1,20})?\.(?:npy|json)"
_DATA = rf"(tiles\.bin|tiles\.json|order\.bin|preflight\.json|{_ARRAYS})"
_PATTERNS = MappingProxyType(
    {
        "source": re.compile(rf"scans/{_ID}/source"),
        "data": re.compile(rf"scans/{_ID}/data/{_DATA}"),
        "superpoints": re.compile(rf"scans/{_ID}/superpoints\.npz"),
        "channel": re.compile(rf"scans/{_ID}/channels/({'|'.join(CHANNELS)})\.bin"),
        "prediction": re.compile(rf"scans/{_ID}/predictions/{_ID}\.npy"),
        "truth": re.compile(rf"scans/{_ID}/truth/{_ID}\.npy"),
        "checkpoint": re.compile(rf"checkpoints/{_ID}\.safetensors"),
        "losses": re.compile(rf"jobs/{_ID}\.losses"),
    }
)


@dataclass(frozen=True)
class Member:
    """What a member's name says. `owner`: id of the scan, checkpoint or job; `rest` as matched."""

    kind: str
    owner: int = 0
    rest: str = ""


def member_of(name: str) -> Member | None:
    """Return what a name stands for; None if archives hold nothing of that name."""
    if name == PEOPLE or name in ROWS.values():
        return Member("rows")
    for kind, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(name):
            return Member(kind, int(found[1]), found[2] if pattern.groups > 1 else "")
    return None


def is_data_file(name: str) -> bool:
    """Whether a file below a scan's data goes along; half-written ones do not."""
    return re.fullmatch(_DATA, name) is not None


class MemberRead(Schema):
    """One member.

    Attributes:
        bytes: as it is when it is out.
        same_as: the source of another scan that is this one, too; the zip holds only that.
    """

    bytes: Annotated[int, Field(ge=0, lt=2**50)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    same_as: Annotated[str, Field(max_length=100)] | None = None


class Manifest(Schema):
    """`manifest.json`. `migration`: of the database that it was made from."""

    format: Literal["fewpoints project"]
    version: Literal[1]
    app_version: Annotated[str, Field(max_length=40)]
    migration: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
    made_at: Annotated[str, Field(max_length=40)]
    project: JsonObject
    snapshot: JsonObject
    derived: bool
    rows: Mapping[str, Annotated[int, Field(ge=0, lt=2**40)]]
    members: Mapping[str, MemberRead]
