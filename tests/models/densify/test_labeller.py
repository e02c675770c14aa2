# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.kernel_head import kernel_scores
from fewpoints.models.densify.labeller import BadAnswer, DenseLabeller, NoAnswers
from fewpoints.models.densify.random_walk import probabilities, smooth
from fewpoints.models.superpoints.columns import squared_distances
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import BLUE, FLOOR, RED, WALL, boxes_room


def labeller(scan: PointScan, features: np.ndarray | None = None) -> DenseLabeller:
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    directions = None if features is None else mean_directions(superpoints, features)
    return DenseLabeller(superpoints, looks(superpoints, directions), scan.positions)


def one_each(kinds: np.ndarray) -> np.ndarray:
    return np.array([np.flatnonzero(kinds == k)[40] for k in (FLOOR, WALL, RED, BLUE)])


class TestLabel:
    def test_four_answers_label_the_room(self) -> None:
        scan, kinds = boxes_room()
        rows = one_each(kinds)
        found = labeller(scan).label(rows, kinds[rows] * 10 - 7)  # Any integers.
        assert (found.classes == kinds * 10 - 7).mean() > 0.97
        assert found.values.tolist() == [-7, 3, 13, 23]
        assert found.confidence.min() > 0
        assert found.confidence.max() <= 1
        assert (found.classes[rows] == kinds[rows] * 10 - 7).all()
        assert (found.confidence[rows] == 1).all()
        both = found.per_point()
        np.testing.assert_allclose(both.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(found.values[both.argmax(axis=1)], found.classes)

    def test_features_tell_apart_what_looks_the_same(self) -> None:
        scan, kinds = boxes_room()
        assert scan.colours is not None
        scan = replace(scan, colours=np.full_like(scan.colours, 128))
        features = np.eye(8, dtype=np.float32)[kinds] * 5
        rows = one_each(kinds)
        with_them = labeller(scan, features).label(rows, kinds[rows])
        boxes = kinds >= RED
        assert (with_them.classes == kinds)[boxes].mean() > 0.9
        assert (labeller(scan).label(rows, kinds[rows]).classes == kinds)[boxes].mean() < 0.8

    def test_answers_that_contradict_each_other_split_the_superpoint(self) -> None:
        scan, kinds = boxes_room()
        made = labeller(scan)
        floor = np.flatnonzero(kinds == FLOOR)
        large = np.bincount(made.superpoints.of_point[floor]).argmax()
        members = np.flatnonzero(made.superpoints.of_point == large)
        x = scan.positions[members, 0]
        rows = members[[x.argmin(), x.argmax(), np.abs(x - x.max()).argsort()[5]]]
        found = made.label(rows, np.array([5, 6, 6]))
        assert found.classes[rows].tolist() == [5, 6, 6]
        ends = scan.positions[rows]
        nearest = np.linalg.norm(scan.positions[members, None] - ends, axis=2).argmin(axis=1)
        assert found.classes[members].tolist() == np.array([5, 6, 6])[nearest].tolist()

    def test_a_later_answer_at_the_same_point_counts(self) -> None:
        scan, _ = boxes_room()
        found = labeller(scan).label(np.array([7, 7]), np.array([1, 2]))
        assert set(found.classes.tolist()) == {2}

    def test_one_class_is_everywhere_but_not_equally_sure(self) -> None:
        scan, kinds = boxes_room()
        row = np.flatnonzero(kinds == RED)[:1]
        found = labeller(scan).label(row, np.array([3]))
        assert set(found.classes.tolist()) == {3}
        assert found.confidence[kinds == RED].mean() > 2 * found.confidence[kinds == WALL].mean()

    def test_few_answers_leave_room_for_classes_that_nobody_named(self) -> None:
        scan, kinds = boxes_room()
        made = labeller(scan)
        first = one_each(kinds)
        few = made.label(first, kinds[first])
        rows = np.concatenate([first, np.random.default_rng(0).permutation(len(scan))[:60]])
        many = made.label(rows, kinds[rows])
        assert many.confidence.mean() > few.confidence.mean() + 0.1
        for found, answers in ((few, first), (many, rows)):
            probability = found.per_point().max(axis=1)
            sharpened = probability**2 / (found.per_point() ** 2).sum(axis=1)
            owners = np.unique(found.of_point[answers])
            least = sharpened * (1 - 3 / (3 + len(owners)))
            free = ~np.isin(found.of_point, owners)
            assert (found.confidence[free] <= sharpened[free] + 1e-5).all()
            assert (found.confidence[free] >= least[free] - 1e-5).all()

    def test_points_without_a_place_get_none(self) -> None:
        scan, kinds = boxes_room()
        positions = scan.positions.copy()
        positions[::50] = np.nan
        scan = replace(scan, positions=positions)
        rows = one_each(kinds) + (one_each(kinds) % 50 == 0)
        found = labeller(scan).label(rows, kinds[rows])
        assert (found.classes[::50] == -1).all()
        assert (found.confidence[::50] == 0).all()
        assert (found.per_point()[::50] == 0).all()
        assert (found.classes[scan.finite] >= 0).all()
        with pytest.raises(BadAnswer, match="point 50, whose coordinates are not finite"):
            labeller(scan).label(np.array([50]), np.array([1]))

    def test_mistakes_are_one_sentence(self) -> None:
        scan, _ = boxes_room()
        made = labeller(scan)
        with pytest.raises(NoAnswers, match="no answers"):
            made.label(np.zeros(0, int), np.zeros(0, int))
        with pytest.raises(BadAnswer, match=f"point {len(scan)}, but the scan has points 0 to"):
            made.label(np.array([len(scan)]), np.array([1]))

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_a_handful_of_points(self, count: int) -> None:
        scan = PointScan(positions=np.arange(3.0 * count).reshape(count, 3))
        assert labeller(scan).label(np.array([0]), np.array([9])).classes.tolist() == [9] * count

    def test_everything_answered(self) -> None:
        scan, kinds = boxes_room(step=0.2)
        found = labeller(scan).label(np.arange(len(scan)), kinds)
        assert found.classes.tolist() == kinds.tolist()


class TestKernel:
    def test_is_the_formula(self) -> None:
        rng = np.random.default_rng(0)
        looks_of, places = rng.normal(size=(9, 4)), rng.normal(size=(9, 3))
        answered, classes = np.array([1, 4, 6]), np.array([0, 1, 1])

        def k(a: int, b: int) -> float:
            look = np.exp(-((looks_of[a] - looks_of[b]) ** 2).sum() / 2)
            place = np.exp(-((places[a] - places[b]) ** 2).sum() / (2 * 0.7**2))
            return float(0.5 * look + 0.5 * look * place + 0.1 * place)

        system = np.array([[k(a, b) for b in answered] for a in answered])
        system += np.diag(0.05 * np.sqrt([1, 2, 2]))
        targets = np.array([[1, 0], [0, 1], [0, 1]]) - 0.5
        found = kernel_scores(looks_of, places, answered, classes, 2, reach=0.7)
        for s in range(9):
            row = np.array([k(s, b) for b in answered])
            np.testing.assert_allclose(
                found.scores[s], row @ np.linalg.inv(system) @ targets + 0.5, atol=1e-9
            )
            explained = row @ np.linalg.inv(system) @ row / 1.1
            assert found.explained[s] == pytest.approx(explained)

    def test_squared_distances(self) -> None:
        rng = np.random.default_rng(1)
        a, b = rng.normal(size=(7, 3)) + 1e6, rng.normal(size=(4, 3)) + 1e6
        expected = ((a[:, None] - b[None]) ** 2).sum(axis=2)
        np.testing.assert_allclose(squared_distances(a, b), expected, rtol=1e-4)


class TestWalk:
    def test_minimises_what_it_says(self) -> None:
        scan, _ = boxes_room(step=0.1)
        superpoints = cut_into_superpoints(scan, voxel_size_m=0.1)
        count = len(superpoints)
        assert count > 4
        prior = probabilities(np.random.default_rng(0).normal(size=(count, 3)))
        answered, classes = np.array([0, 3]), np.array([2, 0])
        found = smooth(superpoints, prior, answered, classes)
        assert found[answered].argmax(axis=1).tolist() == [2, 0]
        weights = np.sqrt(superpoints.contacts) * np.exp(-8 * superpoints.contrast)
        pull = 0.3 * np.sqrt(superpoints.sizes)

        def energy(p: np.ndarray) -> float:
            own = pull * ((p - prior) ** 2).sum(axis=1)
            own[answered] = 0
            one, two = superpoints.touching.T
            return float(own.sum() + (weights * ((p[one] - p[two]) ** 2).sum(axis=1)).sum())

        rng = np.random.default_rng(1)
        for _ in range(20):
            step = rng.normal(size=found.shape) * 1e-3
            step[answered] = 0
            assert energy(found) <= energy(found + step)
