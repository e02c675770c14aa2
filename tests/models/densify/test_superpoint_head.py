# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.densify.superpoint_head import (
    SuperpointHead,
    classify_superpoints,
    fit_superpoint_head,
)
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import BLUE, FLOOR, RED, WALL, boxes_room


def fitted(
    rows: np.ndarray, classes: list[int], *, dense: list[int] | None = None, most: int = 2_000
) -> SuperpointHead:
    trust = np.ones(len(classes))
    trust[dense or []] = 1 / 6
    rng = np.random.default_rng(0)
    return fit_superpoint_head(
        rows, np.array(classes), trust, rng, with_kinds=False, most_anchors=most
    )


def test_scores_are_the_regression_in_loops() -> None:
    rng = np.random.default_rng(0)
    rows, asked = rng.normal(size=(6, 4)), rng.normal(size=(3, 4))
    classes, dense = [7, 2, 7, 2, 7, 9], [4, 5]
    found = fitted(rows, classes, dense=dense)
    assert found.classes.tolist() == [2, 7, 9]

    def alike(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / 2))

    system = np.zeros((6, 6))
    for i in range(6):
        for j in range(6):
            system[i, j] = alike(rows[i], rows[j])
        noise = 0.05 * classes.count(classes[i]) ** 0.5
        system[i, i] += noise * (6 if i in dense else 1)
    inverse = np.linalg.inv(system)
    scores = found.scores(asked)
    for s in range(3):
        for column, value in enumerate(found.classes):
            expected = 1 / 3
            for i in range(6):
                for j in range(6):
                    expected += (
                        alike(asked[s], rows[i]) * inverse[i, j] * ((classes[j] == value) - 1 / 3)
                    )
            assert scores[s, column] == pytest.approx(expected, abs=1e-5)
    assert scores.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_fewer_anchors_than_labels_say_much_the_same() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(4, size=300)
    rows = 2 * np.eye(4)[groups] + 0.1 * rng.normal(size=(300, 4))
    all_of_them = fitted(rows, groups.tolist())
    few = fitted(rows, groups.tolist(), most=40)
    assert few.anchors.shape == (40, 4)
    assert np.abs(few.scores(rows) - all_of_them.scores(rows)).max() < 0.1
    # Labels that are no anchors count, too: turned round, they overrule the anchors.
    turned = groups.copy()
    is_anchor = (rows.astype(np.float32)[:, None] == few.anchors[None]).all(axis=2).any(axis=1)
    turned[~is_anchor] = (groups[~is_anchor] + 1) % 4
    found = fitted(rows, turned.tolist(), most=40)
    assert (found.scores(rows).argmax(axis=1) == (groups + 1) % 4).mean() > 0.95


def test_answers_are_anchors_before_dense_labels() -> None:
    rows = np.arange(50)[:, None] * 1.0
    head = fitted(rows, [0, 1] * 25, dense=list(range(10, 50)), most=10)
    assert sorted(head.anchors[:, 0]) == list(range(10))


def test_a_room_is_known_again_that_stands_elsewhere() -> None:
    scan, truth = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    seen = looks(superpoints, None)
    kind = np.array(
        [np.bincount(truth[superpoints.of_point == s]).argmax() for s in range(len(superpoints))]
    )
    chosen = [int(np.flatnonzero(kind == k)[0]) for k in (FLOOR, WALL, RED, BLUE)]
    head = fitted(seen[chosen], [10 + int(k) for k in kind[chosen]])

    moved = replace(scan, positions=scan.positions * [-1, 1, 1] + [90.0, -40.0, 7.0])
    other = cut_into_superpoints(moved, voxel_size_m=0.04)
    found = classify_superpoints(head, other, looks(other, None))
    right = found.classes[other.of_point] == 10 + truth
    assert right.mean() > 0.95
    assert ((found.confidence > 0.25) & (found.confidence <= 1)).all()


def test_a_scan_without_surfaces() -> None:
    nothing = cut_into_superpoints(PointScan(np.empty((0, 3))), voxel_size_m=0.04)
    found = classify_superpoints(fitted(np.eye(3), [0, 1, 2]), nothing, np.zeros((0, 3)))
    assert found.classes.shape == found.confidence.shape == (0,)


def test_one_class_alone_is_that_class_everywhere() -> None:
    scan, _ = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    seen = looks(superpoints, None)
    found = classify_superpoints(fitted(seen[:1], [5]), superpoints, seen)
    assert (found.classes == 5).all()
    assert found.confidence == pytest.approx(np.ones(len(superpoints)))
