# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""k-means written as slowly and plainly as the textbook has it, in float64."""

from __future__ import annotations

import numpy as np


def lloyd_in_loops(
    rows: np.ndarray, seeds: np.ndarray, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (centroids, assignment); an empty cluster keeps its centroid."""
    centroids = [list(map(float, seed)) for seed in seeds]
    points = [list(map(float, row)) for row in rows]
    for _ in range(steps):
        nearest = _assign(points, centroids)
        for cluster in range(len(centroids)):
            members = [p for p, owner in zip(points, nearest, strict=True) if owner == cluster]
            if members:
                centroids[cluster] = [
                    sum(axis) / len(members) for axis in zip(*members, strict=True)
                ]
    return np.array(centroids), np.array(_assign(points, centroids))


def _assign(points: list[list[float]], centroids: list[list[float]]) -> list[int]:
    owners = []
    for point in points:
        best, best_distance = -1, float("inf")
        for index, centroid in enumerate(centroids):
            distance = sum((a - b) ** 2 for a, b in zip(point, centroid, strict=True))
            if distance < best_distance:
                best, best_distance = index, distance
        owners.append(best)
    return owners


def published_script_in_loops(
    xyz: np.ndarray, rgb: np.ndarray, features: np.ndarray | None, budget: int, steps: int = 50
) -> list[int]:
    """The published active-labelling selection, taking the next nearest row where one is taken."""
    parts = [xyz, rgb] if features is None else [xyz, rgb, features]
    data = np.hstack([np.asarray(part, np.float64) for part in parts])
    centroids, _ = lloyd_in_loops(data, data[:budget], steps)
    chosen: list[int] = []
    for centroid in centroids:
        order = sorted(range(len(data)), key=lambda i: (((data[i] - centroid) ** 2).sum(), i))
        chosen.append(next(row for row in order if row not in chosen))
    return chosen
