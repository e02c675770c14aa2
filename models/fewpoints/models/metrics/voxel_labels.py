# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Truth and predictions carried from points to voxels and back.

The paper's own figures count voxels, its submissions points. Every metric here takes either; these
functions make one from the other, truth by the rules of the paper's code.

Letters used in shapes: N points, V voxels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import AnyArray, IntArray
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.models.engine.coords import Voxels


def voxel_classes(classes: IntArray, voxels: Voxels) -> NDArray[np.int64]:
    """Return (V,) the class that all points of a voxel have, 255 where they differ.

    A point without a class counts as one that differs: the boundaries of what is labelled are not
    evaluated.

    Args:
        classes: (N,), 255 for none.
    """
    first = classes[voxels.first_point].astype(np.int64)
    inside = voxels.point_to_voxel >= 0
    voxel = voxels.point_to_voxel[inside]
    first[voxel[classes[inside] != first[voxel]]] = UNLABELLED
    return first


def voxel_instances(instances: IntArray, voxels: Voxels) -> NDArray[np.int64]:
    """Return (V,) the instance of the first point of each voxel, of (N,) instances of points.

    Where classes differ the voxel has none (`voxel_classes`), and so its instance is not evaluated.
    """
    return instances[voxels.first_point].astype(np.int64)


def point_values(values: AnyArray, voxels: Voxels, *, missing: Any) -> AnyArray:
    """Return (N, ...) what the voxel of each point has, of (V, ...) values of voxels.

    Args:
        missing: for points without a voxel, those that are not finite. Any: whatever the values
            can hold.
    """
    result = np.full((len(voxels.point_to_voxel), *values.shape[1:]), missing, values.dtype)
    inside = voxels.point_to_voxel >= 0
    result[inside] = values[voxels.point_to_voxel[inside]]
    return result
