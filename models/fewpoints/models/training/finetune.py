# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From answers to a new checkpoint."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.engine.modules import PointwiseConv3d
from fewpoints.models.features.inference import choose_device
from fewpoints.models.instances.offset_head import OffsetHead
from fewpoints.models.nets.checkpoint import CheckpointMeta, LoadedNetwork, save_network
from fewpoints.models.nets.res_unet import Res16UNet
from fewpoints.models.superpoints.kinds import kinds_know
from fewpoints.models.training import offsets
from fewpoints.models.training.answers import check_answers, gather
from fewpoints.models.training.config import FROZEN, FinetuneConfig
from fewpoints.models.training.dense_targets import extra_targets, prepare_dense, remove_features
from fewpoints.models.training.fitting import fit_to_answers, refit_head
from fewpoints.models.training.head import linear_classifier
from fewpoints.models.training.holdout import held_out
from fewpoints.models.training.measure import measure_head, measure_network
from fewpoints.models.training.network import OnLoss, measure_statistics, no_loss, train_network
from fewpoints.models.training.readiness import check_ready
from fewpoints.models.training.sparse_supervision import ExtraTargets, LabelledScan
from fewpoints.models.training.state import remove_state
from fewpoints.models.training.superpoint_fitting import (
    fit_to_superpoints,
    superpoint_classifier,
)

__all__ = ["FinetuneConfig", "FinetuneResult", "LabelledScan", "check_ready", "finetune"]

CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True)
class FinetuneResult:
    """A finished run.

    Attributes:
        path: the checkpoint.
        sha256: of the checkpoint's file.
        meta: what the checkpoint says about itself.
        metrics: JSON values; see `measure.describe`. For the whole network also "head": the same
            for the head it started from.
        losses: per step; empty for the head.
        notes: sentences for people.
    """

    path: Path
    sha256: str
    meta: CheckpointMeta
    metrics: dict[str, Any]
    losses: list[float]
    notes: list[str]


def finetune(
    scans: Sequence[LabelledScan],
    start: LoadedNetwork,
    class_names: Sequence[str],
    config: FinetuneConfig,
    *,
    run_dir: Path,
    stuff: Sequence[int] = (),
    device: str = "auto",
    progress: Progress = no_progress,
    on_loss: OnLoss = no_loss,
) -> FinetuneResult:
    """Train on the answers and write a checkpoint to `run_dir`.

    A linear head is fitted on the frozen features of the labelled points. `superpoints` fits one on
    what superpoints look like beside it; `adapter` and `network` train on from there. `start`
    itself is not changed. Running again after a crash, with the same arguments, goes on from the
    last state in `run_dir`; cancelling (an exception from `progress`) leaves that state and no
    checkpoint.

    Args:
        scans: with their answers; scans without answers are ignored.
        start: the checkpoint to start from.
        class_names: C names; answers are 0..C-1.
        stuff: classes without objects to tell apart, such as wall and floor.
        device: "auto", "cpu", "cuda", ...
        on_loss: hears the cross-entropy of the answers at every step, if there are steps.

    Raises:
        NotEnoughAnswers: fewer answers or classes than `check_ready` wants.
        BadAnswers: rows or classes that do not exist.
    """
    scans = [scan for scan in scans if len(scan.rows)]
    check_answers(scans, len(class_names))
    run_dir.mkdir(parents=True, exist_ok=True)
    where = choose_device(device)
    notes: list[str] = []
    rng = np.random.default_rng(config.seed)
    if start.untrained:
        config = config.model_copy(update={"lr": config.untrained_lr})
    frozen = config.variant in FROZEN
    descends = not frozen or config.instances

    batch_statistics = not frozen and (
        config.normalisation == "batch" or (config.normalisation == "auto" and start.untrained)
    )
    base = start.network
    if batch_statistics:
        # Steps will normalise by their own statistics, so the head must be fitted to such features.
        progress(0.0, "Measuring normalisation statistics")
        base = _with_head(base, base.final.kernel, base.final.bias)
        measure_statistics(base, scans, config, where)
        base.eval()
        scans = [replace(scan, features=None) for scan in scans]
    with_kinds = kinds_know(start.sha256) and not batch_statistics
    report = part_of(progress, 0.01, 0.15)
    scans, labellers = prepare_dense(
        scans, base, config, run_dir, where, report, with_kinds=with_kinds
    )
    answers = gather(scans, base, where, part_of(progress, 0.15, 0.2 if descends else 0.8))

    def learned(chosen: NDArray[np.bool_], config: FinetuneConfig) -> list[ExtraTargets]:
        """What dense labels add, if only the chosen answers are known."""
        targets = []
        for index, (scan, labeller) in enumerate(zip(scans, labellers, strict=True)):
            known = scan.answers(chosen[answers.of_scan(index)])
            chance = np.random.default_rng([config.seed, index, 2])
            targets.append(
                extra_targets(known, labeller, config, stuff=stuff, rng=chance)
                if len(known.rows)
                else ExtraTargets.none()
            )
        return targets

    def fit(chosen: NDArray[np.bool_]) -> tuple[torch.Tensor, torch.Tensor]:
        only_classes = config.model_copy(update={"instances": False})
        pseudo = learned(chosen, only_classes) if config.pseudo_labels is not None else []
        return fit_to_answers(answers, chosen, scans, pseudo, len(class_names), config)

    classify = linear_classifier(answers.features, fit)
    superpoint_head = None
    if config.variant == "superpoints":
        known = [labeller for labeller in labellers if labeller is not None]
        learn = partial(
            fit_to_superpoints, scans, known, answers, config=config, with_kinds=with_kinds
        )
        superpoint_head = learn(np.ones(len(answers.classes), bool))
        classify = superpoint_classifier(scans, known, answers, learn)
    head_metrics = measure_head(answers, class_names, classify, rng)
    test = np.zeros(len(answers.classes), bool)
    if not frozen:
        test = held_out(answers.classes, config.holdout, rng)
    train = ~test
    network = _with_head(base, *fit(train))
    extra = learned(train, config) if descends else []
    offset_head = _new_offset_head(network, config) if config.instances else None
    if config.instances and not any(_has_objects(targets) for targets in extra):
        offset_head = None
        notes.append("No objects were learned: no answer is about a class that has any.")
    losses: list[float] = []
    metrics: dict[str, Any] = head_metrics
    if not frozen or offset_head is not None:
        if start.untrained and config.variant == "network":
            notes.append("Started from untrained weights: the whole network was trained.")
        kept = [
            replace(scan.answers(train[answers.of_scan(index)]), features=None)
            for index, scan in enumerate(scans)
        ]
        losses = train_network(
            network,
            kept,
            config,
            extra=extra,
            offset_head=offset_head,
            batch_statistics=batch_statistics,
            fingerprint=_fingerprint(kept, start, class_names, stuff, config),
            run_dir=run_dir,
            device=where,
            progress=part_of(progress, 0.2, 0.86 if config.refit else 0.9),
            on_loss=on_loss,
        )
    if offset_head is not None:
        miss = offsets.relative_miss(network, offset_head, kept, extra, config, where)
        if miss > offsets.LARGEST_MISS:
            offsets.silence(offset_head)
            notes.append(
                f"Predicted centres miss by {miss:.0%} of the way, so objects are told apart by "
                "the gaps between them. More steps may help."
            )
    if not frozen and config.refit:
        refit_head(network, kept, extra, config, where, part_of(progress, 0.86, 0.9))
    if not frozen:
        metrics = measure_network(
            scans, test, answers, network, class_names, where, part_of(progress, 0.9, 0.99)
        )
        metrics["head"] = head_metrics
    if metrics["reason"]:
        notes.append(metrics["reason"])
    progress(0.99, "Writing the checkpoint")
    meta = _meta(scans, start, class_names, stuff, config, metrics, losses, network)
    path = run_dir / CHECKPOINT
    if offset_head is not None:
        offset_head.cpu().eval()
    sha256 = save_network(
        path,
        network.cpu().eval(),
        meta,
        offset_head=offset_head,
        superpoint_head=superpoint_head,
    )
    remove_state(run_dir)
    remove_features(run_dir)
    progress(1.0, "The checkpoint is written")
    return FinetuneResult(path, sha256, meta, metrics, losses, notes)


def _has_objects(targets: ExtraTargets) -> bool:
    return targets.instances is not None and bool(targets.instances.any())


def _new_offset_head(network: Res16UNet, config: FinetuneConfig) -> OffsetHead:
    """Return a random offset head, the same for the same seed."""
    # Its statistics start at nothing and have few steps to arrive.
    head = OffsetHead(network.feature_channels, momentum=0.1)
    generator = torch.Generator().manual_seed(config.seed % 2**63)
    for module in (head.offsets_pre, head.offsets):
        module.reset_parameters(generator)
    with torch.no_grad():
        # A far shot at random is worse than none, and takes many of the few steps to undo.
        head.offsets.kernel.mul_(0.1)
        assert head.offsets.bias is not None
        head.offsets.bias.mul_(0.1)
    return head


def _with_head(start: Res16UNet, kernel: torch.Tensor, bias: torch.Tensor | None) -> Res16UNet:
    """Return a copy of a network on the CPU, with another head."""
    assert bias is not None
    network = copy.deepcopy(start).cpu().eval().requires_grad_(True)
    head = PointwiseConv3d(kernel.shape[0], kernel.shape[1], bias=True)
    assert head.bias is not None
    with torch.no_grad():
        head.kernel.copy_(kernel)
        head.bias.copy_(bias.reshape(1, -1))
    network.final = head
    network.out_channels = kernel.shape[1]
    return network


def _fingerprint(
    scans: Sequence[LabelledScan],
    start: LoadedNetwork,
    class_names: Sequence[str],
    stuff: Sequence[int],
    config: FinetuneConfig,
) -> str:
    """Hash everything that the course of a run depends on."""
    digest = hashlib.sha256()
    options = config.model_dump(exclude={"save_every_s"})
    plain = [options, start.sha256, list(class_names), list(stuff)]
    digest.update(json.dumps(plain, sort_keys=True).encode())
    for scan in scans:
        digest.update(repr((len(scan.scan), scan.voxel_size_m)).encode())
        digest.update(np.ascontiguousarray(scan.scan.positions).tobytes())
        digest.update(np.ascontiguousarray(scan.rows, np.int64).tobytes())
        digest.update(np.ascontiguousarray(scan.classes, np.int64).tobytes())
        if scan.instances is not None:
            digest.update(np.ascontiguousarray(scan.instances, np.int64).tobytes())
    return digest.hexdigest()


def _meta(
    scans: Sequence[LabelledScan],
    start: LoadedNetwork,
    class_names: Sequence[str],
    stuff: Sequence[int],
    config: FinetuneConfig,
    metrics: dict[str, Any],
    losses: list[float],
    network: Res16UNet,
) -> CheckpointMeta:
    sizes = {scan.voxel_size_m for scan in scans}
    provenance = {
        "kind": "fine-tuning",
        "config": config.model_dump(mode="json"),
        "parent": {
            "sha256": start.sha256,
            "untrained": start.untrained,
            "kind": str(start.meta.provenance.get("kind", "unknown")),
        },
        "answers": [{"scan": scan.name, "labelled": len(scan.rows)} for scan in scans],
        "metrics": metrics,
        "last_loss": losses[-1] if losses else None,
    }
    return CheckpointMeta(
        network.arch,
        network.out_channels,
        in_channels=network.in_channels,
        stem_kernel_size=network.stem_kernel_size,
        class_names=tuple(class_names),
        stuff=tuple(stuff),
        voxel_size_m=sizes.pop() if len(sizes) == 1 else None,
        provenance=provenance,
    )
