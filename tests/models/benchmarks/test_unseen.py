# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.benchmarks import unseen
from fewpoints.models.benchmarks.methods import PreparedScene
from fewpoints.models.benchmarks.unseen import SceneScore, scene_scores, score_scene
from fewpoints.models.instances.grouping import PredictedInstances
from fewpoints.models.training.predict import Prediction
from tests.models.benchmarks.rooms import setting

# Voxels of 1 m: three points of class 0 in the first, one each of 0 and 1 in the second, one of
# class 1 in the third.
X = np.array([0.1, 0.2, 0.3, 1.1, 1.2, 2.5])
CLASSES = np.array([0, 0, 0, 0, 1, 1])


def score(
    monkeypatch: pytest.MonkeyPatch,
    tiny: str,
    truth: GroundTruth,
    predicted: Prediction,
) -> SceneScore:
    monkeypatch.setattr(unseen, "predict", lambda *_, **__: predicted)
    given = setting(tiny)
    scene = PreparedScene(truth, 1.0, given)
    return score_scene(scene, given.network, 2, same_features=False)


def test_points_and_voxels_are_counted_apart(monkeypatch: pytest.MonkeyPatch, tiny: str) -> None:
    scan = PointScan(X[:, None] * [1.0, 0, 0])
    truth = GroundTruth("t", scan, np.zeros(6, int), CLASSES)
    nothing = Prediction(np.zeros(6, np.uint8), np.zeros(6, np.uint8))
    found = score(monkeypatch, tiny, truth, nothing)
    assert found.points.tolist() == [[4, 0, 0], [2, 0, 0]]
    # The voxel whose points differ is left out.
    assert found.voxels.tolist() == [[1, 0, 0], [1, 0, 0]]
    values = scene_scores([found, found], told_apart=[])
    # Class 0: 8 of 12; class 1: none.
    assert values == {"mIoU points": pytest.approx(1 / 3), "mIoU voxels": pytest.approx(0.25)}


def test_objects_that_are_found_whole_have_an_ap_of_one(
    monkeypatch: pytest.MonkeyPatch, tiny: str
) -> None:
    positions = np.arange(240)[:, None] * [1.0, 0, 0]
    classes, instances = np.repeat([0, 1], 120), np.repeat([4, 9], 120)
    truth = GroundTruth("t", PointScan(positions), instances, classes)

    def average(numbers: np.ndarray) -> dict[str, float]:
        objects = PredictedInstances(numbers, np.array([0, 1]), np.array([0.9, 0.8]))
        shown = Prediction(classes.astype(np.uint8), np.full(240, 255, np.uint8), objects)
        found = score(monkeypatch, tiny, truth, shown)
        return dict(scene_scores([found], told_apart=[0, 1]))

    whole = average(np.repeat([1, 2], 120))
    assert (whole["AP50 points"], whole["AP50 voxels"]) == (1, 1)
    half = average(np.repeat([1, 0, 2], [120, 70, 50]))  # Of the second object only 50 of 120.
    assert half["AP50 points"] == half["AP50 voxels"] == 0.5


def test_a_network_without_objects_finds_none() -> None:
    table = np.array([[3, 1, 0], [0, 4, 0]])
    values = scene_scores([SceneScore(table, table, None, None)], told_apart=[0])
    assert values["AP50 points"] == values["AP50 voxels"] == 0
