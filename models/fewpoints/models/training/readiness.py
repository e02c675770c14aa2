# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whether there are answers enough to train on. Imports no torch: the API asks this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

MIN_ANSWERS = 5
MIN_CLASSES = 2
# A class with fewer answers is only learned from: none is kept out to measure with.
MIN_OF_CLASS_TO_HOLD_OUT = 3
UNLABELLED = 255


def check_ready(
    class_indices: Sequence[int],
    *,
    min_answers: int = MIN_ANSWERS,
    min_classes: int = MIN_CLASSES,
) -> list[str]:
    """Return why training cannot start yet, one sentence each; an empty list means it can.

    Args:
        class_indices: the class of every labelled point, over all scans; 255 means none.
    """
    counts = Counter(index for index in map(int, class_indices) if index != UNLABELLED)
    answers = sum(counts.values())
    reasons = []
    if answers < min_answers:
        missing = min_answers - answers
        reasons.append(
            f"Training needs at least {min_answers} labelled points; there "
            f"{'is' if answers == 1 else 'are'} {answers}. Label {missing} more."
        )
    if len(counts) < min_classes:
        used = "no class has" if not counts else "only 1 class has"
        if len(counts) > 1:
            used = f"only {len(counts)} classes have"
        reasons.append(
            f"Training needs labelled points of at least {min_classes} classes; "
            f"{used} any. Label points of another class."
        )
    return reasons
