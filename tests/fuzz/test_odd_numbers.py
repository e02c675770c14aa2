# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Columns of every type with the numbers at its ends: infinities, NaN of both kinds, zeros of both
signs, the largest and the smallest. Fuzzers came to one of them in an hour."""

from __future__ import annotations

import json
import struct
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.arrays import AnyArray
from tests.fuzz.built import PART
from tests.fuzz.targets import TARGETS

FILES = 150
INTEGERS = ("i1", "u1", "i2", "u2", "i4", "u4")
FLOATS = ("f4", "f8")
# The second of each is a signalling NaN, of which NumPy warns in some operations.
NANS = {
    "f2": (0x7E00, 0xFC01),
    "f4": (0x7FC00000, 0xFF8DFFFF),
    "f8": (0x7FF8 << 48, 0xFFF00000DEADBEEF),
}
NAMES = ("red", "green", "blue", "nx", "ny", "nz", "intensity", "label", "instance", "rgb", "alpha")
Rng = np.random.Generator


def odd(kind: str) -> AnyArray:
    """The numbers of a type that are tried."""
    if kind[0] in "iu":
        ends = np.iinfo(kind)
        return np.array([0, 1, 2, ends.max, ends.max - 1, ends.min], kind)
    info = np.finfo(kind)
    numbers = [0, -0.0, 1, -1, 0.5, 255, 256, 6e4, info.max, -info.max, info.tiny, np.inf, -np.inf]
    if kind == "f8":
        numbers += [1e38, 4e38, 1e154, 2.0**53, 2.0**63]
    bits = np.array(NANS[kind], f"u{kind[1]}").view(kind)
    return np.concatenate([np.array(numbers, kind), bits])


def column(rng: Rng, kind: str, count: int) -> AnyArray:
    """Some of them, often the same."""
    numbers = odd(kind)
    few = rng.integers(len(numbers), size=rng.choice([1, 3, len(numbers)]))
    # As bits: arithmetic would make a quiet NaN of a signalling one.
    return numbers.view(f"u{kind[1]}")[rng.choice(few, count)].view(kind)


def places(rng: Rng, kind: str, count: int) -> list[AnyArray]:
    """x, y and z; half of the time there is nothing odd in them."""
    if rng.random() < 0.5:
        return [column(rng, kind, count) for _ in "xyz"]
    return [rng.normal(size=count).astype(kind) for _ in "xyz"]


def table(rng: Rng, kinds: Sequence[str]) -> dict[str, AnyArray]:
    """Columns by their names, coordinates first; most of one type."""
    count, usual = int(rng.integers(30)), str(rng.choice(kinds))
    columns = dict(zip("xyz", places(rng, str(rng.choice(FLOATS)), count), strict=True))
    some = NAMES[: rng.integers(9)] if rng.random() < 0.5 else rng.permutation(NAMES)[:6]
    for name in map(str, some):
        kind = usual if rng.random() < 0.7 else str(rng.choice(kinds))
        columns[name] = column(rng, kind, count)
    return columns


def rows(columns: Sequence[AnyArray]) -> bytes:
    """The columns as files have them, row by row."""
    return np.concatenate(
        [c.view(np.uint8).reshape(len(c), c.itemsize) for c in columns], 1
    ).tobytes()


def ply(rng: Rng) -> bytes:
    columns = table(rng, [*INTEGERS, *FLOATS])
    kinds = dict(zip(INTEGERS, ("char", "uchar", "short", "ushort", "int", "uint"), strict=True))
    kinds |= {"f4": "float", "f8": "double"}
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(columns['x'])}\n"
    head += "".join(f"property {kinds[c.dtype.str[1:]]} {name}\n" for name, c in columns.items())
    return f"{head}end_header\n".encode() + rows([*columns.values()])


def pcd(rng: Rng) -> bytes:
    columns = table(rng, [*INTEGERS, "i8", "u8", "f2", *FLOATS])
    sizes = " ".join(str(c.dtype.itemsize) for c in columns.values())
    types = " ".join(c.dtype.kind.upper() for c in columns.values())
    head = f"FIELDS {' '.join(columns)}\nSIZE {sizes}\nTYPE {types}\n"
    head += f"WIDTH {len(columns['x'])}\nHEIGHT 1\nDATA binary\n"
    return head.encode() + rows([*columns.values()])


def _npy(described: object, shape: tuple[int, ...], columns: Sequence[AnyArray]) -> bytes:
    line = f"{{'descr': {described!r}, 'fortran_order': False, 'shape': {shape}}}\n"
    return line.encode() + rows(columns)


def npy(rng: Rng) -> bytes:
    columns = table(rng, [*INTEGERS, "i8", "u8", "f2", *FLOATS])
    described = [(name, c.dtype.str) for name, c in columns.items()]
    return _npy(described, (len(columns["x"]),), [*columns.values()])


def npz(rng: Rng) -> bytes:
    count, members = int(rng.integers(30)), []
    for name, width in (("coord", 3), ("color", 3), ("normal", 3), ("segment", 1), ("strength", 1)):
        if name != "coord" and rng.random() < 0.3:
            continue
        kind = str(rng.choice(FLOATS if name == "coord" else [*INTEGERS, "f2", *FLOATS]))
        columns = [column(rng, kind, count) for _ in range(width)]
        if name == "coord":
            columns = places(rng, kind, count)
        members.append(f"{name}.npy\n".encode() + _npy(f"<{kind}", (count, width), columns))
    return PART.join(members)


def _some(
    rng: Rng, count: int, width: int, shares: Sequence[float] = (0, 0.05, 0.3)
) -> list[AnyArray]:
    """Columns of usual numbers with a share of odd ones among them."""
    columns = [rng.normal(size=count).astype("f4") for _ in range(width)]
    for values in columns:
        at = rng.random(count) < rng.choice(shares)
        values.view("u4")[at] = column(rng, "f4", count).view("u4")[at]
    return columns


def kitti(rng: Rng) -> bytes:
    # With more than a few odd ones it is taken for another file.
    *axes, strength = _some(rng, 300, 4, shares=(0, 0.01))
    return rows([*(10 * axis for axis in axes), np.abs(strength)])


def stl(rng: Rng) -> bytes:
    count = int(rng.integers(12))
    spare = column(rng, "u2", count)
    return bytes(80) + struct.pack("<I", count) + rows([*_some(rng, count, 12), spare])


def glb(rng: Rng) -> bytes:
    count = int(rng.integers(20))
    parts = {"POSITION": _some(rng, count, 3), "NORMAL": _some(rng, count, 3)}
    parts["COLOR_0"] = _some(rng, count, 4)
    kinds = dict.fromkeys(parts, 5126)
    if rng.random() < 0.3:
        parts["COLOR_0"] = [column(rng, "u2", count) for _ in range(4)]
        kinds["COLOR_0"] = 5123
    views: list[Any] = []  # JSON
    accessors: list[Any] = []
    data = b""
    for name, columns in parts.items():
        content = rows(columns)
        accessors.append(
            {"bufferView": len(views), "componentType": kinds[name], "count": count}
            | {"type": f"VEC{len(columns)}", "normalized": kinds[name] != 5126}
        )
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": len(content)})
        data += content
    drawn = {
        "attributes": {name: i for i, name in enumerate(parts)},
        "mode": int(rng.choice([0, 4, 5])),
    }
    scale = (
        rng.choice([1, -1, 0, 1e30, 1e-30, 1e300], 3).tolist() if rng.random() < 0.3 else [1, 1, 1]
    )
    scene = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "scale": scale}],
        "meshes": [{"primitives": [drawn]}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(data)}],
    }
    return json.dumps(scene).encode() + PART + data


@pytest.mark.parametrize("write", [ply, pcd, npy, npz, kitti, stl, glb], ids=lambda f: f.__name__)
def test_each_file_is_a_sound_scan_or_one_sentence(write: Callable[[Rng], bytes]) -> None:
    rng = np.random.default_rng(0)
    feed = TARGETS[write.__name__].feed
    scans = 0
    for _ in range(FILES):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of what is only written here.
            content = write(rng)
        scans += feed(content) is not None
    assert scans > FILES / 3
