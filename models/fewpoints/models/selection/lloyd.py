# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""k-means over every row, blocked so that both products of a step stay in the CPU's cache.

On two cores this loop takes about half of the time FAISS takes for 150 k x 99 rows, 20 clusters and
50 steps (see `tests/benchmarks/test_kmeans.py`), stops as soon as nothing moves, and leaves what
becomes of an empty cluster to us, which the published script of the paper needs.

Determinism: distances are float32 products whose rows are independent of each other, sums are
short float32 products that no two threads share, added in float64. The result is a function of the
input and the seed, whatever the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

# float32 elements in one (rows, K) block of distances: 8 MB, and rows * D stays in the L3 cache.
_BLOCK_ELEMENTS = 1 << 21
_BLOCK_ROWS = 8192
_SUMMED_ROWS = 256  # Added in float32 at a time.
# Seeding by k-means++ reads all rows once per cluster. Beyond this many it would take longer than
# the clustering itself, and random rows cover the scan about as well.
_PLUSPLUS_LIMIT = 1024

Step = Callable[[int, int], None]  # (steps done, steps at most); may raise to cancel.


@dataclass(frozen=True)
class Clusters:
    """A clustering of N rows into K.

    Attributes:
        centroids: (K, D) float32.
        assignment: (N,) int64, the nearest centroid of each row.
        inertia: sum over rows of the squared distance to their centroid.
        steps: Lloyd steps taken.
        converged: whether the last step moved nothing.
    """

    centroids: NDArray[np.float32]
    assignment: NDArray[np.int64]
    inertia: float
    steps: int
    converged: bool


def _block_rows(clusters: int) -> int:
    return max(64, min(_BLOCK_ROWS, _BLOCK_ELEMENTS // max(clusters, 1)))


def _nearest(
    rows: torch.Tensor, centroids: torch.Tensor, *, out: torch.Tensor, distance: torch.Tensor
) -> None:
    """Write the nearest centroid of each row, and |c|^2 - 2 x.c (squared distance minus |x|^2)."""
    squares = (centroids * centroids).sum(1)
    transposed = (-2.0 * centroids.T).contiguous()
    step = _block_rows(len(centroids))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        table = torch.addmm(squares, rows[part], transposed)
        torch.min(table, 1, out=(distance[part], out[part]))


def _full_sums(rows: torch.Tensor, assignment: torch.Tensor, clusters: int) -> torch.Tensor:
    """(K, D) float64 sums of the rows of each cluster."""
    sums = torch.zeros(clusters, rows.shape[1], dtype=torch.float64)
    step = _block_rows(clusters)
    if clusters > 256:  # A one-hot product would cost more than adding row by row.
        step = 1 << 15
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            sums.index_add_(0, assignment[part], rows[part].double())
        return sums
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        one_hot = torch.zeros(len(assignment[part]), clusters)
        one_hot.scatter_(1, assignment[part, None], 1.0)
        sums += _column_products(one_hot, rows[part])
    return sums


def _column_products(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """(K, D) float64 `left.T @ right` of (N, K) and (N, D), the same with any number of threads.

    One long product is cut among threads where the library likes, and float32 sums depend on where
    they are cut. Short products are each one thread's, and are added in float64.
    """
    whole = len(left) // _SUMMED_ROWS * _SUMMED_ROWS
    sums = (left[whole:].T @ right[whole:]).double()
    if whole:
        stacked = left[:whole].view(-1, _SUMMED_ROWS, left.shape[1])
        parts = stacked.transpose(1, 2) @ right[:whole].view(-1, _SUMMED_ROWS, right.shape[1])
        sums += parts.double().sum(0)
    return sums


def lloyd(
    rows: NDArray[np.float32],
    seeds: NDArray[np.float32],
    *,
    iterations: int = 50,
    empty: Literal["keep", "relocate"] = "relocate",
    on_step: Step | None = None,
) -> Clusters:
    """Run Lloyd's algorithm on all rows.

    Args:
        rows: (N, D) float32, finite.
        seeds: (K, D) float32, the first centroids.
        iterations: steps at most; fewer when no row changes its cluster.
        empty: `keep` leaves the centroid of a cluster without rows where it was; `relocate` moves
            it to the row that is farthest from its own centroid.
        on_step: called after each step.

    Returns:
        The clusters; ties go to the lower centroid.
    """
    data = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
    centroids = torch.from_numpy(np.array(seeds, dtype=np.float32))
    count, clusters = len(data), len(centroids)
    square_norms = _square_norms(data)
    old = torch.full((count,), -1, dtype=torch.int64)
    new = torch.empty(count, dtype=torch.int64)
    partial = torch.empty(count)
    sums = torch.zeros(clusters, data.shape[1], dtype=torch.float64)
    converged = False
    steps = 0
    for step in range(iterations):
        _nearest(data, centroids, out=new, distance=partial)
        changed = (new != old).nonzero()[:, 0]
        if len(changed) == 0:
            converged = True
            break
        if step == 0 or len(changed) > count // 8:
            sums = _full_sums(data, new, clusters)
        else:  # Late steps move few rows: correct the sums instead of reading everything again.
            moved = data[changed].double()
            sums.index_add_(0, new[changed], moved)
            sums.index_add_(0, old[changed], moved, alpha=-1)
        sizes = torch.bincount(new, minlength=clusters)
        old, new = new, old
        filled = sizes > 0
        mean = (sums / sizes.clamp(min=1)[:, None]).float()
        centroids = torch.where(filled[:, None], mean, centroids)
        if empty == "relocate" and not bool(filled.all()):
            distance = square_norms + partial
            vacant = (~filled).nonzero()[:, 0]
            far = torch.sort(distance, descending=True, stable=True).indices[: len(vacant)]
            # With nothing left to separate (duplicates) a move would only go round in circles.
            useful = distance[far] > 1e-6 * (1 + square_norms[far])
            centroids[vacant[: len(far)][useful]] = data[far[useful]]
        steps = step + 1
        if on_step is not None:
            on_step(steps, iterations)
    if not converged:
        _nearest(data, centroids, out=new, distance=partial)
    inertia = float((square_norms + partial).clamp(min=0).double().sum())
    return Clusters(centroids.numpy(), new.numpy().copy(), inertia, steps, converged)


def first_rows(rows: NDArray[np.float32], clusters: int) -> NDArray[np.float32]:
    """Seed with the first K rows, as the published script does."""
    return np.array(rows[:clusters], dtype=np.float32)


def plus_plus(
    rows: NDArray[np.float32], clusters: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Seed by greedy k-means++: each new seed is the best of a few drawn by squared distance.

    Args:
        rows: (N, D) finite.
        clusters: K <= N. Above 1,024, rows are drawn at random instead.
        rng: the only source of chance.

    Returns:
        (K, D) rows; different rows as long as the data has different ones.
    """
    if clusters > _PLUSPLUS_LIMIT:
        return np.array(rows[np.sort(rng.choice(len(rows), clusters, replace=False))])
    data = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
    norms = _square_norms(data)
    tries = 2 + int(np.log(clusters))
    chosen = [int(rng.integers(len(data)))]
    closest = _squared_distances(data, norms, data[chosen])[:, 0]
    while len(chosen) < clusters:
        cumulative = np.cumsum(closest.numpy().astype(np.float64))
        if cumulative[-1] <= 0:  # Every row equals a seed: any unused rows do.
            unused = np.setdiff1d(np.arange(len(data)), chosen)
            chosen += rng.choice(unused, clusters - len(chosen), replace=False).tolist()
            break
        drawn = np.searchsorted(cumulative, rng.random(tries) * cumulative[-1], side="right")
        drawn = np.minimum(drawn, len(data) - 1)
        table = _squared_distances(data, norms, data[drawn])
        torch.minimum(table, closest[:, None], out=table)
        best = int(table.double().sum(0).argmin())
        closest = table[:, best].contiguous()
        chosen.append(int(drawn[best]))
        closest[chosen[-1]] = 0.0
    return np.array(rows[chosen], dtype=np.float32)


def _square_norms(rows: torch.Tensor) -> torch.Tensor:
    """(N,) squared lengths, without a second copy of the rows."""
    norms = torch.empty(len(rows))
    for start in range(0, len(rows), 1 << 15):
        part = rows[start : start + (1 << 15)]
        norms[start : start + (1 << 15)] = (part * part).sum(1)
    return norms


def _squared_distances(
    rows: torch.Tensor, norms: torch.Tensor, points: torch.Tensor
) -> torch.Tensor:
    """(N, P) squared distances, never negative."""
    table = torch.addmm((points * points).sum(1), rows, points.T, alpha=-2.0)
    return table.add_(norms[:, None]).clamp_(min=0)
