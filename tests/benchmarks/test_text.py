# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A table of points as text beside `numpy.loadtxt` of the same file; aim: twice as fast."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.readers.registry import read_scan
from tests.benchmarks.record import record

POINTS = 1_000_000


@pytest.mark.benchmark
def test_a_table_of_points(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "scan.txt"
    with path.open("w", encoding="ascii") as file:
        for _ in range(POINTS // 100_000):
            rows = np.hstack([rng.uniform(0, 9, (100_000, 3)), rng.integers(0, 256, (100_000, 3))])
            np.savetxt(file, rows, fmt="%.3f %.3f %.3f %d %d %d")
    ours = [_seconds(lambda: read_scan(path)) for _ in range(3)]
    theirs = [_seconds(lambda: np.loadtxt(path)) for _ in range(3)]
    np.testing.assert_array_equal(read_scan(path).positions, np.loadtxt(path)[:, :3])
    found = {
        f"{what}_{key}": round(value, 2)
        for what, times in (("read", ours), ("loadtxt", theirs))
        for key, value in zip(("wall_s", "cpu_s"), _medians(times), strict=True)
    }
    ratio = _medians(theirs)[1] / _medians(ours)[1]
    record("text", {"points": POINTS, **found, "times_as_fast_by_cpu": round(ratio, 2)})


def _seconds(work: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _medians(times: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)
