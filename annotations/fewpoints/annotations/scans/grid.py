# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Neighbour search through a hashed grid of cubes, in NumPy alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray

# Less has a square that is 0; points that are no farther apart are at one place.
NO_EXTENT = 1e-100


class Pairs(NamedTuple):
    """(P,) query number and (P,) point row; sorted by query."""

    query: IndexArray
    point: IndexArray


class PointGrid:
    """(N, 3) finite points sorted into cubes with edge `cell`."""

    def __init__(self, points: FloatArray64, cell: float) -> None:
        assert cell > 0
        self.cell = cell
        self._low = points.min(axis=0)
        index = self._cells(points)
        # One empty layer on each side, so that a neighbour's key is never a key of another row.
        self._sizes = index.max(axis=0) + 3
        if float(np.prod(self._sizes.astype(np.float64))) > 2**62:
            raise ValueError("the grid is too fine for its extent")
        keys = self._keys(index)
        self.order: IndexArray = np.argsort(keys, kind="stable")
        self._sorted = keys[self.order]

    def _cells(self, points: FloatArray64) -> IndexArray:
        return np.asarray(np.floor((points - self._low) / self.cell), np.int64)

    def _keys(self, index: IndexArray) -> IndexArray:
        padded = np.clip(index + 1, 0, self._sizes - 1)
        rows = padded[:, 0] * self._sizes[1] + padded[:, 1]
        return np.asarray(rows * self._sizes[2] + padded[:, 2], np.int64)

    def ranges(self, queries: FloatArray64) -> tuple[IndexArray, IndexArray]:
        """((Q, 9), (Q, 9)) begin and end in `order` of the points in the 27 cubes around queries.

        Queries are (Q, 3) and should lie within the points' bounds; cubes along z share a range.
        """
        index = self._cells(queries)
        begins = np.empty((len(queries), 9), np.int64)
        ends = np.empty_like(begins)
        column = 0
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                first = self._keys(index + np.array([dx, dy, -1]))
                last = self._keys(index + np.array([dx, dy, 1]))
                begins[:, column] = np.searchsorted(self._sorted, first, "left")
                ends[:, column] = np.searchsorted(self._sorted, last, "right")
                column += 1
        return begins, ends

    def pairs(self, queries: FloatArray64, *, most: int | None = None) -> Pairs:
        """All points in the 27 cubes around each of (Q, 3) queries.

        `most` thins a query with more candidates to about that many, evenly over its candidates.
        """
        begins, ends = self.ranges(queries)
        counts = (ends - begins).ravel()
        query = np.repeat(np.repeat(np.arange(len(queries)), 9), counts)
        total = int(counts.sum())
        starts = np.cumsum(counts) - counts
        place = np.arange(total) - np.repeat(starts - begins.ravel(), counts)
        if most is not None:
            per_query = (ends - begins).sum(axis=1)
            stride = np.maximum(1, per_query // most)
            within = np.arange(total) - np.repeat(np.cumsum(per_query) - per_query, per_query)
            keep = within % stride[query] == 0
            query, place = query[keep], place[keep]
        return Pairs(query, self.order[place])

    def candidates(self, queries: FloatArray64) -> IndexArray:
        """(Q,) how many points the 27 cubes around each query hold."""
        begins, ends = self.ranges(queries)
        counts: IndexArray = (ends - begins).sum(axis=1)
        return counts


class Spacing(NamedTuple):
    """Median distance to the nearest point elsewhere; share of points with an exact duplicate."""

    median: float
    duplicates: float


def nearest_spacing(points: FloatArray64, *, seed: int = 0, queries: int = 1500) -> Spacing | None:
    """Measure the spacing of (N, 3) finite points at some random ones of them, against all.

    None if all points coincide or there are fewer than two.
    """
    count = len(points)
    if count < 2:
        return None
    rng = np.random.default_rng(seed)
    picked = rng.choice(count, min(queries, count), replace=False)
    low, high = np.percentile(points[:: max(1, count // 200_000)], (1, 99), axis=0)
    extent = np.sort(high - low)
    if extent[2] <= NO_EXTENT:
        extent = np.sort(np.ptp(points, axis=0))
        if extent[2] <= NO_EXTENT:
            return None
    # Wild points would make the grid vast and empty.
    span = extent[2]
    inside = ((points > low - span) & (points < high + span)).all(axis=1)
    if not inside.all() and inside.sum() > 1:
        points = points[inside]
        count = len(points)
        picked = rng.choice(count, min(queries, count), replace=False)
    # Points lie on surfaces: about as many as fit the two longest sides.
    cell = 2 * float(np.sqrt(max(extent[1], extent[2] * 1e-3) * extent[2] / count))
    nearest = np.full(len(picked), np.inf)
    twins = np.zeros(len(picked), bool)
    open_queries = np.arange(len(picked))
    shrunk = False
    for _ in range(16):
        at = points[picked[open_queries]]
        near = _around(points, at, cell)
        try:
            grid = PointGrid(points[near], cell)
        except ValueError:
            cell *= 4
            continue
        if int(grid.candidates(at).sum()) > 300 * len(at) + 100_000 and not shrunk:
            cell /= 3
            continue
        shrunk = True  # From here on it only grows, or this would not end.
        query, point = grid.pairs(at, most=4000)
        point = near[point]
        distance = np.linalg.norm(points[point] - at[query], axis=1)
        same = (distance == 0) & (point != picked[open_queries[query]])
        twins[open_queries[query[same]]] = True
        away = distance > 0
        found = np.full(len(at), np.inf)
        np.minimum.at(found, query[away], distance[away])
        # Only a distance within the cell is sure to be the nearest.
        sure = found <= cell
        nearest[open_queries[sure]] = found[sure]
        open_queries = open_queries[~sure]
        if len(open_queries) <= 0.1 * len(picked):
            break
        cell *= 2
    known = nearest[np.isfinite(nearest)]
    if len(known) == 0:
        return None
    return Spacing(float(np.median(known)), float(twins.mean()))


def _around(points: FloatArray64, queries: FloatArray64, cell: float) -> IndexArray:
    """Rows of the points that may lie within `cell` of a query: a coarse, fast filter.

    Hashes cubes of edge `cell` into a bit table; false hits only cost time.
    """
    bits = 1 << 22
    if len(points) < 300_000:
        return np.arange(len(points))
    low = points.min(axis=0)
    table = np.zeros(bits, bool)
    index = np.floor((queries - low) / cell).astype(np.int64)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            for dz in (-1, 0, 1):
                table[_hash(index + np.array([dx, dy, dz]), bits)] = True
    found = []
    for start in range(0, len(points), 1 << 20):
        block = np.floor((points[start : start + (1 << 20)] - low) / cell).astype(np.int64)
        found.append(np.flatnonzero(table[_hash(block, bits)]) + start)
    return np.concatenate(found)


def _hash(index: IndexArray, size: int) -> IndexArray:
    mixed = index[:, 0] * 73856093 ^ index[:, 1] * 19349663 ^ index[:, 2] * 83492791
    hashed: IndexArray = mixed & (size - 1)
    return hashed
