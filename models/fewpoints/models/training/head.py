# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A linear head on frozen features, from a handful of labelled points.

Multinomial logistic regression on standardised features: mean over labelled points of
w(class) * cross-entropy, plus decay / 2 * |W|^2. w is larger for rare classes (one over the root of
their share), since suggested points do not follow the frequency of classes. Standardisation uses
the whole scan, not only the labelled points, and is folded into the weights at the end, so the
result is an ordinary `final` layer: logits = features @ kernel + bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

# Logit of classes without any labelled point: others' weights sum to about zero, so their best
# logit is never that low, and the probability is 0.
_NEVER = -30.0


# From (L,) masks of answers to learn from and answers to classify to the classes of the latter.
Classify: TypeAlias = Callable[[NDArray[np.bool_], NDArray[np.bool_]], NDArray[np.int64]]


@dataclass
class FeatureStatistics:
    """Mean and spread of feature columns, gathered block by block."""

    count: int = 0
    total: NDArray[np.float64] | float = 0.0
    squares: NDArray[np.float64] | float = 0.0

    def add(self, features: NDArray[np.float32]) -> None:
        """Take in (n, F) more rows."""
        values = features.astype(np.float64)
        self.count += len(values)
        self.total = self.total + values.sum(axis=0)
        self.squares = self.squares + (values * values).sum(axis=0)

    def mean_and_spread(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (F,) means and (F,) positive spreads; a column that hardly varies gets a floor."""
        count = max(self.count, 1)
        mean = np.asarray(self.total, np.float64) / count
        variance = np.asarray(self.squares, np.float64) / count - mean**2
        spread = np.sqrt(np.maximum(variance, 0.0))
        typical = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
        return mean, spread + 0.05 * typical


def fit_head(
    features: NDArray[np.float32],
    classes: NDArray[np.int64],
    class_count: int,
    statistics: FeatureStatistics,
    *,
    decay: float,
    share: NDArray[np.float64] | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit kernel (F, C) and bias (C,) float32 to labelled rows; deterministic.

    Args:
        features: (L, F) of the labelled points.
        classes: (L,) 0..C-1.
        class_count: C; classes that do not occur are never predicted.
        statistics: of all points.
        decay: pull of the weights to zero.
        share: (L,) how much each row counts, beside the weight of its class; all the same.
    """
    mean, spread = statistics.mean_and_spread()
    rows = torch.from_numpy((features.astype(np.float64) - mean) / spread)
    present, targets_np = np.unique(classes, return_inverse=True)
    targets = torch.from_numpy(targets_np.astype(np.int64))
    shares = torch.ones(len(targets)).double() if share is None else torch.from_numpy(share)
    counts = torch.bincount(targets, shares, minlength=len(present))
    weights = counts.mul(len(present) / counts.sum()).rsqrt()[targets] * shares
    weights = weights / weights.sum()

    kernel = torch.zeros(rows.shape[1], len(present), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(present), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [kernel, bias],
        max_iter=300,
        tolerance_grad=1e-8,
        tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        losses = torch.nn.functional.cross_entropy(rows @ kernel + bias, targets, reduction="none")
        loss = (weights * losses).sum() + 0.5 * decay * (kernel * kernel).sum()
        # The bias needs a touch of it too, or a class alone would send it to infinity.
        loss = loss + 0.5 * 1e-3 * decay * (bias * bias).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad(), _one_thread():
        optimiser.step(closure)  # type: ignore[no-untyped-call, unused-ignore]
    scaled = kernel.detach() / torch.from_numpy(spread)[:, None]
    offset = bias.detach() - torch.from_numpy(mean) @ scaled
    full_kernel = torch.zeros(rows.shape[1], class_count, dtype=torch.float64)
    full_bias = torch.full((class_count,), _NEVER, dtype=torch.float64)
    columns = torch.from_numpy(present.astype(np.int64))
    full_kernel[:, columns] = scaled
    full_bias[columns] = offset
    return full_kernel.float(), full_bias.float()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Threads get in each other's way on such small matrices, badly so on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def linear_classifier(
    features: NDArray[np.float32],
    fit: Callable[[NDArray[np.bool_]], tuple[torch.Tensor, torch.Tensor]],
) -> Classify:
    """Return what learns and classifies with heads (kernel, bias) on (L, F) features."""

    def classify(known: NDArray[np.bool_], asked: NDArray[np.bool_]) -> NDArray[np.int64]:
        kernel, bias = fit(known)
        logits = torch.from_numpy(np.ascontiguousarray(features[asked])) @ kernel + bias
        return np.asarray(logits.argmax(1).numpy(), np.int64)

    return classify


def cross_validate(fold: NDArray[np.int64], classify: Classify) -> NDArray[np.int64]:
    """Return (L,) the class each answer gets from a head that was fitted without its fold.

    Args:
        fold: (L,) at least two of them.
    """
    predicted = np.full(len(fold), -1, np.int64)
    for index in np.unique(fold):
        test = fold == index
        predicted[test] = classify(~test, test)
    return predicted
