# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The unit of a scan's coordinates, guessed, and a voxel size to go with it.

A file that names its coordinate system is believed. Otherwise each unit is scored by how ordinary
it would make the scan: most scans are between one and a hundred metres across, and a storey is
between 2 and 4.5 m tall. Metres win unless another unit is clearly better.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.scan import PointScan

METRES = {
    "metres": 1.0,
    "millimetres": 0.001,
    "centimetres": 0.01,
    "feet": 0.3048,
    "US survey feet": 1200 / 3937,
    "inches": 0.0254,
}
# Formats and datasets that say so themselves: what to call their scans.
_IN_METRES = {
    "gltf": "glTF files", "e57": "E57 files", "kitti": "KITTI sweeps",
    "scannet": "ScanNet scenes", "s3dis": "S3DIS rooms", "rgbd": "fused RGB-D frames",
}  # fmt: skip
ROOM_VOXEL_M = 0.02
# log of how much rarer than metres.
_PRIOR = {"metres": 0.0, "millimetres": -1.5, "centimetres": -3.0, "inches": -4.0, "feet": -3.5}
_USUAL_SIZE_M = 12.0
_SPREAD = float(np.log(8))
_CLEAR = 1.0  # How much better than any other a unit must score to be no mere guess.


class Unit(NamedTuple):
    """name, or "degrees"; metres in one unit (None for degrees); why, a sentence; no mere guess?"""

    name: str
    metres: float | None
    reason: str
    sure: bool = True


class VoxelSize(NamedTuple):
    """Edge in the file's unit; one sentence why."""

    size: float
    reason: str


def guess_unit(scan: PointScan, low: FloatArray64, high: FloatArray64, up_axis: str) -> Unit:
    """low, high: (3,) the bounds of the scan without outliers, in the file's frame and unit."""
    extent = high - low
    named = scan.details.get("unit")
    if named == "degrees":
        return Unit(named, None, "the file's coordinate system is geographic")
    if named in METRES:
        return Unit(named, METRES[named], "named by the file's coordinate system")
    if scan.source_format in ("las", "laz", "copc"):
        return Unit("metres", 1.0, "no coordinate system is named; most such files are in metres")
    if scan.source_format in _IN_METRES:
        return Unit("metres", 1.0, f"{_IN_METRES[scan.source_format]} are in metres")
    across = float(np.linalg.norm(extent))
    if float(np.abs((low + high) / 2).max()) > max(20 * across, 10_000):
        return Unit("metres", 1.0, "coordinates far from the origin are usually map coordinates")
    if across == 0:
        return Unit("metres", 1.0, "nothing to measure; metres are the most common")
    tall = float(extent["xyz".index(up_axis)])
    scores = {}
    for name, prior in _PRIOR.items():
        size = np.log(across * METRES[name] / _USUAL_SIZE_M) / _SPREAD
        storey = 1.5 if 2.0 <= tall * METRES[name] <= 4.5 else 0.0
        scores[name] = prior + storey - size * size / 2
    best = max(scores, key=scores.__getitem__)
    size = f"{across * METRES[best]:.3g} m across"
    reason = f"the scan would be {size}, {tall * METRES[best]:.3g} m tall"
    clear = scores[best] - max(score for name, score in scores.items() if name != best) >= _CLEAR
    return Unit(best, METRES[best], reason, sure=bool(clear))


def propose_voxel_size(spacing: float | None, extent: FloatArray64, unit: Unit) -> VoxelSize:
    """Propose the edge of a voxel, in the file's unit, for a scan of this `spacing` and size."""
    across = float(np.linalg.norm(extent))
    if unit.metres is None or spacing is None:
        if spacing is None:
            return VoxelSize(_readable(max(across / 500, 1e-3)), "no spacing could be measured")
        return VoxelSize(_readable(1.5 * spacing), "1.5 times the spacing of the points")
    spacing_m, across_m = spacing * unit.metres, across * unit.metres
    room = ROOM_VOXEL_M / unit.metres
    if across_m < 2.5 and spacing_m < ROOM_VOXEL_M / 2:
        fine = float(np.clip(2 * spacing_m, across_m / 400, ROOM_VOXEL_M))
        return VoxelSize(_readable(fine / unit.metres), f"the scan is only {across_m:.2g} m across")
    if 1.5 * spacing_m <= 1.6 * ROOM_VOXEL_M:
        return VoxelSize(_rounded(room), "2 cm, as the networks for rooms are trained with")
    return VoxelSize(
        _readable(1.5 * spacing),
        f"1.5 times the spacing of the points ({spacing_m:.2g} m), which 2 cm voxels would isolate",
    )


def _rounded(value: float) -> float:
    """Three significant digits."""
    return float(f"{value:.3g}")


def _readable(value: float) -> float:
    """The next larger of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    power = float(np.floor(np.log10(value)))
    digits = value / 10**power
    step = next(s for s in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if s >= digits - 1e-9)
    return _rounded(step * 10**power)
