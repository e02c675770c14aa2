# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every convolution, forward and backward, against dense conv3d."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from fewpoints.models.engine.coords import VoxelSet, voxel_set
from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.functional import strided_conv, submanifold_conv, transposed_conv
from fewpoints.models.engine.plan import ConvPlan, strided_plan, submanifold_plan
from tests.oracles.dense_conv import dense_strided, dense_submanifold, dense_transposed

CASES = ["k1", "k3", "k5", "k3 dilated", "strided", "transposed"]


def cloud(seed: int = 0, span: int = 7, count: int = 600) -> VoxelSet:
    """Two batches, negative coordinates, holes and dense parts."""
    generator = torch.Generator().manual_seed(seed)
    coords = torch.randint(-span, span, (count, 4), generator=generator)
    coords[:, 0] %= 2
    coords[: count // 2, 3] = coords[: count // 2, 3] // 6  # a thick floor
    return voxel_set(coords)


def make(case: str) -> tuple[ConvPlan, Callable[..., Tensor], Callable[[Tensor, Tensor], Tensor]]:
    """Return the plan, the function under test and the oracle of (features, weight)."""
    voxels = cloud()
    if case == "strided":
        plan = strided_plan(voxels)
        coarse = plan.target.coords
        return plan, strided_conv, lambda x, w: dense_strided(voxels.coords, x, w, coarse)
    if case == "transposed":
        plan = strided_plan(voxels).transpose
        coarse = plan.source.coords
        return plan, transposed_conv, lambda x, w: dense_transposed(coarse, x, w, voxels.coords)
    size, dilation = int(case[1]), 2 if "dilated" in case else 1
    plan = submanifold_plan(voxels, size, dilation=dilation)
    return (
        plan,
        submanifold_conv,
        lambda x, w: dense_submanifold(voxels.coords, x, w, kernel_size=size, dilation=dilation),
    )


def _off_by(actual: Tensor, expected: Tensor) -> float:
    """Root mean square difference, relative."""
    return float((actual.double() - expected).norm().detach() / expected.norm().detach())


@pytest.mark.parametrize("case", CASES)
class TestAgainstDenseConvolution:
    def test_forward(self, case: str) -> None:
        plan, convolve, oracle = make(case)
        torch.manual_seed(1)
        x, w = torch.randn(len(plan.source), 5), torch.randn(plan.taps, 5, 7)
        torch.testing.assert_close(
            convolve(x, w, plan).double(), oracle(x, w), atol=1e-4, rtol=1e-4
        )

    def test_backward(self, case: str) -> None:
        plan, convolve, oracle = make(case)
        torch.manual_seed(2)
        x = torch.randn(len(plan.source), 5, dtype=torch.float64, requires_grad=True)
        w = torch.randn(plan.taps, 5, 7, dtype=torch.float64, requires_grad=True)
        grad = torch.randn(len(plan.target), 7, dtype=torch.float64)
        actual = torch.autograd.grad(convolve(x, w, plan), (x, w), grad)
        expected = torch.autograd.grad(oracle(x, w), (x, w), grad)
        torch.testing.assert_close(actual, expected)

    @pytest.mark.parametrize("relu", [False, True])
    @pytest.mark.parametrize("shortcut", [False, True])
    def test_epilogue(self, case: str, shortcut: bool, relu: bool) -> None:
        plan, convolve, oracle = make(case)
        torch.manual_seed(3)
        x, w = torch.randn(len(plan.source), 3), torch.randn(plan.taps, 3, 4)
        scale, shift = torch.randn(4), torch.randn(4)
        residual = torch.randn(len(plan.target), 4) if shortcut else None
        expected = oracle(x, w) * scale + shift
        if residual is not None:
            expected = expected + residual
        if relu:
            expected = expected.clamp(min=0)
        with torch.no_grad():
            out = convolve(x, w, plan, epilogue=Epilogue(scale, shift, residual, relu))
        assert residual is None or out is residual
        torch.testing.assert_close(out.double(), expected, atol=1e-4, rtol=1e-4)

    def test_mixed_precision_rounds_but_does_not_differ(self, case: str) -> None:
        """Inputs that bfloat16 holds exactly: only sums and results are rounded, to 1 in 256."""
        plan, convolve, oracle = make(case)
        torch.manual_seed(6)
        x = torch.randn(len(plan.source), 24).bfloat16().float().requires_grad_()
        w = torch.randn(plan.taps, 24, 40).bfloat16().float().requires_grad_()
        grad = torch.randn(len(plan.target), 40).bfloat16().float()
        with torch.autocast("cpu", torch.bfloat16):
            out = convolve(x, w, plan)
        assert out.dtype == torch.bfloat16
        expected = oracle(x, w)
        assert _off_by(out, expected) < 0.01
        actual = torch.autograd.grad(out.float(), (x, w), grad)
        assert [part.dtype for part in actual] == [torch.float32] * 2
        for part, wanted in zip(
            actual, torch.autograd.grad(expected, (x, w), grad.double()), strict=True
        ):
            assert _off_by(part, wanted) < 0.01

    def test_gradcheck(self, case: str) -> None:
        size = {"k5": 5, "k1": 1}.get(case, 3)
        voxels = cloud(seed=4, span=2, count=14)
        if case in ("strided", "transposed"):
            plan = strided_plan(voxels)
            plan = plan.transpose if case == "transposed" else plan
        else:
            plan = submanifold_plan(voxels, size, dilation=2 if "dilated" in case else 1)
        convolve = make(case)[1]
        torch.manual_seed(4)
        x = torch.randn(len(plan.source), 2, dtype=torch.float64, requires_grad=True)
        w = torch.randn(plan.taps, 2, 3, dtype=torch.float64, requires_grad=True)
        b = torch.randn(3, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(
            lambda x, w, b: convolve(x, w, plan, bias=b, backend="native"), (x, w, b)
        )

    def test_twice_gives_the_same_bits(self, case: str) -> None:
        plan, convolve, _ = make(case)
        torch.manual_seed(5)
        x = torch.randn(len(plan.source), 16, requires_grad=True)
        w = torch.randn(plan.taps, 16, 16, requires_grad=True)
        runs = []
        for _ in range(3):
            out = convolve(x, w, plan)
            runs.append((out, *torch.autograd.grad(out.square().sum(), (x, w))))
        assert all(torch.equal(a, b) for run in runs[1:] for a, b in zip(runs[0], run, strict=True))

    def test_weight_that_is_not_contiguous(self, case: str) -> None:
        plan, convolve, _ = make(case)
        torch.manual_seed(6)
        x, w = torch.randn(len(plan.source), 4), torch.randn(plan.taps, 6, 4).transpose(1, 2)
        torch.testing.assert_close(convolve(x, w, plan), convolve(x, w.contiguous(), plan))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_number_of_threads_does_not_matter(threads: int) -> None:
    plan, _, oracle = make("k3")
    torch.manual_seed(0)
    x = torch.randn(len(plan.source), 12, dtype=torch.float64, requires_grad=True)
    w = torch.randn(27, 12, 5, dtype=torch.float64, requires_grad=True)
    grad = torch.randn(len(plan.target), 5, dtype=torch.float64)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        out = submanifold_conv(x, w, plan)
        grads = torch.autograd.grad(out, (x, w), grad)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    expected = oracle(x, w)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(grads, torch.autograd.grad(expected, (x, w), grad))


@pytest.mark.parametrize("inference", [False, True])
def test_epilogue_in_inference_mode(inference: bool) -> None:
    plan, _, oracle = make("k3")
    torch.manual_seed(0)
    x, w = torch.randn(len(plan.source), 9), torch.randn(27, 9, 4)
    expected = oracle(x, w).relu()
    with torch.inference_mode(inference), torch.no_grad():
        epilogue = Epilogue(torch.ones(4), torch.zeros(4))
        out = submanifold_conv(x.clone(), w, plan, epilogue=epilogue)
    torch.testing.assert_close(out.double(), expected, atol=1e-4, rtol=1e-4)


def test_many_rows_go_through_several_blocks() -> None:
    voxels = cloud(span=16, count=40_000)
    plan = submanifold_plan(voxels, 3)
    torch.manual_seed(0)
    x, w = torch.randn(len(voxels), 64), torch.randn(27, 64, 8)
    expected = dense_submanifold(voxels.coords, x, w, kernel_size=3)
    actual = submanifold_conv(x, w, plan).double()
    torch.testing.assert_close(actual, expected, atol=1e-3, rtol=1e-4)


def test_no_voxel_gives_no_row() -> None:
    plan = submanifold_plan(voxel_set(torch.zeros(0, 4, dtype=torch.int32)), 3)
    x = torch.zeros(0, 3, requires_grad=True)
    w = torch.ones(27, 3, 5, requires_grad=True)
    out = submanifold_conv(x, w, plan)
    assert out.shape == (0, 5)
    _, grad = torch.autograd.grad(out.sum(), (x, w))
    assert grad.shape == w.shape
    assert not grad.any()


class TestMisuse:
    def test_plan_of_another_kind(self) -> None:
        plan = strided_plan(cloud())
        with pytest.raises(ValueError, match="strided plan"):
            submanifold_conv(torch.zeros(len(plan.source), 1), torch.zeros(8, 1, 1), plan)

    def test_weight_of_another_kernel(self) -> None:
        plan = submanifold_plan(cloud(), 3)
        with pytest.raises(ValueError, match="27"):
            submanifold_conv(torch.zeros(len(plan.source), 1), torch.zeros(8, 1, 1), plan)

    def test_features_of_other_voxels(self) -> None:
        plan = submanifold_plan(cloud(), 3)
        with pytest.raises(ValueError, match="Features"):
            submanifold_conv(torch.zeros(3, 1), torch.zeros(27, 1, 1), plan)

    def test_epilogue_with_gradients(self) -> None:
        plan = submanifold_plan(cloud(), 3)
        x = torch.zeros(len(plan.source), 1)
        epilogue = Epilogue(torch.ones(1), torch.zeros(1))
        with pytest.raises(ValueError, match="no_grad"):
            submanifold_conv(x, torch.zeros(27, 1, 1), plan, epilogue=epilogue)
