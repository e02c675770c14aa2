# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Connected components of points: who is reached by steps of less than a radius.

The pairs of near points can be far too many to list: shifted to their centre, the thousands of
points of one object are all neighbours of each other. But most of them never matter. Points are put
into cells so small that any two in one cell are near; a cell is then one node, and two nodes
are joined if any point of the one is near any of the other. That is settled, in this order,

1. by the cells, from the nearest ones outwards, while the two are not in one component already;
2. by the boxes around their points, if these are too far apart;
3. by one point of each, if these are near;
4. by looking up, for every point of the smaller one, the nearest of the larger one.

The result is that of a breadth-first search over all pairs; memory grows with the points alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from fewpoints.annotations.arrays import FloatArray64, IndexArray, IntArray
from fewpoints.models.engine.coords import order_voxels

# Cells are a little smaller than they might be, so that rounding cannot put two points into one
# that are not near. Points beyond two cells are never near.
_CELL_RADII = 0.999 / 3**0.5
_REACH = 2
_LOOKED_UP_AT_ONCE = 1 << 18


def connected_points(positions: FloatArray64, kinds: IntArray, radius: float) -> IndexArray:
    """Number the connected components of points of one kind.

    Two points are joined if they are of the same kind and strictly less than `radius` apart.

    Args:
        positions: (N, 3), finite.
        kinds: (N,) any whole numbers.
        radius: in the unit of the positions.

    Returns:
        (N,) int64 from 0 on, in order of the first point of each component.
    """
    if not (np.isfinite(radius) and radius > 0):
        raise ValueError(f"the radius must be positive and finite, not {radius}")
    positions = np.asarray(positions, np.float64).reshape(-1, 3)
    if not len(positions):
        return np.zeros(0, np.int64)
    cells = [_close_ranks(np.floor(axis / (radius * _CELL_RADII))) for axis in positions.T]
    rows = np.stack([np.asarray(kinds, np.int64), *cells], axis=1)
    ordered = order_voxels(torch.from_numpy(rows))
    node = ordered.row_to_voxel.numpy()
    nodes = _Nodes.of_points(positions, node, radius)
    keys, packing = ordered.voxels.keys.numpy(), ordered.voxels.packing
    part = np.arange(len(keys))
    for shell in _shells():
        pairs = _Pairs.concatenate([_one_step(keys, packing.step(offset)) for offset in shell])
        pairs = pairs.where(part[pairs.a] != part[pairs.b])
        pairs = pairs.where(nodes.boxes_near(pairs))
        for touch in (nodes.samples_near, nodes.any_near):
            part = _joined(part, pairs.where(touch(pairs)))
            pairs = pairs.where(part[pairs.a] != part[pairs.b])
    return _in_order(part[node])


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of nodes, each (P,) int64."""

    a: IndexArray
    b: IndexArray

    @classmethod
    def concatenate(cls, parts: list[_Pairs]) -> _Pairs:
        return cls(np.concatenate([p.a for p in parts]), np.concatenate([p.b for p in parts]))

    def where(self, chosen: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.a[chosen], self.b[chosen])


@dataclass(frozen=True, eq=False)
class _Nodes:
    """The points of each node, without duplicates, one node after the other.

    points: (P, 3). owner: (P,) node, ascending. start, count: (V,). radius: what is near.
    """

    points: FloatArray64
    owner: IndexArray
    start: IndexArray
    count: IndexArray
    radius: float

    @classmethod
    def of_points(cls, positions: FloatArray64, node: IndexArray, radius: float) -> _Nodes:
        order = np.lexsort((*positions.T, node))
        points, owner = positions[order], node[order]
        new = np.ones(len(points), np.bool_)
        new[1:] = (owner[1:] != owner[:-1]) | (points[1:] != points[:-1]).any(axis=1)
        points, owner = points[new], owner[new]
        count = np.bincount(owner)
        return cls(points, owner, np.cumsum(count) - count, count, radius)

    @cached_property
    def low(self) -> FloatArray64:
        return np.minimum.reduceat(self.points, self.start)

    @cached_property
    def high(self) -> FloatArray64:
        return np.maximum.reduceat(self.points, self.start)

    def boxes_near(self, pairs: _Pairs) -> NDArray[np.bool_]:
        """Whether the boxes around the points are near: if not, no points are."""
        a, b = pairs.a, pairs.b
        return self._near(_gap(self.low[a], self.high[a], self.low[b], self.high[b]))

    def samples_near(self, pairs: _Pairs) -> NDArray[np.bool_]:
        """Whether one point of each is near."""
        sample = self.points[self.start + self.count // 2]
        return self._near(sample[pairs.a] - sample[pairs.b])

    def any_near(self, pairs: _Pairs) -> NDArray[np.bool_]:
        """Whether any point of the one is near any of the other."""
        swap = self.count[pairs.a] > self.count[pairs.b]
        small = np.where(swap, pairs.b, pairs.a)
        large = np.where(swap, pairs.a, pairs.b)
        result = np.zeros(len(small), np.bool_)
        for pair, row in self._members(small):
            box = large[pair]
            point = self.points[row]
            close = self._near(_gap(point, point, self.low[box], self.high[box]))
            pair, point, box = pair[close], point[close], box[close]
            # Rounding inside the tree must not decide, so it is asked for a little more.
            _, nearest = self._tree.query(
                self._apart(point, box), distance_upper_bound=self.radius * (1 + 1e-9)
            )
            found = nearest < len(self.points)
            pair, point, other = pair[found], point[found], self.points[nearest[found]]
            result[pair[self._near(point - other)]] = True
        return result

    def _members(self, nodes: IndexArray) -> Iterator[tuple[IndexArray, IndexArray]]:
        """Yield the rows of the points of each node, with the place of the node, in blocks."""
        count = self.count[nodes]
        ends = np.cumsum(count)
        block = ends // _LOOKED_UP_AT_ONCE
        for places in np.split(np.arange(len(nodes)), np.flatnonzero(np.diff(block)) + 1):
            sizes = count[places]
            within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            yield np.repeat(places, sizes), np.repeat(self.start[nodes[places]], sizes) + within

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._apart(self.points, self.owner))

    def _apart(self, points: FloatArray64, owner: IndexArray) -> FloatArray64:
        """(P, 4) with a fourth axis along which only points of the same node are near."""
        return np.column_stack([points, owner * (4 * self.radius)])

    def _near(self, difference: FloatArray64) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = (difference**2).sum(axis=1) < self.radius**2
        return near


def _gap(
    low_a: FloatArray64, high_a: FloatArray64, low_b: FloatArray64, high_b: FloatArray64
) -> FloatArray64:
    """(P, 3) distance between boxes along each axis, 0 where they overlap."""
    return np.maximum(np.maximum(low_b - high_a, low_a - high_b), 0)


def _shells() -> list[list[tuple[int, int, int]]]:
    """One of each two opposite offsets between cells that can hold near points, by distance."""
    span = range(-_REACH, _REACH + 1)
    half = [(x, y, z) for z, y, x in product(span, span, span) if (z, y, x) > (0, 0, 0)]

    def length(offset: tuple[int, int, int]) -> int:
        return sum(step * step for step in offset)

    return [list(shell) for _, shell in groupby(sorted(half, key=length), key=length)]


def _one_step(keys: IndexArray, step: int) -> _Pairs:
    """Return the pairs of nodes whose ascending keys differ by `step`."""
    wanted = keys + step
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = np.flatnonzero(keys[place] == wanted)
    return _Pairs(found, place[found])


def _joined(part: IndexArray, pairs: _Pairs) -> IndexArray:
    """Return (V,) components after those of each pair have become one."""
    if not len(pairs.a):
        return part
    size = int(part.max()) + 1
    edges = (np.ones(len(pairs.a), np.int8), (part[pairs.a], part[pairs.b]))
    _, merged = connected_components(coo_array(edges, shape=(size, size)), directed=False)
    joined: IndexArray = merged.astype(np.int64)[part]
    return joined


def _close_ranks(cells: FloatArray64) -> IndexArray:
    """Shorten empty stretches of an axis to what is just too far, so that all fits a key."""
    values, place = np.unique(cells, return_inverse=True)
    steps = np.minimum(np.diff(values, prepend=values[:1]), _REACH + 1)
    return np.cumsum(steps).astype(np.int64)[place]


def _in_order(part: IndexArray) -> IndexArray:
    """Renumber in order of the first occurrence."""
    _, first, place = np.unique(part, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place]
