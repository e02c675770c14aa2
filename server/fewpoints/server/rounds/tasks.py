# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Features, superpoints and the choice of points. Runs in workers; imports torch."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.annotations.scans.views import choose_views
from fewpoints.models.features.cache import FEATURES_VERSION, cached_features
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network
from fewpoints.models.selection import registry
from fewpoints.models.selection.options import needs_answers, needs_features, strategy_options
from fewpoints.models.superpoints.files import find_superpoints, save_superpoints
from fewpoints.models.superpoints.look import mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.channels.files import save_feature_colours
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.rounds.queries import known_points
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.queries import points_hash
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.scans.tables import Scan


def base_network(context: JobContext) -> LoadedNetwork:
    """Load the network that features and fine-tuning start from."""
    settings = context.settings
    loaded = load_network(settings.pretrained, arch=settings.arch)
    for line in loaded.report:
        context.log(line)
    return loaded


def compute_features(context: JobContext, *, scan_id: int) -> dict[str, Any]:
    """Put a scan's features into the cache and its superpoints beside the scan.

    Safe to run twice: what is there is kept.
    """
    with context.session() as session:
        facts = _facts(session, scan_id)
    points = load_arrays(context.storage.scan_arrays(scan_id))
    _prepare(context, facts, points, context.progress)
    return {"scan_id": scan_id}


def select_points(
    context: JobContext, *, scan_id: int, strategy: str, budget: int, scaling: str, seed: int
) -> dict[str, Any]:
    """Choose points that were neither asked about nor answered, and add them as queries.

    Strategies that look at answers see those that are live when the choice begins.
    Safe to run twice: a job finds the round that it made before.
    """
    options = strategy_options(strategy, scaling=scaling, seed=seed)
    with context.session() as session:
        made = session.scalar(
            select(SelectionRound.id).where(SelectionRound.job_id == context.job_id)
        )
        if made is not None:
            return {"round_id": made}
        facts = _facts(session, scan_id)
    points = load_arrays(context.storage.scan_arrays(scan_id))
    features = superpoints = answers = None
    if needs_features(options):
        features, superpoints = _prepare(
            context, facts, points, part_of(context.progress, 0.0, 0.7)
        )
    with context.session() as session:  # Now: features may have taken minutes.
        exclude = known_points(session, scan_id)
        if needs_answers(options):
            answers = _answers(session, scan_id, points)
    rows = registry.select_points(
        points,
        options,
        budget,
        features=features,
        superpoints=superpoints,
        voxel_size_m=facts.voxel_size_m,
        answers=answers,
        exclude=np.array(exclude, np.int64),
        progress=part_of(context.progress, 0.7, 0.9),
    )
    context.progress(0.9, "Choosing views")
    local = points.local_positions()
    views = choose_views(local, rows, up=np.array(facts.up), seed=seed)

    with context.session() as session:
        scan = ready_scan(session, scan_id)
        made_round = SelectionRound(
            scan_id=scan.id,
            job_id=context.job_id,
            strategy=strategy,
            options=options.model_dump(mode="json"),
            budget=budget,
            seed=seed,
        )
        session.add(made_round)
        session.flush()
        session.add_all(
            Query(
                round_id=made_round.id,
                scan_id=scan.id,
                rank=rank,
                point_index=int(row),
                position=[float(value) for value in local[row]],
                view={
                    "eye": [float(value) for value in view.eye],
                    "target": [float(value) for value in view.target],
                    "up": [float(value) for value in view.up],
                },
            )
            for rank, (row, view) in enumerate(zip(rows, views, strict=True))
        )
        _touch(scan)
        return {"round_id": made_round.id, "queries": len(rows)}


class _Facts:
    """What the computation needs of a scan's row, so that no session is held meanwhile."""

    def __init__(self, scan: Scan) -> None:
        assert scan.voxel_size_m is not None
        assert scan.up is not None
        self.scan_id = scan.id
        self.points_hash = points_hash(scan)
        self.voxel_size_m = scan.voxel_size_m
        self.up = scan.up


def _facts(session: Session, scan_id: int) -> _Facts:
    if session.get(Scan, scan_id) is None:
        raise JobCancelled
    return _Facts(ready_scan(session, scan_id))


class _Prepared(NamedTuple):
    """(N, F) features of the points, memory-mapped, and the scan's superpoints."""

    features: NDArray[np.float32]
    superpoints: Superpoints


def _prepare(
    context: JobContext, facts: _Facts, points: PointScan, progress: Progress
) -> _Prepared:
    """Return the features and superpoints of a scan; those that are missing are made and kept."""
    progress(0.0, "Loading the network")
    loaded = base_network(context)
    features = cached_features(
        points,
        facts.points_hash,
        loaded,
        voxel_size_m=facts.voxel_size_m,
        cache_dir=context.storage.features,
        device=context.settings.device,
        progress=part_of(progress, 0.0, 0.8),
    )
    key = f"{loaded.sha256[:16]}-{facts.voxel_size_m!r}-v{FEATURES_VERSION}"
    path = context.storage.superpoints_file(facts.scan_id, key)
    stored = find_superpoints(path, len(points))
    with context.storage.work_folder(context.work_name) as work:
        made = work / "superpoints"
        if stored is None:
            superpoints = cut_into_superpoints(
                points, voxel_size_m=facts.voxel_size_m, progress=part_of(progress, 0.8, 1.0)
            )
            directions = mean_directions(superpoints, features)
            save_superpoints(made / path.name, superpoints, directions)
        with suppress(FileNotFoundError):  # The scan is being deleted, as is found out next.
            save_feature_colours(context.storage, facts.scan_id, key, features, points.finite)
        with context.session() as session:
            scan = session.get(Scan, facts.scan_id)
            if scan is None:
                raise JobCancelled
            if scan.voxel_size_m == facts.voxel_size_m:
                if stored is None:
                    context.storage.publish(made, path.parent)
                cells = len((superpoints if stored is None else stored.superpoints).of_cell)
                if stored is None or scan.features_key != key or scan.cells != cells:
                    scan.cells, scan.unexplained, scan.unexplained_event = cells, None, None
                scan.features_key = key
                _touch(scan)
    return _Prepared(features, superpoints if stored is None else stored.superpoints)


def _answers(
    session: Session, scan_id: int, points: PointScan
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(Q,) labelled rows that have a place, and their (Q,) classes."""
    labelled = labelled_points(session, Scan.id == scan_id)
    rows = np.array([point for _, _, point, _ in labelled], np.int64)
    classes = np.array([index for *_, index in labelled], np.int64)
    placed = points.finite[rows]
    return rows[placed], classes[placed]


def _touch(scan: Scan) -> None:
    scan.updated_at = utc_now()
