# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What superpoints look like, as rows whose distances mean something.

Blocks of columns are centred and scaled as wholes, each superpoint counted by its size, so that a
block's total variance is the square of its weight: the network's features lead, shape and colour
help where features say nothing. What a superpoint may be (`kinds.py`) counts as much as all that.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.columns import appearance, block
from fewpoints.models.superpoints.kinds import WEIGHTS, kinds_of
from fewpoints.models.superpoints.superpoints import Superpoints

# Raise when the same scan and features would give other rows.
_VERSION = 1
_STEP = 1 << 17
# Chosen on simulated flats, and so that classes that the kinds do not know gain as well.
_KINDS, _SEEN = 1.2, 0.7


def mean_directions(superpoints: Superpoints, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (S, F) the mean direction of the features of each superpoint's cells.

    Args:
        features: (N, F) of the scan's points; memory-mapped is fine, rows are read in pieces.
    """
    sums = DirectionSums(superpoints, features.shape[1])
    for start in range(0, len(superpoints.of_cell), _STEP):
        cells = np.arange(start, min(start + _STEP, len(superpoints.of_cell)))
        sums.add(cells, features[superpoints.cell_points[cells]])
    return sums.means()


class DirectionSums:
    """Mean directions of features that come a few cells at a time."""

    def __init__(self, superpoints: Superpoints, columns: int) -> None:
        self._superpoints = superpoints
        self._sums = np.zeros((len(superpoints), columns))

    def add(self, cells: NDArray[np.int64], features: NDArray[np.floating]) -> None:
        """Take in the (n, F) features of n cells, each cell once in all."""
        if not len(cells):
            return
        rows = features.astype(np.float64)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        of_row = self._superpoints.of_cell[cells]
        order = np.argsort(of_row, kind="stable")
        owners, first = np.unique(of_row[order], return_index=True)
        self._sums[owners] += np.add.reduceat(rows[order], first, axis=0)

    def means(self) -> NDArray[np.float32]:
        """Return (S, F)."""
        sizes = np.maximum(self._superpoints.sizes, 1)[:, None]
        return (self._sums / sizes).astype(np.float32)


@cache
def looks_version(*, with_kinds: bool) -> str:
    """Name how looks are made, so that what was learned from other ones is not used with them."""
    if not with_kinds:
        return f"{_VERSION}"
    learned = WEIGHTS.read_bytes() if WEIGHTS.is_file() else b""
    return f"{_VERSION}-{hashlib.sha256(learned).hexdigest()[:12]}"


def looks(
    superpoints: Superpoints,
    directions: NDArray[np.float32] | None,
    *,
    with_kinds: bool | None = None,
) -> NDArray[np.float64]:
    """Return (S, D) rows: near for superpoints that look alike or are likely of one kind.

    Args:
        directions: (S, F) from `mean_directions`; None: shape and colour alone.
        with_kinds: whether kinds are among the columns; None: if the features are of the network
            that kinds were learned with.
    """
    seen = appearance(superpoints, directions)
    if directions is None or with_kinds is False:
        return seen
    kinds = kinds_of(superpoints, directions, insist=with_kinds is True)
    if kinds is None:
        return seen
    weights = superpoints.sizes.astype(np.float64)
    return np.concatenate([_KINDS * block(kinds, weights), _SEEN * seen], axis=1)
