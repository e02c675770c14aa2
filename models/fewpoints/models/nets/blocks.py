# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Residual blocks of the sparse U-Nets, and the fused step they are made of at inference."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.functional import strided_conv, submanifold_conv, transposed_conv
from fewpoints.models.engine.modules import (
    PointwiseConv3d,
    SparseBatchNorm,
    StridedConv3d,
    SubmanifoldConv3d,
    TransposedConv3d,
)
from fewpoints.models.engine.plan import ConvPlan

PlannedConv = SubmanifoldConv3d | StridedConv3d | TransposedConv3d
_FUNCTIONS = {
    "submanifold": submanifold_conv,
    "strided": strided_conv,
    "transposed": transposed_conv,
}


def conv_norm(
    conv: PlannedConv,
    norm: SparseBatchNorm,
    features: Tensor,
    plan: ConvPlan,
    *,
    residual: Tensor | None = None,
    relu: bool = True,
) -> Tensor:
    """Return relu(norm(conv(features)) + residual), (V, Cin) to (U, Cout).

    Without gradients and with running statistics all of it is one step, and `residual` is consumed:
    it must have no other reader.
    """
    if torch.is_grad_enabled() or norm.training:
        out = norm(conv(features, plan))
        if residual is not None:
            out = out + residual
        return torch.relu_(out) if relu else out
    epilogue = Epilogue(*norm.scale_and_shift(), residual, relu)
    function = _FUNCTIONS[plan.kind]
    return function(features, conv.kernel, plan, epilogue=epilogue, backend=conv.backend)


class Shortcut(nn.Sequential):
    """A 1x1x1 convolution and its normalisation, where a block changes the channel count."""

    def __init__(self, in_channels: int, out_channels: int, *, momentum: float) -> None:
        super().__init__(
            PointwiseConv3d(in_channels, out_channels),
            SparseBatchNorm(out_channels, momentum=momentum),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (V, Cin) to (V, Cout)."""
        conv, norm = self[0], self[1]
        assert isinstance(conv, PointwiseConv3d)
        assert isinstance(norm, SparseBatchNorm)
        if torch.is_grad_enabled() or norm.training:
            return norm(conv(features))  # type: ignore[no-any-return]  # nn.Module.__call__
        scale, shift = norm.scale_and_shift()
        return torch.addmm(shift, features, conv.kernel * scale)


class ResidualBlock(nn.Module):
    """Two 3x3x3 submanifold convolutions added to their input, ReLU after each.

    (V, Cin) to (V, Cout), V active voxels. The voxel set does not change, so both convolutions
    share one `plan`. At inference the input is consumed: its memory becomes the output's.
    """

    def __init__(self, in_channels: int, out_channels: int, *, momentum: float) -> None:
        super().__init__()
        self.conv1 = SubmanifoldConv3d(in_channels, out_channels)
        # The original never passes its configured momentum on to these two.
        self.norm1 = SparseBatchNorm(out_channels, momentum=0.1)
        self.conv2 = SubmanifoldConv3d(out_channels, out_channels)
        self.norm2 = SparseBatchNorm(out_channels, momentum=0.1)
        self.downsample: Shortcut | None = None
        if in_channels != out_channels:
            self.downsample = Shortcut(in_channels, out_channels, momentum=momentum)

    def forward(self, features: Tensor, plan: ConvPlan) -> Tensor:
        """Map (V, Cin) to (V, Cout) over a 3x3x3 plan."""
        hidden = conv_norm(self.conv1, self.norm1, features, plan)
        residual = features if self.downsample is None else self.downsample(features)
        return conv_norm(self.conv2, self.norm2, hidden, plan, residual=residual)


class Stage(nn.ModuleList):
    """Residual blocks on one grid; only the first changes the channel count."""

    def __init__(
        self, in_channels: int, out_channels: int, *, blocks: int, momentum: float
    ) -> None:
        super().__init__(
            ResidualBlock(
                in_channels if index == 0 else out_channels, out_channels, momentum=momentum
            )
            for index in range(blocks)
        )

    def forward(self, features: Tensor, plan: ConvPlan) -> Tensor:
        """Map (V, Cin) to (V, Cout) over a 3x3x3 plan."""
        for block in self:
            features = block(features, plan)
        return features
