# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Superpoints: a scan as a few hundred small surfaces instead of many thousand points.

NumPy alone, so that a process without torch can work with superpoints that another one cut.

Letters used in shapes: N points, V occupied cells, S superpoints, T pairs of them that touch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Superpoints:
    """A scan cut into surfaces that are alike inside.

    of_point: (N,) int32 superpoint of each point, -1 for points without a place.
    of_cell: (V,) int32 superpoint of each cell. cell_points: (V,) int64 the point that stands for
    a cell: the first in it. places: (V, 3) float64 those points, z up.
    sizes: (S,) cells. centres: (S, 3) float64. extents: (S, 3) of the bounding boxes.
    upright: (S,) mean |z| of the normals, 1 for floors, 0 for walls. flatness: (S,) see `Surface`.
    colours: (S, 6) mean and spread of each channel, 0..1; None without colour and intensity.
    touching: (T, 2) int64 pairs, the smaller first. contacts: (T,) pairs of neighbouring cells
    between the two. contrast: (T,) float32 their mean difference, see `surface_edges`.
    voxel_size_m: edge of a cell, in the unit of the file.
    """

    of_point: NDArray[np.int32]
    of_cell: NDArray[np.int32]
    cell_points: NDArray[np.int64]
    places: NDArray[np.float64]
    sizes: NDArray[np.int64]
    centres: NDArray[np.float64]
    extents: NDArray[np.float64]
    upright: NDArray[np.float32]
    flatness: NDArray[np.float32]
    colours: NDArray[np.float32] | None
    touching: NDArray[np.int64]
    contacts: NDArray[np.int64]
    contrast: NDArray[np.float32]
    voxel_size_m: float

    def __len__(self) -> int:
        return len(self.sizes)
