# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What follows once the rows and files of a project are here."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.models.selection.options import needs_features, strategy_options
from fewpoints.server.jobs import service as jobs
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.projects.queries import read_project
from fewpoints.server.projects.tables import Project
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.rounds.service import queue_selection
from fewpoints.server.scans.queries import read_scans
from fewpoints.server.scans.service import queue_features
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
    for old, scan_id in scans.pairs():
        scan = session.get_one(Scan, scan_id)
        if scan.state == "queued":
            jobs.enqueue(
                session,
                "import",
                args={"scan_id": scan_id},
                project_id=project_id,
                scan_id=scan_id,
                user_id=user_id,
            )
        if scan.state != "ready":
            continue
        asks = project.auto_select and old not in asked
        quick = not needs_features(strategy_options(project.strategy))
        if old not in prepared and not (asks and quick):
            queue_features(session, scan, user_id)
        if asks:
            assert scan.finite_points is not None
            body = RoundCreate(
                strategy=project.strategy,  # type: ignore[arg-type] # Checked when it was read.
                budget=min(project.budget, scan.finite_points),
            )
            queue_selection(session, scan, body, user_id)
            if quick and old not in prepared:
                queue_features(session, scan, user_id)


def read_back(session: Session, project_id: int) -> None:
    """Show everything once: what cannot be shown would be an error on every page later."""
    session.flush()
    session.expire_all()
    read_project(session, project_id)
    scans = session.scalars(select(Scan).where(Scan.project_id == project_id)).all()
    for start in range(0, len(scans), _AT_ONCE):
        read_scans(session, scans[start : start + _AT_ONCE])
    checkpoints = session.scalars(
        select(Checkpoint).where(Checkpoint.project_id == project_id)
    ).all()
    read_checkpoints(session, project_id, checkpoints)
