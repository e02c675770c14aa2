# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.models.instances.grouping import SCANNET_STUFF, group_points
from fewpoints.models.metrics.instance import instance_scores, overlaps_of_numbers
from tests.oracles.loops_grouping import breadth_first_groups

WALL, FLOOR, CHAIR, TABLE = 0, 1, 4, 6


def line(*x: float) -> np.ndarray:
    return np.array([[value, 0.0, 0.0] for value in x])


def test_shifted_points_of_one_class_within_reach_are_an_instance() -> None:
    # Shifted: 0.10, 0.12, 0.14 a chain; 0.14 of another class; 0.18 too far from all.
    positions = line(0.0, 0.5, 1.0, 1.0, 1.0)
    offsets = line(0.1, -0.38, -0.86, -0.86, -0.82)
    classes = np.array([CHAIR, CHAIR, CHAIR, TABLE, CHAIR])
    probability = np.array([0.25, 0.5, 0.75, 0.875, 1.0])
    found = group_points(positions, offsets, classes, probability, min_points=1)
    assert found.numbers.tolist() == [1, 1, 1, 2, 3]
    assert found.classes.tolist() == [CHAIR, TABLE, CHAIR]
    assert found.scores.tolist() == [0.5, 0.875, 1.0]


def test_groups_below_the_minimum_are_dropped() -> None:
    positions = line(0, 5, 5, 9, 9)
    found = group_points(
        positions, 0 * positions, np.full(5, CHAIR), np.linspace(0, 1, 5), min_points=2
    )
    assert found.numbers.tolist() == [0, 1, 1, 2, 2]
    assert found.scores.tolist() == [0.375, 0.875]


def test_stuff_and_points_without_class_or_place_are_in_no_instance() -> None:
    positions = line(0, 0, 0, 0, np.nan, 0)
    offsets = line(0, 0, 0, 0, 0, np.inf)
    classes = np.array([WALL, FLOOR, 255, CHAIR, CHAIR, CHAIR], np.uint8)
    assert SCANNET_STUFF == (WALL, FLOOR)
    found = group_points(positions, offsets, classes, np.ones(6), min_points=1)
    assert found.numbers.tolist() == [0, 0, 0, 1, 0, 0]
    other = group_points(positions, offsets, classes, np.ones(6), min_points=1, stuff=[CHAIR])
    assert other.classes.tolist() == [WALL, FLOOR]


def test_nothing_in_nothing_out() -> None:
    nothing = group_points(
        np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, np.int64), np.zeros(0), min_points=1
    )
    assert (nothing.numbers.shape, nothing.classes.shape, nothing.scores.shape) == ((0,),) * 3


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_a_breadth_first_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions, offsets = rng.uniform(0, 0.15, (90, 3)), rng.normal(0, 0.01, (90, 3))
    classes, probability = rng.choice([WALL, CHAIR, TABLE], 90), rng.random(90)
    found = group_points(positions, offsets, classes, probability, min_points=3)
    points = [tuple(p) for p in (positions + offsets).tolist()]
    groups = [
        group
        for group in breadth_first_groups(points, classes.tolist(), 0.03)
        if len(group) >= 3 and classes[group[0]] != WALL
    ]
    assert [np.flatnonzero(found.numbers == n + 1).tolist() for n in range(len(groups))] == groups
    assert found.numbers.max() == len(groups)
    assert found.classes.tolist() == [classes[group[0]] for group in groups]
    np.testing.assert_allclose(found.scores, [probability[group].mean() for group in groups])


def test_true_offsets_find_the_true_instances() -> None:
    # Two chairs that touch: their own points form one chain, their centres are apart.
    positions = np.concatenate([line(*np.arange(0, 1, 0.02)), line(*np.arange(1, 2, 0.02))])
    truth = np.repeat([1, 2], 50)
    offsets = np.repeat(line(0.49, 1.49), 50, axis=0) - positions
    classes = np.full(100, CHAIR)
    for shift, ap in ((offsets, 1.0), (0 * offsets, 0.0)):
        found = group_points(positions, shift, classes, np.ones(100), min_points=10)
        overlaps = overlaps_of_numbers(classes, truth, found.numbers, found.classes, found.scores)
        assert instance_scores([overlaps], min_points=10).mean_ap50 == ap
