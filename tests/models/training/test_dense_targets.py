# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import extract_features, scan_voxels
from fewpoints.models.training import dense_targets
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.dense_targets import (
    clicked_points,
    dense_extents,
    extra_targets,
    labeller_of,
    object_numbers,
    pseudo_labels,
)
from fewpoints.models.training.sparse_supervision import LabelledScan
from tests.models.features.scenes import lively_network, planes


def row_of_points(*at: float) -> PointScan:
    """Points along x, at these places in centimetres."""
    return PointScan(positions=np.array([[0.01 * x, 0.0, 0.0] for x in at]))


def clicked(
    scan: PointScan,
    rows: list[int],
    classes: list[int],
    instances: list[int] | None = None,
) -> LabelledScan:
    given = None if instances is None else np.array(instances)
    return LabelledScan("scan", scan, np.array(rows), np.array(classes), 0.02, instances=given)


class TestExtents:
    # Two chairs (class 4) with a gap, a table (6) at the second, the floor (1), a chair far off.
    SCAN = row_of_points(0, 2, 4, 20, 22, 24, 26, 28, 50, 52, 90)
    DENSE = np.array([4, 4, 4, 4, 4, 6, 6, 6, 1, 1, 4])

    def test_an_object_is_the_connected_labels_around_its_answer(self) -> None:
        scan = clicked(self.SCAN, [0, 4, 6, 8], [4, 4, 6, 1])
        found = dense_extents(scan, self.DENSE, stuff=[1])
        assert groups(found) == [{0, 1, 2}, {3, 4}, {5, 6, 7}]

    def test_two_answers_that_do_not_say_which_are_about_one_object(self) -> None:
        found = dense_extents(clicked(self.SCAN, [0, 2], [4, 4]), self.DENSE)
        assert groups(found) == [{0, 1, 2}]

    def test_answers_about_two_objects_share_a_piece_by_nearness(self) -> None:
        scan = clicked(self.SCAN, [5, 7], [6, 6], [1, 2])
        found = dense_extents(scan, self.DENSE)
        assert groups(found) in ([{5, 6}, {7}], [{5}, {6, 7}])

    def test_an_object_in_two_pieces_is_one(self) -> None:
        scan = clicked(self.SCAN, [0, 4], [4, 4], [7, 7])
        assert groups(dense_extents(scan, self.DENSE)) == [{0, 1, 2, 3, 4}]

    def test_where_one_answer_says_which_the_others_say_nothing(self) -> None:
        scan = clicked(self.SCAN, [0, 2], [4, 4], [3, -1])
        assert groups(dense_extents(scan, self.DENSE)) == [{0, 1, 2}]

    def test_the_same_number_of_two_classes_is_two_objects(self) -> None:
        scan = clicked(self.SCAN, [4, 5], [4, 6], [1, 1])
        assert groups(dense_extents(scan, self.DENSE)) == [{3, 4}, {5, 6, 7}]
        assert sorted(set(object_numbers(scan).tolist())) == [1, 2]

    def test_stuff_has_no_objects_and_points_without_a_place_are_in_none(self) -> None:
        scan = row_of_points(0, 2, 4, np.nan, 6)
        dense = np.array([1, 1, 4, -1, 4])
        found = dense_extents(clicked(scan, [0, 2], [1, 4]), dense, stuff=[0, 1])
        assert groups(found) == [{2, 4}]

    def test_only_stuff_is_answered(self) -> None:
        found = dense_extents(clicked(self.SCAN, [8], [1]), self.DENSE, stuff=[1])
        assert not found.any()


def groups(instances: np.ndarray) -> list[set[int]]:
    """The members of each object, by its first."""
    numbers = [n for n in dict.fromkeys(instances.tolist()) if n > 0]
    return [set(np.flatnonzero(instances == n).tolist()) for n in numbers]


def test_clicked_points_alone_are_the_objects_of_the_original() -> None:
    scan = clicked(TestExtents.SCAN, [0, 2, 4, 8], [4, 4, 4, 1], [5, 5, 0, 2])
    assert groups(clicked_points(scan, stuff=[1])) == [{0, 2}, {4}]


class TestPseudoLabels:
    def scan(self) -> LabelledScan:
        cloud = planes(count=5, points=300, size=2.0)
        assert cloud.colours is not None
        truth = cloud.colours[:, 0].astype(np.int64) // 52
        rows = np.random.default_rng(0).choice(len(cloud), 12, replace=False)
        return LabelledScan("planes", cloud, rows, truth[rows], 0.1)

    def test_are_sure_enough_one_per_cell_and_not_where_an_answer_is(self) -> None:
        scan = self.scan()
        labeller = labeller_of(
            scan, extract_features(scan.scan, lively_network().network, voxel_size_m=0.1)
        )
        dense = labeller.label(scan.rows, scan.classes)
        least = float(np.median(dense.confidence))
        rows, classes = pseudo_labels(scan, labeller, dense, least, np.random.default_rng(0))
        assert 0 < len(rows) < len(scan.scan)
        assert (dense.confidence[rows] >= least).all()
        assert (classes == dense.classes[rows]).all()
        cells = scan_voxels(scan.scan, 0.1).point_to_voxel
        assert len(set(cells[rows].tolist())) == len(rows)
        assert not set(cells[rows].tolist()) & set(cells[scan.rows].tolist())
        sure = np.flatnonzero(dense.confidence >= least)
        assert set(cells[rows].tolist()) == (
            set(cells[np.isin(np.arange(len(cells)), sure)].tolist()) & set(cells[rows].tolist())
        )

    def test_of_too_many_some_are_drawn_and_rare_classes_sooner(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scan = self.scan()
        labeller = labeller_of(
            scan, extract_features(scan.scan, lively_network().network, voxel_size_m=0.1)
        )
        dense = labeller.label(scan.rows, scan.classes)
        everything, kinds = pseudo_labels(scan, labeller, dense, 1e-9, np.random.default_rng(0))
        monkeypatch.setattr(dense_targets, "PSEUDO_LABELS_PER_SCAN", 200)
        assert len(everything) > 400
        shares = np.zeros(5)
        for seed in range(40):
            rows, classes = pseudo_labels(scan, labeller, dense, 1e-9, np.random.default_rng(seed))
            assert len(rows) == len(set(rows.tolist())) == 200
            assert set(rows.tolist()) <= set(everything.tolist())
            shares += np.bincount(classes, minlength=5) / 200 / 40
        before = np.bincount(kinds, minlength=5) / len(kinds)
        rare, common = before.argsort()[[0, -1]]
        assert shares[rare] > before[rare]
        assert shares[common] < before[common]

    def test_nothing_is_asked_nothing_is_given(self) -> None:
        extra = extra_targets(self.scan(), None, FinetuneConfig(), rng=np.random.default_rng(0))
        assert len(extra.rows) == len(extra.classes) == 0
        assert extra.instances is None
