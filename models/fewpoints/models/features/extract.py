# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The 96 features of every point of a scan."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import Float32Array
from fewpoints.annotations.errors import AppError
from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.annotations.scans.orientation import upright_positions
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.engine.coords import Voxels, voxelise
from fewpoints.models.features.inference import Limits, choose_device, run_network
from fewpoints.models.nets.res_unet import Output, Res16UNet

DEFAULT_VOXEL_SIZE_M = 0.02
# What the network is shown instead of rgb / 255 - 0.5 where a scan has none: outside the range of
# colours, so that it can tell, and not zero, so that its first convolution sees the shape.
NO_COLOUR = 1.0


class NoSpace(AppError):
    """The disk cannot take the features."""

    status = 507
    code = "disk_full"


def extract_features(
    scan: PointScan,
    network: Res16UNet,
    *,
    voxel_size_m: float = DEFAULT_VOXEL_SIZE_M,
    device: str = "auto",
    progress: Progress = no_progress,
    out: Float32Array | None = None,
    limits: Limits | None = None,
) -> Float32Array:
    """Return the network's features of every point: each point has those of its voxel.

    Args:
        scan: N points.
        network: used in evaluation mode and left as it was.
        voxel_size_m: edge of a voxel, in the unit of the file.
        device: "auto", "cpu", "cuda", ...
        out: (N, F) float32 to fill, such as a memory-mapped file; else an array is made.
        limits: voxels at once; the default keeps 10 M points below 8 GB (`out` not counted).

    Returns:
        (N, F) float32, row i = point i of the file; zeros for points that are not finite. A scan
        that is run in blocks gets what it would get in one piece, up to float32 rounding.
    """
    if out is None:
        out = np.zeros((len(scan), network.feature_channels), np.float32)
    elif out.shape != (len(scan), network.feature_channels):
        raise ValueError(
            f"out is {out.shape}, the features are {len(scan), network.feature_channels}"
        )
    result = out
    progress(0.0, f"Placing {len(scan):,} points on the voxel grid")
    voxels = scan_voxels(scan, voxel_size_m)
    result[voxels.point_to_voxel < 0] = 0.0
    scatter = PointScatter(voxels)

    def consume(voxel_rows: NDArray[np.int64], output: Output) -> None:
        scatter(voxel_rows, output.features.cpu().numpy(), result)

    run_network(
        network,
        voxels.coords,
        input_colours(scan, voxels),
        consume,
        device=choose_device(device),
        limits=limits,
        progress=part_of(progress, 0.05, 1.0),
    )
    return result


def extract_features_to(
    path: Path,
    scan: PointScan,
    network: Res16UNet,
    *,
    voxel_size_m: float = DEFAULT_VOXEL_SIZE_M,
    device: str = "auto",
    progress: Progress = no_progress,
) -> Float32Array:
    """Write the features to a .npy file and return them memory-mapped, read-only.

    The file appears under its name only when it is complete. Memory does not grow with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    shape = (len(scan), network.feature_channels)
    try:
        with part.open("wb") as file:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f4", "fortran_order": False, "shape": shape}
            )
            start = file.tell()
            _reserve(file, start, 4 * shape[0] * shape[1], path)
        if len(scan):  # An empty range cannot be mapped.
            out = np.memmap(part, np.float32, "r+", start, shape)
            extract_features(
                scan, network, voxel_size_m=voxel_size_m, device=device, progress=progress, out=out
            )
            out.flush()
            del out
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return open_features(path)


def _reserve(file: IO[bytes], start: int, size: int, path: Path) -> None:
    """Claim the space now: writing to a mapped file on a full disk kills the process."""
    try:
        if size and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), start, size)
        else:
            file.truncate(start + size)
    except OSError as error:
        raise NoSpace(
            f"Cannot write {path.name}: {size / 1e9:.1f} GB are needed ({error.strerror}). "
            "Free some disk space and try again."
        ) from error


def open_features(path: Path) -> Float32Array:
    """Return the (N, F) features of a .npy file, memory-mapped where it has rows."""
    return cast(Float32Array, map_array(path))


def scan_voxels(scan: PointScan, voxel_size_m: float) -> Voxels:
    """Place the finite points of a scan on the voxel grid of the file's own frame, z up."""
    positions = upright_positions(scan)
    if not scan.finite.all():
        # Also numbers that are finite but absurd, which would stretch the grid to nothing.
        positions = positions.copy()
        positions[~scan.finite] = np.nan
    return voxelise(positions, voxel_size_m)


def input_colours(
    scan: PointScan, voxels: Voxels
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """Return what gives the (v, 3) network input of voxel rows, from the first point of each.

    That is rgb / 255 - 0.5; `NO_COLOUR` where the scan has neither colour nor intensity.
    """
    colours = colours_255(scan)
    if colours is None:
        return lambda rows: np.full((len(rows), 3), NO_COLOUR, np.float32)
    return lambda rows: colours(voxels.first_point[rows]) / 255.0 - 0.5


def colours_255(scan: PointScan) -> Callable[[NDArray[np.int64]], NDArray[np.float32]] | None:
    """Return what gives the (n, 3) float32 colours 0-255 that the network is shown for scan rows.

    A scan without colour is shown in shades of grey, by its intensity between the 1st and the 99th
    percentile; None where it has none that varies.
    """
    if scan.colours is not None:
        colours = scan.colours
        return lambda rows: colours[rows].astype(np.float32)
    if scan.intensity is not None:
        intensity = np.nan_to_num(scan.intensity.astype(np.float32), posinf=0.0, neginf=0.0)
        known = intensity[scan.finite]
        low, high = np.percentile(known, [1, 99]) if len(known) else (0.0, 0.0)
        if high > low:
            grey = np.clip((intensity - low) / (high - low), 0, 1).astype(np.float32) * 255.0
            return lambda rows: np.repeat(grey[rows, None], 3, axis=1)
    return None


class PointScatter:
    """Copies per-voxel values to the points of the voxels, block by block."""

    def __init__(self, voxels: Voxels) -> None:
        self._point_to_voxel = voxels.point_to_voxel
        self._place = np.full(len(voxels) + 1, -1, np.int32)  # The last entry is for voxel -1.

    def __call__(
        self,
        voxel_rows: NDArray[np.int64],
        values: NDArray[np.generic],
        out: NDArray[np.generic],
    ) -> None:
        """Set out[i] = values[k] for every point i in voxel voxel_rows[k]."""
        self._place[voxel_rows] = np.arange(len(voxel_rows), dtype=np.int32)
        for start in range(0, len(out), 1 << 20):
            place = self._place[self._point_to_voxel[start : start + (1 << 20)]]
            rows = np.flatnonzero(place >= 0)
            if len(rows):
                out[start + rows] = values[place[rows]]
        self._place[voxel_rows] = -1
