# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.benchmarks.densify import (
    majority_classes,
    nearest_answer,
    parse_methods,
    scan_miou,
    scene_densify,
)
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.methods import PreparedScene, prepare_scene
from fewpoints.models.benchmarks.pages import densify_page
from fewpoints.models.benchmarks.runs import Key
from tests.models.benchmarks.rooms import room, setting

CLASS_COUNT = 5


@pytest.fixture
def scene(tiny: str) -> PreparedScene:
    return prepare_scene(room("a"), setting(tiny), largest_budget=40, title="rooms")


def loop_miou(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Over the classes that the truth has; 255 is no truth."""
    total = []
    for kind in sorted(set(truth.tolist()) - {255}):
        hit = union = 0
        for true, guess in zip(truth.tolist(), predicted.tolist(), strict=True):
            if true == 255:
                continue
            hit += true == kind and guess == kind
            union += true == kind or guess == kind
        total.append(hit / union)
    return sum(total) / len(total)


def test_figures_are_those_of_plain_loops(scene: PreparedScene) -> None:
    truth, of_point = scene.truth, scene.superpoints.of_point
    for method in ("random/nearest", "kmeans_color/dense", "diverse/dense"):
        found = scene_densify(scene, Key("a", method, 8, 1), CLASS_COUNT)
        rows = [r for r in scene.rows(method.split("/")[0], 8, 1) if truth.classes[r] != 255]
        assert found["answered"] == len(rows) / 8
        majority, reachable = np.full(len(of_point), -1), np.full(len(of_point), -1)
        clicked = {truth.classes[row] for row in rows}
        for superpoint in range(len(scene.superpoints)):
            inside = np.flatnonzero(of_point == superpoint)
            kinds = [k for k in truth.classes[inside].tolist() if k != 255]
            most = max(range(CLASS_COUNT), key=kinds.count)
            majority[inside] = most if kinds else -1
            reachable[inside] = most if most in clicked else -1
        if method.endswith("nearest"):
            places = truth.scan.positions
            away = [((places[row] - places) ** 2).sum(axis=1) for row in rows]
            predicted = truth.classes[np.array(rows)[np.argmin(away, axis=0)]]
        else:
            predicted = scene.labeller.label(np.array(rows), truth.classes[rows]).classes
        assert found["mIoU"] == pytest.approx(loop_miou(truth.classes, predicted))
        assert found["class oracle"] == pytest.approx(loop_miou(truth.classes, reachable))
        assert found["ceiling"] == pytest.approx(loop_miou(truth.classes, majority))
        assert found["class oracle"] <= found["ceiling"]


def test_clicks_without_a_class_are_spent(tiny: str) -> None:
    truth = room("a")
    hidden = np.full(len(truth.scan), 255)
    hidden[17] = 3
    dark = GroundTruth("dark", truth.scan, truth.instances, hidden)
    scene = prepare_scene(dark, setting(tiny), largest_budget=4, title="rooms")
    for method in ("random/nearest", "random/dense"):
        found = scene_densify(scene, Key("dark", method, 4, 0), CLASS_COUNT)
        assert (found["mIoU"], found["answered"], found["class oracle"]) == (0, 0, 0)


def test_points_that_are_not_finite_count_nowhere() -> None:
    positions = np.array([[0.0, 0, 0], [1, 0, 0], [np.nan, 0, 0], [3, 0, 0]])
    truth = GroundTruth("t", PointScan(positions), np.zeros(4, int), np.array([0, 0, 0, 1]))
    found = nearest_answer(positions, truth.scan.finite, np.array([0, 3]), np.array([0, 1]))
    assert found.tolist() == [0, 0, -1, 1]
    assert scan_miou(truth, found, 2) == 1


def test_a_superpoint_without_known_points_has_no_majority() -> None:
    scan = PointScan(np.zeros((6, 3)))
    truth = GroundTruth("t", scan, np.zeros(6, int), np.array([255, 255, 2, 2, 1, 0]))
    found = majority_classes(truth, np.array([0, 0, 1, 1, 1, -1]), 3)
    assert found.tolist() == [-1, 2, -1]


def test_methods_are_checked_before_anything_is_read() -> None:
    assert parse_methods(["diverse", "random/nearest", "diverse/dense"]) == (
        "diverse/dense",
        "diverse/nearest",
        "random/nearest",
    )
    with pytest.raises(BadProtocol, match='no method "divers"'):
        parse_methods(["divers/dense"])
    with pytest.raises(BadProtocol, match='no labeller "far"'):
        parse_methods(["random/far"])


def test_a_scan_that_cannot_be_measured_is_named(tiny: str) -> None:
    truth = room("a")
    with pytest.raises(BadProtocol, match=r"rooms: a has [\d,]+ points with finite coordinates"):
        prepare_scene(truth, setting(tiny), largest_budget=100_000, title="rooms")
    blank = GroundTruth("b", truth.scan, truth.instances, np.full(len(truth.scan), 255))
    with pytest.raises(BadProtocol, match="no point of b has a class"):
        prepare_scene(blank, setting(tiny), largest_budget=4, title="rooms")


def test_the_page_averages_scenes_first_and_seeds_then() -> None:
    def values(miou: float) -> dict[str, float]:
        return {"mIoU": miou, "class oracle": 0.8, "ceiling": 0.9, "answered": 0.5}

    cells = {
        Key("a", "random/dense", 20, 0): values(0.1),
        Key("b", "random/dense", 20, 0): values(0.3),
        Key("a", "random/dense", 20, 1): values(0.4),
        Key("b", "random/dense", 20, 1): values(0.4),
    }
    extent = Extent(("a", "b"), ("random/dense",), (20, 50), (0, 1))
    tables, chart = densify_page(cells, extent)
    # 20 and 40 by seed: mean 30, standard deviation of the two 14.1.
    assert "| random/dense | 30.0 ± 14.1 | – |" in tables[0]
    assert "every superpoint with its most frequent class: 90.0" in tables[0]
    assert "| random | 80.0 ± 0.0 | – |" in tables[1]
    assert "| random/dense | 37.5 ± 17.7 | – |" in tables[2]
    assert "class oracle of random" in chart
