# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Accuracy and intersection over union from sets of points, one class after the other."""

from __future__ import annotations

from collections.abc import Sequence


def ious_of_sets(truth: Sequence[int], found: Sequence[int], *, none: int) -> dict[int, float]:
    """Return class -> IoU, for the classes of the truth; points whose truth is `none` are out."""
    rows = [row for row, true in enumerate(truth) if true != none]
    ious = {}
    for wanted in sorted({truth[row] for row in rows}):
        true = {row for row in rows if truth[row] == wanted}
        said = {row for row in rows if found[row] == wanted}
        ious[wanted] = len(true & said) / len(true | said)
    return ious


def accuracy_of_sets(truth: Sequence[int], found: Sequence[int], *, none: int) -> float:
    """Return the share of the points with a truth that were found to be it."""
    pairs = [(true, said) for true, said in zip(truth, found, strict=True) if true != none]
    return sum(true == said for true, said in pairs) / len(pairs)
