# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Small scans and networks for the tests of features and training."""

from __future__ import annotations

import copy
import functools

import numpy as np
import torch

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.nets.checkpoint import CheckpointMeta, LoadedNetwork
from fewpoints.models.nets.res_unet import Res16UNet


def planes(seed: int = 0, *, count: int = 12, points: int = 1500, size: float = 4.0) -> PointScan:
    """Randomly oriented coloured squares: surfaces, as scanned ones, in general position."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(count):
        normal = rng.normal(size=3)
        along = np.linalg.svd(normal[None])[2][1:]
        parts.append(rng.uniform(0, size, 3) + rng.uniform(-1, 1, (points, 2)) @ along)
    positions = np.concatenate(parts) - size / 3
    rng.shuffle(positions)
    colours = rng.integers(0, 256, (len(positions), 3)).astype(np.uint8)
    return PointScan(positions=positions, colours=colours)


def lively_network(arch: str = "Res16UNet14A", *, outputs: int = 5, seed: int = 0) -> LoadedNetwork:
    """A network whose normalisations have statistics, so that folding them in is tested too."""
    names = tuple(f"class {index}" for index in range(outputs))
    meta = CheckpointMeta(arch, outputs, class_names=names)
    network = copy.deepcopy(_lively(arch, outputs, seed))
    return LoadedNetwork(network, meta, f"weights-{seed}", False, [])


@functools.cache
def _lively(arch: str, outputs: int, seed: int) -> Res16UNet:
    torch.manual_seed(seed)
    network = Res16UNet(arch, out_channels=outputs)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.05, 0.2)
            with torch.no_grad():
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
    return network.eval()
