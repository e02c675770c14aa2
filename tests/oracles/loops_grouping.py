# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Breadth-first search over points, one point and one neighbour at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

Point = tuple[float, float, float]


def breadth_first_groups(
    points: Sequence[Point], kinds: Sequence[int], radius: float
) -> list[list[int]]:
    """Groups of rows, each ascending, by first row; steps are shorter than `radius`."""
    groups = []
    seen = [False] * len(points)
    for start in range(len(points)):
        if seen[start]:
            continue
        seen[start] = True
        group = []
        queue = deque([start])
        while queue:
            here = queue.popleft()
            group.append(here)
            for there in range(len(points)):
                if seen[there] or kinds[there] != kinds[here]:
                    continue
                squared = sum(
                    (a - b) ** 2 for a, b in zip(points[here], points[there], strict=True)
                )
                if squared < radius**2:
                    seen[there] = True
                    queue.append(there)
        groups.append(sorted(group))
    return groups
