# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the next ten clicks are likely to bring, from how the last ones helped.

Two things are looked at, each of which counts half. First, a learning curve rises ever more slowly
towards a ceiling. Each of a few such shapes,

    f(n) = c - a n^-b      and      f(n) = c - a exp(-n / t),      a >= 0, c <= 1,

is fitted to the share of held-out answers that were right, by least squares with weights that grow
with the root of n, for b and t on a grid; the best one says what ten more answers bring. Second,
labels that still change are not done: half of the points whose class the last ten answers changed
is taken as the gain of the next ten.

The fit is done again for some hundred draws of the answers with replacement. What ten particular
clicks bring is lumpy, since most meet nothing new: as waiting times do, it scatters exponentially
around its mean, and each draw's gain is multiplied with such a number. The interval is the middle
nine tenths of all these.

How well that holds on simulated flats is in docs/benchmarks.md.

Letters used in shapes: Q answers, M sizes, G shapes on the grid, B draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.learning_curve.held_out import HeldOut

# Below, what is measured lags behind: each new answer still meets a new kind of thing.
MIN_ANSWERS_TO_PREDICT = 40
CLICKS = 10
# Less than this is not worth ten clicks, if it is unlikely to be twice as much.
WORTH_IT = 0.01
_POWERS = np.geomspace(0.25, 2.0, 10)
_TIMES = np.geomspace(4.0, 200.0, 14)
_DRAWS = 400
_OF_CHANGE = 0.5
_ENDS = (0.05, 0.95)

Verdict = Literal["stop", "go_on", "too_early"]


@dataclass(frozen=True)
class Gain:
    """What `clicks` more are expected to bring: a share of all surfaces, and its ends."""

    clicks: int
    expected: float
    low: float
    high: float


class Fit(NamedTuple):
    """ceiling, amount: (B,) c and a. shape: (B,) which of the G shapes."""

    ceiling: NDArray[np.float64]
    amount: NDArray[np.float64]
    shape: NDArray[np.int64]


def shares_right(held: HeldOut, *, weighted: bool = True) -> NDArray[np.float64]:
    """Return (M,) the share of answers that were right, each counted by what it stands for."""
    weights = held.weights if weighted else np.ones(len(held.weights))
    return np.asarray(weights @ held.right / weights.sum())


def drawn_shares(held: HeldOut, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (B, M) `shares_right` of draws of superpoints with replacement."""
    _, group = np.unique(held.groups, return_inverse=True)
    count = int(group.max()) + 1
    times = rng.multinomial(count, np.full(count, 1 / count), size=_DRAWS)[:, group]
    weights = times * held.weights
    return np.asarray(weights @ held.right / weights.sum(axis=1, keepdims=True))


def interval(held: HeldOut, *, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (M,) lower and upper ends of the middle nine tenths of `shares_right`."""
    low, high = np.quantile(drawn_shares(held, np.random.default_rng(seed)), _ENDS, axis=0)
    return low, high


def expected_gain(held: HeldOut, last_change: float, *, seed: int = 0) -> Gain:
    """Return what ten more answers are expected to bring.

    Args:
        last_change: share of the points, 0..1, whose class the last ten answers changed.
    """
    rng = np.random.default_rng(seed)
    answers = len(held.classes)
    from_change = _OF_CHANGE * last_change
    best = float(_gains(held.sizes, shares_right(held)[None], answers)[0])
    draws = _gains(held.sizes, drawn_shares(held, rng), answers)
    draws[::2] = from_change
    expected = (best + from_change) / 2
    low, high = np.quantile(draws * rng.exponential(size=len(draws)), _ENDS)
    return Gain(CLICKS, expected, float(min(low, expected)), float(max(high, expected)))


def verdict(answers: int, gain: Gain | None) -> Verdict:
    """Return whether more clicks are worth it after so many answers."""
    if gain is None or answers < MIN_ANSWERS_TO_PREDICT:
        return "too_early"
    return "stop" if gain.expected < WORTH_IT and gain.high < 2 * WORTH_IT else "go_on"


def fit(sizes: NDArray[np.integer], shares: NDArray[np.float64]) -> Fit:
    """Fit the shape that comes nearest to each of (B, M) curves at (M,) sizes.

    Given the shape, c and a are a line through the points; where c would pass 1 it stays there.
    """
    weights = np.sqrt(sizes)
    weights = weights / weights.sum()
    basis = _basis(sizes)  # (M, G)
    centred = basis - weights @ basis
    mean = shares @ weights
    spread = np.maximum(weights @ (centred * centred), 1e-12)
    slope = ((shares - mean[:, None]) * weights) @ centred / spread
    amount = np.maximum(-slope, 0)
    ceiling = mean[:, None] + amount * (weights @ basis)
    full = ((1 - shares) * weights) @ basis / (weights @ (basis * basis))
    over = ceiling > 1
    amount = np.where(over, np.maximum(full, 0), amount)
    ceiling = np.where(over, 1.0, ceiling)
    left = shares[:, :, None] - (ceiling[:, None] - amount[:, None] * basis)
    shape = np.einsum("m,bmg->bg", weights, left * left).argmin(axis=1)
    every = np.arange(len(shares))
    return Fit(ceiling[every, shape], amount[every, shape], shape)


def curve_at(fitted: Fit, sizes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return (B, n) the fitted curves at (n,) sizes."""
    return fitted.ceiling[:, None] - fitted.amount[:, None] * _basis(sizes)[:, fitted.shape].T


def _gains(
    sizes: NDArray[np.int64], shares: NDArray[np.float64], answers: int
) -> NDArray[np.float64]:
    ends = curve_at(fit(sizes, shares), np.array([answers, answers + CLICKS]))
    return np.asarray(ends[:, 1] - ends[:, 0])


def _basis(sizes: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n, G) the shapes, falling from above to 0."""
    n = np.asarray(sizes, np.float64)[:, None]
    return np.concatenate([n**-_POWERS, np.exp(-n / _TIMES)], axis=1)
