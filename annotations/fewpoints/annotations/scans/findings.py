# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a preflight finds: facts worth knowing, and what somebody should decide, with the fix.

A fix is offered where one exists and suggested where the evidence is strong: measured, or written
in the file. A guess is only offered.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.fixes import Undo
from fewpoints.annotations.scans.grid import Spacing
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.orientation import UpAxis
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.units import Unit, VoxelSize

Severity = Literal["info", "warning", "problem"]
FEW_POINTS = 1000
MANY_MISSING = 0.01
MANY_TWINS = 0.01
# A scan with more points, and so many of them in a voxel's width, gains nothing from all of them.
MANY_POINTS, CROWDED = 5_000_000, 3.0
STEP_SAMPLE = 200_000
COARSE_STEP_M = 0.0015


@dataclass(frozen=True)
class Finding:
    """One thing found in a file.

    Attributes:
        code: a stable name.
        sentence: for people.
        severity: "info" needs nobody; "warning" waits for a decision; "problem" makes the scan
            hardly usable.
        fix: `Fixes` as JSON, if there is one.
        suggested: whether the fix is right for all that is known.
    """

    code: str
    sentence: str
    severity: Severity = "info"
    fix: dict[str, Any] | None = None
    suggested: bool = False


@dataclass(frozen=True)
class Looked:
    """What a preflight has measured; lengths in the scan's unit.

    Attributes:
        finite: points that take part.
        undo: what was done to the scan since it was read.
        extent, core: (3,) the size of all points, and without the outer percent on each side.
    """

    scan: PointScan
    finite: int
    undo: Undo
    extent: FloatArray64 = field(repr=False)
    core: FloatArray64 = field(repr=False)
    unit: Unit
    up: UpAxis
    spacing: Spacing | None
    voxel: VoxelSize


def find(looked: Looked) -> list[Finding]:
    """Return what is worth saying, about points first, then shape, then attributes."""
    return [
        *_points(looked),
        *_unit(looked),
        *_up(looked),
        *_aligned(looked),
        *_shape(looked),
        *_precision(looked),
        *_crowd(looked),
        *(Finding("note", sentence) for sentence in looked.scan.notes),
        *_colours(looked.scan),
    ]


def _points(looked: Looked) -> Iterator[Finding]:
    scan, finite = looked.scan, looked.finite
    missing = len(scan) - finite - looked.undo.left_out
    organised = scan.details.get("organised")
    if organised is not None:
        yield Finding(
            "organised",
            f"The points form an image of {organised}: a depth camera's view from one side. "
            f"{missing / len(scan):.0%} of its pixels have no point.",
        )
    if missing:
        many = organised is None and missing > MANY_MISSING * len(scan)
        yield Finding(
            "missing_points",
            f"{missing:,} of {len(scan):,} points have no finite coordinates; they keep their row "
            f"but take no part.",
            "warning" if many else "info",
        )
    if finite < FEW_POINTS:
        points = "point" if finite == 1 else "points"
        yield Finding(
            "few_points", f"Only {finite:,} {points}: too few to recognise anything in.", "warning"
        )


def _unit(looked: Looked) -> Iterator[Finding]:
    unit = looked.unit
    if unit.metres is None:
        yield Finding(
            "degrees",
            "Coordinates are degrees of longitude and latitude, with heights in another unit: "
            "shapes are distorted. Project the scan to a map in metres first.",
            "problem",
        )
    elif unit.name != "metres":
        yield Finding(
            "unit",
            f"Coordinates seem to be in {unit.name}, not metres ({unit.reason}); unless they are "
            f"converted, voxel sizes are given in {unit.name}.",
            "warning",
            Fixes(unit=unit.name).to_json(),
            suggested=unit.sure,
        )


def _up(looked: Looked) -> Iterator[Finding]:
    up = looked.up
    if (up.axis, up.sign) == ("z", 1):
        return
    signed = f"{'-' if up.sign < 0 else '+'}{up.axis}"
    yield Finding(
        "up",
        f"{signed} seems to be up, not z: {up.reason}.",
        "warning",
        Fixes(up=signed).to_json(),
        suggested=up.sure,
    )


def _aligned(looked: Looked) -> Iterator[Finding]:
    """What was done without being asked for is said, and can be refused."""
    alignment = looked.undo.alignment
    if alignment is None:
        return
    yield Finding(
        "aligned",
        f"The points are turned by {alignment.degrees:.3g}° and moved so that walls lie along the "
        f"axes, as {alignment.said_by} says. Exports keep the file's own coordinates.",
        fix=Fixes(unaligned=True).to_json(),
    )


def _shape(looked: Looked) -> Iterator[Finding]:
    scan, extent, core = looked.scan, looked.extent, looked.core
    if scan.global_shift.any():
        shift = ", ".join(f"{v:,.0f}" for v in scan.global_shift)
        yield Finding(
            "shift",
            f"Coordinates are far from the origin; ({shift}) is taken off for display. Exports "
            f"keep the file's own coordinates.",
        )
    if core.max() > 0 and float(np.linalg.norm(extent)) > 5 * float(np.linalg.norm(core)):
        yield Finding(
            "far_points",
            f"A few points lie far from the rest: all span {np.linalg.norm(extent):.4g}, the inner "
            f"98 % only {np.linalg.norm(core):.4g} {looked.unit.name}. The view may start too far "
            "away.",
            "warning",
        )
    twins = looked.spacing.duplicates if looked.spacing else 1.0
    if extent.max() == 0:
        yield Finding("one_place", "All points are at the same place.", "problem")
    elif twins > MANY_TWINS and len(scan) > 1:
        yield Finding(
            "duplicates",
            f"About {twins:.0%} of the points have a twin with exactly the same coordinates.",
            "warning",
            Fixes(drop_duplicates=True).to_json(),
            suggested=True,
        )


def _precision(looked: Looked) -> Iterator[Finding]:
    step = float32_step(looked.scan.positions, looked.scan.finite)
    if step is None:
        return
    spacing = looked.spacing.median if looked.spacing else math.inf
    metres = looked.unit.metres or 1.0
    if step * metres > COARSE_STEP_M or step > spacing / 2:
        yield Finding(
            "float32_steps",
            f"Coordinates lost precision before they were saved: they are 32-bit numbers far from "
            f"the origin and lie in steps of {step:.3g} {looked.unit.name}. Save the scan with "
            "64-bit coordinates, or nearer to the origin, where it comes from.",
            "warning",
        )


def float32_step(positions: FloatArray64, finite: Any) -> float | None:
    """Return the step in which float32 coordinates lie; None for those that are no float32.

    Measured: the least difference between coordinates of the axis that is farthest from zero, as
    the format of the numbers makes it there and not less.
    """
    rows = np.flatnonzero(finite)
    rows = rows[:: max(1, len(rows) // STEP_SAMPLE)]
    points = positions[rows]
    if not (points == points.astype(np.float32)).all():
        return None
    far = int(np.abs(points).max(axis=0).argmax())
    values = np.unique(points[:, far])
    if len(values) < 2:
        return None
    step = float(np.diff(values).min())
    least = float(np.spacing(np.float32(np.abs(values).min())))
    most = float(np.spacing(np.float32(np.abs(values).max())))
    # Coordinates on a grid of their own, such as whole millimetres, did not lose anything here.
    return step if least <= step <= most else None


def _crowd(looked: Looked) -> Iterator[Finding]:
    spacing, metres = looked.spacing, looked.unit.metres
    if spacing is None or metres is None:
        return
    apart = spacing.median * metres
    said = f"{apart:.3g} m" if apart >= 1 else f"{apart * 100:.2g} cm"
    per_m2 = 1 / (apart * apart)
    yield Finding(
        "density",
        f"Points are {said} apart: about {float(f'{per_m2:.1g}'):,.6g} on each square metre.",
    )
    crowded = spacing.median * CROWDED < looked.voxel.size
    if metres == 1.0 and looked.finite > MANY_POINTS and crowded:
        edge = looked.voxel.size / 2
        yield Finding(
            "crowded",
            f"Networks see {looked.voxel.size:g} m and no finer: the scan can be thinned to "
            f"{edge:g} m. Exports keep all points, each labelled as the one kept beside it.",
            fix=Fixes(thin_to=edge).to_json(),
        )


def _colours(scan: PointScan) -> Iterator[Finding]:
    if scan.colours is None:
        instead = "its intensity" if scan.intensity is not None else "its height"
        yield Finding(
            "no_colour",
            f"The scan has no colour: {instead} is shown, and networks trained on colour work "
            "worse.",
        )
    elif int(np.ptp(scan.colours[:: max(1, len(scan) // 500_000)], axis=0).max()) == 0:
        yield Finding("one_colour", "All points have the same colour.")
