# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Heads fitted to answers and, with less weight, to pseudo-labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.answers import AnswerTable, gather
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.head import fit_head
from fewpoints.models.training.sparse_supervision import ExtraTargets, LabelledScan

_MOST_PSEUDO_LABELS = 5_000


def fit_to_answers(
    answers: AnswerTable,
    chosen: NDArray[np.bool_],
    scans: Sequence[LabelledScan],
    pseudo: Sequence[ExtraTargets],
    class_count: int,
    config: FinetuneConfig,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fit a head to the chosen answers, and to the pseudo-labels if there are any."""
    features, classes = [answers.features[chosen]], [answers.classes[chosen]]
    every = _stride(pseudo)
    for scan, targets in zip(scans, pseudo, strict=False):
        if len(targets.rows):
            assert scan.features is not None
            features.append(np.asarray(scan.features[targets.rows[::every]], np.float32))
            classes.append(targets.classes[::every])
    count = int(chosen.sum())
    total = sum(len(part) for part in classes)
    share = np.full(total, 1.0 / count)
    share[count:] = config.pseudo_weight / max(total - count, 1)
    return fit_head(
        np.concatenate(features),
        np.concatenate(classes),
        class_count,
        answers.statistics,
        decay=config.head_decay,
        share=share,
    )


def refit_head(
    network: Res16UNet,
    scans: Sequence[LabelledScan],
    extra: Sequence[ExtraTargets],
    config: FinetuneConfig,
    device: torch.device,
    progress: Progress,
) -> None:
    """Fit the head of a trained network anew, in place, to its own features."""
    every = _stride(extra)
    known = [
        replace(
            scan,
            rows=np.concatenate([scan.rows, targets.rows[::every]]),
            classes=np.concatenate([scan.classes, targets.classes[::every]]),
            instances=None,
        )
        for scan, targets in zip(scans, extra, strict=True)
    ]
    table = gather([scan for scan in known if len(scan.rows)], network, device, progress)
    pseudo = np.concatenate(
        [
            np.arange(len(all_.rows)) >= len(scan.rows)
            for all_, scan in zip(known, scans, strict=True)
        ]
    )
    share = np.where(pseudo, config.pseudo_weight / max(pseudo.sum(), 1), 1 / (~pseudo).sum())
    kernel, bias = fit_head(
        table.features,
        table.classes,
        network.out_channels,
        table.statistics,
        decay=config.head_decay,
        share=share,
    )
    with torch.no_grad():
        network.final.kernel.copy_(kernel)
        assert network.final.bias is not None
        network.final.bias.copy_(bias.reshape(1, -1))


def _stride(pseudo: Sequence[ExtraTargets]) -> int:
    """Every how many-th pseudo-label a head is fitted to, which looks at all of them many times."""
    total = sum(len(targets.rows) for targets in pseudo)
    return max(1, -(-total // _MOST_PSEUDO_LABELS))
