# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import GroundTruth
from fewpoints.annotations.datasets.limited import (
    ListedBoxes,
    keep_listed_objects,
    keep_listed_points,
)
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan

SCENE = "scene0000_00"
TRUTH = GroundTruth(
    SCENE,
    PointScan(positions=np.zeros((6, 3))),
    instances=np.array([1, 1, 2, 2, 0, 3]),
    classes=np.array([0, 0, 4, 4, 255, 6]),
)


def boxes(*instances: int) -> dict[str, ListedBoxes]:
    numbers = np.array(instances, np.int64)
    return {SCENE: ListedBoxes(np.arange(len(numbers)), numbers)}


class TestPoints:
    def test_only_listed_points_stay_labelled(self) -> None:
        few = keep_listed_points(TRUTH, {SCENE: np.array([5, 0, 4, 0])}, name="points20")
        assert few.classes.tolist() == [0, 255, 255, 255, 255, 6]
        assert few.instances.tolist() == [1, 0, 0, 0, 0, 3]
        assert few.scan is TRUTH.scan
        assert TRUTH.classes.tolist() == [0, 0, 4, 4, 255, 6]

    @pytest.mark.parametrize("row", [6, -1])
    def test_a_row_beyond_the_scan_is_refused(self, row: int) -> None:
        with pytest.raises(
            UnreadableDataset, match=rf'points20: scene "{SCENE}" lists point {row}, .* 6 points'
        ):
            keep_listed_points(TRUTH, {SCENE: np.array([0, row])}, name="points20")

    def test_a_scene_that_is_not_listed_is_refused(self) -> None:
        with pytest.raises(
            UnreadableDataset, match=f'points20: scene "{SCENE}" is not among the 1 scenes'
        ):
            keep_listed_points(TRUTH, {"scene0001_00": np.array([0])}, name="points20")


class TestObjects:
    def test_only_listed_objects_stay_labelled(self) -> None:
        few = keep_listed_objects(TRUTH, boxes(3, 1), name="boxes2")
        assert few.classes.tolist() == [0, 0, 255, 255, 255, 6]
        assert few.instances.tolist() == [1, 1, 0, 0, 0, 3]

    @pytest.mark.parametrize("instance", [0, 4])
    def test_an_object_that_the_scan_lacks_is_refused(self, instance: int) -> None:
        with pytest.raises(UnreadableDataset, match=f"lists object {instance}, which"):
            keep_listed_objects(TRUTH, boxes(1, instance), name="boxes2")

    def test_a_scene_that_is_not_listed_is_refused(self) -> None:
        with pytest.raises(UnreadableDataset, match="is not among the 0 scenes"):
            keep_listed_objects(TRUTH, {}, name="boxes2")
