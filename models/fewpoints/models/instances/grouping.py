# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Instances from predicted classes and offsets: what comes close to one centre is one object.

As in PointGroup and Contrastive Scene Contexts, of which the latter uses only the shifted points.
Where the original stops at 1000 neighbours of a point, here all count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import FloatArray64, IndexArray, IntArray
from fewpoints.annotations.classes import UNLABELLED, preset
from fewpoints.models.instances.components import connected_points

SCANNET_STUFF = tuple(c.index for c in preset("scannet20").classes if not c.instanceable)
# The original keeps clusters of 50 voxels of 2 cm, and of these the ones with more than 100.
MIN_POINTS = 101


@dataclass(frozen=True, eq=False)
class PredictedInstances:
    """Which object each of N points belongs to, and what the M objects are.

    numbers: (N,) int64 1..M in order of the first point, 0 for none. classes: (M,) int64 and
    scores: (M,) float64 in 0..1; row i belongs to instance i + 1.
    """

    numbers: IndexArray
    classes: IndexArray
    scores: FloatArray64


def group_points(
    positions: FloatArray64,
    offsets: NDArray[np.floating],
    classes: IntArray,
    probability: NDArray[np.floating],
    *,
    radius_m: float = 0.03,
    min_points: int = MIN_POINTS,
    stuff: Sequence[int] = SCANNET_STUFF,
) -> PredictedInstances:
    """Join points of one predicted class whose shifted positions are near each other.

    Args:
        positions: (N, 3) m, of points or voxels. Points without a finite shifted position are in
            no instance.
        offsets: (N, 3) m, predicted way to the centre of the point's object.
        classes: (N,) predicted, 255 for none.
        probability: (N,) predicted, of that class. The mean over its points is an object's score.
        radius_m: points strictly nearer than this are joined.
        min_points: smaller groups are dropped.
        stuff: classes without instances.
    """
    shifted = np.asarray(positions, np.float64) + offsets
    takes_part = np.isfinite(shifted).all(axis=1) & ~np.isin(classes, [*stuff, UNLABELLED])
    rows = np.flatnonzero(takes_part)
    part = connected_points(shifted[rows], classes[rows], radius_m)
    count = np.bincount(part)
    number = np.where(count >= min_points, np.cumsum(count >= min_points), 0)
    numbers = np.zeros(len(shifted), np.int64)
    numbers[rows] = number[part]
    _, first = np.unique(part, return_index=True)
    mean = np.bincount(part, weights=probability[rows]) / count
    kept = number > 0
    return PredictedInstances(numbers, classes[rows[first[kept]]].astype(np.int64), mean[kept])
