# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How good the labels of the clicked scan itself are, by the number of clicks.

A method is a way to choose points and a way to carry their answers to all others, "diverse/dense".
Answers are the truth at the chosen points; where the truth has no class the click is spent, as when
a person skips. Two bounds are known per scan: what its superpoints allow at best (the *ceiling*),
and what they allow with the classes that were clicked (the *class oracle*). Contradictory answers
split a superpoint, so that on a scan of few superpoints both can be exceeded.

Letters used in shapes: N points, S superpoints, Q answers, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import Dataset, GroundTruth
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.measuring import Extent, measure_scenes
from fewpoints.models.benchmarks.methods import METHOD_NAMES, PreparedScene, Setting, check_methods
from fewpoints.models.benchmarks.runs import Key, Run, Values
from fewpoints.models.metrics.segmentation import confusion, mean_iou

PROTOCOL = "densify"
LABELLERS = ("dense", "nearest")
NO_CLASS = -1


def parse_methods(names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return "selection/labeller" names; a selection alone means both labellers.

    Raises:
        BadProtocol: there is no such selection or labeller.
    """
    found: list[str] = []
    for name in names:
        selection, slash, labeller = name.partition("/")
        check_methods([selection])
        if slash and labeller not in LABELLERS:
            raise BadProtocol(
                f'There is no labeller "{labeller}" (in "{name}"). Use {" or ".join(LABELLERS)}, '
                f"for example {METHOD_NAMES[-1]}/{LABELLERS[0]}."
            )
        found += [f"{selection}/{kind}" for kind in ([labeller] if slash else LABELLERS)]
    return tuple(dict.fromkeys(found))


def run_densify(
    run: Run,
    dataset: Dataset,
    extent: Extent,
    setting: Setting,
    progress: Progress = no_progress,
) -> None:
    """Measure what is missing: mIoU, its two bounds, and how many clicks were answered."""
    count = len(dataset.classes)
    measure_scenes(run, dataset, extent, setting, lambda s, k: scene_densify(s, k, count), progress)


def scene_densify(scene: PreparedScene, key: Key, class_count: int) -> Values:
    """Label one scan from the answers at the points of a method."""
    selection, _, labeller = key.method.partition("/")
    truth = scene.truth
    rows = scene.answers(scene.rows(selection, key.budget, key.seed))
    classes = truth.classes[rows]
    majority = majority_classes(truth, scene.superpoints.of_point, len(scene.superpoints))
    if not len(rows):
        predicted = np.full(len(truth.scan), NO_CLASS, np.int64)
    elif labeller == "nearest":
        predicted = nearest_answer(truth.scan.positions, truth.scan.finite, rows, classes)
    else:
        predicted = scene.labeller.label(rows, classes).classes
    reachable = np.where(np.isin(majority, classes), majority, NO_CLASS)
    of_point = scene.superpoints.of_point
    return {
        "mIoU": scan_miou(truth, predicted, class_count),
        "class oracle": scan_miou(truth, _spread(reachable, of_point), class_count),
        "ceiling": scan_miou(truth, _spread(majority, of_point), class_count),
        "answered": len(rows) / key.budget,
    }


def scan_miou(truth: GroundTruth, predicted: NDArray[np.integer], class_count: int) -> float:
    """Return the mean IoU over the classes that the scan has, of all its points with a class.

    Args:
        predicted: (N,) classes; any value outside 0..C-1 is wrong.
    """
    rows = truth.scan.finite
    table = confusion(truth.classes[rows], predicted[rows], class_count)
    return mean_iou(table, present_only=True)


def nearest_answer(
    positions: NDArray[np.float64],
    finite: NDArray[np.bool_],
    rows: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return (N,) the class of the nearest of (Q,) answered rows; `NO_CLASS` if not finite."""
    found = np.full(len(positions), NO_CLASS, np.int64)
    found[finite] = classes[cKDTree(positions[rows]).query(positions[finite])[1]]
    return found


def majority_classes(
    truth: GroundTruth, of_point: NDArray[np.integer], count: int
) -> NDArray[np.int64]:
    """Return (S,) the class that most points of each superpoint have; `NO_CLASS` if none has one.

    Args:
        of_point: (N,) superpoint of each point, -1 for none. count: S.
    """
    known = (truth.classes != UNLABELLED) & (of_point >= 0)
    if not known.any():
        return np.full(count, NO_CLASS, np.int64)
    columns = int(truth.classes[known].max()) + 1
    flat = of_point[known].astype(np.int64) * columns + truth.classes[known]
    table = np.bincount(flat, minlength=count * columns).reshape(count, columns)
    return np.where(table.any(axis=1), table.argmax(axis=1), NO_CLASS)


def _spread(of_superpoint: NDArray[np.int64], of_point: NDArray[np.integer]) -> NDArray[np.int64]:
    return np.where(of_point >= 0, of_superpoint[of_point], NO_CLASS)
