# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What follows once the rows and files of a project are here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.models.selection.options import needs_features, strategy_options
from fewpoints.server.jobs import service as jobs
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.projects.queries import read_projects
from fewpoints.server.projects.tables import Project
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.scans.queries import read_scans
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.checkpoints import read_checkpoints
from fewpoints.server.training.tables import Checkpoint

_AT_ONCE = 500


def queue_work(
    session: Session,
    project_id: int,
    scans: Ids,
    *,
    user_id: int,
    prepared: Collection[int],
    asked: Collection[int],
) -> None:
    """Go on with what was under way, and make again what did not come along.

    Args:
        prepared: scans, by their old ids, that have their superpoints.
        asked: scans, by their old ids, with a round of selection.
    """
    project = session.get_one(Project, project_id)
    quick = not needs_features(strategy_options(project.strategy))
    wanted: list[tuple[str, int, Mapping[str, Any]]] = []
    found = session.scalars(select(Scan).where(Scan.project_id == project_id))
    scan_of = {scan.id: scan for scan in found}
    for old, scan_id in scans.pairs():
        scan, just_it = scan_of[scan_id], {"scan_id": scan_id}
        if scan.state == "queued":
            wanted.append(("import", scan_id, just_it))
        if scan.state != "ready":
            continue
        later = [] if old in prepared else [("features", scan_id, just_it)]
        if project.auto_select and old not in asked:
            assert scan.finite_points is not None
            body = RoundCreate(
                strategy=project.strategy,  # type: ignore[arg-type] # Checked when it was read.
                budget=min(project.budget, scan.finite_points),
            )
            selection = ("select", scan_id, {**just_it, **body.model_dump()})
            later = [selection, *later] if quick else [*later, selection]
        wanted += later
    jobs.enqueue_in_order(session, wanted, project_id=project_id, user_id=user_id)


def read_back(session: Session, project_id: int) -> None:
    """Show everything once: what cannot be shown would be an error on every page later."""
    read_projects(session, [session.get_one(Project, project_id)])
    scans = session.scalars(select(Scan).where(Scan.project_id == project_id)).all()
    for start in range(0, len(scans), _AT_ONCE):
        read_scans(session, scans[start : start + _AT_ONCE])
    checkpoints = session.scalars(
        select(Checkpoint).where(Checkpoint.project_id == project_id)
    ).all()
    read_checkpoints(session, project_id, checkpoints)
