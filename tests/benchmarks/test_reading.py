# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The same cloud read in turns by us and by other libraries, from each format that they share.

`pytest tests/benchmarks/test_reading.py -m benchmark -s` prints one JSON line per format and a
table. FEWPOINTS_BENCHMARK_POINTS says how many points (ten million), FEWPOINTS_BENCHMARK_ROUNDS how
often each library has its turn (3). Aims: 1.5 times the fastest library that returns the right
cloud, half the time of `numpy.loadtxt`, three times the memory of the arrays.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.reading.files import SWEEP, WRITERS, sweep
from tests.benchmarks.record import record

ROOT = Path(__file__).parents[2]
OURS = ("fewpoints", "fewpoints, in its process")
OTHERS = {
    "binary.ply": ("open3d", "trimesh"),
    "binary.pcd": ("open3d",),
    "compressed.pcd": ("open3d",),
    "plain.las": ("laspy",),
    "compressed.laz": ("laspy",),
    "one.e57": ("pye57",),
    "table.xyz": ("numpy.loadtxt", "open3d", "trimesh"),
}
# Positions as float64 and colours as bytes.
BYTES_PER_POINT = 27
# Below, what the interpreter and libraries hold is more than the arrays.
LEAST_FOR_MEMORY = 5_000_000


@pytest.mark.benchmark
def test_every_format_beside_other_libraries(tmp_path: Path) -> None:
    points = int(os.environ.get("FEWPOINTS_BENCHMARK_POINTS", "10000000"))
    rounds = int(os.environ.get("FEWPOINTS_BENCHMARK_ROUNDS", "3"))
    count = max(1, points // SWEEP)
    rows = []
    for name, write in WRITERS.items():
        path, small = tmp_path / name, tmp_path / f"small-{name}"
        write(path, sweep(), count)
        write(small, sweep(), 1)
        turns: dict[str, list[dict[str, Any]]] = {}
        for _ in range(rounds):
            for library in (*OURS, *OTHERS[name]):
                turns.setdefault(library, []).append(_turn(library, path, small, count))
        size = path.stat().st_size
        path.unlink()
        rows += _report(name, size, count * SWEEP, turns)
    print("\n".join(["", "| | | s | of the fastest | memory |", "|---|---|---|---|---|", *rows]))


def _turn(library: str, path: Path, small: Path, count: int) -> dict[str, Any]:
    """What one reading took in a process of its own, or why it could not be."""
    command = [sys.executable, "-m", "tests.benchmarks.reading.one"]
    done = subprocess.run(
        [*command, library, str(path), str(small), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        assert library not in OURS, done.stderr
        return {"failed": (done.stderr.strip() or "it crashed").splitlines()[-1][:100]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _report(name: str, size: int, points: int, turns: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Record the medians of a file; return the lines of the table."""
    found: dict[str, dict[str, Any]] = {}
    for library, results in turns.items():
        failed = next((r["failed"] for r in results if "failed" in r), None)
        found[library] = (
            {"failed": failed}
            if failed
            else {
                "seconds": round(statistics.median(r["seconds"] for r in results), 3),
                "memory": round(
                    max(r["peak_bytes"] for r in results) / (points * BYTES_PER_POINT), 2
                ),
                "right": all(r["right"] for r in results),
            }
        )
    assert all(found[library]["right"] for library in OURS), found
    if points >= LEAST_FOR_MEMORY:
        assert all(found[library]["memory"] <= 3 for library in OURS), found
    rivals = [f["seconds"] for n, f in found.items() if n not in OURS and f.get("right")]
    fastest = min(rivals, default=None)
    lines = []
    for library, figures in found.items():
        if figures.get("right") and fastest is not None:
            figures["of_fastest"] = round(figures["seconds"] / fastest, 2)
        cells = [name, library, *_cells(figures)]
        lines.append("| " + " | ".join(cells) + " |")
    record("reading", {"file": name, "points": points, "bytes": size, "found": found})
    return lines


def _cells(figures: dict[str, Any]) -> list[str]:
    if figures.get("failed"):
        return [f"not measured: {figures['failed']}", "", ""]
    ratio = f"{figures['of_fastest']:.2f}" if "of_fastest" in figures else ""
    if not figures["right"]:
        ratio = "wrong cloud"
    return [f"{figures['seconds']:.2f}", ratio, f"{figures['memory']:.1f}"]
