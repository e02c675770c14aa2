# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The neighbour graph of a scan's surface: who is next to whom, and how alike two neighbours are.

Letters used in shapes: V cells of the surface, K neighbours, E edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

# Neighbours of a cell: in the plane its eight, and some more for thin and noisy surfaces.
NEIGHBOURS = 12
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Surface:
    """Points of a scan, one per cell, with what their neighbourhood says.

    positions: (V, 3) float64, z up. normals: (V, 3) unit vectors of either sign. flatness: (V,)
    share of variance out of the tangent plane, 0 flat to 1/3 round. colours: (V, 3) 0..1 averaged
    over the neighbours, or None. neighbours: (V, K) int64 rows, nearest first, itself left out;
    rows that lack neighbours repeat themselves. spacing: median distance to the nearest one.
    """

    positions: NDArray[np.float64]
    normals: NDArray[np.float32]
    flatness: NDArray[np.float32]
    colours: NDArray[np.float32] | None
    neighbours: NDArray[np.int64]
    spacing: float

    def __len__(self) -> int:
        return len(self.positions)


def surface_of(
    positions: NDArray[np.float64], colours: NDArray[Any] | None, *, workers: int = -1
) -> Surface:
    """Look at the neighbourhood of every one of (V, 3) finite positions; colours (V, 3) 0-255."""
    count = len(positions)
    shown: NDArray[np.float32] | None = None
    if colours is not None:
        shown = (colours.astype(np.float64) / 255).astype(np.float32)
    k = min(NEIGHBOURS, count - 1)
    if k < 1:
        up = np.tile(np.array([0, 0, 1], np.float32), (count, 1))
        alone = np.arange(count, dtype=np.int64)[:, None]
        return Surface(positions, up, np.zeros(count, np.float32), shown, alone, 0.0)
    tree = cKDTree(positions, balanced_tree=False, compact_nodes=False)
    distances, found = tree.query(positions, k + 1, workers=workers)
    # With points in one place the first hit may be another one than itself.
    itself = found == np.arange(count)[:, None]
    itself[~itself.any(axis=1), -1] = True
    neighbours = found[~itself].reshape(count, k)
    normals = np.empty((count, 3), np.float32)
    flatness = np.empty(count, np.float32)
    for start in range(0, count, _BLOCK):
        part = slice(start, start + _BLOCK)
        normals[part], flatness[part] = _tangent_planes(positions, found[part])
    normals = _smoothed_normals(normals, neighbours)
    if shown is not None:
        shown = _mean_over(shown, neighbours)
    spacing = float(np.median(distances[:, 1]))
    return Surface(positions, normals, flatness, shown, neighbours, spacing)


def _tangent_planes(
    positions: NDArray[np.float64], found: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the direction of least variance of each row's points, and that variance's share."""
    around = positions[found]
    around = (around - around.mean(axis=1, keepdims=True)).astype(np.float32)
    covariance = np.einsum("vki,vkj->vij", around, around)
    values, vectors = np.linalg.eigh(covariance)
    total = np.maximum(values.sum(axis=1), 1e-20)
    return vectors[:, :, 0], (np.maximum(values[:, 0], 0) / total).astype(np.float32)


def _smoothed_normals(
    normals: NDArray[np.float32], neighbours: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Average each normal with its neighbours', whatever their signs."""
    total = normals.copy()
    for column in neighbours.T:
        other = normals[column]
        sign = np.sign(np.einsum("vi,vi->v", normals, other))
        total += other * sign[:, None]
    length = np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    smoothed: NDArray[np.float32] = (total / length).astype(np.float32)
    return smoothed


def _mean_over(values: NDArray[np.float32], neighbours: NDArray[np.int64]) -> NDArray[np.float32]:
    total = values.copy()
    for column in neighbours.T:
        total += values[column]
    return total / np.float32(neighbours.shape[1] + 1)


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of neighbours, each once.

    ends: (E, 2) int64 rows, the smaller first. difference: (E,) float32, 0 for alike; see
    `surface_edges`.
    """

    ends: NDArray[np.int64]
    difference: NDArray[np.float32]


def surface_edges(surface: Surface, *, colour_weight: float = 1.0) -> Edges:
    """Return the edges of the neighbour graph with how much their ends differ.

    The difference is 1 - |cos| of the angle between normals, plus `colour_weight` times the
    distance of the colours (0..sqrt 3), plus how far the step is beyond four spacings, in spacings
    over ten: pieces that do not touch are not one surface.
    """
    count, k = surface.neighbours.shape
    first = np.repeat(np.arange(count), k)
    second = surface.neighbours.reshape(-1)
    low, high = np.minimum(first, second), np.maximum(first, second)
    keys = np.unique(low * count + high)
    low, high = np.divmod(keys, max(count, 1))
    apart = low != high
    low, high = low[apart], high[apart]
    cosine = np.abs(np.einsum("ei,ei->e", surface.normals[low], surface.normals[high]))
    difference = 1 - np.minimum(cosine, 1)
    if surface.colours is not None:
        step = surface.colours[low] - surface.colours[high]
        difference += np.float32(colour_weight) * np.linalg.norm(step, axis=1)
    if surface.spacing > 0:
        length = np.linalg.norm(surface.positions[low] - surface.positions[high], axis=1)
        gap = np.maximum(length / surface.spacing - 4, 0) / 10
        difference += gap.astype(np.float32)
    return Edges(np.stack([low, high], axis=1), difference.astype(np.float32))
