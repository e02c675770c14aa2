# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from fewpoints.models.training.head import (
    FeatureStatistics,
    cross_validate,
    fit_head,
    linear_classifier,
)


def statistics_of(features: np.ndarray) -> FeatureStatistics:
    statistics = FeatureStatistics()
    for part in np.array_split(features, 3):
        statistics.add(part)
    return statistics


def groups(seed: int, count: int = 60, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    owner = np.arange(count) % classes
    centres = np.random.default_rng(7).normal(size=(classes, 96)) * 0.5
    noise = rng.normal(size=(count, 96)) * 0.4
    return ((centres[owner] + noise) * 0.01 + 5).astype(np.float32), owner


def fit_to(
    features: np.ndarray, classes: np.ndarray, count: int, *, decay: float
) -> Callable[[np.ndarray], tuple[torch.Tensor, torch.Tensor]]:
    def fit(chosen: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        statistics = statistics_of(features)
        return fit_head(features[chosen], classes[chosen], count, statistics, decay=decay)

    return fit


def test_statistics_are_those_of_all_rows() -> None:
    features, _ = groups(0)
    mean, spread = statistics_of(features).mean_and_spread()
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(axis=0))
    own = features.astype(np.float64).std(axis=0)
    np.testing.assert_allclose(spread, own + 0.05 * np.median(own), rtol=1e-4)


def test_unseen_rows_of_well_separated_classes_are_recognised() -> None:
    features, owner = groups(0)
    kernel, bias = fit_head(features, owner, 4, statistics_of(features), decay=0.1)
    fresh, truth = groups(1)
    predicted = (torch.from_numpy(fresh) @ kernel + bias).argmax(1).numpy()
    assert (predicted == truth).mean() > 0.9


def test_the_optimum_has_no_gradient_when_worked_out_by_hand() -> None:
    features, owner = groups(2, count=12, classes=3)
    decay = 0.2
    statistics = statistics_of(features)
    mean, spread = statistics.mean_and_spread()
    kernel, bias = fit_head(features, owner, 3, statistics, decay=decay)
    rows = (features - mean) / spread
    weights = kernel.numpy().astype(np.float64) * spread[:, None]
    offset = bias.numpy() + mean @ kernel.numpy()
    gradient = np.zeros_like(weights)
    for row, target in zip(rows, owner, strict=True):
        logits = row @ weights + offset
        probability = np.exp(logits - logits.max())
        probability /= probability.sum()
        probability[target] -= 1
        gradient += np.outer(row, probability) / len(rows)  # Classes are even: equal weights.
    np.testing.assert_allclose(gradient + decay * weights, 0, atol=2e-3)


def test_classes_without_answers_are_never_predicted() -> None:
    features, owner = groups(0)
    kernel, bias = fit_head(features, owner + 3, 20, statistics_of(features), decay=0.1)
    far = np.random.default_rng(0).normal(5, 3, (500, 96)).astype(np.float32)
    predicted = (torch.from_numpy(far) @ kernel + bias).argmax(1)
    assert set(predicted.tolist()) <= {3, 4, 5, 6}


def test_two_answers_are_enough_and_the_fit_is_deterministic() -> None:
    features, owner = groups(0)
    fits = [fit_head(features[:2], owner[:2], 4, statistics_of(features), decay=0.1) for _ in "ab"]
    assert torch.equal(fits[0][0], fits[1][0])
    assert (torch.from_numpy(features[:2]) @ fits[0][0] + fits[0][1]).argmax(1).tolist() == [0, 1]


def test_features_without_any_variation_do_not_break_it() -> None:
    features = np.zeros((10, 96), np.float32)
    kernel, bias = fit_head(features, np.arange(10) % 2, 2, statistics_of(features), decay=0.1)
    assert torch.isfinite(kernel).all()
    assert torch.isfinite(bias).all()


def test_cross_validation_never_sees_the_answer_it_predicts() -> None:
    # Labels are noise: an honest estimate is near chance, a leaking one near 1.
    features, _ = groups(3, count=200)
    noise = np.random.default_rng(0).integers(4, size=200)
    fold = np.arange(200) % 5
    predicted = cross_validate(
        fold, linear_classifier(features, fit_to(features, noise, 4, decay=0.01))
    )
    assert (predicted == noise).mean() < 0.45
    kernel, bias = fit_head(features, noise, 4, statistics_of(features), decay=0.01)
    leaking = (torch.from_numpy(features) @ kernel + bias).argmax(1).numpy()
    assert (leaking == noise).mean() > 0.7


@pytest.mark.parametrize("count", [2, 3])
def test_cross_validation_of_very_few_answers(count: int) -> None:
    features, owner = groups(0, count=count, classes=2)
    fold = np.arange(count)
    predicted = cross_validate(
        fold, linear_classifier(features, fit_to(features, owner, 2, decay=0.1))
    )
    assert set(predicted.tolist()) <= {0, 1}


def test_a_row_that_counts_twice_is_like_two_rows() -> None:
    features, owner = groups(4, count=30)
    twice = np.concatenate([features, features[:10]]), np.concatenate([owner, owner[:10]])
    share = np.ones(30)
    share[:10] = 2
    statistics = statistics_of(features)
    weighted = fit_head(features, owner, 4, statistics, decay=0.1, share=share)
    repeated = fit_head(*twice, 4, statistics, decay=0.1)
    torch.testing.assert_close(weighted[0], repeated[0], rtol=1e-3, atol=1e-3)
