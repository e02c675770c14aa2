# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes of a scan, made on import, and the way back to what the file says.

A fixed scan has the rows of the file: row i stays point i of the file for good. A point that is
dropped loses its coordinates, so that it takes part in nothing, and another row stands for it;
when labels are written, it gets what that row has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import AnyArray, Float32Array, FloatArray64, IndexArray
from fewpoints.annotations.scans.alignment import Alignment, align, align_directions
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.orientation import turn_back, turn_upright
from fewpoints.annotations.scans.scan import PointScan, choose_shift
from fewpoints.annotations.scans.units import METRES


@dataclass(frozen=True)
class Undo:
    """What leads from a fixed scan of N points back to its file.

    Attributes:
        fixes: those that were made.
        positions: (N, 3) float64 as the file has them; None where turning axes back gives them.
        normals: (N, 3) as the file has them; None where turning axes back gives them.
        kept: (N,) the row that stands for each row; None where each stands for itself.
        global_shift: (3,) that of the file's coordinates.
        alignment: what the file asked for and was done; None for nothing.
        details, notes: of the scan as it was read.
    """

    fixes: Fixes = field(default_factory=Fixes)
    positions: FloatArray64 | None = None
    normals: Float32Array | None = None
    kept: IndexArray | None = None
    global_shift: FloatArray64 = field(default_factory=lambda: np.zeros(3))
    alignment: Alignment | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        """How many points other ones stand for."""
        if self.kept is None:
            return 0
        return int((self.kept != np.arange(len(self.kept))).sum())


class Fixed(NamedTuple):
    """A scan after its fixes; None if there were none to undo."""

    scan: PointScan
    undo: Undo | None


def apply_fixes(scan: PointScan, fixes: Fixes) -> Fixed:
    """Return the scan with its fixes made, and aligned if its file asks for that.

    In this order: alignment, unit, axes, what is left out.
    """
    if fixes == Fixes() and scan.alignment is None:
        return Fixed(scan, None)
    details, notes = dict(scan.details), list(scan.notes)
    positions, normals = scan.positions, scan.normals
    alignment = None if fixes.unaligned else scan.alignment
    if alignment is not None:
        positions = align(positions, alignment)
        positions[~scan.finite] = np.nan  # Turned, a damaged number could pass for a good one.
        normals = None if normals is None else align_directions(normals, alignment)
    elif scan.alignment is not None:
        notes.append(f"Points lie as in the file: {scan.alignment.said_by} was not to be followed.")
    if fixes.unit is not None:
        details["unit"] = "metres"
        if METRES[fixes.unit] != 1.0:
            positions = positions * METRES[fixes.unit]
            positions[~scan.finite] = np.nan  # Scaled, a damaged number could pass for a good one.
            notes.append(f"Coordinates are {fixes.unit} in the file and metres here.")
    if fixes.up is not None:
        details["up"] = "+z"
        if fixes.up != "+z":
            positions = turn_upright(positions, fixes.up)
            normals = None if normals is None else turn_upright(normals, fixes.up)
            notes.append(f"The axis {fixes.up} is up in the file and z here.")
    kept = _kept(positions, scan, fixes)
    if kept is not None:
        dropped = kept != np.arange(len(kept))
        if positions is scan.positions:
            positions = positions.copy()
        positions[dropped] = np.nan
        notes.append(_dropped_note(fixes, int(dropped.sum())))
    fixed = replace(
        scan,
        positions=positions,
        normals=normals,
        global_shift=choose_shift(positions, np.isfinite(positions).all(axis=1) & scan.finite),
        details=details,
        notes=tuple(notes),
        alignment=None,
    )
    same_scale = METRES.get(fixes.unit or "metres") == 1.0
    only_turned = kept is None and same_scale and alignment is None
    return Fixed(
        fixed,
        Undo(
            fixes=fixes,
            positions=None if only_turned else scan.positions,
            normals=None if alignment is None else scan.normals,
            kept=kept,
            global_shift=scan.global_shift,
            alignment=alignment,
            details=dict(scan.details),
            notes=scan.notes,
        ),
    )


def to_file_frame(
    scan: PointScan, columns: Mapping[str, AnyArray], undo: Undo | None
) -> tuple[PointScan, dict[str, AnyArray]]:
    """Return a fixed scan as its file has it, and (N, ...) columns for all rows of the file.

    Coordinates are those of the file to the last bit; rows that were dropped get what stands in
    the columns for the row that was kept in their place.
    """
    if undo is None:
        return scan, dict(columns)
    up = undo.fixes.up or "+z"
    positions = turn_back(scan.positions, up) if undo.positions is None else undo.positions
    normals = undo.normals
    if normals is None and scan.normals is not None:
        normals = turn_back(scan.normals, up)
    back = replace(
        scan,
        positions=positions,
        normals=normals,
        global_shift=undo.global_shift,
        details=dict(undo.details),
        notes=undo.notes,
    )
    if undo.kept is None:
        return back, dict(columns)
    return back, {name: values[undo.kept] for name, values in columns.items()}


def up_in_file(up: FloatArray64, undo: Undo | None) -> FloatArray64:
    """(3,) the upward axis of the file, positive or negative; `up` is that of the fixed scan.

    Where an alignment tilted the scan, it is the axis of the file that is nearest to upright.
    """
    if undo is None:
        return up
    if undo.fixes.up is not None:
        up = np.zeros(3)
        up["xyz".index(undo.fixes.up[1])] = -1.0 if undo.fixes.up[0] == "-" else 1.0
    if undo.alignment is None:
        return up
    tilted = undo.alignment.aligned_from_file[:3, :3].T @ up
    axis = int(np.abs(tilted).argmax())
    nearest = np.zeros(3)
    nearest[axis] = np.sign(tilted[axis])
    return nearest


def _kept(positions: FloatArray64, scan: PointScan, fixes: Fixes) -> IndexArray | None:
    """Return (N,) the row that stands for each row; None if none is dropped."""
    if fixes.thin_to is None and not fixes.drop_duplicates:
        return None
    rows = np.flatnonzero(scan.finite)
    points = positions[rows]
    if fixes.thin_to is not None:  # Points at one place are in one cube, too.
        points /= fixes.thin_to
        np.floor(points, out=points)
    kept = np.arange(len(positions))
    kept[rows] = rows[first_of_equal(points)]
    return kept if (kept != np.arange(len(kept))).any() else None


def first_of_equal(points: FloatArray64) -> IndexArray:
    """(n,) for each of (n, 3) finite points, the first row that has exactly the same numbers."""
    if len(points) == 0:
        return np.empty(0, np.int64)
    order = np.lexsort(points.T)  # Stable: the first of equal ones comes first.
    begins = np.ones(len(points), bool)
    for axis in range(3):
        values = points[order, axis]
        unlike = values[1:] != values[:-1]
        begins[1:] = unlike if axis == 0 else begins[1:] | unlike
    first = np.empty(len(points), np.int64)
    first[order] = order[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    return first


def _dropped_note(fixes: Fixes, dropped: int) -> str:
    if fixes.thin_to is None:
        return f"{dropped:,} points with the coordinates of an earlier one take no part."
    unit = "m" if fixes.unit is not None else "in the file's unit"
    return f"Thinned to {fixes.thin_to:g} {unit}: {dropped:,} points take no part."
