# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The same cloud in every format: sweeps of a scanner in a room, one behind the other.

All sweeps are alike, so that ten million points are written in seconds. Coordinates are whole
millimetres, which every format holds.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import laspy
import numpy as np
import pye57

from fewpoints.annotations.arrays import FloatArray64, UInt8Array

SWEEP = 50_000
ROOM_M = np.array([8.0, 6.0, 3.0])
SCANNER_M = np.array([3.0, 2.5, 1.6])


class Cloud(NamedTuple):
    """(N, 3) positions in metres, (N, 3) colours 0-255."""

    positions: FloatArray64
    colours: UInt8Array

    def times(self, count: int) -> Cloud:
        """So many copies one behind the other."""
        return Cloud(np.tile(self.positions, (count, 1)), np.tile(self.colours, (count, 1)))


def sweep() -> Cloud:
    """What a scanner in a room sees in one turn."""
    rng = np.random.default_rng(0)
    azimuth = np.repeat(np.linspace(0.001, 6.284, SWEEP // 200, endpoint=False), 200)
    elevation = np.tile(np.linspace(-1.2, 1.5, 200), SWEEP // 200)
    ray = np.stack(
        [
            np.cos(azimuth) * np.cos(elevation),
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ],
        axis=1,
    )
    walls = np.where(ray > 0, ROOM_M - SCANNER_M, -SCANNER_M) / ray
    distance = walls.min(axis=1) + rng.normal(0, 0.002, SWEEP)
    positions = np.round(SCANNER_M + distance[:, None] * ray, 3)
    shade = 90 + 20 * walls.argmin(axis=1)[:, None] + rng.normal(0, 6, (SWEEP, 3))
    return Cloud(positions, shade.astype(np.uint8))


def write_ply(path: Path, one: Cloud, count: int) -> None:
    """Binary, little endian, float coordinates."""
    record = np.empty(
        SWEEP, [(n, "<f4") for n in "xyz"] + [(n, "u1") for n in ("red", "green", "blue")]
    )
    for i, name in enumerate(record.dtype.names or ()):
        record[name] = (one.positions if i < 3 else one.colours)[:, i % 3]
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {SWEEP * count}"]
    lines += [f"property float {n}" for n in "xyz"]
    lines += [f"property uchar {n}" for n in ("red", "green", "blue")]
    with path.open("wb") as file:
        file.write(("\n".join([*lines, "end_header"]) + "\n").encode())
        for _ in range(count):
            file.write(record.tobytes())


def _pcd_columns(one: Cloud) -> list[bytes]:
    red, green, blue = one.colours.astype("<u4").T
    columns = [one.positions[:, axis].astype("<f4") for axis in range(3)]
    return [c.tobytes() for c in columns] + [(red << 16 | green << 8 | blue).tobytes()]


def _pcd_header(points: int, encoding: str) -> bytes:
    lines = ["VERSION 0.7", "FIELDS x y z rgb", "SIZE 4 4 4 4", "TYPE F F F F", "COUNT 1 1 1 1"]
    lines += [f"WIDTH {points}", "HEIGHT 1", "VIEWPOINT 0 0 0 1 0 0 0", f"POINTS {points}"]
    return ("\n".join([*lines, f"DATA {encoding}"]) + "\n").encode()


def write_pcd(path: Path, one: Cloud, count: int) -> None:
    """Binary, colours packed into the bits of a float."""
    record = np.stack([np.frombuffer(c, "<u4") for c in _pcd_columns(one)], axis=1).tobytes()
    with path.open("wb") as file:
        file.write(_pcd_header(SWEEP * count, "binary"))
        for _ in range(count):
            file.write(record)


def write_compressed_pcd(path: Path, one: Cloud, count: int) -> None:
    """Column by column, each sweep of a column compressed by itself."""
    packed = [lzf(column) for column in _pcd_columns(one)]
    sizes = np.array([count * sum(map(len, packed)), count * 16 * SWEEP], "<u4")
    with path.open("wb") as file:
        file.write(_pcd_header(SWEEP * count, "binary_compressed") + sizes.tobytes())
        for column in packed:
            for _ in range(count):
                file.write(column)


def lzf(data: bytes) -> bytes:
    """LZF with the copies that a table of the last place of every three bytes finds."""
    out, literals = bytearray(), bytearray()
    places: dict[bytes, int] = {}

    def end_literals() -> None:
        for start in range(0, len(literals), 32):
            run = literals[start : start + 32]
            out.append(len(run) - 1)
            out.extend(run)
        literals.clear()

    at = 0
    while at < len(data):
        key = data[at : at + 3]
        found, places[key] = places.get(key), at
        if found is None or len(key) < 3 or at - found > 8192:
            literals.append(data[at])
            at += 1
            continue
        length, most = 3, min(264, len(data) - at)
        while length < most and data[found + length] == data[at + length]:
            length += 1
        end_literals()
        back = at - found - 1
        out.append(min(length - 2, 7) << 5 | back >> 8)
        if length >= 9:
            out.append(length - 9)
        out.append(back & 255)
        at += length
    end_literals()
    return bytes(out)


def write_las(path: Path, one: Cloud, count: int) -> None:
    """Point format 2, compressed if the name says so."""
    header = laspy.LasHeader(point_format=2, version="1.2")
    header.scales = np.full(3, 0.001)
    header.offsets = np.zeros(3)
    las = laspy.LasData(header)
    las.x, las.y, las.z = one.positions.T
    las.red, las.green, las.blue = one.colours.T.astype(np.uint16) * 257
    with laspy.open(path, mode="w", header=header) as file:
        for _ in range(count):
            file.write_points(las.points)


def write_e57(path: Path, one: Cloud, count: int) -> None:
    """One station, coordinates as doubles."""
    cloud = one.times(count)
    columns = {f"cartesian{n}": c for n, c in zip("XYZ", cloud.positions.T, strict=True)}
    names = ("colorRed", "colorGreen", "colorBlue")
    colours = dict(zip(names, cloud.colours.T, strict=True))
    file = pye57.E57(str(path), mode="w")
    file.write_scan_raw({n: np.ascontiguousarray(c) for n, c in {**columns, **colours}.items()})
    file.close()


def write_xyz(path: Path, one: Cloud, count: int) -> None:
    """Text: x y z r g b, parted by blanks."""
    text = io.BytesIO()
    table = np.hstack([one.positions, one.colours.astype(np.float64)])
    np.savetxt(text, table, fmt="%.3f %.3f %.3f %d %d %d")
    with path.open("wb") as file:
        for _ in range(count):
            file.write(text.getvalue())


# Name of the file -> what writes it.
WRITERS: dict[str, Callable[[Path, Cloud, int], None]] = {
    "binary.ply": write_ply,
    "binary.pcd": write_pcd,
    "compressed.pcd": write_compressed_pcd,
    "plain.las": write_las,
    "compressed.laz": write_las,
    "one.e57": write_e57,
    "table.xyz": write_xyz,
}
