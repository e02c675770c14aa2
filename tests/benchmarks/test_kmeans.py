# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""k-means: 150 k points x 99 columns, 20 clusters, 50 steps, every row used; aim: 2 s on two cores.

`pytest tests/benchmarks/test_kmeans.py -m benchmark -s` prints one JSON line per engine.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.models.selection.kmeans import kmeans_rows
from fewpoints.models.selection.options import KMeansEngine

POINTS, COLUMNS, CLUSTERS, STEPS = 150_000, 99, 20, 50


@pytest.mark.benchmark
@pytest.mark.parametrize("engine", ["lloyd", "faiss"])
def test_kmeans_of_a_room(engine: KMeansEngine) -> None:
    rng = np.random.default_rng(0)
    # Rows without structure: Lloyd's loop does not converge early, so all 50 steps are taken.
    matrix = rng.standard_normal((POINTS, COLUMNS)).astype(np.float32)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        rows = kmeans_rows(
            matrix,
            CLUSTERS,
            scaling="scaled",
            rng=np.random.default_rng(1),
            iterations=STEPS,
            engine=engine,
        )
        seconds.append(time.perf_counter() - start)
        assert len(set(rows.tolist())) == CLUSTERS
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    record = {
        "benchmark": "kmeans",
        "engine": engine,
        "points": POINTS,
        "columns": COLUMNS,
        "clusters": CLUSTERS,
        "steps": STEPS,
        "seconds_best": round(min(seconds), 3),
        "seconds_all": [round(value, 3) for value in seconds],
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
        "torch": torch.__version__,
        "commit": commit,
    }
    print(json.dumps(record))
