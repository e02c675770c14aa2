# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.instances import components
from fewpoints.models.instances.components import connected_points
from tests.oracles.loops_grouping import breadth_first_groups


def groups(numbers: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(numbers == n).tolist() for n in range(numbers.max(initial=-1) + 1)]


def expected_groups(points: np.ndarray, kinds: np.ndarray, radius: float) -> list[list[int]]:
    return breadth_first_groups([tuple(p) for p in points.tolist()], kinds.tolist(), radius)


def one_kind(points: np.ndarray) -> np.ndarray:
    return np.zeros(len(points), np.int64)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 36),
    extent=st.sampled_from([0.5, 2.0, 4.0]),
    step=st.sampled_from([0.25, 0.0]),
    far=st.sampled_from([0.0, 5_432_100.0]),
)
def test_agrees_with_a_breadth_first_search(
    seed: int, count: int, extent: float, step: float, far: float
) -> None:
    # On a grid of a quarter, many points are exactly a radius of one apart, or in one place.
    rng = np.random.default_rng(seed)
    points = rng.uniform(-extent, extent, (count, 3))
    if step:
        points = np.round(points / step) * step
    points += far
    kinds = rng.choice([-3, 0, 200], count)
    assert groups(connected_points(points, kinds, 1.0)) == expected_groups(points, kinds, 1.0)


@pytest.mark.parametrize("seed", range(6))
def test_crowded_cells_agree_with_a_breadth_first_search(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Clumps about a radius apart: boxes and samples leave much open, for the look-up to settle.
    monkeypatch.setattr(components, "_LOOKED_UP_AT_ONCE", 16)
    rng = np.random.default_rng(seed)
    middles = rng.integers(-1, 2, (12, 3)) * 1.4
    points = (middles[:, None] + rng.normal(0, 0.13, (12, 14, 3))).reshape(-1, 3)
    kinds = one_kind(points)
    found = connected_points(points, kinds, 1.0)
    assert groups(found) == expected_groups(points, kinds, 1.0)


def test_the_radius_itself_is_too_far() -> None:
    points = np.array([[0.0, 0, 0], [0.5, 0, 0], [1.5, 0, 0]])
    assert connected_points(points, one_kind(points), 1.0).tolist() == [0, 0, 1]
    assert connected_points(points, one_kind(points), 1.0 + 1e-12).tolist() == [0, 0, 0]
    corners = np.array([[0.0, 0, 0], [0.578, 0.578, 0.578]])  # 1.001 apart.
    assert connected_points(corners, one_kind(corners), 1.0).tolist() == [0, 1]


def test_only_points_of_one_kind_are_joined() -> None:
    points = np.zeros((4, 3))
    assert connected_points(points, np.array([7, 3, 7, 3]), 1.0).tolist() == [0, 1, 0, 1]


def test_points_in_one_place_and_points_without_end() -> None:
    # A quarter of a billion pairs in one place, and strays that no grid has room for.
    points = np.zeros((22_500, 3))
    points[-2:] = [[1e18, -1e18, 1e18], [-1e18, 0, 0]]
    found = connected_points(points, one_kind(points), 0.03)
    assert found[:-2].tolist() == [0] * 22_498
    assert found[-2:].tolist() == [1, 2]


def test_a_radius_must_be_positive() -> None:
    with pytest.raises(ValueError, match="not 0"):
        connected_points(np.zeros((1, 3)), np.zeros(1, np.int64), 0)
