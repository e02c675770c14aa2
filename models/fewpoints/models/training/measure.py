# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Figures about a fine-tuned network, as JSON values with the reason where there are none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, part_of
from fewpoints.models.metrics.segmentation import accuracy, confusion, iou, mean_iou, recall
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.answers import AnswerTable, values_at_answers
from fewpoints.models.training.head import Classify, cross_validate
from fewpoints.models.training.holdout import MIN_ANSWERS_TO_HOLD_OUT, folds
from fewpoints.models.training.sparse_supervision import LabelledScan


def describe(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    class_names: Sequence[str],
    *,
    method: str,
) -> dict[str, Any]:  # JSON
    """Return accuracy, mean IoU over the classes that occur, and both per class.

    Args:
        truth, predicted: (L,) classes of the answers that were measured on.
        method: how the predictions were made: "holdout" or "cross_validation".
    """
    table = confusion(truth, predicted, len(class_names))
    shares, found = iou(table), recall(table)
    return {
        "method": method,
        "reason": None,
        "answers": len(truth),
        "accuracy": _number(accuracy(table)),
        "miou": _number(mean_iou(table, present_only=True)),
        "per_class": [
            {
                "index": index,
                "name": name,
                "answers": int(table[index].sum()),
                "iou": _number(float(shares[index])),
                "recall": _number(float(found[index])),
            }
            for index, name in enumerate(class_names)
            if table[index].sum()
        ],
        # [class, predicted class, answers] of every cell that is not empty.
        "confusion": [
            [int(row), int(column), int(table[row, column])]
            for row, column in zip(*np.nonzero(table), strict=True)
        ],
    }


def unmeasured(reason: str) -> dict[str, Any]:  # JSON
    """Return metrics that say why there are none."""
    return {
        "method": None,
        "reason": reason,
        "answers": 0,
        "accuracy": None,
        "miou": None,
        "per_class": [],
        "confusion": [],
    }


def measure_head(
    answers: AnswerTable,
    class_names: Sequence[str],
    classify: Classify,
    rng: np.random.Generator,
) -> dict[str, Any]:  # JSON
    """Cross-validate the head: every answer is predicted by a head that never saw it."""
    fold = folds(answers.classes, rng)
    _, counts = np.unique(answers.classes, return_counts=True)
    if counts.max() < 2:
        return unmeasured(
            "No figures: every class has a single labelled point, so none can be kept out."
        )
    predicted = cross_validate(fold, classify)
    return describe(answers.classes, predicted, class_names, method="cross_validation")


def measure_network(
    scans: Sequence[LabelledScan],
    test: NDArray[np.bool_],
    answers: AnswerTable,
    network: Res16UNet,
    class_names: Sequence[str],
    device: torch.device,
    progress: Progress,
) -> dict[str, Any]:  # JSON
    if not test.any():
        return unmeasured(
            f"No figures for the whole network: all {len(test)} answers were trained on. Answers "
            f"are kept out from {MIN_ANSWERS_TO_HOLD_OUT} answers on, of classes with 3 or more."
        )
    predicted = np.full(len(test), -1, np.int64)
    for index, scan in enumerate(scans):
        own = answers.of_scan(index)
        chosen = test[own]
        if not chosen.any():
            continue
        report = part_of(progress, index / len(scans), (index + 1) / len(scans))
        table = values_at_answers(scan.answers(chosen), network, device, None, report, logits=True)
        predicted[own[chosen]] = table.argmax(axis=1)
    return describe(answers.classes[test], predicted[test], class_names, method="holdout")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
