# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Figures about a fine-tuned network, as JSON values with the reason where there are none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.metrics.segmentation import accuracy, confusion, iou, mean_iou, recall


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
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
