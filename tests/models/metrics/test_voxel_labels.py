# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.engine.coords import voxelise
from fewpoints.models.metrics.instance import instance_scores, overlaps_of_numbers
from fewpoints.models.metrics.segmentation import confusion, iou
from fewpoints.models.metrics.voxel_labels import point_values, voxel_classes, voxel_instances

# Voxels of 1: points 0, 1 agree; 2, 3 differ; 4 is alone; 5 has a neighbour 6 without a class; 7
# is not finite.
POSITIONS = np.array([[0.1], [0.9], [1.1], [1.2], [2.5], [3.1], [3.2], [np.nan]]) * [[1, 0, 0]]
CLASSES = np.array([4, 4, 4, 6, 6, 6, 255, 4], np.uint8)


def test_a_voxel_has_the_class_that_all_its_points_have() -> None:
    voxels = voxelise(POSITIONS, 1.0)
    assert voxel_classes(CLASSES, voxels).tolist() == [4, 255, 6, 255]


def test_a_voxel_has_the_instance_of_its_first_point() -> None:
    voxels = voxelise(POSITIONS, 1.0)
    instances = np.array([3, 1, 2, 2, 5, 0, 1, 1])
    assert voxel_instances(instances, voxels).tolist() == [3, 2, 5, 0]


def test_points_get_back_what_their_voxel_has() -> None:
    voxels = voxelise(POSITIONS, 1.0)
    numbers = np.array([10, 11, 12, 13])
    assert point_values(numbers, voxels, missing=-1).tolist() == [10, 10, 11, 11, 12, 13, 13, -1]
    table = point_values(np.eye(4, dtype=np.float32), voxels, missing=np.nan)
    assert table.dtype == np.float32
    assert table[3].tolist() == [0, 1, 0, 0]
    assert np.isnan(table[7]).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_classes_agree_with_a_look_at_every_voxel(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-2, 2, (count, 3))
    classes = rng.choice([0, 0, 1, 255], count)
    voxels = voxelise(positions, 1.5)
    expected = []
    for voxel in range(len(voxels)):
        inside = {int(classes[i]) for i in range(count) if voxels.point_to_voxel[i] == voxel}
        expected.append(inside.pop() if len(inside) == 1 else 255)
    assert voxel_classes(classes, voxels).tolist() == expected


def test_metrics_on_points_and_on_voxels() -> None:
    # Ten points of a chair in one voxel, two in two more; the class of the large voxel is missed.
    # Points: 2 of 12 right. Voxels: 2 of 3.
    positions = np.array([[0.5, 0, 0]] * 10 + [[1.5, 0, 0], [2.5, 0, 0]])
    truth, instances = np.full(12, 4), np.ones(12, np.int64)
    voxels = voxelise(positions, 1.0)
    predicted = np.array([6, 4, 4])
    on_points = confusion(truth, point_values(predicted, voxels, missing=255), 20)
    on_voxels = confusion(voxel_classes(truth, voxels), predicted, 20)
    assert iou(on_points)[4] == 2 / 12
    assert iou(on_voxels)[4] == 2 / 3
    found, kind = np.array([0, 1, 1]), np.array([4])
    points = overlaps_of_numbers(
        truth, instances, point_values(found, voxels, missing=0), kind, np.ones(1)
    )
    cells = overlaps_of_numbers(
        voxel_classes(truth, voxels), voxel_instances(instances, voxels), found, kind, np.ones(1)
    )
    assert instance_scores([points], min_points=2).mean_ap50 == 0
    assert instance_scores([cells], min_points=2).mean_ap50 == 1
