# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The files of one scan, taken out of a container: into a folder, or into a file of their own."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.archives.container import Container
from fewpoints.annotations.scans.archives.groups import Group

_LONG_BYTES = 1 << 31
_LOCAL_BYTES, _ENTRY_BYTES, _END_BYTES = 30, 46, 22
_DATE = (1980, 1, 1, 0, 0, 0)


def unpack(
    container: Container, group: Group, folder: Path, progress: Progress = no_progress
) -> list[Path]:
    """Write the files of a scan below a folder under their names; return their places in order."""
    places = [folder.joinpath(*member.split("/")) for member in group.members]
    try:
        # First of all: who takes the folder away meanwhile must not find it there again.
        for parent in {place.parent for place in places}:
            parent.mkdir(parents=True, exist_ok=True)
        parts = _parts(container, group, progress)
        for (member, part), place in zip(parts, places, strict=True):
            with place.open("xb") as target:
                container.copy(member, target, part)
    except OSError as error:
        raise UnreadableScan(container.name, f"it cannot be unpacked: {error.strerror}.") from error
    return places


def own_suffix(group: Group) -> str:
    """The suffix of the file that `write_own` makes of a scan; "" where its file has none."""
    return PurePosixPath(group.members[0]).suffix.lower() if _is_one_file(group) else ".zip"


def own_bytes(container: Container, group: Group) -> int:
    """The size of the file that `write_own` makes of a scan."""
    size = sum(container.sizes[member] for member in group.members)
    if _is_one_file(group):
        return size
    # A header before each file, an entry of the list for each, and the end of the list.
    names = sum(len(member.encode()) for member in group.members)
    return size + (_LOCAL_BYTES + _ENTRY_BYTES) * len(group.members) + 2 * names + _END_BYTES


def write_own(
    container: Container, group: Group, target: Path, progress: Progress = no_progress
) -> None:
    """Write one file that is read as this scan: its own file, or an archive of its files.

    The archive is uncompressed and the same whenever it is made. `target` may be there already.
    """
    if _is_one_file(group):
        with target.open("wb") as file:
            container.copy(group.members[0], file, progress)
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for member, part in _parts(container, group, progress):
            entry = zipfile.ZipInfo(member, _DATE)
            entry.external_attr = 0o100644 << 16
            entry.file_size = container.sizes[member]
            with archive.open(entry, "w", force_zip64=entry.file_size >= _LONG_BYTES) as file:
                container.copy(member, file, part)


def _parts(
    container: Container, group: Group, progress: Progress
) -> Iterator[tuple[str, Progress]]:
    """Each file of a scan with its part of the progress, by bytes."""
    total = max(1, sum(container.sizes[member] for member in group.members))
    done = 0
    for member in group.members:
        end = done + container.sizes[member]
        yield member, part_of(progress, done / total, end / total)
        done = end


def _is_one_file(group: Group) -> bool:
    return len(group.members) == 1 and group.kind == "file"
