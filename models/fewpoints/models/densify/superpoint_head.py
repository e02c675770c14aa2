# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What answers in some scans say about another one, superpoint by superpoint.

The regression of `kernel_head`, by looks alone: where things stand means nothing in another scan.

    scores(l) = k(l, anchors) W + 1/C,    k(a, b) = exp(-|a - b|^2 / 2 s^2)

With all labelled superpoints as anchors, W = (K + noise)^-1 (Y - 1/C). Beyond `MOST_ANCHORS` a
random part of them are anchors and W is the subset-of-regressors solution (Quinonero-Candela and
Rasmussen, JMLR 2005, section 4), so every label counts and the result stays small. NumPy only.

Letters used in shapes: S superpoints, L labels, D columns of looks, A anchors, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.densify.kernel_head import answer_noise, look_alike
from fewpoints.models.densify.random_walk import probabilities, smooth
from fewpoints.models.superpoints.superpoints import Superpoints

MOST_ANCHORS = 2_000
_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, eq=False)
class SuperpointHead:
    """anchors: (A, D) float32 looks. weights: (A, C) float32. classes: (C,) int64, ascending.

    with_kinds: whether looks have the columns of `kinds.py`.
    """

    anchors: NDArray[np.float32]
    weights: NDArray[np.float32]
    classes: NDArray[np.int64]
    with_kinds: bool

    def scores(self, looks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (S, C), about 0 to 1, rows sum to 1."""
        likeness = look_alike(looks, self.anchors.astype(np.float64))
        return np.asarray(likeness @ self.weights.astype(np.float64) + 1 / len(self.classes))


class SuperpointClasses(NamedTuple):
    """classes: (S,) int64. confidence: (S,) 0..1."""

    classes: NDArray[np.int64]
    confidence: NDArray[np.float64]


def fit_superpoint_head(
    looks: NDArray[np.float64],
    classes: NDArray[np.int64],
    trust: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    with_kinds: bool,
    most_anchors: int = MOST_ANCHORS,
) -> SuperpointHead:
    """Fit a head to labelled superpoints of any number of scans.

    Args:
        looks: (L, D), L >= 1; a superpoint may come once for each of several classes.
        classes: (L,).
        trust: (L,) above 0, 1 for a plain answer; the noise of a label is divided by it.
        rng: draws the anchors, if there are too many labels, from those with most trust.
    """
    values, columns = np.unique(classes, return_inverse=True)
    targets = np.eye(len(values))[columns] - 1 / len(values)
    noise = answer_noise(columns) / trust
    if len(looks) <= most_anchors:
        anchors = looks
        system = look_alike(anchors, anchors) + np.diag(noise)
        weights = np.linalg.solve(system, targets)
    else:
        order = rng.permutation(len(trust))
        drawn = order[np.argsort(-trust[order], kind="stable")][:most_anchors]
        anchors = looks[np.sort(drawn)]
        system, right = look_alike(anchors, anchors), np.zeros((most_anchors, len(values)))
        for start in range(0, len(looks), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            by_label = look_alike(looks[part], anchors)
            counted = by_label / noise[part, None]
            system += counted.T @ by_label
            right += counted.T @ targets[part]
        system[np.diag_indices_from(system)] += 1e-6 * np.trace(system) / len(system)
        weights = np.linalg.solve(system, right)
    return SuperpointHead(
        anchors.astype(np.float32),
        weights.astype(np.float32),
        values.astype(np.int64),
        with_kinds,
    )


def classify_superpoints(
    head: SuperpointHead, superpoints: Superpoints, looks: NDArray[np.float64]
) -> SuperpointClasses:
    """Return what a head says of a scan, evened out over what touches.

    Args:
        looks: (S, D) with the columns that the head knows.
    """
    nothing = np.zeros(0, np.int64)
    if not len(superpoints):
        return SuperpointClasses(nothing, np.zeros(0))
    found = smooth(superpoints, probabilities(head.scores(looks)), nothing, nothing)
    best = found.argmax(axis=1)
    return SuperpointClasses(head.classes[best], found[np.arange(len(found)), best])
