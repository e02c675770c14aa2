# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Imported scans with queries, written straight into the database: no job has to run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import save_arrays
from fewpoints.annotations.scans.tiles import TILE_POINTS, write_tiles
from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from fewpoints.server.db.engine import Database
from fewpoints.server.projects.schemas import ProjectCreate
from fewpoints.server.projects.service import create_project
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage


@dataclass(frozen=True)
class Seeded:
    """Ids of what was written; query i asks about point 10 * i."""

    project_id: int
    scan_id: int
    query_ids: list[int]
    scan: PointScan


def small_scan(points: int = 1000, *, seed: int = 0) -> PointScan:
    """A cube of random coloured points far from the origin; row 7 is not finite."""
    rng = np.random.default_rng(seed)
    shift = np.array([500_000.0, 0.0, 0.0])
    positions = rng.uniform(0, 4, (points, 3)) + shift
    positions[7] = np.nan
    colours = rng.integers(0, 256, (points, 3), dtype=np.uint8)
    return PointScan(positions=positions, colours=colours, global_shift=shift)


def seed_scan(
    database: Database,
    storage: Storage,
    *,
    queries: int = 20,
    points: int = 1000,
    scan: PointScan | None = None,
    tile_points: int = TILE_POINTS,
) -> Seeded:
    """Write a project with one ready scan and a round of queries."""
    scan = small_scan(points) if scan is None else scan
    points = len(scan)
    with database.write() as session:
        project = create_project(
            session, ProjectCreate(name="Seeded", strategy="random", auto_select=False)
        )
        row = Scan(
            project_id=project.id,
            name="cube.ply",
            suffix=".ply",
            state="ready",
            bytes=1,
            points=points,
            finite_points=int(scan.finite.sum()),
            format="ply",
            content_hash=hashlib.sha256(scan.positions.tobytes()).hexdigest(),
            voxel_size_m=0.5,
            unit="m",
            up=[0.0, 0.0, 1.0],
            shift=scan.global_shift.tolist(),
            bounds={"min": [0.0, 0.0, 0.0], "max": [4.0, 4.0, 4.0]},
            warnings=[],
        )
        session.add(row)
        session.flush()
        data = storage.scan_data(row.id)
        data.mkdir(parents=True)
        write_tiles(scan, data, tile_points=tile_points)
        save_arrays(scan, data / "arrays")
        (data / "preflight.json").write_text("{}", encoding="utf-8")
        made = SelectionRound(scan_id=row.id, strategy="random", options={}, budget=queries, seed=0)
        session.add(made)
        session.flush()
        local = scan.local_positions()
        view = {"eye": [0.0, 0.0, 0.0], "target": [1.0, 1.0, 1.0], "up": [0.0, 0.0, 1.0]}
        asked = [
            Query(
                round_id=made.id,
                scan_id=row.id,
                rank=rank,
                point_index=10 * rank,
                position=local[10 * rank].tolist(),
                view=view,
            )
            for rank in range(queries)
        ]
        session.add_all(asked)
        session.flush()
        return Seeded(project.id, row.id, [query.id for query in asked], scan)


def plain_superpoints(
    of_point: NDArray[np.int32], centres: NDArray[np.float64], *, seed: int = 0
) -> Superpoints:
    """Superpoints that look anyhow and touch anything, for scans too large to be cut in a test.

    Args:
        of_point: (N,) superpoint of each point, -1 for none. centres: (S, 3).
    """
    rng = np.random.default_rng(seed)
    count = len(centres)
    pairs = np.sort(rng.integers(0, count, (4 * count, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    return Superpoints(
        of_point=of_point,
        of_cell=np.zeros(1, np.int32),
        cell_points=np.zeros(1, np.int64),
        places=np.zeros((1, 3)),
        sizes=np.bincount(of_point[of_point >= 0], minlength=count),
        centres=centres,
        extents=rng.uniform(0, 1, (count, 3)),
        upright=rng.uniform(0, 1, count).astype(np.float32),
        flatness=rng.uniform(0, 0.3, count).astype(np.float32),
        colours=rng.uniform(0, 1, (count, 6)).astype(np.float32),
        touching=pairs,
        contacts=np.ones(len(pairs), np.int64),
        contrast=rng.uniform(0, 1, len(pairs)).astype(np.float32),
        voxel_size_m=0.02,
    )


def seed_superpoints(
    database: Database,
    storage: Storage,
    seeded: Seeded,
    of_point: NDArray[np.int32],
    centres: NDArray[np.float64],
) -> None:
    """Let a scan have `plain_superpoints`, as if the job that makes superpoints had run."""
    path = storage.superpoints_file(seeded.scan_id, "some network")
    save_superpoints(path, plain_superpoints(of_point, centres), None)
    with database.write() as session:
        session.get_one(Scan, seeded.scan_id).features_key = "some network"
