# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The ScanNet instance benchmark as its rules read, in plain loops over sets of points.

A scan is (true, predicted). `true` has one (class, instance) per point, instance 0 for none.
`predicted` is a list of (set of points, class, confidence), in the order of the submission.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

Scan = tuple[list[tuple[int, int]], list[tuple[set[int], int, float]]]


@dataclass
class _Prediction:
    points: set[int]
    confidence: float
    void: int
    used: bool = False


@dataclass
class _Listed:
    """Every prediction that counts: is it a hit, how confident; and how much was not found."""

    entries: list[tuple[bool, float]] = field(default_factory=list)
    missed: int = 0
    has_truth: bool = False
    has_prediction: bool = False


def scannet_ap(
    scans: Sequence[Scan], wanted: int, threshold: float, *, classes: Sequence[int], min_points: int
) -> float:
    """AP of one class at one IoU threshold."""
    listed = _Listed()
    for true, predicted in scans:
        _list_scan(listed, true, predicted, wanted, threshold, classes, min_points)
    if not listed.has_truth:
        return math.nan
    if not listed.has_prediction:
        return 0.0
    return _integrate(listed)


def _list_scan(
    listed: _Listed,
    true: list[tuple[int, int]],
    predicted: list[tuple[set[int], int, float]],
    wanted: int,
    threshold: float,
    classes: Sequence[int],
    min_points: int,
) -> None:
    objects: dict[int, set[int]] = {}
    void_points = set()
    for point, (its_class, instance) in enumerate(true):
        if its_class not in classes or instance == 0:
            void_points.add(point)
        elif its_class == wanted:
            objects.setdefault(instance, set()).add(point)
    predictions = []
    for points, its_class, confidence in predicted:
        if its_class == wanted and len(points) >= min_points:
            predictions.append(_Prediction(points, confidence, len(points & void_points)))
    if predictions:
        listed.has_prediction = True

    # Go through the objects that are to be found.
    for instance in sorted(objects):
        thing = objects[instance]
        if len(thing) < min_points:
            continue
        listed.has_truth = True
        best: float | None = None
        for prediction in predictions:
            if prediction.used or not _iou(thing, prediction.points) > threshold:
                continue
            if best is None:
                best = prediction.confidence
                prediction.used = True
                continue
            # A second prediction of the same object: the less confident one is false.
            listed.entries.append((False, min(best, prediction.confidence)))
            best = max(best, prediction.confidence)
        if best is None:
            listed.missed += 1
        else:
            listed.entries.append((True, best))

    # Then through the predictions that are nowhere near an object.
    for prediction in predictions:
        near = False
        excused = prediction.void
        for thing in objects.values():
            if _iou(thing, prediction.points) > threshold:
                near = True
            if len(thing) < min_points:
                excused += len(thing & prediction.points)
        if not near and not excused / len(prediction.points) > threshold:
            listed.entries.append((False, prediction.confidence))


def _integrate(listed: _Listed) -> float:
    curve = []
    for least in sorted({confidence for _, confidence in listed.entries}):
        true_positives = false_positives = 0
        false_negatives = listed.missed
        for hit, confidence in listed.entries:
            if confidence >= least:
                true_positives += hit
                false_positives += not hit
            else:
                false_negatives += hit
        curve.append(
            (
                true_positives / (true_positives + false_positives),
                true_positives / (true_positives + false_negatives),
            )
        )
    curve.append((1.0, 0.0))
    recalls = [curve[0][1]] + [recall for _, recall in curve] + [0.0]
    area = 0.0
    for step, (precision, _) in enumerate(curve):
        # A kernel of (-1/2, 0, 1/2), mirrored, as a convolution does.
        area += precision * (0.5 * recalls[step] - 0.5 * recalls[step + 2])
    return area


def _iou(a: set[int], b: set[int]) -> float:
    return len(a & b) / len(a | b)
