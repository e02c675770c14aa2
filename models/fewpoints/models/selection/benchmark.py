# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How long the choice of points takes: 150 k points x 99 columns, K = 20, 50 steps, every row."""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import Any

import numpy as np
import torch

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.selection.kmeans import kmeans_rows
from fewpoints.models.selection.options import KMeansEngine

ENGINES: tuple[KMeansEngine, ...] = ("lloyd", "faiss")


def benchmark_kmeans(
    *,
    points: int = 150_000,
    columns: int = 99,
    clusters: int = 20,
    steps: int = 50,
    repeats: int = 5,
    progress: Progress = no_progress,
) -> dict[str, Any]:  # JSON
    """Time both engines in turn on rows without structure, which take all the steps.

    Returns medians in seconds and their ratio.
    """
    matrix = np.random.default_rng(0).standard_normal((points, columns)).astype(np.float32)
    seconds: dict[KMeansEngine, list[float]] = {engine: [] for engine in ENGINES}
    for repeat in range(repeats):
        for engine in ENGINES:
            progress(repeat / repeats, f"Run {repeat + 1} of {repeats}, {engine}")
            start = time.perf_counter()
            rows = kmeans_rows(
                matrix,
                clusters,
                scaling="scaled",
                rng=np.random.default_rng(1),
                iterations=steps,
                engine=engine,
            )
            seconds[engine].append(time.perf_counter() - start)
            assert len(set(rows.tolist())) == clusters
    progress(1.0, "Done")
    lloyd_s, faiss_s = (statistics.median(seconds[engine]) for engine in ENGINES)
    return {
        "points": points,
        "columns": columns,
        "clusters": clusters,
        "steps": steps,
        "seconds": lloyd_s,
        "seconds_faiss": faiss_s,
        "ratio_to_faiss": lloyd_s / faiss_s,
        "repeats": repeats,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
        "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }
