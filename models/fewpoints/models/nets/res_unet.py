# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Res16UNet: the sparse residual U-Nets of CSC and PointContrast, as data and one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fewpoints.models.engine.backends.registry import backend_names
from fewpoints.models.engine.errors import BackendUnavailable
from fewpoints.models.engine.modules import (
    PointwiseConv3d,
    SparseBatchNorm,
    SparseConv3d,
    StridedConv3d,
    SubmanifoldConv3d,
    TransposedConv3d,
)
from fewpoints.models.engine.plan import ConvPlan, PyramidPlan
from fewpoints.models.nets.blocks import Stage, conv_norm

DEPTH = 4  # The coarsest grid has voxels of 2**4.
STEM_CHANNELS = 32


@dataclass(frozen=True)
class Architecture:
    """Blocks and channels of the eight stages: four down, four up."""

    blocks: tuple[int, int, int, int, int, int, int, int]
    channels: tuple[int, int, int, int, int, int, int, int]

    @property
    def feature_channels(self) -> int:
        """Channels of the features that the head reads."""
        return self.channels[-1]


_NARROW = (32, 64, 128, 256, 128, 128, 96, 96)
_WIDE = (32, 64, 128, 256, 256, 128, 96, 96)
ARCHITECTURES: dict[str, Architecture] = {
    "Res16UNet14A": Architecture((1, 1, 1, 1, 1, 1, 1, 1), _NARROW),
    "Res16UNet18A": Architecture((2, 2, 2, 2, 2, 2, 2, 2), _NARROW),
    "Res16UNet34C": Architecture((2, 3, 4, 6, 2, 2, 2, 2), _WIDE),
}

_DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
_UP = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")


class Output(NamedTuple):
    """features: (N, 96), not negative, not normalised. logits: (N, out_channels)."""

    features: Tensor
    logits: Tensor


class Res16UNet(nn.Module):
    """A U-Net over five voxel grids with skip connections and residual stages.

    Modules carry the names of the original code, so its state dicts fit by name. Kernels are in
    raster order (`engine.conversion` turns stored block kernels into it).
    """

    def __init__(
        self,
        arch: str,
        in_channels: int = 3,
        out_channels: int = 20,
        *,
        stem_kernel_size: int = 3,
        momentum: float = 0.02,
        backend: str = "auto",
    ) -> None:
        """Build an architecture with random weights.

        Args:
            arch: a key of `ARCHITECTURES`.
            stem_kernel_size: 3 in every CSC checkpoint; some older ones have 5.
            momentum: of the normalisations outside residual blocks.
            backend: name of the convolution backend, or "auto".
        """
        super().__init__()
        shape = ARCHITECTURES[arch]
        blocks, channels = shape.blocks, shape.channels
        self.arch = arch
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.stem_kernel_size = stem_kernel_size
        self.conv0p1s1 = SubmanifoldConv3d(in_channels, STEM_CHANNELS, stem_kernel_size)
        self.bn0 = SparseBatchNorm(STEM_CHANNELS, momentum=momentum)
        width = STEM_CHANNELS
        skips = [width]
        for level, name in enumerate(_DOWN):
            self.add_module(name, StridedConv3d(width, width))
            self.add_module(f"bn{level + 1}", SparseBatchNorm(width, momentum=momentum))
            stage = Stage(width, channels[level], blocks=blocks[level], momentum=momentum)
            self.add_module(f"block{level + 1}", stage)
            width = channels[level]
            skips.append(width)
        skips.pop()
        for step, name in enumerate(_UP):
            target = channels[DEPTH + step]
            self.add_module(name, TransposedConv3d(width, target))
            self.add_module(f"bntr{DEPTH + step}", SparseBatchNorm(target, momentum=momentum))
            stage = Stage(
                target + skips.pop(), target, blocks=blocks[DEPTH + step], momentum=momentum
            )
            self.add_module(f"block{DEPTH + step + 1}", stage)
            width = target
        self.final = PointwiseConv3d(width, out_channels, bias=True)
        self.use_backend(backend)

    @property
    def feature_channels(self) -> int:
        """Columns of `Output.features`."""
        return ARCHITECTURES[self.arch].feature_channels

    def use_backend(self, name: str) -> None:
        """Run every convolution on the named backend ("auto": the best that accepts each).

        Raises:
            BackendUnavailable: there is no backend of that name.
        """
        if name != "auto" and name not in backend_names():
            raise BackendUnavailable(
                f"There is no convolution backend {name!r}."
                f" Choose auto, {', '.join(backend_names())}."
            )
        for module in self.modules():
            if isinstance(module, SparseConv3d):
                module.backend = name

    def plan(self, coords: Tensor) -> PyramidPlan:
        """Return the plan of (N, 4) int rows [batch, x, y, z], to give to several passes."""
        return PyramidPlan(coords, depth=DEPTH)

    def forward(self, coords: Tensor, colours: Tensor, plan: PyramidPlan | None = None) -> Output:
        """Return features and logits of every row, in the given row order.

        Args:
            coords: (N, 4) int32 rows [batch, x, y, z], voxel units, any order, may be negative.
                Of rows with equal coordinates the first one's colour counts and all get its result.
            colours: (N, in_channels), for the original weights rgb / 255 - 0.5.
            plan: what `plan(coords)` returned for the same rows, or None to work it out here.
        """
        if colours.shape != (len(coords), self.in_channels):
            raise ValueError(
                f"Colours are {tuple(colours.shape)}, expected ({len(coords)}, {self.in_channels})."
            )
        if plan is None:
            plan = self.plan(coords)
        features = plan.to_voxels(colours.to(self.conv0p1s1.kernel.dtype))
        stem_plan = plan.submanifold(0, self.stem_kernel_size)
        features = conv_norm(self.conv0p1s1, self.bn0, features, stem_plan)
        skips = []
        for level, name in enumerate(_DOWN):
            skips.append(features)
            conv, norm = self._step(name, f"bn{level + 1}")
            features = conv_norm(conv, norm, features, plan.down[level])
            features = self._stage(level + 1)(features, plan.submanifold(level + 1))
        for step, name in enumerate(_UP):
            level = DEPTH - 1 - step
            conv, norm = self._step(name, f"bntr{DEPTH + step}")
            features = conv_norm(conv, norm, features, plan.up(level))
            features = torch.cat([features, skips.pop()], dim=1)
            features = self._stage(DEPTH + step + 1)(features, plan.submanifold(level))
        logits = self.final(features)
        return Output(plan.to_rows(features), plan.to_rows(logits))

    def convolutions(self, plan: PyramidPlan) -> list[tuple[ConvPlan | None, SparseConv3d, int]]:
        """Return every convolution of a pass: its plan (None for 1x1x1), module and output rows."""
        layers: list[tuple[ConvPlan | None, SparseConv3d, int]] = [
            (plan.submanifold(0, self.stem_kernel_size), self.conv0p1s1, len(plan.levels[0]))
        ]
        steps = [(name, level, level + 1) for level, name in enumerate(_DOWN)]
        steps += [(name, DEPTH - 1 - step, DEPTH - 1 - step) for step, name in enumerate(_UP)]
        for number, (name, edge, level) in enumerate(steps):
            rows = len(plan.levels[level])
            conv = self.get_submodule(name)
            assert isinstance(conv, SparseConv3d)
            layers.append((plan.down[edge] if number < DEPTH else plan.up(edge), conv, rows))
            for module in self._stage(number + 1).modules():
                if isinstance(module, SubmanifoldConv3d):
                    layers.append((plan.submanifold(level), module, rows))
                elif isinstance(module, PointwiseConv3d):
                    layers.append((None, module, rows))
        layers.append((None, self.final, len(plan.levels[0])))
        return layers

    def _step(
        self, conv_name: str, norm_name: str
    ) -> tuple[StridedConv3d | TransposedConv3d, SparseBatchNorm]:
        conv, norm = self.get_submodule(conv_name), self.get_submodule(norm_name)
        assert isinstance(conv, StridedConv3d | TransposedConv3d)
        assert isinstance(norm, SparseBatchNorm)
        return conv, norm

    def _stage(self, number: int) -> Stage:
        stage = self.get_submodule(f"block{number}")
        assert isinstance(stage, Stage)
        return stage
