# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A large outdoor scan that is made up: hills, woods and houses, as seen by a drone."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.scan import PointScan

SIDE_M = 400.0
GROUND, TREES, HOUSES = 0.68, 0.2, 0.12  # Parts of the points.


def landscape(points: int, *, seed: int = 0) -> PointScan:
    """(points,) scan of 400 m x 400 m with colours; the same seed gives the same scan."""
    rng = np.random.default_rng(seed)
    waves = rng.uniform(-1, 1, (24, 2)) * (0.5 ** (np.arange(24) // 6))[:, None].clip(0.1)
    phases = rng.uniform(0, 2 * np.pi, 24)
    lengths = SIDE_M / 2.0 ** (1 + np.arange(24) // 4)

    def height(xy: FloatArray64) -> FloatArray64:
        total = np.zeros(len(xy))
        for wave, phase, length in zip(waves, phases, lengths, strict=True):
            total += length * 0.04 * np.sin(xy @ wave * 2 * np.pi / length * 1.5 + phase)
        return total

    count = [int(points * GROUND), int(points * TREES)]
    count.append(points - sum(count))
    parts = [_ground(rng, count[0], height), _trees(rng, count[1], height)]
    parts.append(_houses(rng, count[2], height))
    positions = np.concatenate([part[0] for part in parts])
    colours = np.concatenate([part[1] for part in parts])
    positions += rng.normal(0, 0.01, positions.shape)
    shuffled = rng.permutation(points)
    return PointScan(positions=positions[shuffled], colours=colours[shuffled])


Part = tuple[FloatArray64, np.ndarray]


def _shaded(rng: np.random.Generator, base: np.ndarray, spread: float) -> np.ndarray:
    noise = rng.normal(0, spread, (len(base), 1))
    return np.clip(base * (1 + noise) + rng.normal(0, 5, base.shape), 0, 255).astype(np.uint8)


def _ground(rng: np.random.Generator, n: int, height) -> Part:  # type: ignore[no-untyped-def]
    xy = rng.uniform(0, SIDE_M, (n, 2))
    z = height(xy)
    path = np.abs(np.sin(xy[:, 0] / 37) * 12 + xy[:, 1] % 100 - 50) < 2.5
    slope = np.sin(xy[:, 0] / 9) * np.sin(xy[:, 1] / 7)
    base = np.array([96.0, 122.0, 62.0]) * (1 + 0.18 * slope[:, None])
    base[path] = [168, 158, 142]
    return np.column_stack([xy, z]), _shaded(rng, base, 0.06)


def _trees(rng: np.random.Generator, n: int, height) -> Part:  # type: ignore[no-untyped-def]
    trees = 900
    at = rng.uniform(0, SIDE_M, (trees, 2))
    size = rng.uniform(2, 5, trees)
    which = rng.choice(trees, n, p=size**2 / (size**2).sum())
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    shell = size[which] * rng.uniform(0.75, 1, n)
    positions = direction * shell[:, None] * [1, 1, 1.3]
    positions[:, :2] += at[which]
    positions[:, 2] += height(at)[which] + size[which] * 2
    base = (
        np.array([58.0, 92.0, 44.0])
        * (0.8 + 0.3 * direction[:, 2:])
        * (0.8 + 0.4 * (which % 7)[:, None] / 7)
    )
    return positions, _shaded(rng, base, 0.1)


def _houses(rng: np.random.Generator, n: int, height) -> Part:  # type: ignore[no-untyped-def]
    houses = 60
    at = rng.uniform(20, SIDE_M - 20, (houses, 2))
    size = rng.uniform([8, 8, 4], [18, 14, 9], (houses, 3))
    which = rng.choice(houses, n)
    u = rng.uniform(0, 1, (n, 3))
    side = rng.integers(0, 5, n)  # Four walls and a roof.
    u[side == 0, 0], u[side == 1, 0] = 0, 1
    u[side == 2, 1], u[side == 3, 1] = 0, 1
    roof = side == 4
    ridge = 1 - np.abs(u[:, 1] - 0.5) * 2
    u[roof, 2] = 1 + 0.5 * ridge[roof]
    positions = u * size[which]
    positions[:, :2] += at[which] - size[which, :2] / 2
    positions[:, 2] += height(at)[which] - 0.5
    base = np.where(roof[:, None], [150.0, 70.0, 52.0], [214.0, 204.0, 186.0])
    window = ~roof & (np.sin(u[:, 0] * 25) > 0.6) & (np.abs(u[:, 2] - 0.6) < 0.15)
    base[window] = [70, 84, 100]
    base *= 0.85 + 0.3 * (which % 5)[:, None] / 5
    return positions, _shaded(rng, base, 0.04)
