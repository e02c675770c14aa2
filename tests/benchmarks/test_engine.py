# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Res16UNet34C over a 120 k-voxel room; aims: 0.8 of plain torch.mm, at most 2 GB.

`pytest tests/benchmarks/test_engine.py -m benchmark -s` prints one JSON line. The same figures
come from `fewpoints benchmark engine`. It runs in a process of its own, so that peak memory is its.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fewpoints.models.engine.benchmark import benchmark_engine, synthetic_room

_RUN = """
import json
from fewpoints.models.engine.benchmark import benchmark_engine
from fewpoints.models.engine.memory import keep_freed_memory
keep_freed_memory()
print(json.dumps(benchmark_engine()))
"""


@pytest.mark.benchmark
def test_forward_pass_against_plain_matrix_products() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _RUN], capture_output=True, text=True, check=True
    )
    figures = json.loads(result.stdout)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    print(json.dumps({"benchmark": "engine", "commit": commit.stdout.strip(), **figures}))
    assert figures["peak_rss_bytes"] < 2e9


def test_figures_of_a_small_room_are_consistent() -> None:
    figures = benchmark_engine(arch="Res16UNet14A", voxels=1500, repeats=1)
    assert abs(figures["voxels"] / 1500 - 1) < 0.1
    assert figures["pairs"] > 9 * figures["voxels"]
    rate = figures["useful_gflop"] / figures["seconds"]
    assert figures["useful_gflops_per_s"] == pytest.approx(rate)
    assert figures["ratio"] == pytest.approx(rate / figures["mm_gflops_per_s"])
    assert figures["ratio"] <= figures["ratio_same_shapes"] * 1.0001
    json.dumps(figures)


def test_the_room_is_the_same_for_the_same_seed() -> None:
    one, two, other = (synthetic_room(1000, seed=seed)[0] for seed in (1, 1, 2))
    assert one.equal(two)
    assert not one.equal(other)
