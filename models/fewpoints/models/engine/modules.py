# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sparse convolutions and batch normalisation as torch modules.

Parameter names and shapes are those of the original checkpoints, so a state dict moves between
them by name: `kernel` (taps, Cin, Cout), or (Cin, Cout) for 1x1x1; `bias` (1, Cout); `bn.*`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from fewpoints.models.engine.functional import strided_conv, submanifold_conv, transposed_conv
from fewpoints.models.engine.plan import ConvPlan


class SparseConv3d(nn.Module):
    """What the convolutions share: a kernel, an optional bias and a backend's name."""

    kernel: nn.Parameter
    bias: nn.Parameter | None

    def __init__(
        self, in_channels: int, out_channels: int, *, taps: int, fan: int, bias: bool
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.backend = "auto"
        self._bound = 1 / math.sqrt(fan)
        shape = (in_channels, out_channels) if taps == 1 else (taps, in_channels, out_channels)
        self.kernel = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(1, out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw kernel and bias uniformly from +-1/sqrt(fan), as the original code does."""
        with torch.no_grad():
            self.kernel.uniform_(-self._bound, self._bound, generator=generator)
            if self.bias is not None:
                self.bias.uniform_(-self._bound, self._bound, generator=generator)

    def extra_repr(self) -> str:
        """Return the channel counts for `repr`."""
        return f"{self.in_channels}, {self.out_channels}, bias={self.bias is not None}"


class SubmanifoldConv3d(SparseConv3d):
    """(V, Cin) to (V, Cout) over an odd kernel; the voxel set stays."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 3,
        *,
        dilation: int = 1,
        bias: bool = False,
    ) -> None:
        if kernel_size < 3 or kernel_size % 2 == 0:
            raise ValueError(f"A submanifold kernel has an odd size from 3, not {kernel_size}.")
        taps = kernel_size**3
        super().__init__(in_channels, out_channels, taps=taps, fan=in_channels * taps, bias=bias)
        self.kernel_size = kernel_size
        self.dilation = dilation

    def forward(self, features: Tensor, plan: ConvPlan) -> Tensor:
        """Convolve (V, Cin) over a plan of the same kernel size and dilation."""
        if (plan.kernel_size, plan.dilation) != (self.kernel_size, self.dilation):
            raise ValueError("The plan was made for another kernel size or dilation.")
        return submanifold_conv(features, self.kernel, plan, bias=self.bias, backend=self.backend)


class StridedConv3d(SparseConv3d):
    """(fine, Cin) to (coarse, Cout), 2x2x2 at stride 2."""

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = False) -> None:
        super().__init__(in_channels, out_channels, taps=8, fan=in_channels * 8, bias=bias)

    def forward(self, features: Tensor, plan: ConvPlan) -> Tensor:
        """Convolve (fine, Cin) over a strided plan."""
        return strided_conv(features, self.kernel, plan, bias=self.bias, backend=self.backend)


class TransposedConv3d(SparseConv3d):
    """(coarse, Cin) to (fine, Cout), 2x2x2 at stride 2, onto the existing fine voxels."""

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = False) -> None:
        super().__init__(in_channels, out_channels, taps=8, fan=out_channels * 8, bias=bias)

    def forward(self, features: Tensor, plan: ConvPlan) -> Tensor:
        """Convolve (coarse, Cin) over a transposed plan."""
        return transposed_conv(features, self.kernel, plan, bias=self.bias, backend=self.backend)


class PointwiseConv3d(SparseConv3d):
    """1x1x1: the same matrix for every voxel; needs no plan."""

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = False) -> None:
        super().__init__(in_channels, out_channels, taps=1, fan=in_channels, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        """Multiply (V, Cin) by the kernel."""
        if self.bias is None:
            return features @ self.kernel
        return torch.addmm(self.bias, features, self.kernel)


class SparseBatchNorm(nn.Module):
    """Batch normalisation over voxels; parameters are under `bn.`."""

    def __init__(self, channels: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(channels, eps=eps, momentum=momentum)

    def forward(self, features: Tensor) -> Tensor:
        """Normalise (V, C).

        One voxel alone has no variance. A coarse grid of a small object can be that small, so it
        is then normalised with the running statistics instead of failing the training step.
        """
        if self.training and len(features) < 2:
            scale, shift = self.scale_and_shift()
            return features * scale + shift
        out: Tensor = self.bn(features)
        return out

    def scale_and_shift(self) -> tuple[Tensor, Tensor]:
        """Return (C,) scale and shift that equal this normalisation with running statistics."""
        bn = self.bn
        assert bn.running_var is not None
        assert bn.running_mean is not None
        scale = bn.weight * torch.rsqrt(bn.running_var + bn.eps)
        return scale, bn.bias - bn.running_mean * scale
