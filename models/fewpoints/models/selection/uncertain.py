# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The next superpoints to ask about, chosen from what was answered.

A superpoint counts by

    (H + 0.1) * unexplained * cells^0.75

where H is the entropy, in nats, of its probabilities in the current dense labels, and `unexplained`
is what the answers leave open of it. The 0.1 is for classes that nobody has named yet, and decides
where one class is all that is known. After each chosen superpoint what it will explain is taken
off the others, so a batch never asks the same thing twice. Without answers all classes are as
likely everywhere: size and what is unexplained decide.

A superpoint that was asked about is not asked about again, unless its answers contradict each
other. Then H is the entropy of their shares and n answers leave 1 / n open, and another point of it
is asked about, away from those answered.

What lost to this is in docs/benchmarks.md. Letters used in shapes: N points, S superpoints, Q
answers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fewpoints.models.densify.kernel_head import answer_noise
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.selection.diverse import specks, typical_cell
from fewpoints.models.selection.unexplained import Unexplained

_DOUBT = 0.1
_SIZE_POWER = 0.75


def uncertain_rows(
    labeller: DenseLabeller,
    rows: NDArray[np.integer],
    classes: NDArray[np.integer],
    budget: int,
    *,
    features: NDArray[np.float32] | None,
    allowed: NDArray[np.bool_],
) -> list[int]:
    """Choose the next points of a scan to ask about, the most wanted first.

    Args:
        labeller: of the scan.
        rows, classes: (Q,) what was answered, any integers; Q may be 0.
        features: (N, F), for the most typical point of a superpoint. None: the one nearest its
            middle, for which its cells are not needed.
        allowed: (N,) points that may be chosen. The superpoints of all others count as asked
            about: their answers are expected.

    Returns:
        <= budget different rows: as many as there are superpoints left to ask about.

    Raises:
        BadAnswer: a row is not a point of the scan, or a point without a place.
    """
    of_point = labeller.superpoints.of_point
    waiting, free = ~allowed, allowed.copy()
    if len(rows):
        rows, classes = labeller.checked(rows, classes)
        waiting[rows], free[rows] = False, False
    expected = np.unique(of_point[waiting])
    wanted = uncertain_superpoints(
        labeller, rows, classes, budget, expected=expected[expected >= 0]
    )
    chosen: list[int] = []
    for superpoint in wanted.tolist():
        here = rows[of_point[rows] == superpoint]
        choice = free & _away_from(labeller, superpoint, here) if len(here) else free
        if features is None:
            row = _middle_point(labeller, superpoint, choice)
        else:
            row = typical_cell(labeller.superpoints, features, superpoint, allowed=choice)
        if row is not None:
            chosen.append(row)
    return chosen


def uncertain_superpoints(
    labeller: DenseLabeller,
    rows: NDArray[np.integer],
    classes: NDArray[np.integer],
    budget: int,
    *,
    expected: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Choose different superpoints to ask about, the most wanted first.

    Args:
        rows, classes: (Q,) what was answered; rows are different.
        expected: superpoints with points that were asked about and not answered with a class.

    Returns:
        (<= budget,) superpoints; fewer where fewer are left.
    """
    superpoints = labeller.superpoints
    count = len(superpoints)
    doubt = np.full(count, _DOUBT)
    contested = np.zeros(count)
    answered, noise = np.zeros(0, np.int64), np.zeros(0)
    if len(rows):
        found = labeller.label(rows, classes).superpoint_probabilities[:count]
        doubt += _entropy(found.astype(np.float64))
        columns = np.unique(classes, return_inverse=True)[1]
        owners = superpoints.of_point[rows].astype(np.int64)
        answered, first = np.unique(owners, return_index=True)
        noise = answer_noise(columns[first])
        contested = _contested(owners, columns, count)
    contested[expected] = 0
    waiting = np.setdiff1d(expected, answered).astype(np.int64)
    unexplained = Unexplained(
        labeller.looks,
        superpoints.centres,
        reach=labeller.reach,
        asked=np.concatenate([answered, waiting]),
        noise=np.concatenate([noise, answer_noise(np.arange(len(waiting)))]),
    )
    fresh = np.ones(count, bool)
    fresh[answered], fresh[waiting] = False, False
    size = superpoints.sizes.astype(np.float64) ** _SIZE_POWER
    again = contested * size
    speck = specks(superpoints)
    chosen: list[int] = []
    for pool in (fresh & ~speck, fresh & speck):
        while len(chosen) < budget and (pool.any() or again.any()):
            score = np.where(pool, doubt * unexplained.share * size, again)
            best = int(np.where(pool | (again > 0), score, -1.0).argmax())
            chosen.append(best)
            pool[best], again[best] = False, 0.0
            unexplained.ask(best)
    return np.array(chosen, np.int64)


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R,) of the rows of (R, C) shares that sum to 1; nats."""
    return np.asarray(-(shares * np.log(np.maximum(shares, 1e-12))).sum(axis=1))


def _contested(
    owners: NDArray[np.int64], columns: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """(S,) entropy of the answers' classes over their number; 0 where they agree."""
    table = np.zeros((count, int(columns.max()) + 1))
    np.add.at(table, (owners, columns), 1)
    answers = np.maximum(table.sum(axis=1), 1)
    return np.asarray(_entropy(table / answers[:, None]) / answers, np.float64)


def _middle_point(
    labeller: DenseLabeller, superpoint: int, allowed: NDArray[np.bool_]
) -> int | None:
    members = np.flatnonzero((labeller.superpoints.of_point == superpoint) & allowed)
    if not len(members):
        return None
    places = labeller.positions[members]
    return int(members[((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin()])


def _away_from(
    labeller: DenseLabeller, superpoint: int, answered: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(N,) the half of a superpoint's points that is furthest from its answered ones."""
    members = np.flatnonzero(labeller.superpoints.of_point == superpoint)
    tree = cKDTree(labeller.positions[answered])
    distance = tree.query(labeller.positions[members])[0]
    far = np.zeros(len(labeller.positions), bool)
    far[members[distance >= np.median(distance)]] = True
    return far
