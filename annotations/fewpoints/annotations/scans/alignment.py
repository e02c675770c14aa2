# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a file asks for its points to be turned and moved: a rigid motion, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from fewpoints.annotations.arrays import Float32Array, FloatArray64

# What matrices written with three decimals or more keep.
_TOLERANCE = 1e-3
# No scan is moved as far, in whatever unit.
FARTHEST = 1e9
Rows = TypeVar("Rows", FloatArray64, Float32Array)


@dataclass(frozen=True, eq=False)
class Alignment:
    """A rigid motion that a file asks for, after which walls lie along the axes.

    aligned_from_file: (4, 4) float64, `aligned = aligned_from_file @ file`, in the file's unit.
    said_by: what says so, for people.
    """

    aligned_from_file: FloatArray64
    said_by: str

    def __post_init__(self) -> None:
        assert self.aligned_from_file.shape == (4, 4), self.aligned_from_file.shape
        assert self.aligned_from_file.dtype == np.float64, self.aligned_from_file.dtype

    @property
    def degrees(self) -> float:
        """The angle of its rotation, 0 to 180."""
        cosine = (float(np.trace(self.aligned_from_file[:3, :3])) - 1) / 2
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def why_not_rigid(matrix: FloatArray64) -> str | None:
    """Return what keeps a (4, 4) matrix from being a rotation and a shift, for people; or None."""
    if not np.isfinite(matrix).all():
        return "it has numbers that are not finite"
    if not np.allclose(matrix[3], (0, 0, 0, 1), rtol=0, atol=_TOLERANCE):
        return "its last row is not 0 0 0 1"
    if np.abs(matrix[:3, 3]).max() > FARTHEST:
        return f"it moves points farther than {FARTHEST:g}"
    turn = matrix[:3, :3]
    if np.abs(turn).max() > 1 + _TOLERANCE or not np.allclose(
        turn @ turn.T, np.eye(3), rtol=0, atol=_TOLERANCE
    ):
        return "it scales, shears or flattens the points"
    return "it mirrors the points" if np.linalg.det(turn) < 0 else None


def align(positions: FloatArray64, alignment: Alignment) -> FloatArray64:
    """Return (N, 3) positions where they lie after the motion."""
    with np.errstate(over="ignore", invalid="ignore"):  # Damaged numbers stay damaged.
        moved: FloatArray64 = align_directions(positions, alignment)
        moved += alignment.aligned_from_file[:3, 3]
    return moved


def align_directions(rows: Rows, alignment: Alignment) -> Rows:
    """Return (N, 3) directions as they are after the motion, in the type they have."""
    turn = alignment.aligned_from_file[:3, :3]
    with np.errstate(over="ignore", invalid="ignore"):
        return (rows @ turn.T).astype(rows.dtype, copy=False)
