# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which way is up in a scan: a guess with its reason.

Two kinds of evidence are used. A depth camera writes its own frame (x right, y down, z forward):
then all points lie in a narrow pyramid in front of the origin. Otherwise, floors, ceilings and
table tops are flat patches whose normal is the up axis, and a room or a landscape is less tall
than wide. Files with z up are by far the most common, then y up, so z must be contradicted
clearly.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, IndexArray
from fewpoints.annotations.scans.scan import PointScan

SAMPLE = 200_000
# log of how many more files have this axis up than x.
_PRIOR = {"x": 0.0, "y": 1.8, "z": 2.9}
_CLEAR = 0.7  # How much better than any other an axis must score to be no mere guess.
# What is up -> the source and the sign of each new axis; all of them are rotations.
_TURNS = {
    "+x": ((1, 1), (2, 1), (0, 1)),
    "-x": ((2, 1), (1, 1), (0, -1)),
    "+y": ((0, 1), (2, -1), (1, 1)),
    "-y": ((0, 1), (2, 1), (1, -1)),
    "+z": ((0, 1), (1, 1), (2, 1)),
    "-z": ((0, 1), (1, -1), (2, -1)),
}
Turned = TypeVar("Turned", FloatArray64, Float32Array)


class UpAxis(NamedTuple):
    """axis "x", "y" or "z"; sign 1 or -1; one sentence why; no mere guess?"""

    axis: str
    sign: int
    reason: str
    sure: bool = True

    @property
    def vector(self) -> FloatArray64:
        """(3,) unit vector."""
        out = np.zeros(3)
        out["xyz".index(self.axis)] = self.sign
        return out


def scan_up(scan: PointScan) -> UpAxis:
    """The up axis of a scan: given by its format, or guessed from its points."""
    told = scan.details.get("up")
    if told in _TURNS:
        return UpAxis(told[1], -1 if told[0] == "-" else 1, "it is given, not guessed")
    if scan.source_format in ("las", "laz", "copc"):
        return UpAxis("z", 1, "LAS files have z up")
    if scan.source_format == "gltf":
        return UpAxis("y", 1, "glTF files have y up")
    if scan.details.get("unit") == "degrees":  # Beside heights in metres, extents say nothing.
        return UpAxis("z", 1, "heights stand beside longitude and latitude")
    return guess_up(scan.positions, scan.finite)


def upright_positions(scan: PointScan) -> FloatArray64:
    """(N, 3) positions turned so that z is up, in the file's unit.

    Only axes change places and signs, so every number stays exact. A scan that has z up already
    comes back as it is. Networks are trained with z up.
    """
    up = scan_up(scan)
    if up.axis == "z" and up.sign > 0:
        return scan.positions
    return turn_upright(scan.positions, f"{'-' if up.sign < 0 else '+'}{up.axis}")


def turn_upright(rows: Turned, up: str) -> Turned:
    """(N, 3) rows, a copy, turned so that their axis `up` ("+y", "-x", …) becomes +z.

    Axes change places and signs only: nothing is rounded, and `turn_back` restores every bit.
    """
    turned = np.empty_like(rows)
    for axis, (source, sign) in enumerate(_TURNS[up]):
        turned[:, axis] = rows[:, source] if sign > 0 else -rows[:, source]
    return turned


def turn_back(rows: Turned, up: str) -> Turned:
    """(N, 3) rows, a copy, turned back from what `turn_upright` made of them."""
    turned = np.empty_like(rows)
    for axis, (source, sign) in enumerate(_TURNS[up]):
        turned[:, source] = rows[:, axis] if sign > 0 else -rows[:, axis]
    return turned


def guess_up(positions: FloatArray64, finite: BoolArray) -> UpAxis:
    """Guess from (N, 3) positions in any unit; (N,) `finite` rows count."""
    rows = np.flatnonzero(finite)
    rows = rows[:: max(1, len(rows) // SAMPLE)]
    points = positions[rows]
    if len(points) < 100:
        return UpAxis("z", 1, "too few points to tell; z up is the most common")
    if _camera_frame(points):
        return UpAxis(
            "y", -1, "all points lie in a pyramid in front of the origin: a camera's frame, y down"
        )
    low, high = np.percentile(points, (1, 99), axis=0)
    extent = np.maximum(high - low, 1e-12 * (1 + np.abs(points).max()))
    inside = ((points >= low - 0.1 * extent) & (points <= high + 0.1 * extent)).all(axis=1)
    flat = _flat_shares(points[inside] - low, size=float(np.linalg.norm(extent)))
    scores = {
        axis: float(np.log(flat[i] + 0.05) - 2 * np.log(extent[i] / extent.min()) + _PRIOR[axis])
        for i, axis in enumerate("xyz")
    }
    best = max(scores, key=scores.__getitem__)
    index = "xyz".index(best)
    if flat.max() < 0.05:
        reason = "hardly any flat patches along an axis"
    else:
        reason = f"{flat[index]:.0%} of the flat patches face {best}"
    if extent[index] == extent.min():
        reason += f", and the scan is least tall along {best}"
    elif best == "z":
        reason += "; z up is the most common"
    clear = scores[best] - max(score for axis, score in scores.items() if axis != best) >= _CLEAR
    return UpAxis(best, 1, reason, sure=clear)


def _camera_frame(points: FloatArray64) -> bool:
    """Whether (n, 3) points lie within 45° of +z seen from the origin, and fill that view."""
    depth = points[:, 2]
    if depth.min() <= 0:
        return False
    across = points[:, :2] / depth[:, None]
    low, high = np.percentile(across, (0.5, 99.5), axis=0)
    narrow = bool((low > -1).all() and (high < 1).all())
    # The view is about centred, and what it shows is not a small thing far away.
    filled = bool((high - low > 0.3).all() and (np.abs(high + low) < 0.5 * (high - low)).all())
    return narrow and filled


def _flat_shares(points: FloatArray64, *, size: float) -> FloatArray64:
    """(3,) of the cells whose points form a plane: the share that faces each axis.

    Cells are an 80th of `size` wide, more where that leaves too few points in them.
    """
    for parts in (80, 40, 20):
        inverse, counts = _cells(points, cell=size / parts)
        if counts[inverse[:: max(1, len(inverse) // 10_000)]].mean() >= 16:
            break
    cells = len(counts)
    sums = np.stack([np.bincount(inverse, points[:, i], cells) for i in range(3)], 1)
    means = sums / counts[:, None]
    offset = points - means[inverse]
    covariance = np.empty((cells, 3, 3))
    for i in range(3):
        for j in range(i, 3):
            products = np.bincount(inverse, offset[:, i] * offset[:, j], cells) / counts
            covariance[:, i, j] = covariance[:, j, i] = products
    values, vectors = np.linalg.eigh(covariance[counts >= 8])
    # Thin against its width, and no mere line.
    plane = (values[:, 0] < 0.1 * values[:, 1]) & (values[:, 1] > 0.05 * values[:, 2])
    normals = np.abs(vectors[plane][:, :, 0])
    if len(normals) == 0:
        return np.zeros(3)
    return np.asarray((normals > 0.95).mean(axis=0))


def _cells(points: FloatArray64, *, cell: float) -> tuple[IndexArray, IndexArray]:
    """((n,) number of each point's cell, (c,) points in each cell)."""
    index = np.floor((points - points.min(axis=0)) / cell).astype(np.int64)
    sizes = index.max(axis=0) + 1
    key = (index[:, 0] * sizes[1] + index[:, 1]) * sizes[2] + index[:, 2]
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return inverse.astype(np.int64), counts.astype(np.int64)
