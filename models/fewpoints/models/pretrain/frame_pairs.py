# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames of a sequence see the same place.

The known way builds a search tree per frame and asks it about every other frame. Here all frames
share one grid of cells. A point whose own cell holds a point of the other frame nearby needs no
search; a point with no such cell around has no neighbour; and two frames that could not reach the
wanted overlap even if all their remaining points matched are not looked at. What is left, a few
per cent, goes to a k-d tree. The result is the exact one.

Letters used in shapes: F frames, P points of one frame, A points of all frames, C cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from fewpoints.annotations.progress import Progress, no_progress

Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]

_LARGEST_BOX = 4_000_000  # Cells that are counted one by one; a larger box is sorted.


@dataclass(frozen=True)
class PairRule:
    """When two frames are a pair, and when two of their points match; metres.

    grid_m: frames are thinned to one mean point per cell of this edge before they are compared.
    radius_m: a thinned point is matched when the other frame has one within this distance.
    min_overlap: least share of matched points, of the frame of the two that has more of them.
    match_radius_m: two points are the same place when they are no further apart.
    """

    grid_m: float
    radius_m: float
    min_overlap: float
    match_radius_m: float


# The paper (sec. 3, implementation details) names one threshold, 2.5 cm, and no thinning. The
# released code thins to 5 cm, pairs within 1.5 cells and matches within 1.5 voxels of 2.5 cm.
PAIR_RULES: dict[str, PairRule] = {
    "paper": PairRule(grid_m=0.025, radius_m=0.025, min_overlap=0.3, match_radius_m=0.025),
    "code": PairRule(grid_m=0.05, radius_m=0.075, min_overlap=0.3, match_radius_m=0.0375),
}


@dataclass(frozen=True)
class FramePairs:
    """first, second: (M,) frame indices, first < second, ascending; overlap: (M,) in 0..1."""

    first: Int64Array
    second: Int64Array
    overlap: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)


def thin(points: Float64Array, grid_m: float) -> tuple[Int64Array, Float64Array]:
    """Return (P, 3) cells floor(point / grid), sorted, and (P, 3) mean points, one per cell.

    open3d's `voxel_down_sample`, but on one grid for all frames.
    """
    if not len(points):
        return np.zeros((0, 3), np.int64), np.zeros((0, 3))
    cells = np.floor(points / grid_m).astype(np.int64)
    low = cells.min(axis=0)
    size = cells.max(axis=0) - low + 1
    keys = _keys(cells, low, size)
    unique: Int64Array | None = None
    if float(np.prod(size.astype(np.float64))) > _LARGEST_BOX:
        unique, keys = np.unique(keys, return_inverse=True)
        keys = keys.reshape(-1)
    counts = np.bincount(keys)
    taken = np.flatnonzero(counts)
    sums = [np.bincount(keys, points[:, axis])[taken] for axis in range(3)]
    means = np.stack(sums, axis=1) / counts[taken][:, None]
    line, x = np.divmod(taken if unique is None else unique, size[0])
    z, y = np.divmod(line, size[1])
    return np.stack([x, y, z], axis=1) + low, means


def frame_pairs(
    frames: Sequence[Float64Array],
    rule: PairRule,
    *,
    workers: int = 2,
    progress: Progress = no_progress,
) -> FramePairs:
    """Return the pairs of frames whose overlap is at least `rule.min_overlap`.

    The overlap of a pair is the larger of both directions' shares of matched points, as in the
    released code (`pcd/overlap.txt`).

    Args:
        frames: F arrays (P, 3) of thinned points in the world's frame, metres, as `thin` returns.
        workers: threads.
    """
    sizes = np.array([len(points) for points in frames], np.int64)
    if len(frames) < 2 or not sizes.any():
        return FramePairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    grid = _Grid.of(frames, sizes, rule)
    with ThreadPoolExecutor(workers) as pool:
        # near[a, b]: points of a that have any cell of b around: no more of them can match.
        near = np.stack(list(pool.map(grid.near_counts, range(len(frames)))), axis=1)
        shares = near / np.maximum(sizes, 1)[:, None]
        wanted = np.maximum(shares, shares.T) >= rule.min_overlap
        np.fill_diagonal(wanted, False)
        matched = np.zeros_like(near)
        found = pool.map(lambda b: grid.matched_counts(b, wanted[:, b]), range(len(frames)))
        for b, counts in enumerate(found):
            matched[:, b] = counts
            progress((b + 1) / len(frames), f"Overlap of frame {b + 1} of {len(frames)}")
    ratio = matched / np.maximum(sizes, 1)[:, None]
    overlap = np.maximum(ratio, ratio.T)
    first, second = np.nonzero(np.triu(wanted & (overlap >= rule.min_overlap), k=1))
    return FramePairs(first, second, overlap[first, second].astype(np.float32))


@dataclass(frozen=True)
class _Grid:
    """All thinned points on one grid.

    points: (A, 3). frame, cell: (A,) of each point. around: (C, C), which cells could hold a
    neighbour of a point in each. starts: (F + 1,) where each frame's points begin.
    """

    points: Float64Array
    frame: Int64Array
    cell: Int64Array
    around: sparse.csr_matrix
    starts: Int64Array
    radius_m: float
    trees: list[cKDTree]

    @classmethod
    def of(cls, frames: Sequence[Float64Array], sizes: Int64Array, rule: PairRule) -> _Grid:
        points = np.concatenate(list(frames))
        cells = np.floor(points / rule.grid_m).astype(np.int64)
        reach = int(np.ceil(rule.radius_m / rule.grid_m))
        low = cells.min(axis=0) - reach
        size = cells.max(axis=0) - low + 1 + reach
        unique, cell = np.unique(_keys(cells, low, size), return_inverse=True)
        around = _adjacency(unique, size, reach, rule.radius_m / rule.grid_m)
        return cls(
            points,
            np.repeat(np.arange(len(frames)), sizes),
            cell.reshape(-1),
            around,
            np.concatenate([[0], np.cumsum(sizes)]),
            rule.radius_m,
            [cKDTree(points) if len(points) else None for points in frames],
        )

    def _own(self, b: int) -> slice:
        return slice(int(self.starts[b]), int(self.starts[b + 1]))

    def _near(self, b: int) -> NDArray[np.bool_]:
        """(C,) cells around which frame b has a point."""
        occupied = np.zeros(self.around.shape[0], np.float32)
        occupied[self.cell[self._own(b)]] = 1
        near: NDArray[np.bool_] = (self.around @ occupied) > 0
        return near

    def near_counts(self, b: int) -> Int64Array:
        """(F,) points of each frame that have a cell of b around them."""
        near = self._near(b)[self.cell]
        return np.bincount(self.frame[near], minlength=len(self.starts) - 1)

    def matched_counts(self, b: int, wanted: NDArray[np.bool_]) -> Int64Array:
        """(F,) points of each wanted frame that have a point of b within the radius."""
        if not wanted.any():
            return np.zeros(len(wanted), np.int64)
        rows = np.flatnonzero(wanted[self.frame] & self._near(b)[self.cell])
        own = self._own(b)
        in_cell = np.full(self.around.shape[0], -1, np.int64)
        in_cell[self.cell[own]] = np.arange(own.start, own.stop)
        other = in_cell[self.cell[rows]]
        here = np.flatnonzero(other >= 0)
        apart = self.points[rows[here]] - self.points[other[here]]
        matched = np.zeros(len(rows), bool)
        matched[here] = np.einsum("ij,ij->i", apart, apart) <= self.radius_m**2
        rest = np.flatnonzero(~matched)
        if len(rest):
            bound = np.nextafter(self.radius_m, np.inf)  # The bound itself is not included.
            distance, _ = self.trees[b].query(self.points[rows[rest]], distance_upper_bound=bound)
            matched[rest] = distance <= self.radius_m
        return np.bincount(self.frame[rows[matched]], minlength=len(wanted))


def _keys(cells: Int64Array, low: Int64Array, size: Int64Array) -> Int64Array:
    x, y, z = (cells - low).T
    keys: Int64Array = (z * size[1] + y) * size[0] + x
    return keys


def _adjacency(
    unique: Int64Array, size: Int64Array, reach: int, radius: float
) -> sparse.csr_matrix:
    """(C, C) ones where two cells can hold points within `radius` cell edges of each other."""
    rows, columns = [], []
    span = range(-reach, reach + 1)
    for offset in ((x, y, z) for x in span for y in span for z in span):
        gap = sum(max(abs(step) - 1, 0) ** 2 for step in offset)
        if gap > radius**2:
            continue
        keys = unique + (offset[2] * size[1] + offset[1]) * size[0] + offset[0]
        at = np.minimum(np.searchsorted(unique, keys), len(unique) - 1)
        row = np.flatnonzero(unique[at] == keys)
        rows.append(row)
        columns.append(at[row])
    row, column = np.concatenate(rows), np.concatenate(columns)
    ones = np.ones(len(row), np.float32)
    return sparse.csr_matrix((ones, (row, column)), shape=(len(unique), len(unique)))
