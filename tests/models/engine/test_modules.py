# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest
import torch

from fewpoints.models.engine.coords import voxel_set
from fewpoints.models.engine.modules import (
    PointwiseConv3d,
    SparseBatchNorm,
    StridedConv3d,
    SubmanifoldConv3d,
    TransposedConv3d,
)
from fewpoints.models.engine.plan import submanifold_plan


class TestInitialisation:
    @pytest.mark.parametrize(
        ("conv", "fan"),
        [
            (SubmanifoldConv3d(8, 16), 8 * 27),
            (SubmanifoldConv3d(8, 16, 5), 8 * 125),
            (StridedConv3d(8, 16), 8 * 8),
            (TransposedConv3d(8, 16), 16 * 8),
            (PointwiseConv3d(8, 16, bias=True), 8),
        ],
    )
    def test_kernels_fill_the_original_range(
        self, conv: SubmanifoldConv3d | PointwiseConv3d, fan: int
    ) -> None:
        largest = conv.kernel.abs().max().item()
        assert 0.9 / math.sqrt(fan) < largest <= 1 / math.sqrt(fan)
        if conv.bias is not None:
            assert conv.bias.shape == (1, 16)
            assert conv.bias.abs().max() <= 1 / math.sqrt(fan)


class TestSubmanifoldConv3d:
    def test_a_plan_of_another_dilation_is_refused(self) -> None:
        voxels = voxel_set(torch.tensor([[0, 0, 0, 0]]))
        with pytest.raises(ValueError, match="dilation"):
            SubmanifoldConv3d(1, 1, dilation=2)(torch.zeros(1, 1), submanifold_plan(voxels, 3))

    @pytest.mark.parametrize("size", [1, 2, 4])
    def test_kernel_sizes_that_make_no_sense(self, size: int) -> None:
        with pytest.raises(ValueError, match="odd"):
            SubmanifoldConv3d(1, 1, size)

    def test_bias_is_added(self) -> None:
        conv = SubmanifoldConv3d(2, 3, bias=True)
        plan = submanifold_plan(voxel_set(torch.tensor([[0, 4, 5, 6]])), 3)
        out = conv(torch.tensor([[1.0, 2.0]]), plan)
        assert conv.bias is not None
        expected = torch.tensor([[1.0, 2.0]]) @ conv.kernel[13] + conv.bias
        torch.testing.assert_close(out, expected)


class TestSparseBatchNorm:
    def test_scale_and_shift_equal_evaluation(self) -> None:
        norm = SparseBatchNorm(4)
        for _ in range(3):
            norm(torch.randn(50, 4) * 3 + 1)
        norm.eval()
        x = torch.randn(9, 4)
        scale, shift = norm.scale_and_shift()
        torch.testing.assert_close(x * scale + shift, norm(x))

    def test_one_voxel_does_not_stop_training(self) -> None:
        norm = SparseBatchNorm(3)
        x = torch.randn(1, 3, requires_grad=True)
        out = norm(x)
        assert out.isfinite().all()
        torch.testing.assert_close(out, norm.eval()(x))

    def test_keys_are_those_of_the_original(self) -> None:
        assert set(SparseBatchNorm(2).state_dict()) == {
            *(f"bn.{name}" for name in ("weight", "bias", "running_mean", "running_var")),
            "bn.num_batches_tracked",
        }
