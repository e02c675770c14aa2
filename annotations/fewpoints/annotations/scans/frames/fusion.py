# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Frames to one scan: a truncated signed distance field, kept only near surfaces.

Open3D does the work; this is the only file that imports it, and only when frames are fused.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.frame import Frame, FrameSequence
from fewpoints.annotations.scans.scan import PointScan

# Voxels along the edge of a block, and the bytes of a block: float32 distance, uint16 weight and
# three uint16 colours per voxel.
_BLOCK = 8
_BLOCK_BYTES = _BLOCK**3 * (4 + 2 + 6)
MOST_BYTES = 6 << 30
_FIRST_BLOCKS = 20_000
# Open3D takes the depth at the pixel that (u, v) is cut down to, so that pixel centres lie at
# halves there; ours lie at integers.
_HALF_PIXEL = 0.5
# The grid stands this much aside, in voxels: where a surface meets voxel centres exactly, the
# distance is 0 on them and changes its sign nowhere, and such surfaces, common in made scenes with
# round numbers, would be lost.
_ASIDE = np.array([0.3719, 0.4127, 0.4373])


class FusionUnavailable(AppError):
    """Frames were to be fused, and Open3D is not installed."""

    status = 501
    code = "fusion_unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Fusing frames needs Open3D ({reason}). Install it with: pip install "
            "'fewpoints[fusion]'"
        )


class FusionTooLarge(AppError):
    """The voxels asked for do not fit into memory."""

    status = 422
    code = "fusion_too_large"


def fuse(
    sequence: FrameSequence,
    *,
    voxel_size_m: float = 0.01,
    depth_max_m: float = 4.0,
    least_views: int | None = None,
    progress: Progress = no_progress,
) -> PointScan:
    """Return the surface that the frames agree on, as points about a voxel apart.

    voxel_size_m: detail; 0.005 to 0.02 for rooms. Halving it takes four times the memory.
    depth_max_m: what is farther from the camera is not used; sensors get worse with distance.
    least_views: a point must be seen so often. By default 3, less for sequences of under 30
    frames; what is seen once is mostly the noise along edges.

    Positions are in metres in the sequence's world. Raises UnreadableScan if nothing is left,
    FusionUnavailable, FusionTooLarge.
    """
    if not (0 < voxel_size_m < 10 and depth_max_m > voxel_size_m):
        raise FusionTooLarge(
            f"Voxels of {voxel_size_m:g} m and depth up to {depth_max_m:g} m make no scan; use "
            "0.01 m and 4 m."
        )
    count = len(sequence)
    if least_views is None:
        least_views = max(1, min(3, count // 10))
    o3d = _open3d()
    core = o3d.core
    grid = o3d.t.geometry.VoxelBlockGrid(
        ("tsdf", "weight", "color"),
        (core.float32, core.uint16, core.uint16),
        ((1), (1), (3)),
        voxel_size_m,
        _BLOCK,
        _FIRST_BLOCKS,
        core.Device("CPU:0"),
    )
    has_colours = False
    for index in range(count):
        progress(0.95 * index / max(count, 1), f"Fusing frame {index + 1} of {count}")
        frame = sequence[index]
        has_colours |= frame.colours is not None
        _integrate(o3d, grid, frame, depth_max_m, _ASIDE * voxel_size_m)
        used = grid.hashmap().size() * _BLOCK_BYTES
        if used > MOST_BYTES:
            raise FusionTooLarge(
                f"Voxels of {voxel_size_m:g} m need more than {MOST_BYTES >> 30} GiB by frame "
                f"{index + 1} of {count}. Use larger voxels or less depth."
            )
    progress(0.95, "Extracting the surface")
    empty = grid.hashmap().size() == 0
    # The weight of a voxel is how often it was seen, and must be above the threshold.
    cloud = None if empty else grid.extract_point_cloud(weight_threshold=least_views - 0.5)
    if cloud is None or len(cloud.point.positions) == 0:
        raise UnreadableScan(
            sequence.name,
            f"no surface within {depth_max_m:g} m of the cameras is seen {least_views} or more "
            "times; the poses may be wrong, or everything is farther away.",
        )
    scan = _scan(cloud, _ASIDE * voxel_size_m, with_colours=has_colours, notes=sequence.notes)
    progress(1.0, f"{len(scan):,} points from {count} frames")
    return scan


def _open3d() -> Any:  # Open3D has no types.
    try:
        import libusb_package

        library = libusb_package.get_library_path()
        if library is not None:
            # Open3D links against libusb, which slim machines lack; it finds a loaded one.
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except (ImportError, OSError):
        pass  # The system may have its own; the next import tells.
    try:
        import open3d
    except (ImportError, OSError) as error:
        raise FusionUnavailable(str(error)) from error
    return open3d


def _integrate(o3d: Any, grid: Any, frame: Frame, depth_max_m: float, aside: FloatArray64) -> None:
    core = o3d.core
    depth = np.where(frame.depth < depth_max_m, frame.depth, 0).astype(np.float32)
    if not depth.any():
        return
    camera = frame.intrinsics
    matrix = np.eye(3)
    matrix[0] = (camera.fx, 0, camera.cx + _HALF_PIXEL)
    matrix[1] = (0, camera.fy, camera.cy + _HALF_PIXEL)
    colours = frame.colours
    if colours is None:
        colours = np.zeros((*depth.shape, 3), np.uint8)
    intrinsics = core.Tensor(matrix)
    grid_from_camera = frame.world_from_camera.copy()
    grid_from_camera[:3, 3] += aside
    extrinsics = core.Tensor(np.linalg.inv(grid_from_camera))
    depth_image = o3d.t.geometry.Image(core.Tensor(depth[..., None]))
    colour_image = o3d.t.geometry.Image(core.Tensor(colours.astype(np.float32) / 255))
    blocks = grid.compute_unique_block_coordinates(
        depth_image, intrinsics, extrinsics, 1.0, depth_max_m
    )
    grid.integrate(
        blocks, depth_image, colour_image, intrinsics, intrinsics, extrinsics, 1.0, depth_max_m
    )


def _scan(
    cloud: Any, aside: FloatArray64, *, with_colours: bool, notes: tuple[str, ...]
) -> PointScan:
    positions = cloud.point.positions.numpy().astype(np.float64) - aside
    normals = cloud.point.normals.numpy().astype(np.float32)
    usable = np.isfinite(positions).all(axis=1) & np.isfinite(normals).all(axis=1)
    colours = None
    if with_colours:
        values = cloud.point.colors.numpy().astype(np.float32)
        colours = np.clip(np.rint(values[usable] * 255), 0, 255).astype(np.uint8)
    return PointScan(
        positions=positions[usable],
        colours=colours,
        normals=normals[usable],
        details={"unit": "metres"},
        notes=notes,
    )
