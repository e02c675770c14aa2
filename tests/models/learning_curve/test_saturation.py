# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Predicted gains against curves whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from fewpoints.models.learning_curve.held_out import HeldOut, sizes_up_to
from fewpoints.models.learning_curve.saturation import (
    MIN_ANSWERS_TO_PREDICT,
    Gain,
    curve_at,
    expected_gain,
    fit,
    interval,
    shares_right,
    verdict,
)


def simulated(
    answers: int, curve: NDArray[np.float64], rng: np.random.Generator, *, weighted: bool = True
) -> HeldOut:
    """Answers of which the share `curve[m]` is right after m others, none ever forgotten.

    An answer is right as soon as the curve passes its own, random difficulty: as with real
    answers, what was right at one size is mostly right at the next.
    """
    sizes = sizes_up_to(answers)
    difficulty = rng.random(answers)
    right = difficulty[:, None] < curve[sizes]
    return HeldOut(
        sizes=sizes,
        classes=np.zeros(answers, np.int64),
        predicted=np.where(right, 0, 1),
        weights=rng.exponential(size=answers) if weighted else np.ones(answers),
        groups=np.arange(answers),
    )


def changed(answers: int, curve: NDArray[np.float64], rng: np.random.Generator) -> float:
    """Labels change somewhat more than they improve."""
    return float((curve[answers] - curve[answers - 10]) * 1.5 * rng.gamma(4.0) / 4)


def saturating(ceiling: float, amount: float, time: float) -> NDArray[np.float64]:
    return np.asarray(ceiling - amount * np.exp(-np.arange(400) / time))


def test_a_curve_without_noise_is_found_again() -> None:
    sizes = np.array([5, 10, 15, 20, 30, 40, 60, 80, 100])
    for power in (0.25, 0.5, 1.0, 2.0):
        truth = 0.9 - 0.8 * np.arange(1.0, 200.0) ** -power
        fitted = fit(sizes, truth[sizes - 1][None])
        found = curve_at(fitted, np.array([110, 150]))[0]
        np.testing.assert_allclose(found, truth[[109, 149]], atol=0.01)


def test_the_fit_is_the_least_square_that_a_search_finds() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([5, 10, 20, 40, 80])
    weights = np.sqrt(sizes) / np.sqrt(sizes).sum()
    for _ in range(5):
        shares = np.clip(0.85 - 0.6 * np.exp(-sizes / 20) + rng.normal(0, 0.04, 5), 0, 1)
        fitted = fit(sizes, shares[None])
        mine = float(weights @ (curve_at(fitted, sizes)[0] - shares) ** 2)

        def cost(values: NDArray[np.float64], shares: NDArray[np.float64] = shares) -> float:
            ceiling, amount, time = values
            return float(weights @ (ceiling - amount * np.exp(-sizes / time) - shares) ** 2)

        best = min(
            minimize(
                cost, (0.9, 0.5, start), bounds=[(0, 1), (0, 5), (4, 200)], method="L-BFGS-B"
            ).fun
            for start in (5, 20, 60)
        )
        assert mine <= best + 2e-4


def test_no_curve_falls_or_passes_one() -> None:
    rng = np.random.default_rng(1)
    sizes = np.array([5, 10, 15, 20, 27])
    fitted = fit(sizes, rng.random((200, 5)))
    values = curve_at(fitted, np.arange(5, 500))
    assert (np.diff(values, axis=1) >= -1e-12).all()
    assert values.max() <= 1 + 1e-12


@pytest.mark.parametrize("answers", [40, 60, 120])
def test_intervals_hold_what_ten_clicks_bring(answers: int) -> None:
    """What they bring scatters around its mean as `saturation` says; nine of ten are wanted."""
    rng = np.random.default_rng(answers)
    held = 0
    trials = 120
    for _ in range(trials):
        curve = saturating(rng.uniform(0.8, 1.0), rng.uniform(0.4, 0.7), rng.uniform(8, 50))
        held_out = simulated(answers, curve, rng)
        gain = expected_gain(held_out, changed(answers, curve, rng), seed=int(rng.integers(99)))
        brought = (curve[answers + 10] - curve[answers]) * rng.exponential()
        held += gain.low - 5e-4 <= brought <= gain.high + 5e-4
    # Nine of ten, less three standard errors of so many trials.
    assert held / trials > 0.82


def test_stop_is_said_where_little_is_left_and_only_there() -> None:
    rng = np.random.default_rng(7)
    right: dict[str, list[bool]] = {"flat": [], "steep": []}
    for _ in range(60):
        flat = saturating(0.95, 0.6, rng.uniform(6, 12))  # Nothing to gain after 80 answers.
        steep = saturating(1.0, 0.7, rng.uniform(60, 120))  # Several per cent with each ten.
        for name, curve in (("flat", flat), ("steep", steep)):
            gain = expected_gain(simulated(80, curve, rng), changed(80, curve, rng))
            found = verdict(80, gain)
            right[name].append(found == ("stop" if name == "flat" else "go_on"))
    assert np.mean(right["flat"]) > 0.8
    assert np.mean(right["steep"]) > 0.9


def test_labels_that_still_change_are_not_done() -> None:
    rng = np.random.default_rng(5)
    flat = simulated(80, np.full(400, 0.6), rng)  # Whatever was answered, no more became right.
    assert verdict(80, expected_gain(flat, 0.001)) == "stop"
    moving = expected_gain(flat, 0.08)
    assert moving.expected == pytest.approx(0.02)
    assert verdict(80, moving) == "go_on"


def test_nothing_is_said_of_few_answers() -> None:
    sure = Gain(10, 0.0, 0.0, 0.0)
    assert verdict(MIN_ANSWERS_TO_PREDICT - 1, sure) == "too_early"
    assert verdict(MIN_ANSWERS_TO_PREDICT, sure) == "stop"
    assert verdict(MIN_ANSWERS_TO_PREDICT, None) == "too_early"
    assert verdict(100, Gain(10, 0.009, 0.0, 0.021)) == "go_on"
    assert verdict(100, Gain(10, 0.011, 0.0, 0.015)) == "go_on"


def test_the_interval_of_equal_answers_is_the_binomial_one() -> None:
    rng = np.random.default_rng(3)
    held = simulated(200, np.full(400, 0.7), rng, weighted=False)
    low, high = interval(held)
    share = shares_right(held)[0]
    spread = 1.645 * np.sqrt(share * (1 - share) / 200)
    assert low[0] == pytest.approx(share - spread, abs=0.02)
    assert high[0] == pytest.approx(share + spread, abs=0.02)


def test_answers_in_one_superpoint_are_one_piece_of_evidence() -> None:
    rng = np.random.default_rng(4)
    held = simulated(60, np.full(400, 0.7), rng, weighted=False)
    thrice = HeldOut(
        held.sizes,
        np.repeat(held.classes, 3),
        np.repeat(held.predicted, 3, axis=0),
        np.repeat(held.weights, 3),
        np.repeat(held.groups, 3),
    )
    np.testing.assert_allclose(interval(thrice), interval(held), atol=1e-12)
