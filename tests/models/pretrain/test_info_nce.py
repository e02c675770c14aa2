# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fewpoints.models.pretrain.info_nce import partitioned_info_nce, point_info_nce
from fewpoints.models.pretrain.partition import NONE, Partition, partition_counts

CASES = [(scheme, p) for scheme in ("paper", "fast", "general") for p in partition_counts(scheme)]


def embeddings(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pair = torch.randn(2, count, 8, generator=generator, dtype=torch.float64)
    q, k = torch.nn.functional.normalize(pair, dim=2).unbind(0)
    return q.clone().requires_grad_(), k.clone().requires_grad_()


def places(count: int, seed: int = 1) -> Tensor:
    """On a lattice of 1/32 m, so that equal coordinates and exact edges occur."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-24, 24, (count, 3), generator=generator) / 32


def partition_of(spec: Partition, a: list[float], b: list[float]) -> int:
    """The definition in `partition`'s docstring for one i and one j, with angles."""
    dx, dy, dz = (q - p for p, q in zip(a, b, strict=True))
    distance = math.sqrt(dx * dx + dy * dy + dz * dz + 1e-7 * 0.025**2)
    turn = 2 * math.pi

    def part(angle: float, span: float, parts: int) -> int:
        return min(int((angle % span + 1e-9) / (span / parts)), parts - 1)

    if spec.scheme == "paper":
        angles, distances = {1: (1, 1), 2: (2, 1), 4: (2, 2), 8: (4, 2), 16: (4, 4), 32: (8, 4)}[
            spec.count
        ]
        ring = min(int(distance / spec.far_m), distances - 1)
        return ring * angles + part(math.atan2(dy, dx), turn, angles)
    if spec.scheme == "fast":
        if dz == 0 or distance <= spec.near_m:
            return NONE
        return 2 * (distance > spec.far_m) + (dz < 0)
    n_xy, n_zy = {2: (1, 1), 4: (2, 1), 8: (2, 2), 16: (4, 2), 32: (4, 4)}[spec.count]
    if distance < spec.near_m:
        return NONE
    zy = math.atan2(dy, dz) % math.pi
    angle = part(math.atan2(dy, dx), turn, n_xy) * n_zy
    angle += 0 if math.isclose(zy, math.pi) else part(zy, math.pi, n_zy)
    return (distance >= spec.far_m) * n_xy * n_zy + angle


def slow_loss(q: Tensor, k: Tensor, t: float, parts: list[list[int]], count: int) -> Tensor:
    """L of the module's docstring, term by term."""
    total = torch.zeros((), dtype=q.dtype)
    for p in range(count):
        for i in range(len(q)):
            positive = torch.exp(q[i] @ k[i] / t)
            denominator = positive
            for j in range(len(q)):
                if j != i and parts[i][j] == p:
                    denominator = denominator + torch.exp(q[i] @ k[j] / t)
            total = total - torch.log(positive / denominator) / len(q)
    return total / count


@pytest.mark.parametrize(("scheme", "count"), CASES)
def test_partitions_equal_the_definition_with_angles(scheme: str, count: int) -> None:
    spec = Partition(scheme, count, near_m=0.06, far_m=0.31)
    positions = places(90)
    if scheme == "paper" or count == 32:  # On a lattice, edges would decide.
        positions = positions + torch.rand(90, 3, generator=torch.Generator().manual_seed(2)) / 90
    expected = [
        [partition_of(spec, positions[i].tolist(), positions[j].tolist()) for j in range(90)]
        for i in range(10, 40)
    ]
    found = spec.rows(positions)(10, 40)
    wrong = found != torch.tensor(expected, dtype=torch.uint8)
    wrong[torch.arange(30), torch.arange(10, 40)] = False  # i itself is never a negative.
    assert found.dtype == torch.uint8
    assert not wrong.any()


@pytest.mark.parametrize(("scheme", "count"), CASES)
def test_loss_and_gradients_equal_the_formula_in_loops(scheme: str, count: int) -> None:
    spec = Partition(scheme, count, near_m=0.06, far_m=0.31)
    q, k = embeddings(14)
    rows = spec.rows(places(14))
    expected = slow_loss(q, k, 0.4, rows(0, 14).tolist(), count)
    wanted = torch.autograd.grad(expected, (q, k))
    actual = partitioned_info_nce(q, k, 0.4, rows, count, block_rows=5)
    got = torch.autograd.grad(actual, (q, k))
    torch.testing.assert_close(actual.double(), expected, rtol=1e-5, atol=1e-6)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_without_partitions_it_is_cross_entropy_with_the_diagonal() -> None:
    q, k = embeddings(40)
    expected = torch.nn.functional.cross_entropy(q @ k.T / 0.07, torch.arange(40))
    wanted = torch.autograd.grad(expected, (q, k))
    actual = point_info_nce(q, k, 0.07, block_rows=7)
    got = torch.autograd.grad(actual * 3, (q, k))
    torch.testing.assert_close(actual.double(), expected, rtol=1e-5, atol=1e-6)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other * 3, rtol=1e-4, atol=1e-6)


def test_a_point_without_negatives_counts_as_zero() -> None:
    q, k = embeddings(3)
    nowhere = torch.full((3, 3), NONE, dtype=torch.uint8)
    loss = partitioned_info_nce(q, k, 0.4, lambda low, high: nowhere[low:high], 4)
    assert loss.item() == 0
    grads = torch.autograd.grad(loss, (q, k))
    assert all(torch.equal(g, torch.zeros_like(g)) for g in grads)


def test_very_sharp_logits_stay_finite() -> None:
    q, k = embeddings(16)
    rows = Partition("paper", 8).rows(places(16))
    loss = partitioned_info_nce(q, k, 1e-3, rows, 8)
    grads = torch.autograd.grad(loss, (q, k))
    assert all(torch.isfinite(g).all() for g in (loss, *grads))


def test_a_number_of_partitions_that_a_scheme_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="4 partitions, not 8"):
        Partition("fast", 8)
