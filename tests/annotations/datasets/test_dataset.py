# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.classes import PRESETS, ClassList
from fewpoints.annotations.datasets.dataset import (
    GroundTruth,
    classes_of_ids,
    ids_of_classes,
    scan_of_arrays,
)
from fewpoints.annotations.scans.scan import PointScan

SCANNET = PRESETS["scannet20"].classes


def test_some_rows_of_a_scan_keep_what_is_known_of_them() -> None:
    scan = PointScan(positions=np.arange(30.0).reshape(10, 3))
    instances = np.array([0, 0, 1, 1, 1, 2, 2, 5, 5, 0])
    classes = np.array([3, 3, 0, 0, 0, 0, 0, 7, 7, 255])
    some = GroundTruth("scan", scan, instances, classes).rows(np.array([7, 1]))
    assert some.instances.tolist() == [5, 0]
    assert some.classes.tolist() == [7, 3]
    assert some.scan.positions[:, 0].tolist() == [21, 3]


def test_nyu40_ids_outside_the_benchmark_have_no_class() -> None:
    ids = np.array([[1, 39, 0, 13, 40, 36, 1]])[0]
    assert classes_of_ids(ids, SCANNET).tolist() == [0, 19, 255, 255, 255, 18, 0]


def test_class_indices_and_external_ids_undo_each_other() -> None:
    for classes in (SCANNET, PRESETS["s3dis13"].classes):
        every = np.arange(len(classes))
        ids = ids_of_classes(every, classes)
        assert classes_of_ids(ids, classes).tolist() == every.tolist()
        assert ids.tolist() == [c.external_id for c in classes]


def test_classes_without_external_ids_cannot_be_written() -> None:
    with pytest.raises(AssertionError, match="lamp has no external id"):
        ids_of_classes(np.array([0]), ClassList.from_names(["lamp"]))


def test_far_positions_get_a_shift() -> None:
    scan = scan_of_arrays(np.full((3, 3), 5e6), np.zeros((3, 3), np.uint8))
    assert scan.global_shift.tolist() == [5e6, 5e6, 5e6]
