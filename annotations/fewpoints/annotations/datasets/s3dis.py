# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""S3DIS as its download leaves it: rooms of six areas, one text file per object.

    root/
        Area_1/conferenceRoom_1/
            conferenceRoom_1.txt            per point "x y z r g b": metres, 0 to 255
            Annotations/chair_1.txt         the points of one object; its name tells the class
            Annotations/wall_2.txt
        splits/area1.txt                    or split/; optional: rooms of an area, "Area_1/office_3"

A room is read as its objects, class by class, in the order of their numbers: row i of the scan is
line i of `Annotations` put together so. A room without annotations is read as its own file.

The release has a few lines in which a control character took the place of another one. It is read
as a blank where that gives six numbers, and as the digit 0 in a colour, where a whole number leaves
no other choice. A line that cannot be mended this way is refused with its number.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.classes import PRESETS, UNLABELLED
from fewpoints.annotations.datasets.dataset import (
    NO_INSTANCE,
    Dataset,
    GroundTruth,
    scan_of_arrays,
)
from fewpoints.annotations.datasets.scene_lists import read_lists
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.readers.text import TextRows

TITLE = "S3DIS"
CLASSES = PRESETS["s3dis13"].classes
# The one whose building no other area shows.
TEST_AREA = 5
_AREA = re.compile(r"Area_(\d+)")
_OBJECT = re.compile(r"([A-Za-z]+)_(\d+)\.txt")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_ANNOTATIONS = "Annotations"
_COLUMNS = 6


def is_s3dis(root: Path) -> bool:
    """Whether rooms of areas lie in `root`."""
    return bool(_room_folders(root))


def open_s3dis(root: Path, *, test_area: int = TEST_AREA) -> Dataset:
    """Open rooms, named "Area_1/office_3".

    Splits are "area1" to "area6", "test" for the test area, and "train" for all others.
    """
    folders = _room_folders(root)
    if not folders:
        raise UnreadableDataset(TITLE, f"there is no room Area_…/… with text files in {root.name}.")
    splits = read_areas(root, folders, test_area=test_area)
    return Dataset(
        TITLE, CLASSES, tuple(folders), splits, lambda name: read_s3dis_room(folders[name], name)
    )


def area_folders(root: Path) -> list[Path]:
    """The folders Area_1, Area_2, … in order."""
    entries = root.iterdir() if root.is_dir() else ()
    return sorted(entry for entry in entries if _AREA.fullmatch(entry.name) and entry.is_dir())


def read_areas(root: Path, rooms: Iterable[str], *, test_area: int) -> dict[str, tuple[str, ...]]:
    """Split -> rooms, from lists where the data set has some, else from the rooms' names."""
    areas: dict[str, tuple[str, ...]] = {}
    for area, listed in read_lists(root, "area*.txt").items():
        areas[area] = tuple(room.removesuffix(".pth") for room in listed)
    if not areas:
        for room in rooms:
            match = _AREA.match(room)
            assert match is not None, room
            key = f"area{match[1]}"
            areas[key] = (*areas.get(key, ()), room)
    test = f"area{test_area}"
    train = tuple(room for area, found in areas.items() if area != test for room in found)
    return {**areas, "train": train, "test": areas.get(test, ())}


def read_s3dis_room(folder: Path, name: str) -> GroundTruth:
    """Read one room. Objects count from 1 in the order in which they are read.

    Stairs, and whatever else is none of the 13 classes, are objects without a class.
    """
    paths = _object_files(folder, name)
    if paths is None:
        path = _room_file(folder, name)
        rows, notes = _read_table(path, f"{name}/{path.name}")
        scan = scan_of_arrays(
            rows[:, :3],
            rows[:, 3:].astype(np.uint8),
            notes=(*notes, "The room is not annotated: no point has a class."),
        )
        nothing = np.full(len(rows), UNLABELLED, np.int64)
        return GroundTruth(name, scan, np.full(len(rows), NO_INSTANCE, np.int64), nothing)
    tables, notes, class_of_object = [], [], []
    for path, category in paths.items():
        rows, mended = _read_table(path, f"{name}/{_ANNOTATIONS}/{path.name}")
        found = CLASSES.find(category)
        tables.append(rows)
        notes += mended
        class_of_object.append(UNLABELLED if found is None else found.index)
    unknown = sorted({c for c in paths.values() if CLASSES.find(c) is None})
    if unknown:
        notes.append(f"Without a class, as it is none of the 13: {', '.join(unknown)}.")
    sizes = [len(rows) for rows in tables]
    table = np.concatenate(tables)
    return GroundTruth(
        name,
        scan_of_arrays(table[:, :3], table[:, 3:].astype(np.uint8), notes=tuple(notes)),
        instances=np.repeat(np.arange(1, len(tables) + 1), sizes),
        classes=np.repeat(np.array(class_of_object, np.int64), sizes),
    )


def _room_folders(root: Path) -> dict[str, Path]:
    """ "Area_1/office_3" -> its folder, in the order of names."""
    return {
        f"{area.name}/{room.name}": room
        for area in area_folders(root)
        for room in sorted(area.iterdir())
        if room.is_dir() and ((room / _ANNOTATIONS).is_dir() or any(room.glob("*.txt")))
    }


def _object_files(folder: Path, name: str) -> Mapping[Path, str] | None:
    """File of an object -> its category, by category and number; None without annotations."""
    annotations = folder / _ANNOTATIONS
    if not annotations.is_dir():
        return None
    numbered = []
    for path in annotations.glob("*.txt"):
        if path.name.startswith("."):  # What desktops leave behind.
            continue
        match = _OBJECT.fullmatch(path.name)
        if match is None:
            raise UnreadableDataset(
                f"{name}/{_ANNOTATIONS}/{path.name}", "an object's file is named like chair_1.txt."
            )
        numbered.append((match[1], int(match[2]), path))
    if not numbered:
        raise UnreadableDataset(f"{name}/{_ANNOTATIONS}", "there is no object in the folder.")
    return {path: category for category, _, path in sorted(numbered)}


def _room_file(folder: Path, name: str) -> Path:
    """<room>.txt; or the only text file, as one room of the release is misspelt."""
    path = folder / f"{folder.name}.txt"
    others = sorted(p for p in folder.glob("*.txt") if not p.name.startswith("."))
    if path not in others and len(others) != 1:
        raise UnreadableDataset(name, f"there is neither {_ANNOTATIONS} nor {path.name}.")
    return path if path in others else others[0]


def _read_table(path: Path, name: str) -> tuple[FloatArray64, list[str]]:
    """(M, 6) positions and colours, and what was mended."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableDataset(name, f"cannot be opened: {error.strerror}.") from error
    data, notes = _mended(data, name)
    blocks = []
    for block in TextRows(io.BytesIO(data), name, first_line=1).take(sys.maxsize):
        wrong = np.flatnonzero(block.tokens != _COLUMNS)
        if len(wrong):
            row = int(wrong[0])
            raise UnreadableDataset(
                name,
                f"{block.tokens[row]} values where x y z r g b are expected.",
                where=f"line {block.lines[row]}",
            )
        rows = block.values.reshape(-1, _COLUMNS)
        colours = rows[:, 3:]
        fits = ((colours >= 0) & (colours <= 255) & (colours == np.rint(colours))).all(axis=1)
        if not fits.all():
            row = int(np.argmin(fits))
            shown = " ".join(f"{value:g}" for value in colours[row])
            raise UnreadableDataset(
                name,
                f"the colour {shown} is not three whole numbers from 0 to 255.",
                where=f"line {block.lines[row]}",
            )
        blocks.append(rows)
    if not blocks:
        raise UnreadableDataset(name, "the file holds no points.")
    return np.concatenate(blocks), notes


def _mended(data: bytes, name: str) -> tuple[bytes, list[str]]:
    """The table without its control characters, and a sentence per line that had one."""
    if _CONTROL.search(data) is None:
        return data, []
    lines, notes = data.split(b"\n"), []
    for number, line in enumerate(lines, start=1):
        if _CONTROL.search(line) is None:
            continue
        blank, zero = _CONTROL.sub(b" ", line), _CONTROL.sub(b"0", line)
        position = line.split()[:3]
        if len(blank.split()) == _COLUMNS:
            lines[number - 1] = blank
        elif len(zero.split()) == _COLUMNS and not any(map(_CONTROL.search, position)):
            lines[number - 1] = zero
        else:
            raise UnreadableDataset(
                name,
                f"a stray control character in {line[:80].decode('latin-1')!a}; correct it by "
                "hand.",
                where=f"line {number}",
            )
        notes.append(f"{name}, line {number}: a stray control character was replaced.")
    return b"\n".join(lines), notes
