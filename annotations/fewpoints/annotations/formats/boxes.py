# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes around objects: along the axes of the file, and turned about the upward axis.

A box is a centre, its size along its own axes, and an angle by which those are turned about one
axis of the file, counter-clockwise as seen from where that axis points. At angle 0 they are the
file's.

Letters used in shapes: P points, H corners of a hull.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.formats.content import LabelledScan, ObjectRows, objects_of


@dataclass(frozen=True, eq=False)
class Box:
    """centre, size: (3,) by the file's x, y, z. axis: 0 to 2, the one the box is turned about."""

    centre: FloatArray64
    size: FloatArray64
    axis: int
    angle: float

    def rotation(self) -> FloatArray64:
        """(3, 3) from the box's own axes to the file's."""
        return turned(self.axis, self.angle)

    def corners(self) -> FloatArray64:
        """(8, 3) corners in the file's frame."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        corners: FloatArray64 = self.centre + (signs * self.size / 2) @ self.rotation().T
        return corners


@dataclass(frozen=True, eq=False)
class BoxedObject:
    """An object with both of its boxes; `confidence` is the mean of its points', 0 to 1."""

    found: ObjectRows
    aligned: Box
    oriented: Box
    confidence: float


def boxed_objects(labelled: LabelledScan) -> list[BoxedObject]:
    """The objects of a scan, by class and number, with their boxes in the file's own frame."""
    axis = int(np.argmax(np.abs(labelled.up)))
    out = []
    for found in objects_of(labelled):
        points = labelled.scan.positions[found.rows]
        confidence = float(labelled.confidence[found.rows].mean()) / 255
        out.append(
            BoxedObject(found, aligned_box(points, axis), oriented_box(points, axis), confidence)
        )
    return out


def turned(axis: int, angle: float) -> FloatArray64:
    """(3, 3) rotation by `angle` about an axis of the file, right-handed."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = math.cos(angle)
    matrix[first, second] = -math.sin(angle)
    matrix[second, first] = math.sin(angle)
    return matrix


def aligned_box(points: FloatArray64, axis: int) -> Box:
    """The smallest box along the file's axes around (P, 3) points."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box((low + high) / 2, high - low, axis, 0.0)


def oriented_box(points: FloatArray64, axis: int) -> Box:
    """The box around (P, 3) points of the least floor area among those turned about `axis`.

    One side of the smallest rectangle lies along a side of the hull, so those are tried. The angle
    is chosen within a half turn, -90 to 90 degrees, with the longer side along the box's own axis
    that follows `axis` (x where z is up).
    """
    first, second = (axis + 1) % 3, (axis + 2) % 3
    middle = points.mean(axis=0)  # Squares of georeferenced coordinates would lose digits.
    plane = points[:, [first, second]] - middle[[first, second]]
    outline = _outline(plane)
    sides = np.diff(np.vstack([outline, outline[:1]]), axis=0)
    sides = sides[np.linalg.norm(sides, axis=1) > 0]
    angles = np.concatenate([[0.0], np.arctan2(sides[:, 1], sides[:, 0])])
    along = np.cos(angles)[:, None] * outline[:, 0] + np.sin(angles)[:, None] * outline[:, 1]
    across = -np.sin(angles)[:, None] * outline[:, 0] + np.cos(angles)[:, None] * outline[:, 1]
    # Equal within rounding: the first one, along the axes, is the plainer answer.
    area = np.ptp(along, axis=1) * np.ptp(across, axis=1)
    length = np.ptp(along, axis=1) + np.ptp(across, axis=1)
    best = int(np.lexsort((np.round(length, 9), np.round(area, 9)))[0])
    angle = float(angles[best])
    if np.ptp(across[best]) > np.ptp(along[best]) * (1 + 1e-9):
        angle += math.pi / 2
    angle = math.remainder(angle, math.pi)
    matrix = turned(axis, angle)
    own = (points - middle) @ matrix
    low, high = own.min(axis=0), own.max(axis=0)
    return Box(middle + matrix @ ((low + high) / 2), high - low, axis, angle)


def _outline(plane: FloatArray64) -> FloatArray64:
    """(H, 2) corners of the convex hull of (P, 2) points, counter-clockwise.

    Quickhull: the point farthest beyond a side is a corner, and splits what lies beyond in two.
    """
    order = np.lexsort((plane[:, 1], plane[:, 0]))
    first: FloatArray64 = plane[order[0]]
    last: FloatArray64 = plane[order[-1]]
    if np.array_equal(first, last):
        return first[None]
    below = _beyond(plane, first, last)
    above = _beyond(plane, last, first)
    return np.array([first, *below, last, *above])


def _beyond(plane: FloatArray64, start: FloatArray64, end: FloatArray64) -> list[FloatArray64]:
    """The corners from `start` to `end`, without both, among points to the right of that way."""
    along = end - start
    height = along[1] * (plane[:, 0] - start[0]) - along[0] * (plane[:, 1] - start[1])
    # Of rounding alone points of a line would be corners without end.
    outside = height > 1e-12 * float(along @ along)
    if not outside.any():
        return []
    rest = plane[outside]
    corner = rest[int(np.argmax(height[outside]))]
    return [*_beyond(rest, start, corner), corner, *_beyond(rest, corner, end)]
