# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writing scans: binary PLY, which every other tool reads."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.scan import PointScan

BLOCK_ROWS = 1 << 18
_TYPES = {
    "i1": "char", "u1": "uchar", "i2": "short", "u2": "ushort",
    "i4": "int", "u4": "uint", "f4": "float", "f8": "double",
}  # fmt: skip


def write_ply(
    path: Path,
    scan: PointScan,
    extra: Mapping[str, AnyArray] | None = None,
    *,
    comments: tuple[str, ...] = (),
    progress: Progress = no_progress,
) -> None:
    """Write all points in file order, finite or not, as binary little-endian PLY.

    Positions are doubles in the file's own frame (no shift). Colours, normals, intensity and label
    fields follow if the scan has them, then `extra`: name -> (N,) values. An extra column takes the
    place of a label field of the same name. Names become single words of ASCII; a label field whose
    name is taken gets a number (`intensity_2`). 64-bit integers become doubles, as PLY has none:
    exact up to 2**53. The file appears under its name only when it is whole.
    """
    columns = _columns(scan, dict(extra or {}))
    record: np.dtype[Any] = np.dtype([(name, "<" + kind) for name, kind, _ in columns])
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            _write(file, scan, columns, record, comments, progress)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def ply_bytes(
    scan: PointScan,
    extra: Mapping[str, AnyArray] | None = None,
    *,
    comments: tuple[str, ...] = (),
) -> int:
    """Return how large the file is that `write_ply` makes of the same."""
    columns = _columns(scan, dict(extra or {}))
    record: np.dtype[Any] = np.dtype([(name, "<" + kind) for name, kind, _ in columns])
    return len(_header(scan, columns, comments)) + len(scan) * record.itemsize


def _columns(scan: PointScan, extra: dict[str, AnyArray]) -> list[tuple[str, str, AnyArray]]:
    """(name, type code, (N,) values) of every property in order."""
    columns: list[tuple[str, str, AnyArray]] = [
        (axis, "f8", scan.positions[:, i]) for i, axis in enumerate("xyz")
    ]
    if scan.colours is not None:
        columns += [(c, "u1", scan.colours[:, i]) for i, c in enumerate(("red", "green", "blue"))]
    if scan.normals is not None:
        columns += [(n, "f4", scan.normals[:, i]) for i, n in enumerate(("nx", "ny", "nz"))]
    if scan.intensity is not None:
        columns.append(("intensity", "f4", scan.intensity))
    taken = {name for name, _, _ in columns}
    # The extra columns first: readers look for them by name.
    names = {given: _property(given, taken) for given in {**extra, **scan.labels}}
    for given, values in {**scan.labels, **extra}.items():
        name = names[given]
        assert values.shape == (len(scan),), (name, values.shape)
        code = values.dtype.str[1:]
        if code == "b1":
            code = "u1"
        columns.append((name, code if code in _TYPES else "f8", values))
    return columns


def _property(given: str, taken: set[str]) -> str:
    """The name as a word of ASCII that is none of `taken`, and is of them from now on."""
    word = re.sub(r"[^!-~]+", "_", given)
    word = word if word.strip("_") else "label"
    number, name = 1, word
    while name in taken:
        number += 1
        name = f"{word}_{number}"
    taken.add(name)
    return name


def _header(
    scan: PointScan, columns: list[tuple[str, str, AnyArray]], comments: tuple[str, ...]
) -> bytes:
    lines = ["ply", "format binary_little_endian 1.0"]
    lines += [f"comment {' '.join(c.split())}" for c in comments]
    lines.append(f"element vertex {len(scan)}")
    lines += [f"property {_TYPES[kind]} {name}" for name, kind, _ in columns]
    lines.append("end_header")
    return ("\n".join(lines) + "\n").encode("ascii", "replace")


def _write(
    file: BinaryIO,
    scan: PointScan,
    columns: list[tuple[str, str, AnyArray]],
    record: np.dtype[Any],
    comments: tuple[str, ...],
    progress: Progress,
) -> None:
    file.write(_header(scan, columns, comments))
    for start in range(0, len(scan), BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, len(scan))
        block = np.empty(stop - start, record)
        for name, _, values in columns:
            block[name] = values[start:stop]
        file.write(block.tobytes())
        progress(stop / len(scan), "Writing points")
