# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How well instances were predicted: average precision by the rules of the ScanNet benchmark.

First the overlaps of each scan are counted (`overlaps_of_masks`, `overlaps_of_numbers`), then the
scans are scored together (`instance_scores`). The rules, for one class and one threshold t:

* A prediction matches a true instance of its class if their IoU exceeds t.
* The first match of an instance is used up and cannot match another. If an instance has several,
  the most confident counts as the hit and the others as false positives.
* True instances of fewer than `min_points` points need not be found, and predictions of fewer take
  no part.
* A prediction that matches nothing is a false positive, unless more than t of it lies on points
  that are not evaluated: *void* ones, without an instance of an evaluated class, and those of its
  own class's too small instances.
* Precision and recall at every confidence make a curve that ends at precision 1, recall 0;
  with points 1..n from the lowest confidence on, recall r_0 = r_1 and r_{n+1} = 0,

      AP = sum_i p_i (r_{i-1} - r_{i+1}) / 2.

Only below t = 0.5 can one prediction match two instances; there the order in which predictions are
given and instances are numbered matters, as it does in the original.

Letters used in shapes: N points (or voxels), M predicted instances, G true ones, C classes.
Instances count from 1; 0 and less mean none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import BoolArray, IntArray
from fewpoints.annotations.classes import UNLABELLED, preset

SCANNET_INSTANCE_CLASSES = tuple(
    c.index for c in preset("scannet20").classes if c.instanceable
)  # 18: all but wall and floor.
# On points. The paper's own figures are on voxels, with 10.
SCANNET_MIN_POINTS = 100
AP_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """How the predicted instances of one scan lie on its true ones.

    shared: (M, G) int64 points in both. predicted_points, predicted_classes: (M,) int64.
    confidence: (M,) float64. true_points, true_classes: (G,) int64; a true instance is a pair of
    class and number, in ascending order of both.
    """

    shared: NDArray[np.int64]
    predicted_points: NDArray[np.int64]
    predicted_classes: NDArray[np.int64]
    confidence: NDArray[np.float64]
    true_points: NDArray[np.int64]
    true_classes: NDArray[np.int64]


def overlaps_of_masks(
    true_classes: IntArray,
    true_instances: IntArray,
    masks: BoolArray,
    predicted_classes: IntArray,
    confidence: NDArray[np.floating],
) -> Overlaps:
    """Count the overlaps of predictions that may overlap each other.

    Args:
        true_classes: (N,), 255 for none.
        true_instances: (N,), below 1 for none.
        masks: (M, N) bool.
        predicted_classes, confidence: (M,).
    """
    columns, classes = _true_columns(true_classes, true_instances)
    if masks.shape != (len(predicted_classes), len(columns)):
        raise ValueError(
            f"masks are {masks.shape} but there are {len(predicted_classes)} predicted classes "
            f"and {len(columns)} points"
        )
    table = np.zeros((len(masks), len(classes) + 1), np.int64)
    for row, mask in zip(table, masks, strict=True):
        row[:] = np.bincount(columns[mask], minlength=len(row))
    return _overlaps(table, predicted_classes, confidence, columns, classes)


def overlaps_of_numbers(
    true_classes: IntArray,
    true_instances: IntArray,
    predicted_instances: IntArray,
    predicted_classes: IntArray,
    confidence: NDArray[np.floating],
) -> Overlaps:
    """Count the overlaps of predictions of which each point has at most one.

    Args:
        true_classes: (N,), 255 for none.
        true_instances: (N,), below 1 for none.
        predicted_instances: (N,) 1..M, below 1 for none.
        predicted_classes, confidence: (M,); row i belongs to instance i + 1.
    """
    columns, classes = _true_columns(true_classes, true_instances)
    if len(predicted_instances) != len(columns):
        raise ValueError(f"{len(columns)} true but {len(predicted_instances)} predicted points")
    rows = np.maximum(predicted_instances, 0).astype(np.int64)
    count, width = len(predicted_classes), len(classes) + 1
    if len(rows) and rows.max() > count:
        raise ValueError(f"instance {rows.max()} is predicted, but there are {count} classes")
    flat = np.bincount(rows * width + columns, minlength=(count + 1) * width)
    table = flat.reshape(count + 1, width)[1:]
    return _overlaps(table, predicted_classes, confidence, columns, classes)


@dataclass(frozen=True, eq=False)
class InstanceScores:
    """AP of every class, each (C,) float64, NaN for a class without true instances.

    ap: mean over `AP_THRESHOLDS`. ap50, ap25: at IoU 0.5 and 0.25. The means leave NaN out, and are
    NaN where nothing else is left.
    """

    classes: tuple[int, ...]
    ap: NDArray[np.float64]
    ap50: NDArray[np.float64]
    ap25: NDArray[np.float64]

    @property
    def mean_ap(self) -> float:
        """Mean of `ap` over the classes that occur."""
        return _mean(self.ap)

    @property
    def mean_ap50(self) -> float:
        """Mean of `ap50` over the classes that occur."""
        return _mean(self.ap50)

    @property
    def mean_ap25(self) -> float:
        """Mean of `ap25` over the classes that occur."""
        return _mean(self.ap25)


def instance_scores(
    scans: Sequence[Overlaps],
    *,
    classes: Sequence[int] = SCANNET_INSTANCE_CLASSES,
    min_points: int = SCANNET_MIN_POINTS,
) -> InstanceScores:
    """Score all scans together: their predictions are ranked in one list per class."""
    table = average_precision(scans, (*AP_THRESHOLDS, 0.25), classes=classes, min_points=min_points)
    return InstanceScores(tuple(classes), table[:-1].mean(axis=0), table[0], table[-1])


def average_precision(
    scans: Sequence[Overlaps],
    thresholds: Sequence[float],
    *,
    classes: Sequence[int] = SCANNET_INSTANCE_CLASSES,
    min_points: int = SCANNET_MIN_POINTS,
) -> NDArray[np.float64]:
    """Return (T, C) AP at each of T thresholds; NaN for a class without true instances."""
    result = np.full((len(thresholds), len(classes)), np.nan)
    for column, wanted in enumerate(classes):
        parts = [_of_class(scan, wanted, classes, min_points) for scan in scans]
        if not any(part.counts.any() for part in parts):
            continue
        for row, threshold in enumerate(thresholds):
            result[row, column] = _area([_judge(part, threshold) for part in parts])
    return result


@dataclass(frozen=True, eq=False)
class _OneClass:
    """The predictions (m) and true instances (g) of one class in one scan."""

    iou: NDArray[np.float64]  # (m, g)
    confidence: NDArray[np.float64]  # (m,)
    ignored: NDArray[np.float64]  # (m,) share of each prediction on points not evaluated.
    counts: BoolArray  # (g,) large enough to have to be found.


@dataclass(frozen=True)
class _Outcome:
    """Confidences of hits and of false positives, and true instances that were not found."""

    hits: list[float]
    false: list[float]
    missed: int


def _of_class(scan: Overlaps, wanted: int, classes: Sequence[int], min_points: int) -> _OneClass:
    rows = (scan.predicted_classes == wanted) & (scan.predicted_points >= max(min_points, 1))
    columns = scan.true_classes == wanted
    counts = scan.true_points[columns] >= min_points
    shared = scan.shared[rows][:, columns]
    size = scan.predicted_points[rows]
    union = size[:, None] + scan.true_points[columns] - shared
    evaluated = scan.shared[rows][:, np.isin(scan.true_classes, classes)].sum(axis=1)
    ignored = size - evaluated + shared[:, ~counts].sum(axis=1)
    return _OneClass(shared / union, scan.confidence[rows], ignored / size, counts)


def _judge(part: _OneClass, threshold: float) -> _Outcome:
    matches = part.iou > threshold
    used = np.zeros(len(matches), np.bool_)
    hits: list[float] = []
    false: list[float] = []
    missed = 0
    for column in np.flatnonzero(part.counts):
        rivals = np.flatnonzero(matches[:, column] & ~used)
        if not len(rivals):
            missed += 1
            continue
        used[rivals[0]] = True
        *others, best = sorted(part.confidence[rivals].tolist())
        hits.append(best)
        false += others
    # A match with a too small instance is neither a hit nor false.
    alone = ~matches.any(axis=1) & (part.ignored <= threshold)
    return _Outcome(hits, false + part.confidence[alone].tolist(), missed)


def _area(outcomes: Sequence[_Outcome]) -> float:
    """Return the area under the precision-recall curve; at least one instance is hit or missed."""
    hits = [score for outcome in outcomes for score in outcome.hits]
    false = [score for outcome in outcomes for score in outcome.false]
    to_find = len(hits) + sum(outcome.missed for outcome in outcomes)
    scores = np.array(hits + false)
    order = np.argsort(scores)
    _, first = np.unique(scores[order], return_index=True)
    # Of the predictions from each distinct confidence upwards: all, and the true ones among them.
    accepted = len(scores) - first
    found = np.cumsum((order < len(hits))[::-1])[::-1][first]
    precision = np.append(found / accepted, 1.0)
    recall = np.append(found / to_find, 0.0)
    around = np.concatenate([recall[:1], recall, [0.0]])
    return float(precision @ (around[:-2] - around[2:])) / 2


def _true_columns(
    classes: IntArray, instances: IntArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (N,) which true instance each point is of, G for none, and the (G,) classes."""
    if classes.shape != instances.shape or classes.ndim != 1:
        raise ValueError(f"classes are {classes.shape} but instances {instances.shape}")
    inside = (classes != UNLABELLED) & (instances > 0)
    numbers, number = np.unique(instances[inside], return_inverse=True)
    keys = classes[inside].astype(np.int64) * len(numbers) + number
    pairs, column = np.unique(keys, return_inverse=True)
    columns = np.full(len(classes), len(pairs), np.int64)
    columns[inside] = column
    return columns, pairs // max(len(numbers), 1)


def _overlaps(
    table: NDArray[np.int64],
    predicted_classes: IntArray,
    confidence: NDArray[np.floating],
    columns: NDArray[np.int64],
    classes: NDArray[np.int64],
) -> Overlaps:
    """Put together what is known; `table` is (M, G + 1), the last column points of no instance."""
    scores = np.asarray(confidence, np.float64)
    if scores.shape != (len(predicted_classes),) or np.isnan(scores).any():
        raise ValueError(f"one number per prediction is needed as confidence, not {scores.shape}")
    return Overlaps(
        shared=table[:, :-1],
        predicted_points=table.sum(axis=1),
        predicted_classes=np.asarray(predicted_classes, np.int64),
        confidence=scores,
        true_points=np.bincount(columns, minlength=len(classes) + 1)[:-1],
        true_classes=classes,
    )


def _mean(values: NDArray[np.float64]) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")
