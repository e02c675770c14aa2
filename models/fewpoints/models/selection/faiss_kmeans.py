# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""k-means by FAISS: the second engine, and the only file that imports FAISS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.selection.lloyd import Clusters


def faiss_lloyd(
    rows: NDArray[np.float32], seeds: NDArray[np.float32], *, iterations: int = 50
) -> Clusters:
    """Cluster all rows with FAISS, starting from `seeds`.

    FAISS trains on 256 rows per cluster unless told otherwise (5,120 of 150,000 rows for 20
    clusters); here it sees every row. It splits a large cluster when another one runs empty.

    Args:
        rows: (N, D) float32, finite.
        seeds: (K, D) float32, the first centroids.
        iterations: steps; FAISS always takes them all.
    """
    import faiss  # Here, because importing it starts a second OpenMP runtime beside torch's.

    data = np.ascontiguousarray(rows, dtype=np.float32)
    clusters = len(seeds)
    kmeans = faiss.Kmeans(
        data.shape[1],
        clusters,
        niter=iterations,
        seed=1,  # Only used to draw first centroids and to split, which `seeds` mostly settles.
        max_points_per_centroid=max(256, -(-len(data) // clusters)),
        min_points_per_centroid=1,
    )
    kmeans.train(data, init_centroids=np.ascontiguousarray(seeds, dtype=np.float32))
    distance, assignment = kmeans.index.search(data, 1)
    return Clusters(
        centroids=np.array(kmeans.centroids, dtype=np.float32).reshape(clusters, -1),
        assignment=assignment[:, 0].astype(np.int64),
        inertia=float(distance.astype(np.float64).sum()),
        steps=iterations,
        converged=False,
    )
