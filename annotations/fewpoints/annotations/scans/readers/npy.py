# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""NumPy files: one array (.npy) or an archive of named ones (.npz), in any type and byte order.

A plain array has a row per point and x, y, z first; what further columns mean is guessed by
`unnamed`. A structured array names its columns. In an archive, arrays are found by their names:
positions, colours, normals, intensity, and labels as `fields` knows them, with a number behind
(`segment20`) or not; an array of structures in it, or x, y and z apart, will do as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.printable import printable
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import (
    ScanParts,
    build_scan,
    find_roles,
    looks_like_label,
    plain,
    unpack_rgb,
)
from fewpoints.annotations.scans.readers.npy_header import (
    read_array_header,
    refuse_objects,
    shown,
)
from fewpoints.annotations.scans.readers.npy_tables import Column, StoredArray, fill, members
from fewpoints.annotations.scans.readers.unnamed import guess_columns
from fewpoints.annotations.scans.scan import Field, PointScan

POSITIONS = (
    "coord", "coords", "coordinates", "xyz", "points", "point", "pos", "position", "positions",
    "pts", "vertices", "verts", "pointcloud", "point_cloud", "pc", "cloud", "scan", "data", "arr_0",
)  # fmt: skip
_COLOURS = ("color", "colors", "colour", "colours", "rgb", "rgba")
_NORMALS = ("normal", "normals")
_INTENSITY = ("intensity", "intensities", "reflectance", "remission", "strength")
_PACKED = ("rgb", "rgba")
# Columns behind x, y and z that may get a meaning: colour, normal, label, instance.
MOST_EXTRA = 8


def read_npy(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the points of a .npy file; `name` is what messages call it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        header = read_array_header(file, size, name=name)
    if header.dtype.hasobject:
        raise refuse_objects(name)
    array = StoredArray("", lambda: path.open("rb"), header)
    table = array.columns()
    if header.dtype.names is None:
        _check_points(array, name)
        if not table:
            raise UnreadableScan(
                name,
                f"the array is of the type {printable(str(header.dtype))[:80]}; points need plain "
                "numbers in three or more columns.",
            )
        table = {"points": table[""]}
    return _read_table(name, table, source_format="npy", first=array, progress=progress)


def read_npz(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the points of a .npz archive; `name` is what messages call it."""
    with members(path, name) as arrays:
        for array in arrays:
            if array.header.dtype.hasobject and (len(arrays) == 1 or has_role(array.name)):
                raise refuse_objects(name, part=f"array {array.name[:60]}")
        by_name = {plain(a.name): a for a in arrays}
        for wanted in (*POSITIONS, *by_name):
            found = by_name.get(wanted)
            if found is not None and found.names and _has_positions(found.columns()):
                return _read_table(
                    name, found.columns(), source_format="npz", first=found, progress=progress
                )
        table = {a.name: c for a in arrays for c in a.columns().values() if not a.names}
        if len(arrays) == 1 and table and not _has_positions(table):
            _check_points(arrays[0], name)
            table = {"points": next(iter(table.values()))}
        return _read_table(name, table, source_format="npz", first=None, progress=progress)


def _has_positions(table: Mapping[str, Column]) -> bool:
    names = {plain(n): c for n, c in table.items()}
    if all(axis in names and names[axis].width == 1 for axis in "xyz"):
        return True
    return any(n in names and names[n].width >= 3 for n in POSITIONS)


def _check_points(array: StoredArray, name: str) -> None:
    shape = array.header.shape
    if len(shape) != 2 or array.width < 3:
        raise UnreadableScan(
            name,
            f"the array has the shape {shown(shape)}; points need one row each and x, y, z in "
            "three or more columns.",
            where=array.name,
        )


def _read_table(
    name: str,
    table: Mapping[str, Column],
    *,
    source_format: str,
    first: StoredArray | None,
    progress: Progress,
) -> PointScan:
    """Find the columns with a meaning, read them, and make the scan."""
    by_plain = {plain(n): c for n, c in table.items()}
    notes: list[str] = []
    separate = all(axis in by_plain and by_plain[axis].width == 1 for axis in "xyz")
    place = next((n for n in POSITIONS if n in by_plain and by_plain[n].width >= 3), None)
    if not separate and place is None:
        have = ", ".join(f"{n[:40]} ({shown(c.array.header.shape)})" for n, c in table.items())
        raise UnreadableScan(
            name,
            "there are no points: no array is called "
            f"{', '.join(POSITIONS[:4])} or the like, with three columns; it has {have[:200]}.",
        )
    first_column = by_plain["x"] if separate else by_plain[place or ""]
    count = first_column.array.rows
    table = _of_length(name, table, count)
    wants: list[tuple[Column, int, AnyArray]] = []
    positions: FloatArray64 = np.empty((count, 3), np.float64)
    parts = ScanParts(positions)

    def column(source: Column, index: int = 0) -> AnyArray:
        values: AnyArray = np.empty(count, source.type.newbyteorder("="))
        wants.append((source, index, values))
        return values

    for axis, letter in enumerate("xyz"):
        source = by_plain[letter] if separate else first_column
        wants.append((source, 0 if separate else axis, positions[:, axis]))
    scalars = [n for n, c in table.items() if c.width == 1]
    roles = find_roles(name, [*scalars, *(() if separate else "xyz")])

    def vector(names: tuple[str, ...], singles: tuple[str, ...] | None) -> list[AnyArray] | None:
        for known in names:
            source = by_plain.get(known)
            if source is not None and source.width >= 3:
                return [column(source, i) for i in range(3)]
        return [column(table[n]) for n in singles] if singles else None

    parts.colours = vector(_COLOURS, roles.colour)
    parts.normals = vector(_NORMALS, roles.normal)
    strength = next((n for n in scalars if plain(n) in _INTENSITY), None)
    parts.intensity = column(table[strength]) if strength else None
    parts.labels = {n: column(table[n]) for n in scalars if _is_label(n)}
    extra: list[AnyArray] = []
    if not separate and first_column.width > 3:
        behind = range(3, min(first_column.width, 3 + MOST_EXTRA))
        extra = [column(first_column, i) for i in behind]
        if first_column.width > 3 + MOST_EXTRA:
            notes.append(f"Columns from number {4 + MOST_EXTRA} on are left out.")
    packed = None
    if parts.colours is None:
        packed = next((n for n in scalars if plain(n) in _PACKED and table[n].bits == 32), None)
        bits = column(table[packed]) if packed else None
    fill(wants, name, progress)
    if packed and bits is not None:
        parts.colours = unpack_rgb(bits)
    if extra:
        notes = _take_extra(parts, extra) + notes
    if parts.colours is not None:
        parts.colours, told = _from_minus_one(parts.colours)
        notes += told
    return build_scan(
        name,
        parts,
        fields=[Field(n or "points", c.spelled) for n, c in table.items()],
        source_format=source_format,
        details=_details(first or first_column.array, table),
        notes=notes,
    )


def _of_length(name: str, table: Mapping[str, Column], count: int) -> dict[str, Column]:
    """The columns with a row for each point; one with a meaning and another length is refused."""
    kept = {}
    for label, column in table.items():
        if column.array.rows == count:
            kept[label] = column
        elif has_role(label):
            raise UnreadableScan(
                name,
                f'"{label[:60]}" has {column.array.rows:,} rows, but there are {count:,} points.',
            )
    return kept


def has_role(name: str) -> bool:
    """Whether an array of this name is something of a scan's points."""
    return plain(name) in (*POSITIONS, *_COLOURS, *_NORMALS, *_INTENSITY) or _is_label(name)


def _is_label(name: str) -> bool:
    return looks_like_label(re.sub(r"\d+$", "", plain(name)).removesuffix("_gt"))


def _take_extra(parts: ScanParts, extra: list[AnyArray]) -> list[str]:
    """Give columns without names their likely parts; arrays with names come first."""
    guess = guess_columns(extra)
    if guess.colours is not None and parts.colours is None:
        parts.colours = extra[guess.colours : guess.colours + 3]
    if guess.normals is not None and parts.normals is None:
        parts.normals = extra[guess.normals : guess.normals + 3]
    if guess.intensity is not None and parts.intensity is None:
        parts.intensity = extra[guess.intensity]
    labels = {n: extra[i] for n, i in guess.labels.items() if n not in parts.labels}
    parts.labels = {**parts.labels, **labels}
    return guess.notes


def _from_minus_one(colours: Any) -> tuple[list[AnyArray], list[str]]:
    """Colours as networks like them, from -1 to 1, become 0 to 1."""
    if any(c.dtype.kind != "f" for c in colours):
        return list(colours), []
    finite = [c[np.isfinite(c)] for c in colours]
    low = min(float(c.min(initial=0)) for c in finite)
    high = max(float(c.max(initial=0)) for c in finite)
    if not (-1 <= low < 0 and high <= 1):
        return list(colours), []
    with np.errstate(invalid="ignore"):  # A signalling NaN is a NaN.
        brought = [(c + 1) / 2 for c in colours]
    return brought, ["Colours are from -1 to 1 and were brought to 0-255."]


def _details(array: StoredArray, table: Mapping[str, Column]) -> dict[str, str]:
    details = {"shape": shown(array.header.shape)}
    if array.header.dtype.names is None and len(table) == 1:
        order = "Fortran order" if array.header.fortran else "C order"
        details["encoding"] = f"{array.header.dtype.name}, {order}"
    return details
