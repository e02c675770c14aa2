# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a whole network runs, against the fastest this machine multiplies matrices at all.

Useful arithmetic is pairs x Cin x Cout x 2 over all convolutions; gathering, summing, normalising
and finding neighbours count as time but not as work. The yardstick is plain `torch.mm` on the
shapes that the network multiplies, measured between its passes, so that both see the same machine.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.engine.coords import voxelise
from fewpoints.models.engine.functional import submanifold_conv
from fewpoints.models.engine.modules import SparseConv3d
from fewpoints.models.engine.plan import ConvPlan, PyramidPlan

_VOXEL_SIZE_M = 0.02


def benchmark_engine(
    *,
    arch: str = "Res16UNet34C",
    voxels: int = 120_000,
    repeats: int = 5,
    threads: int | None = None,
    seed: int = 0,
    progress: Progress = no_progress,
) -> dict[str, Any]:  # JSON
    """Time forward passes over a synthetic room of about `voxels` voxels; see the keys returned.

    `seconds` is the median of whole passes, plan building included. `ratio` compares
    `useful_gflops_per_s` with the fastest matrix product of any of the network's shapes,
    `ratio_same_shapes` with what plain products of the same shapes reach on average.
    """
    from fewpoints.models.nets.checkpoint import untrained_network

    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        coords, colours = synthetic_room(voxels, seed=seed)
        network = untrained_network(arch, out_channels=20, seed=seed).network
        with torch.inference_mode():
            plan = network.plan(coords)
            layers = network.convolutions(plan)
            shapes = _shapes(layers)
            passes: list[float] = []
            plans: list[float] = []
            rates: dict[tuple[int, int, int], list[float]] = {shape: [] for shape in shapes}
            network(coords, colours)  # Warm: buffers and threads.
            for repeat in range(repeats):
                progress(repeat / repeats, f"Pass {repeat + 1} of {repeats}")
                start = time.perf_counter()
                network(coords, colours)
                passes.append(time.perf_counter() - start)
                plans.append(_time_plans(network.plan(coords), layers))
                for shape in shapes:
                    rates[shape].append(_mm_rate(shape))
        progress(1.0, "Done")
        pairs = sum(_pairs(plan, rows) for plan, _, rows in layers)
        gflop = sum(shapes.values()) / 1e9
        seconds = statistics.median(passes)
        middle = {shape: statistics.median(values) for shape, values in rates.items()}
        alone_s = sum(flop / 1e9 / middle[shape] for shape, flop in shapes.items())
        peak = max(middle.values())
        return {
            "arch": arch,
            "voxels": len(coords),
            "voxels_per_level": [len(level) for level in plan.levels],
            "pairs": pairs,
            "useful_gflop": gflop,
            "seconds": seconds,
            "seconds_best": min(passes),
            "plan_seconds": statistics.median(plans),
            "useful_gflops_per_s": gflop / seconds,
            "mm_gflops_per_s": peak,
            "mm_gflops_per_s_same_shapes": gflop / alone_s,
            "ratio": gflop / seconds / peak,
            "ratio_same_shapes": alone_s / seconds,
            "peak_rss_bytes": _peak_rss(),
            "repeats": repeats,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "machine": _machine(),
            "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        }
    finally:
        torch.set_num_threads(before)


def synthetic_room(voxels: int, *, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return coordinates (V, 4) int32 and colours (V, 3) of a furnished room's surfaces.

    Surfaces are turned about the vertical and carry 4 mm of noise, as scans do: nothing lies along
    the grid except the floor. V is within a few percent of `voxels`.
    """
    scale = (voxels / 120_000) ** 0.5
    for _ in range(4):
        found = voxelise(_surfaces(scale, seed), _VOXEL_SIZE_M)
        if abs(len(found) / voxels - 1) < 0.02:
            break
        scale *= (voxels / len(found)) ** 0.5
    coords = torch.zeros(len(found), 4, dtype=torch.int32)
    coords[:, 1:] = torch.from_numpy(found.coords)
    generator = torch.Generator().manual_seed(seed)
    return coords, torch.rand(len(found), 3, generator=generator) - 0.5


def _surfaces(scale: float, seed: int) -> npt.NDArray[np.float64]:
    """Return points on a floor, four walls and twelve boxes; `scale` stretches all lengths."""
    rng = np.random.default_rng(seed)
    size = np.array([4.2, 3.3, 2.4]) * scale
    rectangles = [(np.zeros(3), size * [1, 0, 0], size * [0, 1, 0])]
    for corner in (np.zeros(3), size * [1, 1, 0]):
        for axis in (0, 1):
            along = np.zeros(3)
            along[axis] = size[axis] * (1 if not corner.any() else -1)
            rectangles.append((corner, along, size * [0, 0, 1]))
    for _ in range(12):
        angle = rng.uniform(0, np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0]])
        width, depth, height = rng.uniform(0.25, 1.0, 3) * scale
        corner = rng.uniform(0.1, 0.7, 3) * size * [1, 1, 0]
        x, y, z = turn[0] * width, turn[1] * depth, np.array([0, 0, height])
        sides = [(corner, x, z), (corner, y, z), (corner + x, y, z), (corner + y, x, z)]
        rectangles += [*sides, (corner + z, x, y)]
    points = []
    for origin, u, v in rectangles:
        count = int(np.linalg.norm(np.cross(u, v)) * 10_000)
        points.append(origin + rng.random((count, 1)) * u + rng.random((count, 1)) * v)
    cloud = np.concatenate(points)
    cloud += rng.normal(0, 0.004, cloud.shape)
    turn = np.array([[np.cos(0.35), -np.sin(0.35), 0], [np.sin(0.35), np.cos(0.35), 0], [0, 0, 1]])
    return np.asarray(cloud @ turn.T, np.float64)


_Layer = tuple[ConvPlan | None, SparseConv3d, int]


def _pairs(plan: ConvPlan | None, rows: int) -> int:
    return rows if plan is None else plan.pair_count


def _shapes(layers: list[_Layer]) -> dict[tuple[int, int, int], float]:
    """Return (rows, Cin, Cout) of each distinct product -> arithmetic of all layers that do it.

    Rows are those of an average tap: what gathering tap by tap would multiply.
    """
    shapes: dict[tuple[int, int, int], float] = {}
    for plan, conv, rows in layers:
        pairs = _pairs(plan, rows)
        per_tap = max(1, pairs // (1 if plan is None else plan.taps))
        shape = (per_tap, conv.in_channels, conv.out_channels)
        flop = 2.0 * pairs * conv.in_channels * conv.out_channels
        shapes[shape] = shapes.get(shape, 0.0) + flop
    return shapes


def _mm_rate(shape: tuple[int, int, int]) -> float:
    """Return GFLOP/s of torch.mm into a ready buffer, best of a few tries of about 10 ms."""
    rows, in_channels, out_channels = shape
    a, b = torch.randn(rows, in_channels), torch.randn(in_channels, out_channels)
    out = torch.empty(rows, out_channels)
    gflop = 2e-9 * rows * in_channels * out_channels
    times = max(1, int(1.0 / gflop))
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(times):
            torch.mm(a, b, out=out)
        best = max(best, times * gflop / (time.perf_counter() - start))
    return best


def _time_plans(plan: PyramidPlan, layers: list[_Layer]) -> float:
    """Return the seconds to build every plan of a pass, schedules of the backend included."""
    coords = plan.levels[0].coords
    start = time.perf_counter()
    fresh = PyramidPlan(coords, depth=len(plan.down))
    for level in range(len(fresh.levels)):
        built = fresh.submanifold(level)
        submanifold_conv(torch.zeros(len(built.source), 1), torch.zeros(27, 1, 1), built)
    return time.perf_counter() - start


def _peak_rss() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return f"{platform.machine()} {platform.processor()}, {os.cpu_count()} cores"
