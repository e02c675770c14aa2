# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.training.sparse_supervision import LabelledScan
from fewpoints.models.training.superpoint_fitting import answered_superpoints, sure_superpoints
from tests.models.densify.rooms import boxes_room


@pytest.fixture(scope="module")
def room() -> tuple[DenseLabeller, np.ndarray]:
    scan, truth = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    return DenseLabeller(superpoints, looks(superpoints, None), scan.positions), truth


def answers(labeller: DenseLabeller, rows: np.ndarray, classes: np.ndarray) -> LabelledScan:
    return LabelledScan("room", boxes_room()[0], rows, classes, 0.04)


def test_a_superpoint_counts_once_for_each_class(room: tuple[DenseLabeller, np.ndarray]) -> None:
    labeller, _ = room
    of_point = labeller.superpoints.of_point
    floor, other = int(of_point[0]), int(of_point[-1])
    rows = np.concatenate(
        [np.flatnonzero(of_point == floor)[:8], np.flatnonzero(of_point == other)[:2]]
    )
    classes = np.array([5] * 6 + [2] * 2 + [7] * 2)
    owners, said, shares = answered_superpoints(labeller, answers(labeller, rows, classes))
    found = {(int(o), int(c)): float(s) for o, c, s in zip(owners, said, shares, strict=True)}
    assert found == {(floor, 5): 0.75, (floor, 2): 0.25, (other, 7): 1.0}


def test_sure_superpoints_are_those_of_the_dense_labels(
    room: tuple[DenseLabeller, np.ndarray],
) -> None:
    labeller, truth = room
    rows = np.concatenate([np.flatnonzero(truth == kind)[40:41] for kind in range(4)])
    job = answers(labeller, rows, truth[rows])
    found = labeller.label(rows, truth[rows])
    sure, classes = sure_superpoints(labeller, job, 0.4)
    assert len(sure)
    answered = set(labeller.superpoints.of_point[rows].tolist())
    for superpoint, kind in zip(sure.tolist(), classes.tolist(), strict=True):
        points = labeller.superpoints.of_point == superpoint
        assert superpoint not in answered
        assert (found.confidence[points] >= 0.4).all()
        assert (found.classes[points] == kind).all()
    nothing, _ = sure_superpoints(labeller, job, 0.9999)
    assert len(nothing) == 0
