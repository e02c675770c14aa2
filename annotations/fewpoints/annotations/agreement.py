# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How far people agree at points that several of them gave a class.

Letters used in shapes: P points that two people have in common, A answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]


def cohens_kappa(first: Ints, second: Ints) -> float | None:
    """Return Cohen's kappa of two people: (agreed - by chance) / (1 - by chance).

    Args:
        first: (P,) classes of one person. second: (P,) those of the other at the same points.

    Returns:
        1 for the same classes, 0 for what chance would give; None without points, or where both
        always name one and the same class, as chance explains everything then.
    """
    assert first.shape == second.shape
    if len(first) == 0:
        return None
    classes, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    a, b = codes.reshape(2, -1)
    table = np.zeros((len(classes), len(classes)))
    np.add.at(table, (a, b), 1 / len(first))
    by_chance = float(table.sum(axis=0) @ table.sum(axis=1))
    if by_chance >= 1 - 1e-12:
        return None
    return float((np.trace(table) - by_chance) / (1 - by_chance))


def krippendorffs_alpha(points: Ints, classes: Ints) -> float | None:
    """Return Krippendorff's alpha for classes: any number of people at each point.

    alpha = 1 - observed / expected disagreement, both over pairs of answers: within a point, where
    a point of m answers weighs 1 / (m - 1), and over all answers. Points with one answer take no
    part.

    Args:
        points: (A,) which point each answer is about. classes: (A,) the class it names.

    Returns:
        1 where all agree, 0 for what chance would give; None without a point of two answers, or
        where all name one and the same class.
    """
    assert points.shape == classes.shape
    _, unit, sizes = np.unique(points, return_inverse=True, return_counts=True)
    shared = sizes[unit] > 1
    if not shared.any():
        return None
    _, unit = np.unique(unit[shared], return_inverse=True)
    kinds, codes = np.unique(classes[shared], return_inverse=True)
    table = np.zeros((unit.max() + 1, len(kinds)))
    np.add.at(table, (unit, codes), 1)
    answers = table.sum(axis=1)
    total = float(answers.sum())
    differing = answers**2 - (table**2).sum(axis=1)  # Ordered pairs of a point that differ.
    observed = float((differing / (answers - 1)).sum()) / total
    of_kind = table.sum(axis=0)
    expected = (total**2 - float((of_kind**2).sum())) / (total * (total - 1))
    return None if expected == 0 else 1 - observed / expected
