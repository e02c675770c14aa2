# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Cluster the points of a scan and query one real point per cluster.

`scaled` gives place and look the same say; look is colour and features, half each where there are
both. Each block of columns is centred and divided by the square root of its total variance (the sum
over its columns), so that blocks are comparable and the metric *inside* a block is untouched: a
metre stays a metre along x, y and z, and a feature channel that hardly varies is not blown up to
the weight of one that does, as scaling column by column would. Nothing is whitened: the network's
own metric is what its training shaped, and that is the direction of a feature, so each is brought
to length 1 first.

`reference` is the published script of "Exploring Data-Efficient 3D Scene Understanding with
Contrastive Scene Contexts": raw metres | 0-255 colour | raw features side by side, first K rows as
seeds, empty clusters stay where they are, 50 steps, nearest row over the whole scan. Colour
dominates it. Only two things differ from that script: positions are centred first (distances do not
change, float32 keeps its digits on geo-referenced scans), and a row that was taken is not taken
twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.models.selection.faiss_kmeans import faiss_lloyd
from fewpoints.models.selection.lloyd import Clusters, Step, first_rows, lloyd, plus_plus
from fewpoints.models.selection.options import KMeansEngine, Scaling


@dataclass(frozen=True, eq=False)
class Block:
    """Columns that belong together.

    values: (N, D), any real type; memory-mapped is fine, rows are read in pieces. directions:
    whether only the direction of a row means something, not its length. share: total variance, when
    scaled.
    """

    values: NDArray[Any]
    directions: bool = False
    share: float = 1.0


def design_matrix(
    blocks: Sequence[Block], rows: NDArray[np.int64], *, scaling: Scaling
) -> NDArray[np.float32]:
    """Put blocks of columns side by side, ready for Euclidean distances.

    Args:
        blocks: what to put there, N rows each.
        rows: (E,) ascending rows to take.
        scaling: `scaled` makes the total variance of each block its share (a block without
            variance stays zero); `reference` leaves units and lengths alone.

    Returns:
        (E, sum of D_b) float32, every column centred: the only large array that is made.
    """
    matrix = np.empty((len(rows), sum(block.values.shape[1] for block in blocks)), np.float32)
    start = 0
    for block in blocks:
        stop = start + block.values.shape[1]
        part = matrix[:, start:stop]
        as_directions = block.directions and scaling == "scaled"
        total = np.zeros(part.shape[1])
        for piece in _pieces(len(rows)):
            total += _read(block.values, rows[piece], as_directions).sum(axis=0)
        mean = total / len(rows)
        squares = 0.0
        for piece in _pieces(len(rows)):
            centred = _read(block.values, rows[piece], as_directions) - mean
            squares += float(np.einsum("ij,ij->", centred, centred))
            part[piece] = centred
        spread = float(np.sqrt(squares / len(rows)))
        if scaling == "scaled" and spread > 1e-12:
            part *= np.float32(np.sqrt(block.share) / spread)
        start = stop
    return matrix


def _read(
    values: NDArray[Any], rows: NDArray[np.int64], as_directions: bool
) -> NDArray[np.float64]:
    # float64 before centring: float32 positions of a geo-referenced scan are off by decimetres.
    read = values[rows].astype(np.float64)
    if as_directions:
        read /= np.maximum(np.linalg.norm(read, axis=1, keepdims=True), 1e-12)
    return read


def _pieces(count: int, step: int = 1 << 17) -> Iterator[slice]:
    for start in range(0, count, step):
        yield slice(start, start + step)


def kmeans_rows(
    matrix: NDArray[np.float32],
    budget: int,
    *,
    scaling: Scaling,
    rng: np.random.Generator,
    iterations: int = 50,
    engine: KMeansEngine = "lloyd",
    on_step: Step | None = None,
) -> NDArray[np.int64]:
    """Cluster the rows of `matrix` and return one row per cluster.

    Args:
        matrix: (N, D) float32, finite, from `design_matrix`.
        budget: K, 1 <= K <= N.
        scaling: decides the seeding, what becomes of empty clusters and how rows are picked.

    Returns:
        (K,) different rows, largest cluster first for `scaled`, in seed order for `reference`.
    """
    if budget == len(matrix):
        return np.arange(len(matrix), dtype=np.int64)
    if scaling == "reference":
        clusters = lloyd(
            matrix,
            first_rows(matrix, budget),
            iterations=iterations,
            empty="keep",
            on_step=on_step,
        )
        return nearest_over_all(matrix, clusters)
    seeds = plus_plus(matrix, budget, rng)
    if engine == "faiss":
        clusters = faiss_lloyd(matrix, seeds, iterations=iterations)
    else:
        clusters = lloyd(matrix, seeds, iterations=iterations, on_step=on_step)
    return nearest_in_cluster(matrix, clusters, rng)


def nearest_in_cluster(
    matrix: NDArray[np.float32], clusters: Clusters, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each cluster the member nearest its centre, largest cluster first.

    Members of different clusters are different rows, so the rows are distinct. Clusters without
    members (more clusters than different rows) get random unused rows at the end.
    """
    count = len(clusters.centroids)
    distance = _distance_to_own(matrix, clusters)
    # By cluster, then distance; stable, so equal distances keep row order.
    order = np.lexsort((distance, clusters.assignment))
    present, first, sizes = np.unique(
        clusters.assignment[order], return_index=True, return_counts=True
    )
    by_size = np.lexsort((present, -sizes))
    rows = order[first[by_size]].astype(np.int64)
    missing = count - len(rows)
    if missing:
        unused = np.setdiff1d(np.arange(len(matrix)), rows)
        rows = np.concatenate([rows, rng.choice(unused, missing, replace=False)])
    return rows


def nearest_over_all(matrix: NDArray[np.float32], clusters: Clusters) -> NDArray[np.int64]:
    """Return for each centroid, in order, the nearest row that no earlier centroid took."""
    data = torch.from_numpy(matrix)
    taken = torch.zeros(len(data), dtype=torch.bool)
    norms = (data * data).sum(1)
    rows = np.empty(len(clusters.centroids), np.int64)
    for index, centroid in enumerate(torch.from_numpy(clusters.centroids)):
        distance = torch.addmv(norms, data, centroid, alpha=-2.0)
        distance[taken] = torch.inf
        rows[index] = int(distance.argmin())
        taken[rows[index]] = True
    return rows


def _distance_to_own(matrix: NDArray[np.float32], clusters: Clusters) -> NDArray[np.float32]:
    """(N,) squared distance of each row to the centroid of its cluster."""
    distance = np.empty(len(matrix), np.float32)
    for start in range(0, len(matrix), 1 << 15):
        part = slice(start, start + (1 << 15))
        difference = matrix[part] - clusters.centroids[clusters.assignment[part]]
        distance[part] = np.einsum("ij,ij->i", difference, difference)
    return distance
