# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Who sees which point: the scanner's occlusion holes and the shadows of the lights.

Both are answered by a depth buffer over directions, filled with the points themselves, so a pixel
must be wider than the gaps between points.
"""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64


def seen_from(
    eye: FloatArray64,
    points: FloatArray64,
    normals: FloatArray64,
    *,
    pixel: float,
    least_cos: float,
) -> BoolArray:
    """(n,) True where no other point is clearly nearer to `eye` (3,) in the same direction.

    points, normals: (n, 3), metres. pixel: radians. Faces turned away, or more edge-on than
    `least_cos`, are not seen.
    """
    to_point = points - eye
    distance = np.sqrt(np.einsum("ij,ij->i", to_point, to_point))
    to_point /= np.maximum(distance, 1e-6)[:, None]
    facing = -np.einsum("ij,ij->i", to_point, normals)
    row = ((np.arcsin(np.clip(to_point[:, 2], -1, 1)) + np.pi / 2) / pixel).astype(np.int64)
    column = ((np.arctan2(to_point[:, 1], to_point[:, 0]) + np.pi) / pixel).astype(np.int64)
    columns = int(2 * np.pi / pixel) + 1
    cell = row * columns + column
    nearest = np.full((int(np.pi / pixel) + 2) * columns, np.inf)
    np.minimum.at(nearest, cell, distance)
    # Within one pixel a surface seen at an angle spans this depth.
    slack = 0.03 + distance * pixel / np.maximum(np.abs(facing), 0.08)
    return np.asarray((facing > least_cos) & (distance <= nearest[cell] + slack))


def covered(points: FloatArray64, normals: FloatArray64, shell: BoolArray) -> BoolArray:
    """(n,) True for points of the shell with something else right in front of them.

    shell: (n,) True on bare floor and walls. The depth buffer is too coarse for a rug on a floor, a
    picture or the back of a shelf.
    """
    cell, near = 0.05, 0.06
    out = np.zeros(len(points), bool)
    facing = np.abs(normals).argmax(axis=1)
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        rows = np.flatnonzero(shell & (facing == axis))
        for plane in np.unique(np.round(points[rows, axis], 6)):
            on_plane = rows[np.abs(points[rows, axis] - plane) < 1e-4]
            close = ~shell & (np.abs(points[:, axis] - plane) < near)
            spots = np.floor(points[:, others] / cell).astype(np.int64) @ np.array([1 << 20, 1])
            out[on_plane] = np.isin(spots[on_plane], spots[close])
    return out


def lit_along(direction: FloatArray64, points: FloatArray64, *, pixel: float) -> BoolArray:
    """(n,) True where nothing stands between a point and a far light.

    direction: (3,) unit, from the light. pixel: metres.
    """
    side = np.cross(direction, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, direction)
    u, v = points @ side, points @ up
    depth = points @ direction
    column = ((u - u.min()) / pixel).astype(np.int64)
    row = ((v - v.min()) / pixel).astype(np.int64)
    columns = int(column.max()) + 1
    cell = row * columns + column
    first = np.full((int(row.max()) + 1) * columns, np.inf)
    np.minimum.at(first, cell, depth)
    return np.asarray(depth <= first[cell] + 0.12)
