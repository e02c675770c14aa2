# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Random changes of shape and colour, as the original recipe makes them.

Pure functions of arrays and a generator. Lengths are in units of the file; the original's metres
are scaled by voxel size / 2 cm, so that a voxel grid is bent alike whatever its size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LARGEST_GRID = 4_000_000  # Nodes of a distortion field; above it that field is left out.


def augment_positions(
    positions: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    voxel_size_m: float,
) -> NDArray[np.float64]:
    """Bend, turn, scale and mirror (N, 3) finite positions, z up; the row order stays.

    Elastic distortion (probability 0.95, 20 cm grid by 40 cm, then 80 cm by 1.6 m), rotation about
    z by any angle and about the others by up to 180/64 degrees in random order, scale
    0.9 to 1.1, with probability 0.95 a mirroring of each horizontal axis at even odds.
    """
    centred = positions - positions.mean(axis=0)
    unit = voxel_size_m / 0.02
    if rng.random() < 0.95:
        for granularity, magnitude in ((0.2, 0.4), (0.8, 1.6)):
            centred = elastic_distortion(centred, rng, granularity * unit, magnitude * unit)
    limits = [np.pi / 64, np.pi / 64, np.pi]
    turn = np.eye(3)
    for axis in rng.permutation(3):
        turn = _rotation(int(axis), rng.uniform(-limits[axis], limits[axis])) @ turn
    turn = turn * rng.uniform(0.9, 1.1)
    if rng.random() < 0.95:
        for axis in (0, 1):
            if rng.random() < 0.5:
                turn[axis] *= -1
    turned: NDArray[np.float64] = centred @ turn.T
    # A random place on the grid: cells start anywhere, not at the same corner of each object.
    return turned + rng.uniform(0, 100, 3) * voxel_size_m


def augment_colours(colours: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change (N, 3) colours 0-255: contrast (0.2), translation and jitter (0.95 each)."""
    if not len(colours):
        return colours
    if rng.random() < 0.2:
        low, high = colours.min(axis=0), colours.max(axis=0)
        stretched = (colours - low) * (255.0 / np.maximum(high - low, 1e-6))
        blend = np.float32(rng.random())
        colours = (1 - blend) * colours + blend * stretched
    if rng.random() < 0.95:
        shift = (rng.random((1, 3)) - 0.5) * 255 * 2 * 0.10
        colours = colours + shift.astype(np.float32)
    if rng.random() < 0.95:
        colours = colours + rng.standard_normal(colours.shape, np.float32) * np.float32(0.05 * 255)
    return np.clip(colours, 0, 255).astype(np.float32)


def dropped_voxels(
    count: int, labelled: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """(V,) voxels to leave out: with probability 0.2 a fifth of them, never a labelled one."""
    drop = np.zeros(count, bool)
    if rng.random() < 0.2:
        drop = rng.random(count) < 0.2
        drop[labelled] = False
    return drop


def elastic_distortion(
    positions: NDArray[np.float64],
    rng: np.random.Generator,
    granularity: float,
    magnitude: float,
) -> NDArray[np.float64]:
    """Move (N, 3) positions by a smooth random field.

    Args:
        granularity: spacing of the field's nodes.
        magnitude: standard deviation of the noise at a node before it is smoothed.
    """
    low = positions.min(axis=0)
    shape = ((positions.max(axis=0) - low) // granularity).astype(np.int64) + 3
    if float(np.prod(shape.astype(np.float64))) > _LARGEST_GRID:
        return positions
    where = ((positions - low) / granularity + 1.0).T
    moved = positions.copy()
    for axis in range(3):
        noise = rng.standard_normal(shape, np.float32)
        for _ in range(2):
            for along in range(3):
                noise = ndimage.uniform_filter1d(noise, 3, axis=along, mode="constant")
        field = ndimage.map_coordinates(noise, where, order=1, mode="nearest")
        moved[:, axis] += field * magnitude
    return moved


def _rotation(axis: int, angle: float) -> NDArray[np.float64]:
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    one, two = [other for other in range(3) if other != axis]
    matrix[one, one] = matrix[two, two] = cos
    matrix[one, two], matrix[two, one] = -sin, sin
    return matrix
