# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny scan files, written value by value with `struct`, and where the real ones are."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

DATA = Path(
    os.environ.get("FEWPOINTS_TEST_DATA")
    or Path(__file__).resolve().parents[2].parent / "shared" / "data"
)
needs_data = pytest.mark.skipif(not (DATA / "zoo").is_dir(), reason="the real scans are not here")

STRUCT = {
    "char": "b", "int8": "b", "uchar": "B", "uint8": "B", "short": "h", "int16": "h",
    "ushort": "H", "uint16": "H", "int": "i", "int32": "i", "uint": "I", "uint32": "I",
    "float": "f", "float32": "f", "double": "d", "float64": "d",
}  # fmt: skip
ENDIAN = {"binary_little_endian": "<", "binary_big_endian": ">"}

# (name, type) or (name, count type, item type) for a list.
Prop = tuple[str, ...]
ElementSpec = tuple[str, Sequence[Prop], Sequence[Sequence[Any]]]


def ply(form: str, elements: Sequence[ElementSpec], *, newline: str = "\n") -> bytes:
    """A PLY file of elements (name, properties, rows); a list value is a Python list."""
    lines = ["ply", f"format {form} 1.0", "comment made for a test", "obj_info nothing"]
    for name, props, rows in elements:
        lines.append(f"element {name} {len(rows)}")
        for prop in props:
            kind = prop[1] if len(prop) == 2 else f"list {prop[1]} {prop[2]}"
            lines.append(f"property {kind} {prop[0]}")
    lines.append("end_header")
    out = (newline.join(lines) + newline).encode()
    for _, props, rows in elements:
        for row in rows:
            out += _row(form, props, row, newline)
    return out


def _row(form: str, props: Sequence[Prop], row: Sequence[Any], newline: str) -> bytes:
    if form == "ascii":
        words: list[str] = []
        for prop, value in zip(props, row, strict=True):
            words += [str(len(value)), *map(repr, value)] if len(prop) == 3 else [repr(value)]
        return (" ".join(words) + newline).encode()
    out = b""
    for prop, value in zip(props, row, strict=True):
        if len(prop) == 3:
            out += struct.pack(ENDIAN[form] + STRUCT[prop[1]], len(value))
            out += struct.pack(ENDIAN[form] + STRUCT[prop[2]] * len(value), *value)
        else:
            out += struct.pack(ENDIAN[form] + STRUCT[prop[1]], value)
    return out


XYZ: list[Prop] = [("x", "float"), ("y", "float"), ("z", "float")]
RGB: list[Prop] = [("red", "uchar"), ("green", "uchar"), ("blue", "uchar")]
# Exact in float32, so that every dialect gives the same numbers.
POINTS = [(0.5, -1.25, 2.0), (3.0, 4.5, -6.75), (1.0, 0.0, 0.25), (8.5, 2.5, 1.5)]
COLOURS = [(255, 0, 10), (1, 2, 3), (0, 0, 0), (9, 200, 77)]


def pcd(
    encoding: str,
    fields: Sequence[tuple[str, str, int]],
    rows: Sequence[Sequence[Any]],
    *,
    width: int | None = None,
    height: int = 1,
    points: int | None = None,
) -> bytes:
    """A PCD file of fields (name, type letter + size, count); a row has all values in a line."""
    total = len(rows)
    width = total // height if width is None else width
    header = "\n".join(
        [
            "# .PCD v0.7 - Point Cloud Data file format",
            "VERSION 0.7",
            "FIELDS " + " ".join(f[0] for f in fields),
            "SIZE " + " ".join(f[1][1:] for f in fields),
            "TYPE " + " ".join(f[1][0] for f in fields),
            "COUNT " + " ".join(str(f[2]) for f in fields),
            f"WIDTH {width}",
            f"HEIGHT {height}",
            "VIEWPOINT 0 0 0 1 0 0 0",
            f"POINTS {total if points is None else points}",
            f"DATA {encoding}\n",
        ]
    ).encode()
    if encoding == "ascii":
        return header + "".join(" ".join(map(repr, row)) + "\n" for row in rows).encode()
    codes = [PCD_STRUCT[f[1]] * f[2] for f in fields]
    if encoding == "binary":
        return header + b"".join(struct.pack("<" + "".join(codes), *row) for row in rows)
    data, column = b"", 0
    for field, code in zip(fields, codes, strict=True):
        for row in rows:
            data += struct.pack("<" + code, *row[column : column + field[2]])
        column += field[2]
    packed = lzf_literals(data)
    return header + struct.pack("<II", len(packed), len(data)) + packed


PCD_STRUCT = {
    "F4": "f", "F8": "d", "U1": "B", "U2": "H", "U4": "I", "U8": "Q",
    "I1": "b", "I2": "h", "I4": "i", "I8": "q",
}  # fmt: skip


def lzf_literals(data: bytes) -> bytes:
    """LZF without compression: runs of at most 32 bytes as they are."""
    out = b""
    for start in range(0, len(data), 32):
        run = data[start : start + 32]
        out += bytes([len(run) - 1]) + run
    return out


def las(
    rows: Sequence[tuple[int, int, int, int, int, tuple[int, int, int]]],
    *,
    scale: float = 0.01,
    offset: tuple[float, float, float] = (0, 0, 0),
    points: int | None = None,
    records: bytes = b"",
    record_count: int = 0,
    tail: bytes = b"",
) -> bytes:
    """A LAS 1.2 file of point format 2; rows are (X, Y, Z, intensity, class, (r, g, b))."""
    data_at = 227 + len(records)
    head = b"LASF" + struct.pack("<HHIHH8s", 0, 0, 0, 0, 0, b"") + bytes([1, 2])
    head += b"test".ljust(32, b"\0") + b"test".ljust(32, b"\0") + struct.pack("<HH", 1, 2026)
    head += struct.pack("<HIIBH", 227, data_at, record_count, 2, 26)
    head += struct.pack("<I5I", len(rows) if points is None else points, len(rows), 0, 0, 0, 0)
    head += struct.pack("<3d3d6d", scale, scale, scale, *offset, *([0.0] * 6))
    assert len(head) == 227
    body = b""
    for x, y, z, intensity, label, rgb in rows:
        body += struct.pack("<iiiHBBbBH3H", x, y, z, intensity, 9, label, 0, 0, 1, *rgb)
    return head + records + body + tail
