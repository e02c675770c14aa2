# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From answers to a new checkpoint."""

from __future__ import annotations

import copy
import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.engine.modules import PointwiseConv3d
from fewpoints.models.features.extract import input_colours, scan_voxels
from fewpoints.models.features.inference import choose_device, run_network
from fewpoints.models.nets.checkpoint import CheckpointMeta, LoadedNetwork, save_network
from fewpoints.models.nets.res_unet import Output, Res16UNet
from fewpoints.models.training.config import FinetuneConfig
from fewpoints.models.training.errors import BadAnswers, NotEnoughAnswers
from fewpoints.models.training.head import FeatureStatistics, cross_validate, fit_head
from fewpoints.models.training.holdout import MIN_ANSWERS_TO_HOLD_OUT, folds, held_out
from fewpoints.models.training.measure import describe, unmeasured
from fewpoints.models.training.network import measure_statistics, train_network
from fewpoints.models.training.readiness import check_ready
from fewpoints.models.training.sparse_supervision import LabelledScan
from fewpoints.models.training.state import remove_state

__all__ = ["FinetuneConfig", "FinetuneResult", "LabelledScan", "check_ready", "finetune"]

CHECKPOINT = "checkpoint.safetensors"
_STATISTICS_ROWS = 200_000
_log = logging.getLogger(__name__)


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


@dataclass(frozen=True)
class _Answers:
    """All answers in one table, scan after scan."""

    features: NDArray[np.float32]  # (L, F)
    classes: NDArray[np.int64]  # (L,)
    scan: NDArray[np.int64]  # (L,) index of the scan
    statistics: FeatureStatistics


def finetune(
    scans: Sequence[LabelledScan],
    start: LoadedNetwork,
    class_names: Sequence[str],
    config: FinetuneConfig,
    *,
    run_dir: Path,
    device: str = "auto",
    progress: Progress = no_progress,
) -> FinetuneResult:
    """Train on the answers and write a checkpoint to `run_dir`.

    The head is fitted on the frozen features of the labelled points; for the variant "network" all
    weights are then trained from there. `start` itself is not changed. Running again after a crash,
    with the same arguments, goes on from the last state in `run_dir`; cancelling (an exception from
    `progress`) leaves that state and no checkpoint.

    Args:
        scans: with their answers; scans without answers are ignored.
        start: the checkpoint to start from.
        class_names: C names; answers are 0..C-1.
        device: "auto", "cpu", "cuda", ...

    Raises:
        NotEnoughAnswers: fewer answers or classes than `check_ready` wants.
        BadAnswers: rows or classes that do not exist.
    """
    scans = [scan for scan in scans if len(scan.rows)]
    _check(scans, len(class_names))
    run_dir.mkdir(parents=True, exist_ok=True)
    where = choose_device(device)
    notes: list[str] = []
    rng = np.random.default_rng(config.seed)
    whole = config.variant == "network"

    batch_statistics = whole and (
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
    answers = _gather(scans, base, where, part_of(progress, 0.01, 0.2 if whole else 0.8))
    head_metrics = _measure_head(answers, class_names, config, rng)
    test = (
        held_out(answers.classes, config.holdout, rng)
        if whole
        else np.zeros(len(answers.classes), bool)
    )
    train = ~test
    kernel, bias = fit_head(
        answers.features[train],
        answers.classes[train],
        len(class_names),
        answers.statistics,
        decay=config.head_decay,
    )
    network = _with_head(base, kernel, bias)
    losses: list[float] = []
    metrics: dict[str, Any] = head_metrics
    if whole:
        if start.untrained:
            notes.append("Started from untrained weights: the whole network was trained.")
        kept = [_subset(scan, train[answers.scan == index]) for index, scan in enumerate(scans)]
        losses = train_network(
            network,
            kept,
            config,
            batch_statistics=batch_statistics,
            fingerprint=_fingerprint(kept, start, class_names, config),
            run_dir=run_dir,
            device=where,
            progress=part_of(progress, 0.2, 0.9),
        )
        metrics = _measure_network(
            scans, test, answers, network, class_names, where, part_of(progress, 0.9, 0.99)
        )
        metrics["head"] = head_metrics
    if metrics["reason"]:
        notes.append(metrics["reason"])
    progress(0.99, "Writing the checkpoint")
    meta = _meta(scans, start, class_names, config, metrics, losses, network)
    path = run_dir / CHECKPOINT
    sha256 = save_network(path, network.cpu().eval(), meta)
    remove_state(run_dir)
    progress(1.0, "The checkpoint is written")
    return FinetuneResult(path, sha256, meta, metrics, losses, notes)


def _check(scans: Sequence[LabelledScan], class_count: int) -> None:
    for scan in scans:
        if len(scan.rows) != len(scan.classes):
            raise BadAnswers(
                f"{scan.name}: {len(scan.rows)} labelled points but {len(scan.classes)} classes."
            )
        if scan.rows.min() < 0 or scan.rows.max() >= len(scan.scan):
            raise BadAnswers(
                f"{scan.name}: a labelled point is row {int(scan.rows.max())}, but the scan has "
                f"{len(scan.scan):,} points."
            )
        if not scan.scan.finite[scan.rows].all():
            raise BadAnswers(f"{scan.name}: a labelled point has no finite coordinates.")
        if scan.classes.min() < 0 or scan.classes.max() >= class_count:
            raise BadAnswers(
                f"{scan.name}: class {int(scan.classes.max())} is not in the list of "
                f"{class_count} classes."
            )
    reasons = check_ready([int(c) for scan in scans for c in scan.classes])
    if reasons:
        raise NotEnoughAnswers(reasons)


def _gather(
    scans: Sequence[LabelledScan], network: Res16UNet, device: torch.device, progress: Progress
) -> _Answers:
    """Collect the features of the labelled points, running the network where none are at hand."""
    statistics = FeatureStatistics()
    tables = []
    for index, scan in enumerate(scans):
        report = part_of(progress, index / len(scans), (index + 1) / len(scans))
        report(0.0, f"Features of {scan.name}")
        if scan.features is not None:
            if len(scan.features) != len(scan.scan):
                raise BadAnswers(
                    f"{scan.name}: the features have {len(scan.features):,} rows, the scan has "
                    f"{len(scan.scan):,} points."
                )
            finite = np.flatnonzero(scan.scan.finite)
            statistics.add(scan.features[finite[:: max(1, len(finite) // _STATISTICS_ROWS)]])
            tables.append(np.asarray(scan.features[scan.rows], np.float32))
        else:
            tables.append(_features_of_rows(scan, network, device, statistics, report))
    return _Answers(
        features=np.concatenate(tables),
        classes=np.concatenate([scan.classes for scan in scans]).astype(np.int64),
        scan=np.repeat(np.arange(len(scans)), [len(scan.rows) for scan in scans]),
        statistics=statistics,
    )


def _features_of_rows(
    scan: LabelledScan,
    network: Res16UNet,
    device: torch.device,
    statistics: FeatureStatistics | None,
    progress: Progress,
    *,
    logits: bool = False,
) -> NDArray[np.float32]:
    """(L, F) features, or (L, C) logits, of the labelled points only."""
    voxels = scan_voxels(scan.scan, scan.voxel_size_m)
    wanted = voxels.point_to_voxel[scan.rows]
    columns = network.out_channels if logits else network.feature_channels
    table = np.zeros((len(wanted), columns), np.float32)

    def consume(rows: NDArray[np.int64], output: Output) -> None:
        values = (output.logits if logits else output.features).cpu().numpy()
        if statistics is not None:
            statistics.add(values)
        at = np.searchsorted(rows, wanted)  # A block's rows ascend.
        here = rows[np.minimum(at, len(rows) - 1)] == wanted
        table[here] = values[at[here]]

    run_network(
        network,
        voxels.coords,
        input_colours(scan.scan, voxels),
        consume,
        device=device,
        progress=progress,
    )
    return table


def _measure_head(
    answers: _Answers,
    class_names: Sequence[str],
    config: FinetuneConfig,
    rng: np.random.Generator,
) -> dict[str, Any]:  # JSON
    """Cross-validate the head: every answer is predicted by a head that never saw it."""
    fold = folds(answers.classes, rng)
    _, counts = np.unique(answers.classes, return_counts=True)
    if counts.max() < 2:
        return unmeasured(
            "No figures: every class has a single labelled point, so none can be kept out."
        )
    predicted = cross_validate(
        answers.features,
        answers.classes,
        len(class_names),
        answers.statistics,
        fold,
        decay=config.head_decay,
    )
    return describe(answers.classes, predicted, class_names, method="cross_validation")


def _measure_network(
    scans: Sequence[LabelledScan],
    test: NDArray[np.bool_],
    answers: _Answers,
    network: Res16UNet,
    class_names: Sequence[str],
    device: torch.device,
    progress: Progress,
) -> dict[str, Any]:  # JSON
    if not test.any():
        return unmeasured(
            f"No figures for the whole network: all {len(test)} answers were trained on. Answers "
            f"are kept out from {MIN_ANSWERS_TO_HOLD_OUT} answers on, of classes with 3 or more."
        )
    predicted = np.full(len(test), -1, np.int64)
    for index, scan in enumerate(scans):
        own = answers.scan == index
        chosen = test[own]
        if not chosen.any():
            continue
        report = part_of(progress, index / len(scans), (index + 1) / len(scans))
        part = _subset(scan, chosen)
        table = _features_of_rows(part, network, device, None, report, logits=True)
        predicted[np.flatnonzero(own)[chosen]] = table.argmax(axis=1)
    return describe(answers.classes[test], predicted[test], class_names, method="holdout")


def _subset(scan: LabelledScan, chosen: NDArray[np.bool_]) -> LabelledScan:
    return replace(scan, rows=scan.rows[chosen], classes=scan.classes[chosen], features=None)


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
    config: FinetuneConfig,
) -> str:
    """Hash everything that the course of a run depends on."""
    digest = hashlib.sha256()
    plain = [config.model_dump(exclude={"save_every_s"}), start.sha256, list(class_names)]
    digest.update(json.dumps(plain, sort_keys=True).encode())
    for scan in scans:
        digest.update(repr((len(scan.scan), scan.voxel_size_m)).encode())
        digest.update(np.ascontiguousarray(scan.scan.positions).tobytes())
        digest.update(np.ascontiguousarray(scan.rows, np.int64).tobytes())
        digest.update(np.ascontiguousarray(scan.classes, np.int64).tobytes())
    return digest.hexdigest()


def _meta(
    scans: Sequence[LabelledScan],
    start: LoadedNetwork,
    class_names: Sequence[str],
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
        voxel_size_m=sizes.pop() if len(sizes) == 1 else None,
        provenance=provenance,
    )
