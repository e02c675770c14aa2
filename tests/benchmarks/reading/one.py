# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Read one file with one library in this process, and say what it took.

`python -m tests.benchmarks.reading.one LIBRARY FILE WARM-UP SWEEPS` prints a line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.scans.readers.in_process import read_scan_in_process
from fewpoints.annotations.scans.readers.reading_limits import ReadingLimits
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from tests.benchmarks.reading.files import SWEEP, Cloud, sweep

# Three columns of positions, three of colours.
Found = tuple[AnyArray | list[AnyArray], AnyArray | list[AnyArray]]


def _ours(scan: PointScan) -> Found:
    assert scan.colours is not None
    return scan.positions.T, scan.colours.T


def with_ours(path: Path) -> Found:
    """In this process."""
    return _ours(read_scan(path))


def with_ours_in_process(path: Path) -> Found:
    """In the reading process, as imports do; with time for what is measured here."""
    limits = ReadingLimits().for_file(path.stat().st_size).patient(10)
    return _ours(read_scan_in_process(path, limits=limits))


def with_laspy(path: Path) -> Found:
    """LAS and LAZ."""
    import laspy

    las = laspy.read(path)
    return np.asarray(las.xyz).T, [np.asarray(las[n]) for n in ("red", "green", "blue")]


def with_trimesh(path: Path) -> Found:
    """PLY and text."""
    import trimesh

    cloud: Any = trimesh.load(path, process=False)  # Any: what a file holds decides.
    return np.asarray(cloud.vertices).T, np.asarray(cloud.colors).T[:3]


def with_pye57(path: Path) -> Found:
    """E57."""
    import pye57

    data = pye57.E57(str(path)).read_scan(0, colors=True, ignore_missing_fields=True)
    return (
        [data[f"cartesian{n}"] for n in "XYZ"],
        [data[n] for n in ("colorRed", "colorGreen", "colorBlue")],
    )


def with_open3d(path: Path) -> Found:
    """PLY, PCD and text; its colours are 0-1."""
    from fewpoints.annotations.scans.frames.fusion import _open3d

    kind = "xyzrgb" if path.suffix == ".xyz" else "auto"
    cloud = _open3d().io.read_point_cloud(str(path), format=kind)
    return np.asarray(cloud.points).T, np.asarray(cloud.colors).T


def with_loadtxt(path: Path) -> Found:
    """Text."""
    table = np.loadtxt(path)
    return table.T[:3], table.T[3:]


LIBRARIES: dict[str, Callable[[Path], Found]] = {
    "fewpoints": with_ours,
    "fewpoints, in its process": with_ours_in_process,
    "laspy": with_laspy,
    "trimesh": with_trimesh,
    "pye57": with_pye57,
    "open3d": with_open3d,
    "numpy.loadtxt": with_loadtxt,
}


def is_right(found: Found, one: Cloud, count: int) -> bool:
    """Whether all points are there, in order, to the millimetre, with their colours.

    Colours may be on a scale of 1, 255 or 65535.
    """
    positions, colours = found
    if len(colours) != 3 or any(len(c) != SWEEP * count for c in (*positions, *colours)):
        return False
    scale = next((s for s in (255.0, 1.0, 1 / 257) if _alike(colours[0], one.colours[:, 0], s)), 0)
    return all(
        _alike(column[start : start + SWEEP], expected[:, axis], factor)
        for start in range(0, SWEEP * count, SWEEP)
        for columns, expected, factor in (
            (positions, one.positions, 1.0),
            (colours, one.colours, scale),
        )
        for axis, column in enumerate(columns)
    )


def _alike(column: AnyArray, expected: AnyArray, factor: float) -> bool:
    ours = np.asarray(column[:SWEEP], np.float64) * factor
    return bool(np.abs(ours - expected).max() < 1e-4)


def measure(library: str, path: Path, warm_up: Path, count: int) -> dict[str, object]:
    """Seconds, the most memory beyond what was held before, and whether the cloud is right."""
    read = LIBRARIES[library]
    read(warm_up)  # What is imported is not measured.
    end_idle = library == "fewpoints, in its process"
    before = _children_peak(end_idle=end_idle)
    if end_idle:
        read(warm_up)  # Nor is the start of the process.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    own_before = _memory("VmRSS")
    start = time.perf_counter()
    found = read(path)
    seconds = time.perf_counter() - start
    peak = max(0, _memory("VmHWM") - own_before)
    if end_idle:
        peak = _children_peak(end_idle=True) - before
    return {"seconds": seconds, "peak_bytes": peak, "right": is_right(found, sweep(), count)}


def _memory(key: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{key}:")[1].split()[0]) * 1024


def _children_peak(*, end_idle: bool) -> int:
    if end_idle:
        end_idle_processes()
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))))
