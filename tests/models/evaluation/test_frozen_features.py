# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.evaluation.frozen_features import coverage, probe

OBJECTS = np.array([0, 0, 1, 1, 1, 2, 2, 5, 5, 0])
CLASSES = np.array([3, 3, 0, 0, 0, 0, 0, 7, 7, 255])


def truth() -> GroundTruth:
    scan = PointScan(positions=np.arange(30.0).reshape(10, 3))
    return GroundTruth("scan", scan, OBJECTS, CLASSES)


class TestCoverage:
    def test_counts_objects_and_classes_that_are_touched(self) -> None:
        found = coverage(truth(), np.array([0, 2, 3, 9]))
        assert (found.objects, found.classes) == (1, 2)
        assert found.object_share == pytest.approx(1 / 3)
        assert found.class_share == pytest.approx(2 / 3)

    def test_a_scan_without_objects_has_no_share(self) -> None:
        nothing = GroundTruth("s", truth().scan, np.zeros(10, int), CLASSES)
        assert math.isnan(coverage(nothing, np.array([1])).object_share)


class TestProbe:
    def separable(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        classes = np.repeat([0, 1, 2], 100)
        centres = np.array([[0.0, 0], [8, 0], [0, 8]])
        features = centres[classes] + rng.standard_normal((300, 2))
        return features.astype(np.float32), classes

    def test_separable_features_need_one_point_per_class(self) -> None:
        features, classes = self.separable(np.random.default_rng(0))
        assert probe(features, classes, np.array([5, 105, 205])) > 0.95

    def test_a_class_that_was_not_shown_counts_as_nothing(self) -> None:
        features, classes = self.separable(np.random.default_rng(0))
        assert 0.25 < probe(features, classes, np.array([5, 105])) < 0.6

    def test_unlabelled_points_teach_nothing_and_are_not_asked(self) -> None:
        features, classes = self.separable(np.random.default_rng(0))
        known = np.array([5, 105, 205])
        whole = probe(features, classes, known)
        hidden = classes.copy()
        hidden[::2] = 255
        hidden[known] = classes[known]
        assert probe(features, hidden, np.append(known, 0)) == pytest.approx(whole, abs=0.05)
        assert math.isnan(probe(features, hidden, np.array([0, 2])))

    def test_noise_is_worth_little(self) -> None:
        rng = np.random.default_rng(0)
        _, classes = self.separable(rng)
        noise = rng.standard_normal((300, 8)).astype(np.float32)
        assert probe(noise, classes, np.array([5, 105, 205])) < 0.45
