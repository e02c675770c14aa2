# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the answers of one scan amount to. NumPy alone; no database.

Letters used in shapes: N points, Q answers, M sizes.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.learning_curve.held_out import (
    agreement_steps,
    changed_share,
    held_out_steps,
)
from fewpoints.models.learning_curve.reach import reached_share
from fewpoints.models.learning_curve.saturation import (
    CLICKS,
    MIN_ANSWERS_TO_PREDICT,
    Gain,
    expected_gain,
    interval,
    shares_right,
)
from fewpoints.models.metrics.segmentation import confusion, mean_iou
from fewpoints.models.selection.unexplained import unexplained_share


class CurvePoint(BaseModel):
    """How good labels from the first `answers` answers are; shares of 0 to 1.

    `right`: of the held-out answers, each counted by the surface that it stands for, with the ends
    of the middle nine tenths. `right_plain` and `miou`: each answer counted once; mIoU over the
    classes that were answered. `agreement`: points whose class is as with the size before.
    """

    answers: int
    right: float | None
    right_low: float | None
    right_high: float | None
    right_plain: float | None
    miou: float | None
    agreement: float | None


class Curve(BaseModel):
    """The learning curve of one scan. `tested`: held-out answers, each tested at every size."""

    tested: int
    points: list[CurvePoint]


@dataclass(frozen=True, eq=False)
class Coverage:
    """How far answers reach. class_points: (C,) points of each class in the dense labels."""

    labelled: int
    superpoints: int
    answered: int
    explained: float
    reached: float
    class_points: NDArray[np.int64]


def placed_answers(
    labeller: DenseLabeller, rows: NDArray[np.int64], classes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return those of (Q,) answered rows, and their classes, that have a place."""
    placed = labeller.superpoints.of_point[rows] >= 0
    return rows[placed], classes[placed]


def coverage_of(
    labeller: DenseLabeller,
    rows: NDArray[np.int64],
    classes: NDArray[np.int64],
    class_count: int,
) -> Coverage:
    """Return how far (Q,) answers at placed `rows` reach."""
    superpoints = labeller.superpoints
    answered = np.unique(superpoints.of_point[rows])
    found = np.zeros(class_count, np.int64)
    if len(rows):
        labels = labeller.label(rows, classes)
        found = np.bincount(labels.classes[labels.classes >= 0], minlength=class_count)
    return Coverage(
        labelled=len(rows),
        superpoints=len(superpoints),
        answered=len(answered),
        explained=1 - unexplained_share(labeller, rows) if len(rows) else 0.0,
        reached=reached_share(labeller.looks, superpoints.sizes, answered),
        class_points=found,
    )


def curve_steps(
    labeller: DenseLabeller, rows: NDArray[np.int64], classes: NDArray[np.int64]
) -> Generator[None, None, tuple[Curve, Gain | None]]:
    """Work out the learning curve of (Q,) answers in their order, Q >= 10, piece by piece."""
    held = yield from held_out_steps(labeller, rows, classes)
    sizes = np.append(held.sizes, len(rows))
    agreement = yield from agreement_steps(labeller, rows, classes, sizes)
    low, high = interval(held)
    count = int(classes.max()) + 1
    points = [
        CurvePoint(
            answers=int(size),
            right=float(share),
            right_low=float(low[number]),
            right_high=float(high[number]),
            right_plain=float(held.right[:, number].mean()),
            miou=_known(
                mean_iou(
                    confusion(held.classes, held.predicted[:, number], count), present_only=True
                )
            ),
            agreement=_known(float(agreement[number])),
        )
        for number, (size, share) in enumerate(zip(held.sizes, shares_right(held), strict=True))
    ]
    # With all answers none is left to test with, but labels can still be compared.
    untested = dict.fromkeys(("right", "right_low", "right_high", "right_plain", "miou"))
    points.append(CurvePoint(answers=len(rows), agreement=_known(float(agreement[-1])), **untested))
    gain = None
    if len(rows) >= MIN_ANSWERS_TO_PREDICT:
        gain = expected_gain(held, changed_share(labeller, rows, classes, CLICKS))
    return Curve(tested=len(rows), points=points), gain


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
