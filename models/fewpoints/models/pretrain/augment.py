# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Random changes of one view, as the loader of the released code makes them.

Pure functions of arrays and a generator. Positions are metres, z up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.features.extract import NO_COLOUR
from fewpoints.models.pretrain.config import Augmentation
from fewpoints.models.training.augment import elastic_distortion

_OFTEN = 0.95
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def random_transform(how: Augmentation, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a (3, 3) rotation times a scale: view = (world - mean) @ matrix.T."""
    if how.any_axis:
        axis = rng.standard_normal(3)
        turn = rotation_about(axis / np.linalg.norm(axis), rng.uniform(-np.pi, np.pi))
    else:
        limits = np.deg2rad([how.tilt_deg, how.tilt_deg, how.yaw_deg])
        turns = [rotation_about(np.eye(3)[i], rng.uniform(-limits[i], limits[i])) for i in range(3)]
        turn = np.eye(3)
        for axis_index in rng.permutation(3):
            turn = turns[axis_index] @ turn
    if how.scale is not None and rng.random() < _OFTEN:
        turn = turn * rng.uniform(*how.scale)
    if how.mirror:
        turn = np.diag([*rng.choice([-1.0, 1.0], 2), 1.0]) @ turn
    return turn


def bend(
    positions: NDArray[np.float64], how: Augmentation, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return (N, 3) positions moved by smooth random fields, in a share of views."""
    if how.bend == 0 or not len(positions) or rng.random() >= how.bend:
        return positions
    for granularity, magnitude in ((0.2, 0.1), (0.8, 0.4)):
        positions = elastic_distortion(positions, rng, granularity, magnitude)
    return positions


def network_colours(
    colours: NDArray[np.uint8], how: Augmentation, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return (N, 3) input of the network, rgb / 255 - 0.5 after changes; or all `NO_COLOUR`."""
    if not how.use_colours or (how.no_colour and rng.random() < how.no_colour):
        return np.full(colours.shape, NO_COLOUR, np.float32)
    values = colours.astype(np.float32)
    if how.colour_shift and rng.random() < how.colour_shift:
        values = values * np.float32(rng.uniform(0.7, 1.3))
        values = np.clip(values + rng.uniform(-25.5, 25.5, 3).astype(np.float32), 0, 255)
    if how.colour_sigma > 0 and rng.random() < _OFTEN:
        values += rng.standard_normal(values.shape, np.float32) * np.float32(how.colour_sigma)
        values = np.clip(values, 0, 255)
    if how.grey and rng.random() < how.grey:
        values = np.repeat(values @ _LUMINANCE[:, None], 3, axis=1)
    return values / np.float32(255) - np.float32(0.5)


def rotation_about(axis: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Return the (3, 3) rotation about a unit axis (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: NDArray[np.float64] = (
        np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    )
    return turn


def z_up(up: tuple[float, float, float]) -> NDArray[np.float64]:
    """Return the (3, 3) rotation that turns the unit vector `up` to +z by the shortest way."""
    axis = np.cross(up, (0.0, 0.0, 1.0))
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return np.eye(3) if up[2] > 0 else np.diag([1.0, -1.0, -1.0])
    return rotation_about(axis / sine, float(np.arctan2(sine, up[2])))
