# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Cut a graph into pieces that are alike inside (Felzenszwalb and Huttenlocher, IJCV 2004).

Edges are looked at in order of their difference w. Two pieces A and B become one if

    w <= min( Int(A) + k / |A|,  Int(B) + k / |B| )

where Int is the largest difference that was accepted inside a piece so far and |.| its size.

Most edges need no look: between blocks of edges, those inside one piece are dropped, and those of a
piece that is finished. A piece is finished once w is above its limit Int + k / size, for it could
only grow by an edge below the limit, and all that are still to come are above.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.graph import Edges

_BLOCK = 1 << 16


def segment_graph(edges: Edges, count: int, *, scale: float, least: int) -> NDArray[np.int64]:
    """Return (V,) the piece of every vertex, numbered 0.. by first vertex.

    Args:
        edges: of a graph on `count` vertices.
        scale: k; larger makes larger pieces.
        least: pieces of fewer vertices are joined to the neighbour they differ least from, if
            they have one.
    """
    order = np.lexsort((edges.ends[:, 1], edges.ends[:, 0], edges.difference))
    ends, difference = edges.ends[order], edges.difference[order].astype(np.float64)
    forest = _Forest(count, scale)
    for start in range(0, len(ends), _BLOCK):
        part = slice(start, start + _BLOCK)
        a, b = forest.roots()[ends[part]].T
        w = difference[part]
        limit = np.asarray(forest.limit)
        # An earlier edge of this block may still raise a limit that is not below its first.
        look = (a != b) & (np.minimum(limit[a], limit[b]) >= w[0])
        forest.join_alike(a[look].tolist(), b[look].tolist(), w[look].tolist())
    if least > 1:
        roots = forest.roots()
        a, b = roots[ends].T
        size = np.asarray(forest.size)
        small = (a != b) & (np.minimum(size[a], size[b]) < least)
        forest.join_small(a[small].tolist(), b[small].tolist(), least)
    _, first, piece = np.unique(forest.roots(), return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[piece]


class _Forest:
    """Disjoint sets of vertices, as lists, which a loop in Python reads faster than arrays."""

    def __init__(self, count: int, scale: float) -> None:
        self._scale = scale
        self._parent = list(range(count))
        self.size = [1] * count
        self.limit = [scale] * count

    def roots(self) -> NDArray[np.int64]:
        """(V,) the vertex that stands for each one's piece."""
        parent = np.asarray(self._parent, np.int64)
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                self._parent = parent.tolist()
                return parent
            parent = above

    def join_alike(self, first: list[int], second: list[int], difference: list[float]) -> None:
        """Look at edges in order of their difference."""
        limit = self.limit
        for a, b, w in zip(first, second, difference, strict=True):
            one, two = self._find(a), self._find(b)
            if one != two and w <= limit[one] and w <= limit[two]:
                root = self._join(one, two)
                limit[root] = w + self._scale / self.size[root]

    def join_small(self, first: list[int], second: list[int], least: int) -> None:
        """Join pieces of fewer than `least` along edges in order of their difference."""
        for a, b in zip(first, second, strict=True):
            one, two = self._find(a), self._find(b)
            if one != two and (self.size[one] < least or self.size[two] < least):
                self._join(one, two)

    def _find(self, vertex: int) -> int:
        parent = self._parent
        root = vertex
        while parent[root] != root:
            root = parent[root]
        while parent[vertex] != root:
            parent[vertex], vertex = root, parent[vertex]
        return root

    def _join(self, one: int, two: int) -> int:
        if self.size[one] < self.size[two]:
            one, two = two, one
        self._parent[two] = one
        self.size[one] += self.size[two]
        return one
