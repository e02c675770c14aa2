# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the offset head is to predict: the way from a point to the centre of its object.

Where every point of an object is known, its centre is their mean. Where only clicks are, the mean
of the clicked points is somewhere else, and for a single click it is the click itself: the original
trains on such offsets of zero. `clicked_extents` gives objects their extent first, from labels that
something else has made dense.

Letters used in shapes: N points (or voxels), L clicks. Instances count from 1; 0 and less mean
none.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, IndexArray, IntArray


def instance_centres(positions: FloatArray64, instances: IntArray) -> FloatArray64:
    """Return (N, 3) float64 the mean position of each point's instance, NaN for points of none.

    Args:
        positions: (N, 3), as they will be seen: turned, stretched or with points dropped. Rows
            that are not finite take no part.
        instances: (N,), below 1 for none.
    """
    positions = np.asarray(positions, np.float64)
    centres = np.full(positions.shape, np.nan)
    inside = (instances > 0) & np.isfinite(positions).all(axis=1)
    _, place, count = np.unique(instances[inside], return_inverse=True, return_counts=True)
    for axis, values in enumerate(positions[inside].T):
        # From the middle of the points, so that coordinates of a country's grid lose nothing.
        origin = values.mean() if len(values) else 0.0
        mean = np.bincount(place, weights=values - origin, minlength=len(count)) / count
        centres[inside, axis] = mean[place] + origin
    return centres


def centre_offsets(positions: FloatArray64, instances: IntArray) -> tuple[Float32Array, BoolArray]:
    """Return (N, 3) offsets to `instance_centres`, 0 for points of none, and (N,) who has one.

    Args:
        positions: (N, 3) m.
        instances: (N,), below 1 for none. Points of classes without instances must have none.
    """
    centres = instance_centres(positions, instances)
    known = ~np.isnan(centres[:, 0])
    offsets = centres - positions
    return np.where(known[:, None], offsets, 0.0).astype(np.float32), known


def clicked_extents(
    positions: FloatArray64,
    classes: IntArray,
    pieces: IntArray,
    *,
    clicked: IndexArray,
    clicked_classes: IntArray,
    clicked_instances: IntArray,
) -> IndexArray:
    """Give every clicked object the pieces of the dense labels that its clicks lie in.

    A piece is what has one number and one class. If several objects were clicked in it, each of its
    points goes to the nearest click. A click in a piece of another class says that the dense label
    is wrong there, so it claims nothing: no target is better than a wrong one.

    Args:
        positions: (N, 3), finite where a point has a class.
        classes: (N,) dense labels, 255 for none.
        pieces: (N,) connected piece of each point: of `connected_points(positions, classes, ...)`,
            or superpoints.
        clicked: (L,) rows of the clicked points.
        clicked_classes: (L,) what they were said to be.
        clicked_instances: (L,) and of which instance; below 1 for none.

    Returns:
        (N,) int64 instance of each point, 0 for none.
    """
    extents = np.zeros(len(classes), np.int64)
    claims = (clicked_instances > 0) & (classes[clicked] == clicked_classes)
    rows, instances = clicked[claims], clicked_instances[claims]
    for piece, kind in sorted(set(zip(pieces[rows].tolist(), classes[rows].tolist(), strict=True))):
        members = np.flatnonzero((pieces == piece) & (classes == kind))
        own = (pieces[rows] == piece) & (classes[rows] == kind)
        _, nearest = cKDTree(positions[rows[own]]).query(positions[members])
        extents[members] = instances[own][nearest]
    return extents
