# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which answers to measure with instead of training on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.training.readiness import MIN_OF_CLASS_TO_HOLD_OUT

# With fewer answers every one is worth more in training than in a measurement.
MIN_ANSWERS_TO_HOLD_OUT = 30
FOLDS = 5


def held_out(
    classes: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Choose answers to hold out, from every class alike.

    Args:
        classes: (L,) class of each answer.
        share: of each class, rounded, at least one; a class with one or two answers keeps them.

    Returns:
        (L,) True for answers that are not trained on; all False below 30 answers or share 0.
    """
    out = np.zeros(len(classes), bool)
    if share <= 0 or len(classes) < MIN_ANSWERS_TO_HOLD_OUT:
        return out
    for index in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == index))
        if len(rows) >= MIN_OF_CLASS_TO_HOLD_OUT:
            out[rows[: max(1, round(share * len(rows)))]] = True
    return out


def folds(
    classes: NDArray[np.int64], rng: np.random.Generator, *, count: int = FOLDS
) -> NDArray[np.int64]:
    """Deal answers into folds, each class evenly.

    Returns:
        (L,) fold of each answer, 0..count-1.
    """
    fold = np.empty(len(classes), np.int64)
    start = 0
    for index in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == index))
        # Going on where the last class stopped keeps folds of equal size for rare classes.
        fold[rows] = (start + np.arange(len(rows))) % count
        start += len(rows)
    return fold
