# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.models.instances.centres import centre_offsets, clicked_extents, instance_centres
from fewpoints.models.instances.components import connected_points

CHAIR, TABLE = 4, 6


def line(*x: float) -> np.ndarray:
    return np.array([[value, 0.0, 0.0] for value in x])


def test_a_centre_is_the_mean_of_an_instance() -> None:
    positions = line(0, 1, 5, 7, 100, 3)
    centres = instance_centres(positions, np.array([7, 7, 2, 2, 0, 7]))
    np.testing.assert_allclose(centres[:, 0], [4 / 3, 4 / 3, 6, 6, np.nan, 4 / 3])


def test_offsets_lead_to_the_centre_and_are_zero_for_points_of_no_instance() -> None:
    positions = line(0, 4, 100, 100, np.nan)
    offsets, known = centre_offsets(positions, np.array([1, 1, 0, -1, 1]))
    assert offsets.dtype == np.float32
    assert offsets.tolist() == [[2, 0, 0], [-2, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert known.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("far", [0.0, 5_432_100.0])
def test_centres_agree_with_a_mean_per_instance(far: float) -> None:
    rng = np.random.default_rng(1)
    positions = rng.uniform(0, 9, (300, 3)) + far
    instances = rng.integers(-1, 6, 300)
    centres = instance_centres(positions, instances)
    for number in range(1, 6):
        own = instances == number
        expected = np.broadcast_to(positions[own].mean(axis=0), centres[own].shape)
        np.testing.assert_allclose(centres[own], expected, rtol=0, atol=1e-8)
    assert np.isnan(centres[instances < 1]).all()


def extents(classes: list[int], pieces: list[int], clicks: list[tuple[int, int, int]]) -> list[int]:
    """Points 0, 1, 2, ... metres along a line; clicks are (row, class, instance)."""
    columns = np.array(clicks, np.int64).reshape(-1, 3).T
    result: list[int] = clicked_extents(
        line(*range(len(classes))),
        np.array(classes),
        np.array(pieces),
        clicked=columns[0],
        clicked_classes=columns[1],
        clicked_instances=columns[2],
    ).tolist()
    return result


class TestClickedExtents:
    def test_an_object_gets_every_piece_with_a_click_of_it(self) -> None:
        pieces = [0, 0, 1, 1, 2, 2, 3]
        assert extents([CHAIR] * 7, pieces, [(1, CHAIR, 9), (4, CHAIR, 9), (6, CHAIR, 2)]) == [
            *(9, 9, 0, 0, 9, 9, 2)
        ]

    def test_a_piece_of_two_objects_is_split_between_their_clicks(self) -> None:
        # Clicks at 0 and 4: points up to 1 are nearer to the first, from 3 on to the second.
        found = extents([CHAIR] * 6, [0] * 6, [(0, CHAIR, 1), (4, CHAIR, 2)])
        assert (found[:2], found[3:]) == ([1, 1], [2, 2, 2])

    def test_a_piece_has_one_class(self) -> None:
        # A superpoint with two classes is two pieces.
        assert extents([CHAIR, CHAIR, TABLE], [0, 0, 0], [(0, CHAIR, 1)]) == [1, 1, 0]

    def test_a_click_against_the_dense_label_claims_nothing(self) -> None:
        assert extents([TABLE] * 3, [0] * 3, [(0, CHAIR, 1)]) == [0, 0, 0]
        assert extents([TABLE] * 3, [0] * 3, [(0, CHAIR, 1), (2, TABLE, 2)]) == [2, 2, 2]

    def test_a_click_of_no_instance_claims_nothing(self) -> None:
        assert extents([CHAIR] * 2, [0] * 2, [(0, CHAIR, 0)]) == [0, 0]
        assert extents([CHAIR] * 2, [0] * 2, []) == [0, 0]

    def test_one_click_leads_to_the_centre_of_the_whole_object(self) -> None:
        # Two chairs of five points, one click on each. From clicks alone all offsets are zero.
        positions = line(0, 1, 2, 3, 4, 9, 10, 11, 12, 13)
        classes = np.full(10, CHAIR)
        clicks, instances = np.array([0, 8]), np.array([1, 2])
        from_clicks = np.zeros(10, np.int64)
        from_clicks[clicks] = instances
        assert centre_offsets(positions, from_clicks)[0].any() == np.False_
        found = clicked_extents(
            positions,
            classes,
            connected_points(positions, classes, 1.5),
            clicked=clicks,
            clicked_classes=classes[clicks],
            clicked_instances=instances,
        )
        centres = instance_centres(positions, found)
        assert centres[:, 0].tolist() == [2] * 5 + [11] * 5
