# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The scan as imported: what "row i of the scan" means everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import (
    BoolArray,
    Float32Array,
    FloatArray64,
    IntArray,
    UInt8Array,
)
from fewpoints.annotations.scans.alignment import Alignment

# Float32 keeps half a millimetre up to 8192; half of that leaves room for sums and rotations.
FLOAT32_SAFE = 4096.0
# No scan in any unit reaches this far; a coordinate beyond it is a damaged number, treated as
# non-finite so that squares and float32 copies cannot overflow.
FINITE_LIMIT = 1e12
# Rows that are looked at together: what the processor's cache holds.
BLOCK_ROWS = 1 << 15


# The type of a field that holds words in the file: its numbers stand for them.
WORDS = "words"


class Field(NamedTuple):
    """One field of the file, with the type as the file spells it."""

    name: str
    type: str


@dataclass(frozen=True)
class PointScan:
    """One point cloud, in file order; row i is the i-th point of the file, finite or not.

    Attributes:
        positions: (N, 3) float64, the file's own frame and unit. Non-finite rows stay as they are.
        colours: (N, 3) uint8 RGB 0-255, whatever the file used; None if it has none (or only
            zeros, which `notes` then says).
        normals: (N, 3), as in the file.
        intensity: (N,), the file's own range.
        labels: field name -> (N,) integers, every label-like field of the file.
        global_shift: (3,) float64. `positions - global_shift` fits float32 to the millimetre if
            the unit is the metre or smaller; zeros when not needed.
        fields: every field of the file, used or not.
        source_format: "ply", "pcd", "las", "laz", "copc", "e57" and so on, or "memory".
        details: facts about the file for people, e.g. encoding, version, crs, width and height.
        notes: sentences about what was done to the data while reading, for people.
        alignment: how the file asks for its points to be turned and moved, which nobody has done
            yet; `apply_fixes` does.
    """

    positions: FloatArray64
    colours: UInt8Array | None = None
    normals: Float32Array | None = None
    intensity: Float32Array | None = None
    labels: Mapping[str, IntArray] = field(default_factory=dict)
    global_shift: FloatArray64 = field(default_factory=lambda: np.zeros(3))
    fields: tuple[Field, ...] = ()
    source_format: str = "memory"
    details: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    alignment: Alignment | None = None

    def __post_init__(self) -> None:
        count = len(self.positions)
        assert self.positions.shape == (count, 3), self.positions.shape
        assert self.positions.dtype == np.float64, self.positions.dtype
        assert self.colours is None or (
            self.colours.shape == (count, 3) and self.colours.dtype == np.uint8
        )
        assert self.normals is None or self.normals.shape == (count, 3)
        assert self.intensity is None or self.intensity.shape == (count,)
        assert all(values.shape == (count,) for values in self.labels.values())

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def finite(self) -> BoolArray:
        """(N,) True where all three coordinates are usable numbers (|x| < 1e12)."""
        return finite_rows(self.positions)

    def local_positions(self) -> Float32Array:
        """(N, 3) float32 in the local frame: `positions - global_shift`, same unit.

        Rows that are not `finite` are NaN.
        """
        local = np.empty(self.positions.shape, np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(local), BLOCK_ROWS):
                rows = slice(start, start + BLOCK_ROWS)
                local[rows] = self.positions[rows] - self.global_shift
        if not self.finite.all():
            local[~self.finite] = np.nan
        return local


def finite_rows(positions: FloatArray64) -> BoolArray:
    """(N,) True where all of (N, 3) `positions` are finite and below `FINITE_LIMIT`."""
    ok = np.ones(len(positions), bool)
    for start in range(0, len(positions), BLOCK_ROWS):
        block = positions[start : start + BLOCK_ROWS]
        # A comparison with NaN is False, so this covers NaN and infinity too.
        if block.max() < FINITE_LIMIT and block.min() > -FINITE_LIMIT:
            continue
        for axis in range(3):
            ok[start : start + BLOCK_ROWS] &= np.abs(block[:, axis]) < FINITE_LIMIT
    return ok


def choose_shift(positions: FloatArray64, finite: BoolArray) -> FloatArray64:
    """Return a readable (3,) shift after which float32 keeps millimetres.

    Axes whose coordinates float32 can hold stay unshifted. The centre is a median, so that a few
    far-off points do not move it. Rounded to whole thousands: easy to read and to add back.
    """
    shift = np.zeros(3)
    count = int(np.count_nonzero(finite))
    if count == 0:
        return shift
    every = max(1, count // 200_000)
    rows = slice(None, None, every) if count == len(finite) else np.flatnonzero(finite)[::every]
    sample = positions[rows]
    for axis in range(3):
        middle = float(np.median(sample[:, axis]))
        largest = float(np.abs(sample[:, axis]).max())
        if largest > FLOAT32_SAFE:
            shift[axis] = np.round(middle / 1000.0) * 1000.0
    return shift + 0.0  # Turns -0.0 into 0.0.
