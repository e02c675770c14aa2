# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What superpoints look like, as rows whose distances mean something.

Blocks of columns are centred and scaled as wholes, each superpoint counted by its size, so that a
block's total variance is the square of its weight: the network's features lead, shape and colour
help where features say nothing. What a superpoint may be (`kinds.py`) counts as much as all that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.columns import appearance, block
from fewpoints.models.superpoints.kinds import kinds_of
from fewpoints.models.superpoints.superpoints import Superpoints

_STEP = 1 << 17
# Chosen on simulated flats, and so that classes that the kinds do not know gain as well.
_KINDS, _SEEN = 1.2, 0.7


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
    """Return (S, D) rows: near for superpoints that look alike or are likely of one kind.

    Args:
        directions: (S, F) from `mean_directions`; None: shape and colour alone.
    """
    seen = appearance(superpoints, directions)
    if directions is None:
        return seen
    kinds = kinds_of(superpoints, directions)
    if kinds is None:
        return seen
    weights = superpoints.sizes.astype(np.float64)
    return np.concatenate([_KINDS * block(kinds, weights), _SEEN * seen], axis=1)
