# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning of all weights: SGD on the labelled points, one sample per step."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fewpoints.annotations.progress import Progress
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.errors import TrainingDiverged
from fewpoints.models.training.sparse_supervision import LabelledScan, Sample, make_samples
from fewpoints.models.training.state import load_state, save_state

_log = logging.getLogger(__name__)


class _Schedule:
    """The endless sequence of samples: epoch by epoch, scan by scan, sample by sample.

    Chance comes from (seed, epoch, scan), so a position in the sequence is three numbers and the
    sequence can be entered anywhere.
    """

    def __init__(
        self, scans: Sequence[LabelledScan], config: FinetuneConfig, position: tuple[int, int, int]
    ) -> None:
        self.scans = [scan for scan in scans if len(scan.rows)]
        self.config = config
        self.epoch, self.turn, self.index = position
        self._samples: list[Sample] | None = None

    @property
    def position(self) -> tuple[int, int, int]:
        return self.epoch, self.turn, self.index

    def next(self) -> Sample:
        if self._samples is None:
            order = np.random.default_rng([self.config.seed, self.epoch]).permutation(
                len(self.scans)
            )
            which = int(order[self.turn])
            rng = np.random.default_rng([self.config.seed, self.epoch, which, 1])
            samples = make_samples(
                self.scans[which],
                rng,
                max_voxels=self.config.max_voxels,
                augment=self.config.augment,
            )
            self._samples = [samples[i] for i in rng.permutation(len(samples))]
        sample = self._samples[self.index]
        self.index += 1
        if self.index == len(self._samples):
            self._samples, self.index = None, 0
            self.turn += 1
            if self.turn == len(self.scans):
                self.epoch, self.turn = self.epoch + 1, 0
        return sample


def train_network(
    network: Res16UNet,
    scans: Sequence[LabelledScan],
    config: FinetuneConfig,
    *,
    batch_statistics: bool,
    fingerprint: str,
    run_dir: Path,
    device: torch.device,
    progress: Progress,
) -> list[float]:
    """Fine-tune in place; return the loss of every step.

    SGD with momentum and dampening 0.1, learning rate as `learning_rate` has it. A state in
    `run_dir` of the same run is picked up, and the result is then the same as without the
    interruption (on a CPU with the same number of threads, to the bit).

    Args:
        batch_statistics: normalise by each step's own statistics and measure running ones over the
            scans at the end, instead of keeping the running statistics.
        fingerprint: of data and options; a state with another one is not used.
        progress: called every step; it may raise to cancel.

    Raises:
        TrainingDiverged: the loss is not finite.
    """
    network.to(device)
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=config.lr,
        momentum=config.momentum,
        dampening=0.1,
        weight_decay=config.weight_decay,
    )
    losses: list[float] = []
    position = (0, 0, 0)
    state = load_state(run_dir, fingerprint)
    if state is not None:
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        losses = [float(loss) for loss in state["losses"]]
        epoch, turn, index = state["position"]
        position = (epoch, turn, index)
        _log.info("Resuming at step %d of %d.", len(losses), config.steps)
    schedule = _Schedule(scans, config, position)
    network.train()
    if not batch_statistics:
        _freeze_statistics(network)
    saved = time.monotonic()
    while len(losses) < config.steps:
        step = len(losses)
        recent = f", loss {np.mean(losses[-10:]):.3f}" if losses else ""
        progress(step / config.steps, f"Step {step + 1} of {config.steps}{recent}")
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, step)
        losses.append(_step(network, schedule.next(), optimiser, config, device, step))
        if time.monotonic() - saved >= config.save_every_s and len(losses) < config.steps:
            save_state(run_dir, _state(network, optimiser, losses, schedule, fingerprint))
            saved = time.monotonic()
    if batch_statistics:
        progress(1.0, "Measuring normalisation statistics")
        measure_statistics(network, scans, config, device)
    network.eval()
    return losses


def learning_rate(config: FinetuneConfig, step: int) -> float:
    """lr * (1 - step / (steps + 1))^0.9, reached over the first five steps: one sample is a noisy
    first direction, and the momentum would keep it.
    """
    warm_up = min(1.0, (step + 1) / 5)
    return float(config.lr * warm_up * (1 - step / (config.steps + 1)) ** 0.9)


def _step(
    network: Res16UNet,
    sample: Sample,
    optimiser: torch.optim.Optimizer,
    config: FinetuneConfig,
    device: torch.device,
    step: int,
) -> float:
    with torch.enable_grad():
        output = network(sample.coords.to(device), sample.colours.to(device))
        logits = output.logits[sample.voxels.to(device)]
        loss = nn.functional.cross_entropy(logits, sample.classes.to(device))
        value = float(loss.detach())
        if not np.isfinite(value):
            raise TrainingDiverged(step + 1, config.lr)
        optimiser.zero_grad(set_to_none=True)
        (loss * sample.weight).backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
    optimiser.step()
    return value


def measure_statistics(
    network: Res16UNet,
    scans: Sequence[LabelledScan],
    config: FinetuneConfig,
    device: torch.device,
) -> None:
    """Replace running statistics by their mean over the unvaried scans, in pieces."""
    norms = _norms(network)
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # A plain average over the passes that follow.
    network.train()
    with torch.no_grad():
        for scan in scans:
            rng = np.random.default_rng(0)
            for sample in make_samples(scan, rng, max_voxels=config.max_voxels, augment=False):
                network(sample.coords.to(device), sample.colours.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _freeze_statistics(network: Res16UNet) -> None:
    for norm in _norms(network):
        norm.eval()


def _norms(network: Res16UNet) -> list[nn.BatchNorm1d]:
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]


def _state(
    network: Res16UNet,
    optimiser: torch.optim.Optimizer,
    losses: list[float],
    schedule: _Schedule,
    fingerprint: str,
) -> dict[str, Any]:  # Any: tensors and plain values.
    return {
        "fingerprint": fingerprint,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "losses": list(losses),
        "position": list(schedule.position),
    }
