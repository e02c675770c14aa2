# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How well a trained network does on scenes that it has not seen, on points and on voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.benchmarks.methods import PreparedScene
from fewpoints.models.benchmarks.runs import Values
from fewpoints.models.features.extract import scan_voxels
from fewpoints.models.metrics.instance import (
    SCANNET_MIN_POINTS,
    Overlaps,
    instance_scores,
    overlaps_of_numbers,
)
from fewpoints.models.metrics.segmentation import confusion, mean_iou
from fewpoints.models.metrics.voxel_labels import voxel_classes, voxel_instances
from fewpoints.models.nets.checkpoint import LoadedNetwork
from fewpoints.models.training.predict import predict

# The least size of an object that has to be found, as in the paper's code.
_MIN_VOXELS = 10


class SceneScore(NamedTuple):
    """Confusions (C, C + 1) of a scene's points and of its voxels; how predicted objects lie on
    true ones, where the network predicts any.
    """

    points: NDArray[np.int64]
    voxels: NDArray[np.int64]
    objects: Overlaps | None
    voxel_objects: Overlaps | None


def score_scene(
    scene: PreparedScene, learned: LoadedNetwork, count: int, *, same_features: bool
) -> SceneScore:
    """Predict a scene of `count` classes and compare.

    Args:
        same_features: the learned network gives the features that the scene has.
    """
    truth, voxel_size_m = scene.truth, scene.voxel_size_m
    predicted = predict(
        truth.scan,
        learned,
        voxel_size_m=voxel_size_m,
        device=scene.setting.device,
        features=scene.features if same_features else None,
        superpoints=scene.superpoints if learned.superpoint_head is not None else None,
    )
    finite, voxels = truth.scan.finite, scan_voxels(truth.scan, voxel_size_m)
    classes = voxel_classes(truth.classes, voxels)
    objects = voxel_objects = None
    if (found := predicted.instances) is not None:
        objects = overlaps_of_numbers(
            truth.classes, truth.instances, found.numbers, found.classes, found.scores
        )
        voxel_objects = overlaps_of_numbers(
            classes,
            voxel_instances(truth.instances, voxels),
            found.numbers[voxels.first_point],
            found.classes,
            found.scores,
        )
    return SceneScore(
        confusion(truth.classes[finite], predicted.classes[finite], count),
        confusion(classes, predicted.classes[voxels.first_point], count),
        objects,
        voxel_objects,
    )


def scene_scores(scores: Sequence[SceneScore], told_apart: Sequence[int]) -> Values:
    """Return the scores of all scenes together.

    Args:
        told_apart: classes whose objects count; none where no objects were learned.
    """
    values = {
        "mIoU points": _mean_iou([score.points for score in scores]),
        "mIoU voxels": _mean_iou([score.voxels for score in scores]),
    }
    if not told_apart:
        return values
    for unit, found, least in (
        ("points", [score.objects for score in scores], SCANNET_MIN_POINTS),
        ("voxels", [score.voxel_objects for score in scores], _MIN_VOXELS),
    ):
        # Where no answer was about a class with objects, none were learned and none are found.
        known = [overlaps for overlaps in found if overlaps is not None]
        average = instance_scores(known, classes=told_apart, min_points=least)
        values[f"AP50 {unit}"] = average.mean_ap50 if known else 0.0
    return values


def _mean_iou(tables: Sequence[NDArray[np.int64]]) -> float:
    return mean_iou(np.sum(tables, axis=0), present_only=True)
