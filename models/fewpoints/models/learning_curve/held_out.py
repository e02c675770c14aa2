# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How often labels are right where nobody told them, by the number of answers they were made from.

The answers of a scan are dealt into folds, all answers in one superpoint into the same one. For
each fold and each size m, dense labels are made from the first m answers of the other folds, in the
order in which they were given, and compared with those of the fold. So every answer is predicted
once for each size, always by labels that were made without it and without its surface.

Answers are no random sample of a scan: strategies ask about one point of each kind of surface.
`represented_cells` says how many cells each stands for: those that look more like it than like any
other answer. Weighted with it, the share of right answers is nearer to that of right points: 8 %
below it on simulated flats, since what an answer stands for is judged without that answer.
Unweighted it is some 25 % below.

Letters used in shapes: Q answers, M sizes.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fewpoints.models.densify.labeller import DenseLabeller

FOLDS = 10
# Of more answers the last of these is followed by larger steps of the same kind.
_SIZES = (5, 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800, 1000)
MIN_ANSWERS = 10
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What labels said of answers that they were made without.

    sizes: (M,) ascending. classes: (Q,) what was answered. predicted: (Q, M) what labels said.
    weights: (Q,) cells that each answer stands for. groups: (Q,) the superpoint of each: answers in
    one are no independent evidence.
    """

    sizes: NDArray[np.int64]
    classes: NDArray[np.int64]
    predicted: NDArray[np.int64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(Q, M)."""
        return np.asarray(self.predicted == self.classes[:, None])


def sizes_up_to(answers: int) -> NDArray[np.int64]:
    """Return the sizes at which Q answers are looked at: a few, up to nine tenths of them."""
    last = answers * (FOLDS - 1) // FOLDS
    # Two sizes next to each other would say the same twice.
    return np.array([size for size in _SIZES if size * 1.1 < last] + [last], np.int64)


def held_out_steps(
    labeller: DenseLabeller, rows: NDArray[np.int64], classes: NDArray[np.int64], *, seed: int = 0
) -> Generator[None, None, HeldOut]:
    """Predict each of (Q,) answered rows, in the order of their answers, without its own answer.

    Yields after every piece of work, so that whoever runs it can stop for a while. Q >= 10; every
    row has a place and stands there once.
    """
    sizes = sizes_up_to(len(rows))
    groups = labeller.superpoints.of_point[rows].astype(np.int64)
    fold = _folds(groups, seed)
    predicted = np.full((len(rows), len(sizes)), -1, np.int64)
    for number in range(FOLDS):
        test, train = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(test) or not len(train):
            continue
        for column, size in enumerate(sizes):
            some = train[:size]
            predicted[test, column] = labeller.classes_at(rows[some], classes[some], rows[test])
            yield
    return HeldOut(sizes, classes, predicted, represented_cells(labeller, rows), groups)


def agreement_steps(
    labeller: DenseLabeller,
    rows: NDArray[np.int64],
    classes: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> Generator[None, None, NDArray[np.float64]]:
    """Compare the labels of the first m answers with those of the size before, on all points.

    Returns:
        (M,) share of points that have the same class in both; NaN for the first size.
    """
    found = np.full(len(sizes), np.nan)
    before: NDArray[np.int64] | None = None
    for number, size in enumerate(sizes):
        labels = labeller.label(rows[:size], classes[:size])
        placed = labels.of_point >= 0
        if before is not None:
            found[number] = float((labels.classes == before)[placed].mean())
        before = labels.classes
        yield
    return found


def changed_share(
    labeller: DenseLabeller, rows: NDArray[np.int64], classes: NDArray[np.int64], last: int
) -> float:
    """Return the share of points whose class the `last` of (Q,) answers changed, Q > last."""
    before = labeller.label(rows[:-last], classes[:-last])
    placed = before.of_point >= 0
    return float((before.classes != labeller.label(rows, classes).classes)[placed].mean())


def represented_cells(labeller: DenseLabeller, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (Q,) how many cells look more like each answer's superpoint than like any other's.

    Answers in one superpoint share its cells.
    """
    owners, place, count = np.unique(
        labeller.superpoints.of_point[rows], return_inverse=True, return_counts=True
    )
    _, nearest = cKDTree(labeller.looks[owners]).query(labeller.looks)
    cells = np.bincount(nearest, weights=labeller.superpoints.sizes, minlength=len(owners))
    return np.asarray((cells / count)[place])


def run(steps: Generator[None, None, T]) -> T:
    """Run to the end and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def _folds(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """(Q,) fold of each answer; equal groups are in one fold."""
    names, place = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray(order[place] % FOLDS, np.int64)
