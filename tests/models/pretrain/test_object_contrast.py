# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fewpoints.models.pretrain.object_contrast import object_contrast


def by_loops(queries: Tensor, keys: Tensor, objects: list[int], temperature: float) -> float:
    q = [row / row.norm() for row in queries]
    k = [row / row.norm() for row in keys]
    per_object: dict[int, list[float]] = {}
    for i, own in enumerate(objects):
        if own == -1:
            continue
        weights = [math.exp(float(q[i] @ row) / temperature) for row in k]
        alike = [j for j, other in enumerate(objects) if other == own]
        loss = -sum(math.log(weights[j] / sum(weights)) for j in alike) / len(alike)
        per_object.setdefault(own, []).append(loss)
    means = [sum(losses) / len(losses) for losses in per_object.values()]
    return sum(means) / len(means)


@pytest.mark.parametrize("objects", [[0, 0, 1, 1, 1, 7, -1, -1], [3] * 8, list(range(8))])
def test_is_the_formula(objects: list[int]) -> None:
    torch.manual_seed(0)
    queries, keys = torch.randn(2, 8, 5, dtype=torch.float64)
    found = object_contrast(queries, keys, torch.tensor(objects), 0.3)
    assert float(found) == pytest.approx(by_loops(queries, keys, objects, 0.3))


def test_pulls_an_object_together_and_the_others_away() -> None:
    torch.manual_seed(0)
    features = torch.randn(30, 4, requires_grad=True)
    objects = torch.arange(30) % 3
    optimiser = torch.optim.SGD([features], lr=1.0)
    for _ in range(200):
        optimiser.zero_grad()
        object_contrast(features, features, objects, 0.3).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    unit = torch.nn.functional.normalize(features.detach(), dim=1)
    similar = unit @ unit.T
    same = objects[:, None] == objects[None]
    assert similar[same].min() > similar[~same].max() + 0.5


def test_nothing_known_is_no_loss_and_no_gradient() -> None:
    features = torch.randn(4, 3, requires_grad=True)
    loss = object_contrast(features, features, torch.full((4,), -1), 0.1)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0
    assert features.grad is not None
    assert not features.grad.any()
