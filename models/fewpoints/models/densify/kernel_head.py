# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The classes of superpoints from a few answers: Gaussian process regression on one-hot answers.

Two superpoints are alike as far as they look alike, near or far, and more so if they are near:

    k(a, b) = 1/2 L + 1/2 L X + 1/10 X
    L = exp(-|l_a - l_b|^2 / 2 s^2),  X = exp(-|x_a - x_b|^2 / 2 r^2)

with looks l and places x. With K over the answered superpoints and k over all, scores are
k (K + noise)^-1 (Y - 1/C) + 1/C, and k (K + noise)^-1 k is the share of a superpoint's prior
variance that the answers explain. Everything is one small solve, whatever the scan's size.

Letters used in shapes: S superpoints, D columns of looks, A answered superpoints, C classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.superpoints.columns import squared_distances

_LOOK = 1.0  # s; looks have a total variance of about 1.7.
_NOISE = 0.05
_BY_LOOK, _BY_BOTH, _BY_PLACE = 0.5, 0.5, 0.1
PRIOR = _BY_LOOK + _BY_BOTH + _BY_PLACE  # k(a, a)


class Scores(NamedTuple):
    """scores: (S, C), about 0 to 1, rows sum to 1. explained: (S,) 0..1."""

    scores: NDArray[np.float64]
    explained: NDArray[np.float64]


def kernel_scores(
    looks: NDArray[np.float64],
    places: NDArray[np.float64],
    answered: NDArray[np.int64],
    classes: NDArray[np.int64],
    class_count: int,
    *,
    reach: float,
) -> Scores:
    """Score every superpoint for every class.

    Args:
        looks: (S, D). places: (S, 3), in the unit of `reach`.
        answered: (A,) different superpoints, A >= 1. classes: (A,) 0..C-1, each at least once.
        reach: r. A class with many answers gets no head start: the noise of an answer grows with
            the root of its class's answers.
    """
    similar = similarities(looks, places, answered, reach)
    system = similar[answered] + np.diag(answer_noise(classes))
    targets = np.eye(class_count)[classes] - 1 / class_count
    scores = similar @ np.linalg.solve(system, targets) + 1 / class_count
    root = np.linalg.cholesky((system + system.T) / 2)
    half = np.linalg.solve(root, similar.T)
    explained = (half * half).sum(axis=0) / PRIOR
    return Scores(scores, np.clip(explained, 0, 1))


def answer_noise(classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (A,) the variance of the noise of answers with these classes."""
    return np.asarray(_NOISE * np.sqrt(np.bincount(classes)[classes]))


def similarities(
    looks: NDArray[np.float64], places: NDArray[np.float64], to: NDArray[np.int64], reach: float
) -> NDArray[np.float64]:
    """Return (S, A) the kernel between all superpoints and those in (A,) `to`."""
    look = look_alike(looks, looks[to])
    place = np.exp(-squared_distances(places, places[to]) / (2 * reach**2))
    return np.asarray(_BY_LOOK * look + _BY_BOTH * look * place + _BY_PLACE * place)


def look_alike(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, m) L between the rows of (n, D) and (m, D) looks."""
    return np.asarray(np.exp(-squared_distances(a, b) / (2 * _LOOK**2)))
