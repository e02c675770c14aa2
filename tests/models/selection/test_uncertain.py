# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.labeller import BadAnswer, DenseLabeller
from fewpoints.models.selection.errors import BadExclude
from fewpoints.models.selection.options import Diverse, Mixed, Uncertain
from fewpoints.models.selection.registry import select_points
from fewpoints.models.selection.uncertain import uncertain_rows, uncertain_superpoints
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from tests.models.densify.rooms import FLOOR, WALL, boxes_room

NONE = np.zeros(0, np.int64)


def row_of_things(sizes: list[int], kinds: list[float]) -> DenseLabeller:
    """Things side by side; those of one kind look the same."""
    count = len(sizes)
    of_cell = np.repeat(np.arange(count, dtype=np.int32), sizes)
    places = np.zeros((len(of_cell), 3))
    places[:, 0] = of_cell * 0.05
    places[:, 1] = np.concatenate([np.linspace(-1, 1, size) for size in sizes])
    superpoints = Superpoints(
        of_point=of_cell,
        of_cell=of_cell,
        cell_points=np.arange(len(of_cell)),
        places=places,
        sizes=np.array(sizes),
        centres=np.stack([np.arange(count) * 0.05, np.zeros(count), np.zeros(count)], axis=1),
        extents=np.ones((count, 3)),
        upright=np.zeros(count, np.float32),
        flatness=np.zeros(count, np.float32),
        colours=None,
        touching=np.zeros((0, 2), np.int64),
        contacts=np.zeros(0, np.int64),
        contrast=np.zeros(0, np.float32),
        voxel_size_m=0.02,
    )
    look = np.zeros((count, 2))
    look[:, 0] = np.array(kinds) * 5.0
    return DenseLabeller(superpoints, look, places)


def first_point(labeller: DenseLabeller, superpoint: int) -> int:
    return int(np.flatnonzero(labeller.superpoints.of_point == superpoint)[0])


class TestSuperpoints:
    def test_without_answers_size_decides_and_what_is_alike_waits(self) -> None:
        labeller = row_of_things([50, 400, 380, 100], [0, 1, 1, 2])
        order = uncertain_superpoints(labeller, NONE, NONE, 4, expected=NONE)
        assert order.tolist() == [1, 3, 0, 2]

    def test_what_is_like_answered_things_waits(self) -> None:
        labeller = row_of_things([400, 400, 200, 100], [0, 0, 1, 2])
        order = uncertain_superpoints(
            labeller, np.array([first_point(labeller, 0)]), np.array([5]), 4, expected=NONE
        )
        assert order.tolist() == [2, 3, 1]

    def test_what_is_between_two_classes_comes_before_what_is_clear(self) -> None:
        # Both are as near to answers, but one of them has both classes beside it.
        labeller = row_of_things([100] * 6, [0, 0.3, 0.6, 3, 3.3, 3.6])
        rows = np.array([first_point(labeller, s) for s in (0, 2, 3, 5)])
        order = uncertain_superpoints(labeller, rows, np.array([1, 2, 3, 3]), 2, expected=NONE)
        assert order.tolist() == [1, 4]

    def test_those_asked_about_are_left_out_and_explain_others_before_they_are_answered(
        self,
    ) -> None:
        labeller = row_of_things([400, 400, 200, 100], [0, 0, 1, 2])
        order = uncertain_superpoints(labeller, NONE, NONE, 4, expected=np.array([0]))
        assert order.tolist() == [2, 3, 1]

    def test_one_that_contradicts_itself_comes_again_and_later_the_more_answers_it_has(
        self,
    ) -> None:
        labeller = row_of_things([400, 30], [0, 1])
        both = np.array([0, 399])
        again = uncertain_superpoints(labeller, both, np.array([1, 2]), 9, expected=NONE)
        assert again.tolist() == [0, 1]
        many = np.concatenate([np.arange(0, 100), [399]])
        classes = np.array([1] * 100 + [2])
        later = uncertain_superpoints(labeller, many, classes, 9, expected=NONE)
        assert later.tolist() == [1, 0]
        agreed = uncertain_superpoints(labeller, both, np.array([1, 1]), 9, expected=NONE)
        assert agreed.tolist() == [1]
        waits = uncertain_superpoints(labeller, both, np.array([1, 2]), 9, expected=np.array([0]))
        assert waits.tolist() == [1]

    def test_specks_come_last(self) -> None:
        labeller = row_of_things([3, 30, 40, 50], [0, 1, 1, 1])
        order = uncertain_superpoints(labeller, NONE, NONE, 4, expected=NONE)
        assert order.tolist()[-1] == 0


class TestRows:
    def test_a_contradiction_is_asked_about_away_from_its_answers(self) -> None:
        labeller = row_of_things([401, 30], [0, 1])
        # A line of 401 points from -1 to 1, answered at one end and near it.
        rows = uncertain_rows(
            labeller,
            np.array([0, 40]),
            np.array([1, 2]),
            1,
            features=None,
            allowed=np.ones(431, bool),
        )
        away = labeller.positions[rows[0], 1] - labeller.positions[[0, 40], 1]
        assert labeller.superpoints.of_point[rows[0]] == 0
        assert np.abs(away).min() > 0.5

    def test_the_last_answer_at_a_point_counts(self) -> None:
        labeller = row_of_things([400, 30], [0, 1])
        found = uncertain_rows(
            labeller,
            np.array([0, 0]),
            np.array([1, 2]),
            9,
            features=None,
            allowed=np.ones(430, bool),
        )
        assert labeller.superpoints.of_point[found].tolist() == [1]

    def test_points_that_may_not_be_chosen_count_as_asked_about(self) -> None:
        labeller = row_of_things([400, 30], [0, 1])
        allowed = np.ones(430, bool)
        allowed[7] = False
        found = uncertain_rows(labeller, NONE, NONE, 9, features=None, allowed=allowed)
        assert labeller.superpoints.of_point[found].tolist() == [1]


def room() -> tuple[PointScan, np.ndarray, np.ndarray, Superpoints]:
    scan, kinds = boxes_room()
    features = np.eye(8, dtype=np.float32)[kinds]
    return scan, kinds, features, cut_into_superpoints(scan, voxel_size_m=0.04)


class TestSelectPoints:
    def test_next_points_are_of_new_superpoints_and_add_what_is_not_known(self) -> None:
        scan, kinds, features, superpoints = room()
        known = np.array([np.flatnonzero(kinds == kind)[40] for kind in (FLOOR, WALL)])
        found = select_points(
            scan,
            Uncertain(),
            4,
            features=features,
            superpoints=superpoints,
            answers=(known, kinds[known]),
        )
        assert set(kinds[found].tolist()) - {FLOOR, WALL}
        owners = superpoints.of_point[found].tolist()
        assert len(set(owners)) == 4
        assert not set(owners) & set(superpoints.of_point[known].tolist())

    def test_answers_lead_to_better_labels_than_as_many_points_at_once(self) -> None:
        scan, kinds, features, superpoints = room()
        labeller = DenseLabeller(
            superpoints, looks(superpoints, mean_directions(superpoints, features)), scan.positions
        )
        rows = select_points(scan, Mixed(), 3, features=features, superpoints=superpoints)
        for _ in range(4):
            answers = (rows, kinds[rows])
            more = select_points(
                scan, Uncertain(), 1, features=features, superpoints=superpoints, answers=answers
            )
            rows = np.concatenate([rows, more])
        assert (labeller.label(rows, kinds[rows]).classes == kinds).mean() > 0.97
        assert set(kinds[rows].tolist()) == {0, 1, 2, 3}

    @pytest.mark.parametrize("options", [Uncertain(), Mixed()])
    def test_when_every_superpoint_is_answered_other_points_of_them_come(
        self, options: Uncertain | Mixed
    ) -> None:
        scan, kinds, features, superpoints = room()
        rows = np.array(
            [np.flatnonzero(superpoints.of_point == s)[0] for s in range(len(superpoints))]
        )
        found = select_points(
            scan,
            options,
            30,
            features=features,
            superpoints=superpoints,
            answers=(rows, kinds[rows]),
        )
        assert len(set(found.tolist())) == 30
        assert not set(found.tolist()) & set(rows.tolist())

    def test_mixed_is_diverse_for_twenty_points_and_uncertain_after(self) -> None:
        scan, kinds, features, superpoints = room()
        more = PointScan(positions=scan.positions, colours=scan.colours)

        def choose(
            options: Diverse | Mixed | Uncertain, budget: int, rows: np.ndarray = NONE
        ) -> list[int]:
            found = select_points(
                more,
                options,
                budget,
                features=features,
                superpoints=superpoints,
                answers=(rows, kinds[rows]),
            )
            return [int(row) for row in found]

        assert choose(Mixed(), 8) == choose(Diverse(), 8)
        few = np.flatnonzero(kinds == WALL)[:17]
        many = np.flatnonzero(kinds == WALL)[:20]
        assert choose(Mixed(), 3, few) == choose(Diverse(), 3, few)
        assert choose(Mixed(), 4, few)[:3] == choose(Diverse(), 3, few)
        assert choose(Mixed(), 4, many) == choose(Uncertain(), 4, many)
        assert choose(Uncertain(), 4, many) != choose(Diverse(), 4, many)

    def test_answers_about_points_that_are_not_there_are_refused(self) -> None:
        scan, _, features, superpoints = room()
        with pytest.raises(BadExclude, match="0 to"):
            select_points(
                scan,
                Uncertain(),
                1,
                features=features,
                superpoints=superpoints,
                answers=(np.array([len(scan)]), np.array([0])),
            )
        positions = scan.positions.copy()
        positions[5] = np.nan
        lost = PointScan(positions=positions, colours=scan.colours)
        with pytest.raises(BadAnswer, match="point 5"):
            select_points(
                lost,
                Uncertain(),
                1,
                features=features,
                voxel_size_m=0.04,
                answers=(np.array([5]), np.array([0])),
            )
