# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Several scans that came as one: each gets a file of its own, from which it is imported."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.archives.container import Container
from fewpoints.annotations.scans.archives.groups import Group
from fewpoints.annotations.scans.archives.unpacking import own_suffix, write_own

HASH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class OwnSource:
    """The file of one scan. title: its name for people."""

    title: str
    suffix: str
    path: Path
    count: int
    sha256: str


def own_source(
    container: Container, group: Group, path: Path, progress: Progress = no_progress
) -> OwnSource:
    """Write the file of one scan.

    Raises:
        UnreadableScan: a part of it is damaged; `path` may be half written.
    """
    write_own(container, group, path, part_of(progress, 0.0, 0.8))
    digest, count = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(HASH_BYTES):
            progress(0.8, "Unpacking")
            digest.update(piece)
            count += len(piece)
    return OwnSource(group.title, own_suffix(group), path, count, digest.hexdigest())
