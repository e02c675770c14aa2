# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Both casters against the textbook's formula, one ray and one triangle at a time."""

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.arrays import Float32Array
from fewpoints.annotations.datasets.simulator import ray_casting
from fewpoints.annotations.datasets.simulator.ray_casting import (
    EmbreeCaster,
    NumpyCaster,
    RayCaster,
    ray_caster,
)

RNG = np.random.default_rng(7)
TRIANGLES = RNG.uniform(-1, 1, (300, 1, 3)) + RNG.uniform(-0.3, 0.3, (300, 3, 3))
ORIGINS = RNG.uniform(-2, 2, (200, 3)).astype(np.float32)
DIRECTIONS = RNG.normal(size=(200, 3)).astype(np.float32)


def casters() -> list[type[EmbreeCaster] | type[NumpyCaster]]:
    return [NumpyCaster, EmbreeCaster] if ray_casting.HAS_EMBREE else [NumpyCaster]


def by_hand(origin: Float32Array, direction: Float32Array) -> tuple[int, float]:
    """Cramer's rule for origin + t direction = a + u (b - a) + v (c - a)."""
    best, nearest = -1, np.inf
    for k, (a, b, c) in enumerate(TRIANGLES):
        matrix = np.column_stack([b - a, c - a, -direction.astype(np.float64)])
        u, v, t = np.linalg.solve(matrix, origin - a)
        if u >= 0 and v >= 0 and u + v <= 1 and 0 < t < nearest:
            best, nearest = k, float(t)
    return best, nearest


@pytest.mark.parametrize("kind", casters())
class TestCaster:
    def test_the_nearest_triangle_is_found_at_its_distance(
        self, kind: type[EmbreeCaster] | type[NumpyCaster]
    ) -> None:
        hits = kind(TRIANGLES).first_hits(ORIGINS, DIRECTIONS)
        met = 0
        for i in range(len(ORIGINS)):
            triangle, distance = by_hand(ORIGINS[i], DIRECTIONS[i])
            assert hits.triangle[i] == triangle
            if triangle >= 0:
                met += 1
                assert hits.distance[i] == pytest.approx(distance, rel=1e-4)
        assert 20 < met < 180

    def test_something_blocks_if_it_is_nearer_than_the_reach(
        self, kind: type[EmbreeCaster] | type[NumpyCaster]
    ) -> None:
        caster: RayCaster = kind(TRIANGLES)
        hits = caster.first_hits(ORIGINS, DIRECTIONS)
        hit = hits.triangle >= 0
        reach = np.where(hit, hits.distance, 5).astype(np.float32)
        beyond = caster.blocked(ORIGINS, DIRECTIONS, reach * np.float32(1.01))
        short = caster.blocked(ORIGINS, DIRECTIONS, reach * np.float32(0.99))
        np.testing.assert_array_equal(beyond, hit)
        assert not short.any()


def test_the_simulator_works_without_embree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_casting, "HAS_EMBREE", False)
    assert isinstance(ray_caster(TRIANGLES), NumpyCaster)
