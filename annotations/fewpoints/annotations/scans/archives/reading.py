# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One scan out of an archive or a folder, whatever it consists of."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fewpoints.annotations.errors import AppError, UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.archives.container import (
    Container,
    opened,
    starts_like_zip,
)
from fewpoints.annotations.scans.archives.groups import TITLES, Found, Group, Kind
from fewpoints.annotations.scans.archives.looking import chosen, scans_in
from fewpoints.annotations.scans.archives.names import spelled
from fewpoints.annotations.scans.archives.scenes import read_room, read_scene, read_sequence
from fewpoints.annotations.scans.archives.unpacking import unpack
from fewpoints.annotations.scans.readers.kitti import read_kitti
from fewpoints.annotations.scans.readers.npy import read_npz
from fewpoints.annotations.scans.readers.npy_tables import starts_like_npz
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.scan import PointScan

_MOST_NAMED = 5


def read_container(
    path: Path,
    *,
    name: str,
    progress: Progress = no_progress,
    text: TextLayout | None = None,
    member: str | None = None,
    scratch: Path | None = None,
) -> PointScan:
    """Read one scan of a zip archive or a folder; the arguments are those of `read_scan`.

    Raises:
        UnreadableScan: it is damaged, or holds several scans and `member` is None; nothing of it is
            left on disk.
    """
    with opened(path, name=name) as container:
        found = scans_in(container)
        group = chosen(container, found, member)
        if text is not None and group.kind != "file":
            raise UnreadableScan(
                name, f"this is a {TITLES[group.kind]}, whose columns cannot be told."
            )
        scratch = scratch or Path(tempfile.mkdtemp(prefix="fewpoints-"))
        try:
            scan = _read(container, group, path, scratch, text, progress)
        except (UnreadableScan, UnsupportedFormat):
            raise
        except AppError as error:  # Of a data set, or Open3D is missing.
            raise UnreadableScan(name, error.message) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return _told(scan, group, found, container)


def _read(
    container: Container,
    group: Group,
    path: Path,
    scratch: Path,
    text: TextLayout | None,
    progress: Progress,
) -> PointScan:
    shown = f"{container.name}, {spelled(group.name)}" if group.name else container.name
    if group.kind == "arrays":
        return read_npz(_as_npz(container, group, scratch), name=shown, progress=progress)
    reading = progress
    if container.is_folder:
        places = [path.joinpath(*member.split("/")) for member in group.members]
    else:
        places = unpack(container, group, scratch, part_of(progress, 0.0, 0.3))
        reading = part_of(progress, 0.3, 1.0)
    if group.kind == "file":
        with places[0].open("rb") as file:
            head = file.read(2048)
        if starts_like_zip(head) and not starts_like_npz(head):
            raise UnreadableScan(shown, "it is packed once more; unpack it first.")
        return read_scan(places[0], name=shown, progress=reading, text=text)
    if group.kind == "sweep":
        return read_kitti(places[0], name=shown, progress=reading, labels=places[1])
    base = path if container.is_folder else scratch
    special: dict[Kind, Callable[[Path, Group, str, Progress], PointScan]] = {
        "scannet": read_scene,
        "s3dis": read_room,
        "frames": read_sequence,
    }
    return special[group.kind](base, group, shown, reading)


def _as_npz(container: Container, group: Group, scratch: Path) -> Path:
    """The same arrays as NumPy archives them, uncompressed."""
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / "arrays.npz"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for member in group.members:
            entry = zipfile.ZipInfo(member.rpartition("/")[2])
            with archive.open(entry, "w", force_zip64=True) as file:
                container.copy(member, file)
    return target


def _told(scan: PointScan, group: Group, found: Found, container: Container) -> PointScan:
    """The same scan that says where it comes from and what was left out."""
    notes = list(scan.notes)
    if found.left_out and len(found.groups) == 1:
        named = [f"{spelled(one.name)} ({one.reason})" for one in found.left_out[:_MOST_NAMED]]
        more = len(found.left_out) - len(named)
        notes.append(
            "Left out: " + "; ".join(named) + (f"; and {more:,} more" if more else "") + "."
        )
    where = "folder" if container.is_folder else "archive"
    count = len(group.members)
    what = group.name if count == 1 else f"{group.name or group.title} ({count:,} files)"
    return replace(scan, notes=tuple(notes), details={**scan.details, where: spelled(what)})
