# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a point cloud, with surfaces hiding what is behind them; NumPy alone.

Every point is a disc that faces the camera, wide enough to touch its neighbours on the surface. A
first pass keeps the nearest depth per pixel; a second averages the points that lie at that depth,
so that a slanted surface is not drawn nearer than it is by the edges of its discs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, UInt8Array
from fewpoints.annotations.scans.frames.frame import Intrinsics

# Random points on a surface leave 1 pixel in 1000 free if discs have 1.5 times the mean distance.
_RADIUS = 1.5
_MOST_PIXELS = 24
# The nearest surface and what belongs to it differ by this many spacings, and this share of depth.
_SAME_SURFACE = 2.0
_SAME_SHARE = 0.01
_COARSE = 4


@dataclass(frozen=True, eq=False)
class Splats:
    """Points to draw.

    positions: (N, 3) metres in the world. spacing: (N,) metres to the next points around.
    colours: (N, 3) uint8, or None.
    """

    positions: Float32Array
    spacing: Float32Array
    colours: UInt8Array | None


def local_spacing(positions: Float32Array, *, cell: float) -> Float32Array:
    """(N,) the distance at which (N, 3) points lie on their surface, from how many share a cell.

    The fullest of four overlapping cells counts: a surface that only grazes a cell leaves few
    points in it.
    """
    fullest = np.ones(len(positions), np.int64)
    low = positions.min(axis=0)
    for shift in (0.0, 0.25, 0.5, 0.75):
        index = np.floor((positions - low) / np.float32(cell) + np.float32(shift)).astype(np.int64)
        sizes = index.max(axis=0) + 1
        keys = (index[:, 0] * sizes[1] + index[:, 1]) * sizes[2] + index[:, 2]
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        np.maximum(fullest, counts[inverse], out=fullest)
    return np.asarray(cell / np.sqrt(fullest), np.float32)


def draw(
    splats: Splats, camera: Intrinsics, world_from_camera: FloatArray64, *, near_m: float
) -> tuple[Float32Array, UInt8Array | None]:
    """Return (H, W) depth in metres, 0 where nothing is, and (H, W, 3) uint8 colours or None."""
    rotation = world_from_camera[:3, :3].astype(np.float32)
    local = (splats.positions - world_from_camera[:3, 3].astype(np.float32)) @ rotation
    z = local[:, 2]
    rows = np.flatnonzero(z > near_m)
    z = z[rows]
    u = local[rows, 0] / z * np.float32(camera.fx) + np.float32(camera.cx)
    v = local[rows, 1] / z * np.float32(camera.fy) + np.float32(camera.cy)
    radius = np.minimum(_RADIUS * splats.spacing[rows] * np.float32(camera.fx) / z, _MOST_PIXELS)
    inside = (u > -radius) & (v > -radius)
    inside &= (u < camera.width + radius) & (v < camera.height + radius)
    rows, z, u, v, radius = (a[inside] for a in (rows, z, u, v, radius))
    slack = _SAME_SURFACE * splats.spacing[rows] + _SAME_SHARE * z
    keep = _not_hidden(camera, u, v, z, radius, slack)
    rows, z, u, v, radius, slack = (a[keep] for a in (rows, z, u, v, radius, slack))

    pixel, point, weight = _cover(camera.width, camera.height, u, v, radius)
    nearest = np.full(camera.width * camera.height, np.inf, np.float32)
    np.minimum.at(nearest, pixel, z[point])
    same = z[point] <= nearest[pixel] + slack[point]
    pixel, point, weight = pixel[same], point[same], weight[same]
    count = len(nearest)
    total = np.bincount(pixel, weight, count)
    share = 1 / np.where(total > 0, total, 1)
    summed = np.bincount(pixel, weight * z[point], count) * share
    depth = summed.astype(np.float32).reshape(camera.height, camera.width)
    holes = _seen_through(depth)
    depth[holes] = 0
    if splats.colours is None:
        return depth, None
    colours = np.empty((count, 3), np.uint8)
    for channel in range(3):
        values = splats.colours[rows, channel].astype(np.float32)
        mixed = np.bincount(pixel, weight * values[point], count) * share
        colours[:, channel] = np.rint(mixed)
    picture = colours.reshape(camera.height, camera.width, 3)
    picture[holes] = 0
    return depth, picture


def _not_hidden(
    camera: Intrinsics,
    u: Float32Array,
    v: Float32Array,
    z: Float32Array,
    radius: Float32Array,
    slack: Float32Array,
) -> BoolArray:
    """(n,) False for points that are behind others all around, found in a small picture.

    It saves drawing the rooms behind the wall; the exact test is done with the large picture.
    """
    width, height = -(-camera.width // _COARSE), -(-camera.height // _COARSE)
    half, times = np.float32(0.5), np.float32(1 / _COARSE)
    x, y = (u + half) * times - half, (v + half) * times - half
    pixel, point, _ = _cover(width, height, x, y, radius / np.float32(_COARSE))
    nearest = np.full(width * height, np.inf, np.float32)
    np.minimum.at(nearest, pixel, z[point])
    # The farthest of the 5 x 5 small pixels around: whatever is behind all of them is hidden.
    farthest = np.pad(nearest.reshape(height, width), 2, constant_values=np.inf)
    for axis in (0, 1):
        length = farthest.shape[axis] - 4
        farthest = np.max(
            [np.take(farthest, np.arange(i, i + length), axis) for i in range(5)], axis=0
        )
    cx = np.clip(np.rint(x).astype(np.int64), 0, width - 1)
    cy = np.clip(np.rint(y).astype(np.int64), 0, height - 1)
    return np.asarray(z <= farthest[cy, cx] + slack)


def _cover(
    width: int, height: int, u: Float32Array, v: Float32Array, radius: Float32Array
) -> tuple[np.ndarray, np.ndarray, Float32Array]:
    """(C,) flat pixel, (C,) point and (C,) weight of all pixels that points cover.

    A point covers the pixels whose centre is within `radius`, and always the one it is in.
    """
    centre_u, centre_v = np.rint(u).astype(np.intp), np.rint(v).astype(np.intp)
    reach = np.ceil(radius - np.float32(0.5)).astype(np.intp).clip(0)
    pixels, points, weights = [], [], []
    for size in range(int(reach.max(initial=0)) + 1):
        group = np.flatnonzero(reach == size)
        if len(group) == 0:
            continue
        side = np.arange(-size, size + 1, dtype=np.intp)
        du, dv = (a.reshape(-1) for a in np.meshgrid(side, side))
        x, y = centre_u[group, None] + du, centre_v[group, None] + dv
        offset_u = (centre_u[group] - u[group]).astype(np.float32)[:, None] + du.astype(np.float32)
        offset_v = (centre_v[group] - v[group]).astype(np.float32)[:, None] + dv.astype(np.float32)
        away = offset_u**2 + offset_v**2
        wide = np.maximum(radius[group, None], np.float32(0.5)) ** 2
        covers = (away <= wide) | ((du == 0) & (dv == 0))
        covers &= (x >= 0) & (x < width) & (y >= 0) & (y < height)
        flat = np.flatnonzero(covers)
        which = flat // len(du)
        pixels.append((y * width + x).reshape(-1)[flat])
        points.append(group[which])
        weights.append(np.exp(np.float32(-3) * away.reshape(-1)[flat] / wide[which, 0]))
    if not pixels:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32)
    return np.concatenate(pixels), np.concatenate(points), np.concatenate(weights)


def _seen_through(depth: Float32Array) -> BoolArray:
    """(H, W) pixels well behind at least six of their eight neighbours: gaps between discs."""
    height, width = depth.shape
    padded = np.pad(depth, 1)
    nearer = np.zeros(depth.shape, np.int8)
    limit = 0.93 * depth
    for dy in range(3):
        for dx in range(3):
            if (dy, dx) != (1, 1):
                other = padded[dy : dy + height, dx : dx + width]
                nearer += (other > 0) & (other < limit)
    return nearer >= 6
