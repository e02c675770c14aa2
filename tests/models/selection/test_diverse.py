# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.models.selection.diverse import diverse_superpoints, typical_cell
from fewpoints.models.superpoints.look import mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import boxes_room

NONE = np.zeros(0, np.int64)


def choose(budget: int, seed: int = 0, exclude: np.ndarray = NONE) -> np.ndarray:
    scan, kinds = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    features = np.eye(8, dtype=np.float32)[kinds]
    return diverse_superpoints(
        superpoints,
        mean_directions(superpoints, features),
        budget,
        np.random.default_rng(seed),
        exclude=exclude,
    )


def test_six_points_touch_every_kind_of_thing_and_every_box() -> None:
    scan, kinds = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    seen = {int(np.bincount(kinds[superpoints.of_point == s]).argmax()) for s in choose(6).tolist()}
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize("budget", [1, 5, 12])
def test_superpoints_are_different_and_not_excluded(budget: int) -> None:
    exclude = choose(budget)
    more = choose(budget, seed=1, exclude=exclude)
    assert len(set(exclude.tolist())) == len(set(more.tolist())) == budget
    assert not set(exclude.tolist()) & set(more.tolist())


def test_fewer_come_back_when_fewer_are_left() -> None:
    scan, _ = boxes_room()
    count = len(cut_into_superpoints(scan, voxel_size_m=0.04))
    found = choose(10_000)
    assert sorted(found.tolist()) == list(range(count))
    assert len(choose(10_000, exclude=np.arange(count))) == 0


def test_same_seed_same_points() -> None:
    np.testing.assert_array_equal(choose(7, seed=3), choose(7, seed=3))


def test_the_typical_point_is_near_the_middle_and_allowed() -> None:
    scan, _ = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    large = int(superpoints.sizes.argmax())
    allowed = np.ones(len(scan), bool)
    first = typical_cell(superpoints, None, large, allowed=allowed)
    assert first is not None
    away = np.linalg.norm(scan.positions[first] - superpoints.centres[large])
    assert away < 0.1
    allowed[first] = False
    second = typical_cell(superpoints, None, large, allowed=allowed)
    assert second not in (None, first)
    assert typical_cell(superpoints, None, large, allowed=allowed & False) is None
    # A feature that only far members share draws the point to them.
    members = np.flatnonzero(superpoints.of_point == large)
    features = np.zeros((len(scan), 2), np.float32)
    features[:, 0] = 1
    odd = members[np.linalg.norm(scan.positions[members] - scan.positions[first], axis=1) < 0.2]
    features[odd] = [0, 1]
    drawn = typical_cell(superpoints, features, large, allowed=np.ones(len(scan), bool))
    assert drawn not in odd
