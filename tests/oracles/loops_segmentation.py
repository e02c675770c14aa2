# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The graph segmentation of Felzenszwalb and Huttenlocher, as their paper states it, in loops."""

from __future__ import annotations

from collections.abc import Sequence


def pieces_by_the_paper(
    edges: Sequence[tuple[int, int, float]], count: int, scale: float
) -> list[frozenset[int]]:
    """Return the pieces; every edge is looked at, and Int is worked out anew each time."""
    piece = [{vertex} for vertex in range(count)]
    inside: dict[frozenset[int], float] = {}  # Largest accepted difference of a piece.
    for a, b, difference in sorted(edges, key=lambda edge: edge[2]):
        one, two = piece[a], piece[b]
        if one is two:
            continue
        limit = min(inside.get(frozenset(part), 0.0) + scale / len(part) for part in (one, two))
        if difference <= limit:
            joined = one | two
            inside[frozenset(joined)] = difference
            for vertex in joined:
                piece[vertex] = joined
    return sorted({frozenset(part) for part in piece}, key=min)
