# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From a batch to a loss: two passes of the network, matches, and labels where there are any."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fewpoints.models.engine.modules import PointwiseConv3d
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network, untrained_network
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.pretrain.config import PretrainConfig
from fewpoints.models.pretrain.dataset import Batch, View
from fewpoints.models.pretrain.info_nce import partitioned_info_nce, point_info_nce
from fewpoints.models.pretrain.object_contrast import NO_OBJECT, object_contrast
from fewpoints.models.pretrain.partition import Partition
from fewpoints.models.pretrain.sources import NO_CLASS

PACKAGED = "default"


class Losses(NamedTuple):
    """total is the sum of the others, each times its weight; scalars."""

    total: Tensor
    contrastive: Tensor
    supervised: Tensor
    objects: Tensor


class Learner(nn.Module):
    """The network whose `final` makes embeddings, and a light head for simulated labels.

    network: a Res16UNet with `channels` outputs. head: (96, classes), or None without labels.
    """

    def __init__(self, config: PretrainConfig, class_count: int) -> None:
        super().__init__()
        self.config = config
        self.network = Res16UNet(
            config.arch, out_channels=config.channels, momentum=config.norm_momentum
        )
        start = _start(config)
        self.network.load_state_dict(start.network.state_dict())
        self.head: PointwiseConv3d | None = None
        if class_count and config.supervised_weight > 0:
            self.head = PointwiseConv3d(self.network.feature_channels, class_count, bias=True)
            self.head.reset_parameters(torch.Generator().manual_seed(config.seed))

    def forward(self, batch: Batch) -> Losses:
        """Return the losses of a batch; the two views are two passes, as in the released code."""
        embeddings, features, supervised = [], [], []
        for view in (batch.first, batch.second):
            with self._precision(view):
                output = self.network(view.coords, view.colours)
                logits = None if self.head is None else self.head(output.features)
            embeddings.append(output.logits.float())
            features.append(output.features)
            if logits is not None:
                supervised.append(_labelled_loss(logits.float(), view.classes))
        queries = nn.functional.normalize(embeddings[0][batch.first_rows], dim=1)
        keys = nn.functional.normalize(embeddings[1][batch.second_rows], dim=1)
        contrastive = contrastive_loss(queries, keys, batch, self.config)
        mean = torch.stack(supervised).mean() if supervised else contrastive.new_zeros(())
        total = self.config.contrastive_weight * contrastive
        total = total + self.config.supervised_weight * mean
        objects = contrastive.new_zeros(())
        if self.config.object_weight > 0:
            objects = _objects_apart(features, batch, self.config)
            total = total + self.config.object_weight * objects
        return Losses(total, contrastive.detach(), mean.detach(), objects.detach())

    def _precision(self, view: View) -> AbstractContextManager[object]:
        wanted = self.config.precision
        kind = view.coords.device.type
        if wanted == "bf16" or (wanted == "auto" and kind == "cuda"):
            return torch.autocast(kind, dtype=torch.bfloat16)
        return nullcontext()


def _start(config: PretrainConfig) -> LoadedNetwork:
    """Return the weights to begin with.

    Raises:
        CheckpointUnreadable, CheckpointMismatch: the checkpoint cannot be begun with.
    """
    if config.start is None:
        return untrained_network(config.arch, out_channels=config.channels, seed=config.seed)
    path = None if config.start == PACKAGED else Path(config.start)
    return load_network(path, arch=config.arch, out_channels=config.channels, seed=config.seed)


def contrastive_loss(queries: Tensor, keys: Tensor, batch: Batch, config: PretrainConfig) -> Tensor:
    """Return the loss of (M, C) matched embeddings of length 1.

    CSC: negatives come from the same pair of frames only, and the pairs' losses are averaged; a
    pair without matches counts as 0. PointContrast: negatives come from the whole mini-batch.
    """
    if not len(queries):
        return (queries.sum() + keys.sum()) * 0
    if config.method == "pointcontrast":
        return point_info_nce(queries, keys, config.temperature)
    spec = Partition(config.partition, config.partitions, config.near_m, config.far_m)
    counts = batch.counts.tolist()
    total = queries.new_zeros(())
    parts = (torch.split(rows, counts) for rows in (queries, keys, batch.positions))
    for q, k, positions in zip(*parts, strict=True):
        if len(q):
            rows = spec.rows(positions)
            total = total + partitioned_info_nce(q, k, config.temperature, rows, spec.count)
    return total / len(counts)


def _objects_apart(features: list[Tensor], batch: Batch, config: PretrainConfig) -> Tensor:
    """Return the mean over scenes of `object_contrast`, of the features that users will see."""
    counts = batch.counts.tolist()
    first, second = (
        torch.split(side[rows].float(), counts)
        for side, rows in zip(features, (batch.first_rows, batch.second_rows), strict=True)
    )
    objects = torch.split(batch.first.objects[batch.first_rows], counts)
    losses = [
        object_contrast(queries, keys, numbers, config.object_temperature)
        for queries, keys, numbers in zip(first, second, objects, strict=True)
        if bool((numbers != NO_OBJECT).any())
    ]
    if not losses:
        return features[0].sum() * 0
    return torch.stack(losses).mean()


def _labelled_loss(logits: Tensor, classes: Tensor) -> Tensor:
    known = classes != NO_CLASS
    if not bool(known.any()):
        return logits.sum() * 0
    return nn.functional.cross_entropy(logits[known], classes[known])
