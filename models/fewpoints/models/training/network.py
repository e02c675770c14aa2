# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning of weights by gradient descent on the labelled points, sample by sample."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from fewpoints.annotations.progress import Progress
from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.training.config import FinetuneConfig, Variant
from fewpoints.models.training.errors import TrainingDiverged
from fewpoints.models.training.objective import sample_loss
from fewpoints.models.training.sparse_supervision import (
    ExtraTargets,
    LabelledScan,
    Sample,
    make_samples,
)
from fewpoints.models.training.state import load_state, save_state

_log = logging.getLogger(__name__)

# Called as on_loss(step, loss) after each step; steps count from 1.
OnLoss: TypeAlias = Callable[[int, float], None]


def no_loss(step: int, loss: float) -> None:
    """Listen to nothing."""


class _Schedule:
    """The endless sequence of samples: epoch by epoch, scan by scan, sample by sample.

    Chance comes from (seed, epoch, scan), so a position in the sequence is three numbers and the
    sequence can be entered anywhere.
    """

    def __init__(
        self,
        scans: Sequence[LabelledScan],
        extra: Sequence[ExtraTargets],
        config: FinetuneConfig,
        position: tuple[int, int, int],
    ) -> None:
        chosen = [pair for pair in zip(scans, extra, strict=True) if len(pair[0].rows)]
        self.scans = [scan for scan, _ in chosen]
        self.extra = [targets for _, targets in chosen]
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
                extra=self.extra[which],
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


def adapter(network: Res16UNet) -> list[nn.Module]:
    """What the variant "adapter" trains: the last stage and the head that reads it."""
    return [network.get_submodule("block8"), network.final]


def set_trainable(network: Res16UNet, variant: Variant) -> list[nn.Parameter]:
    """Let gradients reach the weights that a variant trains, and no others; return those."""
    network.requires_grad_(variant == "network")
    if variant == "adapter":
        for module in adapter(network):
            module.requires_grad_(True)
    return [weight for weight in network.parameters() if weight.requires_grad]


def train_network(
    network: Res16UNet,
    scans: Sequence[LabelledScan],
    config: FinetuneConfig,
    *,
    extra: Sequence[ExtraTargets] | None = None,
    offset_head: OffsetHead | None = None,
    batch_statistics: bool,
    fingerprint: str,
    run_dir: Path,
    device: torch.device,
    progress: Progress,
    on_loss: OnLoss = no_loss,
) -> list[float]:
    """Fine-tune in place; return the cross-entropy of the answers at every step.

    SGD with momentum and dampening 0.1; learning rates go as `learning_rate_factor` has it. Which
    weights learn is said by the variant. A state in `run_dir` of the same run is picked up, and the
    result is then the same as without the interruption (on a CPU with the same number of threads,
    to the bit).

    Args:
        extra: of each scan, what to learn beside the answers.
        offset_head: learns from the objects in `extra`, whatever the variant.
        batch_statistics: normalise by each sample's own statistics and measure running ones over
            the scans at the end, instead of keeping the running statistics.
        fingerprint: of data and options; a state with another one is not used.
        progress: called for every sample; it may raise to cancel.
        on_loss: called after every step; a run that is picked up tells the steps after its state.

    Raises:
        TrainingDiverged: the loss is not finite.
    """
    trained = nn.ModuleDict({"network": network})
    weights = set_trainable(network, config.variant)
    groups: list[dict[str, Any]] = [{"params": weights, "first_lr": config.lr}] if weights else []
    if offset_head is not None:
        trained["offset_head"] = offset_head
        of_offsets = list(offset_head.parameters())
        groups.append({"params": of_offsets, "first_lr": config.offset_lr})
        weights = [*weights, *of_offsets]
    trained.to(device)
    optimiser = torch.optim.SGD(
        groups,
        lr=config.lr,
        momentum=config.momentum,
        dampening=0.1,
        weight_decay=config.weight_decay,
    )
    losses: list[float] = []
    position = (0, 0, 0)
    state = load_state(run_dir, fingerprint)
    if state is not None:
        trained.load_state_dict(state["weights"])
        optimiser.load_state_dict(state["optimiser"])
        losses = [float(loss) for loss in state["losses"]]
        epoch, turn, index = state["position"]
        position = (epoch, turn, index)
        _log.info("Resuming at step %d of %d.", len(losses), config.steps)
    schedule = _Schedule(scans, extra or [ExtraTargets.none() for _ in scans], config, position)
    trained.train()
    if not batch_statistics:
        _freeze_statistics(network)
    class_weights = None
    if config.balance:
        class_weights = balanced(scans, network.out_channels).to(device)
    saved = time.monotonic()
    while len(losses) < config.steps:
        step = len(losses)
        for group in optimiser.param_groups:
            group["lr"] = group["first_lr"] * learning_rate_factor(config, step)
        optimiser.zero_grad(set_to_none=True)
        values = []
        for turn in range(config.batch):
            recent = f", loss {np.mean(losses[-10:]):.3f}" if losses else ""
            done = (step + turn / config.batch) / config.steps
            progress(done, f"Step {step + 1} of {config.steps}{recent}")
            with torch.enable_grad():
                loss, value = sample_loss(
                    network,
                    offset_head,
                    schedule.next(),
                    pseudo_weight=config.pseudo_weight,
                    class_weights=class_weights,
                    device=device,
                )
                if not bool(loss.isfinite()):
                    raise TrainingDiverged(step + 1, config.lr)
                if loss.requires_grad:  # Not where a frozen network's sample shows no object.
                    (loss / config.batch).backward()  # type: ignore[no-untyped-call]
            values.append(value)
        if config.clip_norm is not None:
            nn.utils.clip_grad_norm_(weights, config.clip_norm)
        optimiser.step()
        losses.append(float(np.mean(values)))
        on_loss(len(losses), losses[-1])
        if time.monotonic() - saved >= config.save_every_s and len(losses) < config.steps:
            save_state(run_dir, _state(trained, optimiser, losses, schedule, fingerprint))
            saved = time.monotonic()
    if batch_statistics:
        progress(1.0, "Measuring normalisation statistics")
        measure_statistics(network, scans, config, device)
    trained.eval()
    return losses


def balanced(scans: Sequence[LabelledScan], class_count: int) -> torch.Tensor:
    """Return (C,) weights: one over the root of each class's share of the answers, 0 for none.

    They are 1 in the mean over the answers.
    """
    counts = np.zeros(class_count)
    for scan in scans:
        counts += np.bincount(scan.classes, minlength=class_count)
    weights = np.where(counts > 0, 1 / np.sqrt(np.maximum(counts, 1)), 0)
    weights *= counts.sum() / (weights * counts).sum()
    return torch.from_numpy(weights.astype(np.float32))


def learning_rate_factor(config: FinetuneConfig, step: int) -> float:
    """(1 - step / (steps + 1))^0.9, reached over the first `warm_up` steps."""
    warm_up = min(1.0, (step + 1) / config.warm_up) if config.warm_up else 1.0
    return float(warm_up * (1 - step / (config.steps + 1)) ** 0.9)


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
    trained: nn.Module,
    optimiser: torch.optim.Optimizer,
    losses: list[float],
    schedule: _Schedule,
    fingerprint: str,
) -> dict[str, Any]:  # Any: tensors and plain values.
    return {
        "fingerprint": fingerprint,
        "weights": trained.state_dict(),
        "optimiser": optimiser.state_dict(),
        "losses": list(losses),
        "position": list(schedule.position),
    }
