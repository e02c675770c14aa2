# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Columns that describe superpoints, brought to scales that can be added up.

Letters used in shapes: S superpoints, F features, D columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.superpoints import Superpoints


def appearance(
    superpoints: Superpoints, directions: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """Return (S, D) rows of features, shape, height, size and colour: F + 12 columns, or 12.

    Columns of colour are zeros where a scan has none.
    """
    height = superpoints.centres[:, 2:]
    shape = np.stack([superpoints.upright, superpoints.flatness], axis=1)
    sizes = np.log(superpoints.extents + superpoints.voxel_size_m)
    colours = superpoints.colours
    blocks: list[tuple[NDArray[np.floating], float]] = [
        (shape, 0.5),
        (height, 0.5),
        (sizes, 0.3),
        (np.zeros((len(superpoints), 6)) if colours is None else colours, 0.3),
    ]
    if directions is not None:
        blocks.insert(0, (directions, 1.0))
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
