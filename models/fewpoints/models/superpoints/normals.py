# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Normals of scans that bring none. NumPy and SciPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.graph import surface_of


def estimate_normals(
    positions: NDArray[np.float64], cell: float, *, workers: int = 1
) -> NDArray[np.float32]:
    """Return (n, 3) unit normals, of either sign, of (n, 3) finite positions.

    Points of one cell share the normal of their cell, which is of the plane through its neighbours.

    Args:
        cell: edge of a cell, in the unit of the positions.
        workers: threads that look for neighbours.
    """
    if len(positions) == 0:
        return np.zeros((0, 3), np.float32)
    # From the corner, so that coordinates of a country's grid keep their millimetres.
    local = positions - positions.min(axis=0)
    places = np.floor(local / cell).astype(np.int64)
    spans = places.max(axis=0) + 1
    # Beyond this a scan is so sparse that every point is its own cell anyway.
    if float(np.prod(spans.astype(np.float64))) < 2**62:
        keys = (places[:, 0] * spans[1] + places[:, 1]) * spans[2] + places[:, 2]
        _, first, cell_of = np.unique(keys, return_index=True, return_inverse=True)
    else:
        first = cell_of = np.arange(len(local))
    normals = surface_of(local[first], None, workers=workers).normals
    return normals[cell_of]
