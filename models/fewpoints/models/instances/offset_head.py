# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The head that predicts the way from a point to the centre of its object, and its losses.

As in PointGroup and the instance branch of Contrastive Scene Contexts. With predictions o_i, true
offsets g_i = (centre of the object of i) - p_i, both in metres, and the set S of points whose
object is known:

    L_norm =  1 / (|S| + 1e-6) sum_{i in S} |o_i - g_i|_1
    L_dir  = -1 / (|S| + 1e-6) sum_{i in S} o_i . g_i / ((|o_i|_2 + 1e-8) (|g_i|_2 + 1e-8))

The original adds both to the cross-entropy with weight 1. Neither is a loss of anything where S is
empty; a point that is its object's centre has no direction and adds 0 to L_dir.

Letters used in shapes: V voxels (or points), C channels of the features.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fewpoints.models.engine.modules import PointwiseConv3d, SparseBatchNorm


class OffsetHead(nn.Module):
    """(V, C) features to (V, 3) offsets in metres: 1x1x1, normalisation, ReLU, 1x1x1.

    Modules carry the names they have beside the network's own in the original state dicts.
    """

    def __init__(self, channels: int = 96, *, momentum: float = 0.02) -> None:
        super().__init__()
        self.offsets_pre = PointwiseConv3d(channels, channels, bias=True)
        self.bntr_offset = SparseBatchNorm(channels, momentum=momentum)
        self.offsets = PointwiseConv3d(channels, 3, bias=True)

    def forward(self, features: Tensor) -> Tensor:
        """Map (V, C) to (V, 3)."""
        hidden = self.bntr_offset(self.offsets_pre(features)).relu()
        offsets: Tensor = self.offsets(hidden)
        return offsets


def norm_loss(predicted: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Return L_norm, a scalar: how far predictions end from the centre, along the axes.

    Args:
        predicted, target: (V, 3) m.
        known: (V,) bool, S; the target of other rows may be anything.
    """
    return (predicted[known] - target[known]).abs().sum() / _size(known, predicted)


def direction_loss(predicted: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Return L_dir, a scalar in -1..1: -1 where all predictions point at the centre.

    Args:
        predicted, target: (V, 3) m.
        known: (V,) bool, S; the target of other rows may be anything.
    """
    cosines = (_directions(predicted[known]) * _directions(target[known])).sum(dim=1)
    return -cosines.sum() / _size(known, predicted)


def _size(known: Tensor, like: Tensor) -> Tensor:
    size: Tensor = known.sum().to(like.dtype) + 1e-6
    return size


def _directions(vectors: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    return vectors / (lengths + 1e-8)
