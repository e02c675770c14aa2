# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning and prediction. Runs in workers; imports torch."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.json_values import without_nan
from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.models.features.cache import find_features
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.superpoints.files import find_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.models.training import predict as prediction
from fewpoints.models.training.config import FROZEN, Variant, preset_config
from fewpoints.models.training.finetune import finetune as run_finetune
from fewpoints.models.training.sparse_supervision import LabelledScan
from fewpoints.server.comparisons.counts import count_pairs, shares
from fewpoints.server.comparisons.queries import (
    VersionBefore,
    concerned_checkpoints,
    latest_predicted,
)
from fewpoints.server.comparisons.service import agreement, version_before
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.projects.service import show_checkpoint
from fewpoints.server.rounds.tasks import base_network
from fewpoints.server.scans.queries import points_hash
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import readable_bytes
from fewpoints.server.training.predictions import TILE_ORDER, write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot

_NAMES: Mapping[Variant, str] = MappingProxyType(
    {
        "superpoints": "Superpoints",
        "head": "Linear head",
        "adapter": "Last stage",
        "network": "Whole network",
    }
)


class ScanGone(Conflict):
    """A scan of the snapshot was deleted before the training began."""

    code = "scan_gone"

    def __init__(self) -> None:
        super().__init__(
            "A scan with answers was deleted after the training was asked for. Start it again."
        )


def finetune(
    context: JobContext, *, snapshot_id: int, variant: str, steps: int | None, seed: int
) -> dict[str, Any]:
    """Train on a snapshot, predict every scan of the project, then publish all of it in one step.

    Safe to run twice: a run that was cut short goes on from its last state, and a job that has
    published finds its checkpoint. Cancelling publishes nothing.
    """
    with context.session() as session:
        made = session.scalar(select(Checkpoint.id).where(Checkpoint.job_id == context.job_id))
        if made is not None:
            return {"checkpoint_id": made}
        snapshot = session.get(Snapshot, snapshot_id)
        if snapshot is None:
            raise JobCancelled
        project_id = snapshot.project_id
        classes = [str(entry["name"]) for entry in snapshot.classes]
        rows = [tuple(row) for row in snapshot.rows]
        facts = _ready_scans(session, project_id)
        before = latest_predicted(session, project_id)
        class_ids = [int(entry["id"]) for entry in snapshot.classes]
    context.log(
        f"Snapshot {snapshot_id}: {len(rows)} answers of {len({row[3] for row in rows})} classes in"
        f" {len({row[1] for row in rows})} scans, up to event {snapshot.last_event_id}"
    )
    own = context.settings.pretrained
    given = {} if steps is None else {"steps": steps}
    config = preset_config("room", variant=variant, seed=seed, **given)

    context.progress(0.0, "Loading the network")
    start = base_network(context)
    labelled = _labelled_scans(context, start, rows, facts)
    result = run_finetune(
        labelled,
        start,
        classes,
        config,
        run_dir=context.storage.run_folder(context.job_id),  # Removed when the job has ended.
        device=context.settings.device,
        progress=part_of(context.progress, 0.0, 0.6),
        on_loss=context.loss,
    )
    context.log(_figures(result.metrics))
    for note in result.notes:
        context.log(note)

    with context.storage.work_folder(context.work_name) as work:
        loaded = load_network(result.path)
        for number, (scan_id, known) in enumerate(facts.items()):
            progress = part_of(
                context.progress,
                0.6 + 0.4 * number / len(facts),
                0.6 + 0.4 * (number + 1) / len(facts),
            )
            frozen = start if config.variant in FROZEN else None
            began = time.monotonic()
            _predict(context, loaded, scan_id, known, frozen, work / str(scan_id), progress)
            took = time.monotonic() - began
            context.log(f"Predicted {known.name} ({number + 1} of {len(facts)}) in {took:.1f} s")
        agreement = _agreement_before(context, before, class_ids, work)
        weights = work / "checkpoint"
        weights.mkdir()
        shutil.copyfile(result.path, weights / context.storage.checkpoint_file(0).name)
        with context.session() as session:
            checkpoint = Checkpoint(
                project_id=project_id,
                job_id=context.job_id,
                snapshot_id=snapshot_id,
                name=f"{_NAMES[config.variant]}, {len(rows)} answers",
                arch=result.meta.arch,
                variant=variant,
                bytes=result.path.stat().st_size,
                sha256=result.sha256,
                metrics=without_nan(result.metrics),
                config={
                    **config.model_dump(mode="json"),
                    "start_sha256": start.sha256,
                    "start_untrained": start.untrained,
                    # None: the weights that come with fewpoints, or random ones.
                    "start_name": None if own is None else own.name,
                    "notes": result.notes,
                },
                agreement=agreement,
            )
            session.add(checkpoint)
            session.flush()
            context.storage.publish(weights, context.storage.checkpoint_folder(checkpoint.id))
            still_there = _ready_scans(session, project_id)
            for scan_id in facts:
                if scan_id in still_there:
                    _publish(context, session, scan_id, checkpoint.id, work / str(scan_id))
            show_checkpoint(session, project_id, checkpoint.id)
            checkpoint_id = checkpoint.id
    size = readable_bytes(checkpoint.bytes)
    context.log(f"Checkpoint {checkpoint_id} written: {size}, sha256 {result.sha256}")
    return {"checkpoint_id": checkpoint_id}


def predict(context: JobContext, *, scan_id: int, checkpoint_id: int) -> dict[str, Any]:
    """Predict one scan with one checkpoint. Safe to run twice: files are replaced in one step."""
    with context.session() as session:
        scan = session.get(Scan, scan_id)
        checkpoint = session.get(Checkpoint, checkpoint_id)
        if scan is None or checkpoint is None:
            raise JobCancelled
        known = _ScanFacts.of(scan)
        frozen = checkpoint.variant in FROZEN
        start_sha256 = checkpoint.config.get("start_sha256")
    context.progress(0.0, "Loading the checkpoint")
    loaded = load_network(context.storage.checkpoint_file(checkpoint_id))
    start = base_network(context) if frozen else None
    if start is not None and start.sha256 != start_sha256:
        start = None
    with context.storage.work_folder(context.work_name) as work:
        folder = work / str(scan_id)
        _predict(context, loaded, scan_id, known, start, folder, context.progress)
        with context.session() as session:
            scan = session.get(Scan, scan_id)
            if scan is None or session.get(Checkpoint, checkpoint_id) is None:
                raise JobCancelled
            _publish(context, session, scan_id, checkpoint_id, folder)
            scan.updated_at = utc_now()
    _refresh_agreements(context, checkpoint_id)
    return {"checkpoint_id": checkpoint_id, "scan_id": scan_id}


def _figures(metrics: Mapping[str, Any]) -> str:
    if metrics["accuracy"] is None:
        return "Evaluation: no figures"
    miou = "" if metrics["miou"] is None else f", mIoU {metrics['miou']:.1%}"
    how = str(metrics["method"]).replace("_", " ")
    return f"Evaluation: accuracy {metrics['accuracy']:.1%}{miou} on {metrics['answers']} ({how})"


def _agreement_before(
    context: JobContext, before: VersionBefore | None, class_ids: list[int], work: Path
) -> float | None:
    """Return the part of the points that are predicted as by the version before; files in `work`.

    None if there is no such version, or nothing that both predicted.
    """
    if before is None:
        return None
    total = np.zeros(2, np.int64)
    for scan_id in before.scan_ids:
        older = context.storage.prediction_folder(scan_id, before.checkpoint_id) / TILE_ORDER
        newer = work / str(scan_id) / TILE_ORDER
        if older.exists() and newer.exists():
            total += shares(count_pairs(older, newer), before.class_ids, class_ids)
        context.raise_if_cancelled()
    if not total[1]:
        return None
    context.log(
        f"{total[0] / total[1]:.1%} of the points as version {before.checkpoint_id} had them"
    )
    return float(total[0] / total[1])


def _refresh_agreements(context: JobContext, checkpoint_id: int) -> None:
    """Work out anew what a prediction may have changed, once its checkpoint predicted all scans."""
    with context.read() as session:
        concerned = [
            (checkpoint.id, before)
            for checkpoint in concerned_checkpoints(session, checkpoint_id)
            if (before := version_before(session, checkpoint)) is not None
        ]
    for concerned_id, before in concerned:
        found = agreement(context.storage, before)
        with context.session() as session:
            row = session.get(Checkpoint, concerned_id)
            if row is not None:
                row.agreement = found


@dataclass(frozen=True)
class _ScanFacts:
    """What training needs of a scan's row, so that no session is held meanwhile."""

    name: str
    points_hash: str
    voxel_size_m: float
    features_key: str | None

    @classmethod
    def of(cls, scan: Scan) -> _ScanFacts:
        assert scan.voxel_size_m is not None
        return cls(
            name=scan.name,
            points_hash=points_hash(scan),
            voxel_size_m=float(scan.voxel_size_m),
            features_key=scan.features_key,
        )


def _ready_scans(session: Session, project_id: int) -> dict[int, _ScanFacts]:
    """Return scan id -> facts of the project's imported scans."""
    scans = session.scalars(
        select(Scan).where(Scan.project_id == project_id, Scan.state == "ready").order_by(Scan.id)
    )
    return {scan.id: _ScanFacts.of(scan) for scan in scans if scan.voxel_size_m is not None}


def _labelled_scans(
    context: JobContext,
    start: LoadedNetwork,
    rows: list[tuple[int, ...]],
    facts: dict[int, _ScanFacts],
) -> list[LabelledScan]:
    by_scan: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for _, scan_id, point, class_index in rows:
        by_scan[scan_id].append((point, class_index))
    if not set(by_scan) <= set(facts):
        raise ScanGone
    labelled = []
    for scan_id, labels in sorted(by_scan.items()):
        known = facts[scan_id]
        points = load_arrays(context.storage.scan_arrays(scan_id))
        features = _features(context, start, known, len(points))
        context.log(
            f"Read {known.name}: {len(points):,} points, {len(labels)} of them labelled, "
            f"features {'kept' if features is not None else 'to be made'}"
        )
        labelled.append(
            LabelledScan(
                name=known.name,
                scan=points,
                rows=np.array([point for point, _ in labels], np.int64),
                classes=np.array([class_index for _, class_index in labels], np.int64),
                voxel_size_m=known.voxel_size_m,
                features=features,
                superpoints=_superpoints(context, scan_id, known, len(points)),
            )
        )
    return labelled


def _features(
    context: JobContext, start: LoadedNetwork, known: _ScanFacts, points: int
) -> NDArray[np.float32] | None:
    """Return the features of the starting network, if they are kept."""
    return find_features(
        points,
        known.points_hash,
        start,
        voxel_size_m=known.voxel_size_m,
        cache_dir=context.storage.features,
    )


def _superpoints(
    context: JobContext, scan_id: int, known: _ScanFacts, points: int
) -> Superpoints | None:
    """Return the superpoints of a scan, if they are kept and of its voxel size."""
    if known.features_key is None:
        return None
    stored = find_superpoints(context.storage.superpoints_file(scan_id, known.features_key), points)
    if stored is None or stored.superpoints.voxel_size_m != known.voxel_size_m:
        return None
    return stored.superpoints


def _predict(
    context: JobContext,
    loaded: LoadedNetwork,
    scan_id: int,
    known: _ScanFacts,
    frozen: LoadedNetwork | None,
    folder: Path,
    progress: Progress,
) -> None:
    """Predict a scan.

    Args:
        frozen: the network whose features are those of the checkpoint, too.
    """
    points = load_arrays(context.storage.scan_arrays(scan_id))
    predicted = prediction.predict(
        points,
        loaded,
        voxel_size_m=known.voxel_size_m,
        device=context.settings.device,
        progress=progress,
        features=None if frozen is None else _features(context, frozen, known, len(points)),
        superpoints=_superpoints(context, scan_id, known, len(points)),
    )
    order_file = context.storage.scan_file(scan_id, "order.bin")
    write_prediction(folder, predicted.classes, predicted.confidence, order_file)


def _publish(
    context: JobContext, session: Session, scan_id: int, checkpoint_id: int, folder: Path
) -> None:
    row = session.scalars(
        select(Prediction).where(
            Prediction.scan_id == scan_id, Prediction.checkpoint_id == checkpoint_id
        )
    ).one_or_none()
    if row is None:
        row = Prediction(scan_id=scan_id, checkpoint_id=checkpoint_id)
        session.add(row)
    row.created_at = utc_now()
    session.flush()
    context.storage.publish(folder, context.storage.prediction_folder(scan_id, checkpoint_id))
