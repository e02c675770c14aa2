# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.arrays import FloatArray64, IntArray
from fewpoints.annotations.scans.spread import spread_order


def sheet(count: int, seed: int = 0) -> tuple[IntArray, FloatArray64]:
    """A rough sheet of 4 m x 3 m, nine of ten points in a quarter of it."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, [4, 3], (count, 2))
    crowded = rng.random(count) < 0.9
    xy[crowded] /= 2
    positions = np.column_stack([xy, 0.05 * np.sin(xy[:, 0] * 5)])
    scale = np.ptp(positions, axis=0) / 65535
    steps = np.rint((positions - positions.min(0)) / scale).astype(np.uint16)
    return steps, scale


def widest_gaps(positions: FloatArray64, chosen: IntArray) -> FloatArray64:
    """Distance of every point from the nearest chosen one, by brute force."""
    found = [
        np.sqrt(((positions[i : i + 200, None] - positions[chosen][None]) ** 2).sum(-1)).min(1)
        for i in range(0, len(positions), 200)
    ]
    return np.concatenate(found)


@pytest.mark.parametrize("count", [1, 2, 63, 5000])
def test_every_point_comes_once(count: int) -> None:
    steps, scale = sheet(max(count, 2))
    steps = steps[:count]
    order = spread_order(steps, scale, np.random.default_rng(0), plain=10)
    assert sorted(order.tolist()) == list(range(count))


def test_points_in_one_place_come_once_each() -> None:
    order = spread_order(
        np.zeros((500, 3), np.uint16), np.zeros(3), np.random.default_rng(0), plain=5
    )
    assert sorted(order.tolist()) == list(range(500))


def test_one_point_per_cube_before_any_second_one() -> None:
    steps, scale = sheet(5000)
    order = spread_order(steps, scale, np.random.default_rng(0), plain=0)
    for level in (2, 3, 4, 5):
        cubes = [
            tuple(
                int(q * s / max(scale)) * 2**level // 65536 for q, s in zip(p, scale, strict=True)
            )
            for p in steps.tolist()
        ]
        occupied = len(set(cubes))
        assert len({cubes[i] for i in order[:occupied].tolist()}) == occupied


@pytest.mark.parametrize("part", [0.05, 0.1, 0.3])
def test_gaps_are_smaller_than_those_of_chance(part: float) -> None:
    steps, scale = sheet(4000)
    positions = steps * scale
    order = spread_order(steps, scale, np.random.default_rng(0), plain=64)
    first = int(len(order) * part)
    ours = widest_gaps(positions, order[:first])
    chance = widest_gaps(positions, np.random.default_rng(1).permutation(len(order))[:first])
    assert ours.max() < 0.75 * chance.max()


def test_the_first_ones_are_a_plain_sample() -> None:
    steps, scale = sheet(20_000)
    crowded = (steps[:, 0] < 32768) & (steps[:, 1] < 32768)
    order = spread_order(steps, scale, np.random.default_rng(0), plain=1000)
    share = crowded.mean()
    spread = np.sqrt(share * (1 - share) / 1000)
    assert abs(crowded[order[:1000]].mean() - share) < 4 * spread
    assert crowded[order[:3000]].mean() < share - 0.1  # Those after them fill the empty parts.
