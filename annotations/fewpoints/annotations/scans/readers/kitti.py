# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps of a spinning LiDAR: KITTI's and SemanticKITTI's `.bin`, nuScenes' `.pcd.bin`.

The file is a bare list of float32: x, y, z in metres and the intensity, four to a point, or five in
nuScenes, where the last is the number of the laser. Nothing in it says so, so the numbers must look
like that: within `FARTHEST_M` of the sensor, intensities in one of the usual ranges.

SemanticKITTI's `.label` has one uint32 for each point: the class in the low 16 bits, the object in
the high ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import AnyArray, BoolArray, Float32Array
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import ScanParts, build_scan
from fewpoints.annotations.scans.scan import Field, PointScan

BLOCK_ROWS = 1 << 17
# No LiDAR on a car sees farther; a sweep of several cars' might.
FARTHEST_M = 2000.0
# Share of points that must look like a sweep.
LEAST_SHARE = 0.99
_FLOAT = np.dtype("<f4")


class _Layout(NamedTuple):
    title: str
    columns: tuple[str, ...]


_KITTI = _Layout("KITTI: x, y, z, intensity", ("x", "y", "z", "intensity"))
_NUSCENES = _Layout("nuScenes: x, y, z, intensity, ring", ("x", "y", "z", "intensity", "ring"))


def starts_like_sweep(head: bytes) -> bool:
    """Whether the first bytes can be points of either layout."""
    return any(
        len(head) >= 4 * len(layout.columns)
        and _share([_table(head, layout)], layout) >= LEAST_SHARE
        for layout in (_KITTI, _NUSCENES)
    )


def read_kitti(
    path: Path, *, name: str, progress: Progress = no_progress, labels: Path | None = None
) -> PointScan:
    """Read a sweep; `labels` is its `.label` file.

    Raises UnreadableScan for a file that is none, and for labels of another number of points.
    """
    size = path.stat().st_size
    layout = _layout(path, size, name)
    width = len(layout.columns)
    count = size // (4 * width)
    positions = np.empty((count, 3), np.float64)
    intensity: Float32Array = np.empty(count, np.float32)
    with path.open("rb") as file:
        for start in range(0, count, BLOCK_ROWS):
            rows = min(BLOCK_ROWS, count - start)
            data = file.read(rows * 4 * width)
            if len(data) < rows * 4 * width:
                raise UnreadableScan(name, "the file became shorter while it was read.")
            block = np.frombuffer(data, _FLOAT).reshape(rows, width)
            with np.errstate(invalid="ignore"):
                positions[start : start + rows] = block[:, :3]
                intensity[start : start + rows] = block[:, 3]
            progress((start + rows) / count, "Reading points")
    details = {"encoding": layout.title}
    parts = ScanParts(positions, intensity=intensity)
    fields = [Field(column, "float32") for column in layout.columns]
    if labels is not None:
        parts.labels = read_labels(labels, points=count, name=name)
        fields += [Field("semantic", "uint16"), Field("instance", "uint16")]
        details["labels"] = labels.name
    return build_scan(
        name,
        parts,
        fields=fields,
        source_format="kitti",
        details=details,
        notes=[
            "The file has no header; its numbers are taken as those of a LiDAR sweep, "
            f"{layout.title}."
        ],
    )


def read_kitti_and_labels(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """The same with the labels that lie beside the file, if any do."""
    return read_kitti(path, name=name, progress=progress, labels=labels_beside(path))


def labels_beside(path: Path) -> Path | None:
    """The `.label` file of a sweep: its twin, or `labels/000000.label` of `velodyne/000000.bin`."""
    places = [path.with_suffix(".label")]
    if path.absolute().parent.name == "velodyne":
        places.insert(0, path.absolute().parent.parent / "labels" / f"{path.stem}.label")
    return next((place for place in places if place.is_file()), None)


def read_labels(path: Path, *, points: int, name: str) -> dict[str, AnyArray]:
    """{"semantic", "instance"}: (N,) uint16 of a `.label` file for `points` points.

    Raises UnreadableScan naming both files for any other number of labels.
    """
    size = path.stat().st_size
    if size != 4 * points:
        raise UnreadableScan(
            name,
            f"it has {points:,} points, but {path.name} has {size / 4:,.6g} labels (4 bytes each); "
            "they do not belong together.",
        )
    both = np.fromfile(path, "<u4")
    return {
        "semantic": (both & 0xFFFF).astype(np.uint16),
        "instance": (both >> 16).astype(np.uint16),
    }


def _layout(path: Path, size: int, name: str) -> _Layout:
    """The layout of a file; refuses one that fits neither."""
    shares: list[float] = []
    # All of a file up to about 2 million points, pieces of a larger one.
    with path.open("rb") as file:
        for layout in (_KITTI, _NUSCENES):
            row = 4 * len(layout.columns)
            if size % row:
                shares.append(0.0)
                continue
            step = max(1, size // (1 << 25))
            shares.append(
                _share(_pieces(file, range(0, size // row, BLOCK_ROWS * step), layout), layout)
            )
    if shares[0] >= LEAST_SHARE:
        return _KITTI
    if shares[1] >= LEAST_SHARE:
        return _NUSCENES
    if size % 16 and size % 20:
        raise UnreadableScan(
            name,
            f"{size:,} bytes are no whole number of points of 16 bytes (KITTI) or 20 (nuScenes): "
            "the file is truncated or of another kind.",
        )
    raise UnreadableScan(
        name,
        f"only {max(shares):.0%} of its numbers can be points of a LiDAR sweep (within "
        f"{FARTHEST_M:,.0f} m, with an intensity): the file is of another kind.",
    )


def _table(data: bytes, layout: _Layout) -> Float32Array:
    width = len(layout.columns)
    return np.frombuffer(data[: len(data) // (4 * width) * 4 * width], _FLOAT).reshape(-1, width)


def _pieces(file: BinaryIO, starts: Iterable[int], layout: _Layout) -> Iterator[Float32Array]:
    row = 4 * len(layout.columns)
    for start in starts:
        file.seek(start * row)
        yield _table(file.read(BLOCK_ROWS * row), layout)


def _share(tables: Iterable[Float32Array], layout: _Layout) -> float:
    """Share of the rows that can be points; 0 if all are of one and the same place."""
    rows = good = 0
    first: Float32Array | None = None
    differ = False
    for table in tables:
        if len(table) == 0:
            continue
        first = table[0, :3] if first is None else first
        rows += len(table)
        good += int(np.count_nonzero(_possible(table, layout)))
        differ = differ or bool((table[:, :3] != first).any())
    # Rows of one value throughout are no measurement.
    return good / rows if rows == 1 or differ else 0.0


def _possible(table: Float32Array, layout: _Layout) -> BoolArray:
    """(N,): whether a row can be a point; missing returns (NaN) can."""
    with np.errstate(invalid="ignore", over="ignore"):
        near = (np.abs(table[:, :3]) < FARTHEST_M).all(axis=1)
        missing = np.isnan(table[:, :3]).all(axis=1)
        # Random bytes are mostly numbers like 1e-30, which no measurement has.
        tiny = ((np.abs(table) < 1e-9) & (table != 0)).any(axis=1)
        strength = table[:, 3]
        usual = (strength >= 0) & (strength <= 65535)
        good: BoolArray = ((near & usual) | missing) & ~tiny
        if layout is _NUSCENES:
            ring = table[:, 4]
            good &= (ring >= 0) & (ring < 256) & (ring == np.rint(ring))
    return good
