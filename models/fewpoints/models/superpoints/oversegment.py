# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Cut a graph into pieces that are alike inside (Felzenszwalb and Huttenlocher, IJCV 2004).

Edges are looked at in order of their difference w. Two pieces A and B become one if

    w <= min( Int(A) + k / |A|,  Int(B) + k / |B| )

where Int is the largest difference that was accepted inside a piece so far and |.| its size.

Most edges need no look: between blocks of edges, those inside one piece are dropped, and those of a
piece that is finished. A piece is finished once w is above its limit Int + k / size, for it could
only grow by an edge below the limit, and all that are still to come are above. What a block costs
follows from its own edges, however many vertices there are.
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
        a, b = forest.roots_of(ends[part]).T
        w = difference[part]
        # An earlier edge of this block may still raise a limit that is not below its first.
        look = (a != b) & (np.minimum(forest.limit[a], forest.limit[b]) >= w[0])
        forest.join_alike(a[look], b[look], w[look])
    if least > 1:
        a, b = forest.roots_of(ends).T
        small = (a != b) & (np.minimum(forest.size[a], forest.size[b]) < least)
        forest.join_small(a[small], b[small], least)
    _, first, piece = np.unique(
        forest.roots_of(np.arange(count)), return_index=True, return_inverse=True
    )
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[piece]


class _Forest:
    """Disjoint sets of vertices; (V,) size and limit are those of the piece a vertex stands for."""

    def __init__(self, count: int, scale: float) -> None:
        self._scale = scale
        self._parent = np.arange(count)
        self.size = np.ones(count, np.int64)
        self.limit = np.full(count, scale, np.float64)

    def roots_of(self, vertices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the vertices that stand for their pieces, in the shape of `vertices`."""
        found = self._parent[vertices]
        while True:
            above = self._parent[found]
            if np.array_equal(above, found):
                self._parent[vertices] = found
                return found
            found = above

    def join_alike(
        self, first: NDArray[np.int64], second: NDArray[np.int64], difference: NDArray[np.float64]
    ) -> None:
        """Look at edges between the pieces that (E,) roots stand for, in order of difference."""
        pieces = _Pieces(self, first, second)
        limit = pieces.limit
        for a, b, w in zip(*pieces.edges, difference.tolist(), strict=True):
            one, two = pieces.find(a), pieces.find(b)
            if one != two and w <= limit[one] and w <= limit[two]:
                root = pieces.join(one, two)
                limit[root] = w + self._scale / pieces.size[root]
        self._take(pieces)

    def join_small(self, first: NDArray[np.int64], second: NDArray[np.int64], least: int) -> None:
        """Join pieces of fewer than `least` along edges in order of their difference."""
        pieces = _Pieces(self, first, second)
        for a, b in zip(*pieces.edges, strict=True):
            one, two = pieces.find(a), pieces.find(b)
            if one != two and (pieces.size[one] < least or pieces.size[two] < least):
                pieces.join(one, two)
        self._take(pieces)

    def _take(self, pieces: _Pieces) -> None:
        roots = pieces.roots
        self._parent[roots] = roots[[pieces.find(number) for number in range(len(roots))]]
        self.size[roots] = pieces.size
        self.limit[roots] = pieces.limit


class _Pieces:
    """The pieces that some edges touch, as lists, which a loop in Python reads faster than arrays.

    roots: (R,) the vertices that stood for them; pieces are numbered by their rows here.
    """

    def __init__(
        self, forest: _Forest, first: NDArray[np.int64], second: NDArray[np.int64]
    ) -> None:
        self.roots, numbers = np.unique(np.stack([first, second]), return_inverse=True)
        a, b = numbers.reshape(2, -1).tolist()
        self.edges: tuple[list[int], list[int]] = (a, b)
        self.size: list[int] = forest.size[self.roots].tolist()
        self.limit: list[float] = forest.limit[self.roots].tolist()
        self._parent = list(range(len(self.roots)))

    def find(self, piece: int) -> int:
        """Return the piece that it is part of by now."""
        parent = self._parent
        root = piece
        while parent[root] != root:
            root = parent[root]
        while parent[piece] != root:
            parent[piece], piece = root, parent[piece]
        return root

    def join(self, one: int, two: int) -> int:
        """Make one piece of two; return which stands for it."""
        if self.size[one] < self.size[two]:
            one, two = two, one
        self._parent[two] = one
        self.size[one] += self.size[two]
        return one
