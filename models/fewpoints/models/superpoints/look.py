# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What superpoints look like, as rows whose distances mean something.

Blocks of columns are centred and scaled as wholes, each superpoint counted by its size, so that a
block's total variance is the square of its weight: the network's features lead, shape and colour
help where features say nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.superpoints import Superpoints

_STEP = 1 << 17


def mean_directions(superpoints: Superpoints, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (S, F) the mean direction of the features of each superpoint's cells.

    Args:
        features: (N, F) of the scan's points; memory-mapped is fine, rows are read in pieces.
    """
    sums = np.zeros((len(superpoints), features.shape[1]))
    for start in range(0, len(superpoints.of_cell), _STEP):
        part = slice(start, start + _STEP)
        rows = features[superpoints.cell_points[part]].astype(np.float64)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        order = np.argsort(superpoints.of_cell[part], kind="stable")
        owners, first = np.unique(superpoints.of_cell[part][order], return_index=True)
        if len(owners):
            sums[owners] += np.add.reduceat(rows[order], first, axis=0)
    return (sums / np.maximum(superpoints.sizes, 1)[:, None]).astype(np.float32)


def looks(superpoints: Superpoints, directions: NDArray[np.float32] | None) -> NDArray[np.float64]:
    """Return (S, D) rows: near for superpoints that look alike.

    Args:
        directions: (S, F) from `mean_directions`; None: shape and colour alone.
    """
    height = superpoints.centres[:, 2:]
    shape = np.stack([superpoints.upright, superpoints.flatness], axis=1)
    sizes = np.log(superpoints.extents + superpoints.voxel_size_m)
    blocks: list[tuple[NDArray[np.floating], float]] = [(shape, 0.5), (height, 0.5), (sizes, 0.3)]
    if directions is not None:
        blocks.insert(0, (directions, 1.0))
    if superpoints.colours is not None:
        blocks.append((superpoints.colours, 0.3))
    weights = superpoints.sizes.astype(np.float64)
    return np.concatenate([block(values, weights) * w for values, w in blocks], axis=1)


def block(values: NDArray[np.floating], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (S, D) columns centred and scaled to a total variance of 1, rows counted by weight."""
    if not len(values):
        return values.astype(np.float64)
    share = weights / weights.sum()
    centred = values - share @ values
    spread = float(np.sqrt(share @ (centred * centred).sum(axis=1)))
    return np.asarray(centred / spread if spread > 1e-12 else 0 * centred, np.float64)


def squared_distances(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, m) between the rows of (n, D) and (m, D); never negative."""
    middle = b.mean(axis=0) if len(b) else 0.0  # Map coordinates would lose their digits.
    a, b = a - middle, b - middle
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * (a @ b.T)
    return np.asarray(np.maximum(squares, 0), np.float64)
