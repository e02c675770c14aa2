# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Objects from the instance numbers of a few answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.densify.objects import object_numbers
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import BLUE, FLOOR, RED, WALL, boxes_room

RED_BOXES = (np.array([1.2, 1.2]), np.array([3.2, 2.4]))


@pytest.fixture(scope="module")
def room() -> tuple[DenseLabeller, np.ndarray]:
    scan, kinds = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    return DenseLabeller(superpoints, looks(superpoints, None), scan.positions), kinds


def near(
    labeller: DenseLabeller, kinds: np.ndarray, kind: int, x: float, y: float, z: float
) -> int:
    rows = np.flatnonzero(kinds == kind)
    return int(rows[cKDTree(labeller.positions[rows]).query([x, y, z])[1]])


def base(labeller: DenseLabeller, kinds: np.ndarray) -> list[tuple[int, int, int]]:
    """One answer per kind, without numbers."""
    return [
        (near(labeller, kinds, FLOOR, 2, 2, 0), FLOOR, 0),
        (near(labeller, kinds, WALL, 0, 1.5, 1), WALL, 0),
        (near(labeller, kinds, WALL, 2, 0, 1), WALL, 0),
        (near(labeller, kinds, BLUE, 3.2, 1.2, 0.3), BLUE, 0),
        (near(labeller, kinds, BLUE, 1.2, 2.4, 0.3), BLUE, 0),
    ]


def numbers_from(labeller: DenseLabeller, answers: list[tuple[int, int, int]]) -> np.ndarray:
    rows, classes, instances = (np.array(column, np.int64) for column in zip(*answers, strict=True))
    return object_numbers(labeller, labeller.label(rows, classes), rows, classes, instances)


def box_of(labeller: DenseLabeller, kinds: np.ndarray, which: int) -> np.ndarray:
    close = np.abs(labeller.positions[:, :2] - RED_BOXES[which]).max(axis=1) < 0.3
    return np.flatnonzero(close & (kinds == RED))


def test_each_box_has_the_number_it_was_given(room: tuple[DenseLabeller, np.ndarray]) -> None:
    labeller, kinds = room
    found = numbers_from(
        labeller,
        [
            *base(labeller, kinds),
            (near(labeller, kinds, RED, 1.2, 1.2, 0.3), RED, 7),
            (near(labeller, kinds, RED, 3.2, 2.4, 0.3), RED, 9),
        ],
    )
    for which, number in ((0, 7), (1, 9)):
        mine = box_of(labeller, kinds, which)
        assert (found[mine] == number).mean() > 0.6, np.unique(found[mine], return_counts=True)
        assert set(found[mine]) <= {number, 0}
    assert set(np.unique(found)) == {0, 7, 9}
    assert (found[kinds != RED] != 0).mean() < 0.02


def test_a_surface_with_two_numbers_is_shared_by_the_way_along_it(
    room: tuple[DenseLabeller, np.ndarray],
) -> None:
    labeller, kinds = room
    left = near(labeller, kinds, FLOOR, 0.5, 1.5, 0)
    right = near(labeller, kinds, FLOOR, 3.7, 1.5, 0)
    found = numbers_from(
        labeller, [*base(labeller, kinds)[1:], (left, FLOOR, 1), (right, FLOOR, 2)]
    )
    x = labeller.positions[:, 0]
    assert found[left] == 1
    assert found[right] == 2
    floor = kinds == FLOOR
    assert (found[floor & (x < 1)] == 1).mean() > 0.8
    assert (found[floor & (x > 3.4)] == 2).mean() > 0.8


def test_answers_that_say_nothing_make_no_object(room: tuple[DenseLabeller, np.ndarray]) -> None:
    labeller, kinds = room
    assert not numbers_from(labeller, base(labeller, kinds)).any()
    # A number on an answer that a later one at the same point replaced.
    spot = near(labeller, kinds, RED, 1.2, 1.2, 0.3)
    found = numbers_from(labeller, [*base(labeller, kinds), (spot, RED, 4), (spot, BLUE, 0)])
    assert 4 not in found
