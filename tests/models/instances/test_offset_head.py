# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from fewpoints.models.instances.offset_head import OffsetHead, direction_loss, norm_loss


def test_the_head_has_the_shape_of_the_original() -> None:
    head = OffsetHead()
    shapes = {name: tuple(value.shape) for name, value in head.named_parameters()}
    assert shapes == {
        "offsets_pre.kernel": (96, 96),
        "offsets_pre.bias": (1, 96),
        "bntr_offset.bn.weight": (96,),
        "bntr_offset.bn.bias": (96,),
        "offsets.kernel": (96, 3),
        "offsets.bias": (1, 3),
    }
    # What the published instance network has more than the semantic one.
    assert sum(value.numel() for value in head.parameters()) == 37_856_439 - 37_846_644
    assert head.bntr_offset.bn.momentum == 0.02


@pytest.mark.parametrize("training", [True, False])
def test_the_head_equals_plain_layers(training: bool) -> None:
    torch.manual_seed(0)
    head = OffsetHead(8)
    first, norm, last = nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
    plain = nn.Sequential(first, norm, nn.ReLU(), last)
    with torch.no_grad():
        for parameter in head.bntr_offset.bn.state_dict().values():
            if parameter.is_floating_point():
                parameter.uniform_(0.5, 2)
        for linear, conv in ((first, head.offsets_pre), (last, head.offsets)):
            linear.weight.copy_(conv.kernel.t())
            assert conv.bias is not None
            linear.bias.copy_(conv.bias[0])
        norm.load_state_dict(head.bntr_offset.bn.state_dict())
    features = torch.randn(20, 8)
    head.train(training)
    plain.train(training)
    difference = head(features) - plain(features)
    assert difference.abs().max().item() < 1e-6


def losses_in_loops(predicted: Tensor, target: Tensor, known: Tensor) -> tuple[float, float]:
    norm = direction = 0.0
    count = 0
    for o, g, used in zip(predicted.tolist(), target.tolist(), known.tolist(), strict=True):
        if not used:
            continue
        count += 1
        norm += sum(abs(a - b) for a, b in zip(o, g, strict=True))
        lengths = [math.sqrt(sum(a * a for a in v)) + 1e-8 for v in (o, g)]
        direction -= sum(a * b for a, b in zip(o, g, strict=True)) / (lengths[0] * lengths[1])
    return norm / (count + 1e-6), direction / (count + 1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_losses_agree_with_loops(seed: int) -> None:
    torch.manual_seed(seed)
    predicted = torch.randn(30, 3, dtype=torch.float64)
    target = torch.randn(30, 3, dtype=torch.float64)
    target[:3] = 0
    predicted[2:5] = 0
    known = torch.rand(30) < 0.7
    target[~known] = float("nan")
    norm, direction = losses_in_loops(predicted, target, known)
    assert norm_loss(predicted, target, known).item() == pytest.approx(norm, rel=1e-12)
    assert direction_loss(predicted, target, known).item() == pytest.approx(direction, rel=1e-12)


def test_losses_by_hand() -> None:
    # Way to go (3, 4, 0), predicted (3, 4, 0), (0, 0, 1) and (-6, -8, 0).
    # Norm: 0, 3 + 4 + 1, 9 + 12: 29 / 3. Cosines 1, 0, -1.
    target = torch.tensor([[3.0, 4, 0]] * 3)
    predicted = torch.tensor([[3.0, 4, 0], [0, 0, 1], [-6, -8, 0]])
    known = torch.ones(3, dtype=torch.bool)
    assert norm_loss(predicted, target, known).item() == pytest.approx(29 / 3)
    assert direction_loss(predicted, target, known).item() == pytest.approx(0)
    assert direction_loss(predicted[:2], target[:2], known[:2]).item() == pytest.approx(-0.5)


@pytest.mark.parametrize("loss", [norm_loss, direction_loss])
def test_gradients_are_finite_at_zero_and_without_known_points(
    loss: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> None:
    predicted = torch.zeros(4, 3, requires_grad=True)
    target = torch.zeros(4, 3)
    for known in (torch.ones(4, dtype=torch.bool), torch.zeros(4, dtype=torch.bool)):
        value = loss(predicted, target, known)
        assert value.item() == 0
        (gradient,) = torch.autograd.grad(value, predicted)
        assert gradient.tolist() == torch.zeros(4, 3).tolist()
