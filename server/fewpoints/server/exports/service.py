# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Asking for exports."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing, read_labelled
from fewpoints.server.errors import AppError, Conflict, Invalid, NotFound
from fewpoints.server.exports.schemas import ExportCreate
from fewpoints.server.exports.tables import Export
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.queries import get_project, shown_checkpoints
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Prediction


class NothingToExport(Conflict):
    """There is nothing of this kind yet."""

    code = "nothing_to_export"


def start_export(session: Session, project_id: int, body: ExportCreate, user_id: int) -> Job:
    """Queue an export.

    Raises:
        NotFound: there is no such project.
        Invalid: a scan is not the project's, or is not imported.
        NothingToExport: no scan is ready, or a scan has no labels or no prediction to write.
    """
    get_project(session, project_id)
    scans = _scans(session, project_id, body.scan_ids)
    checkpoint_id = None
    if body.kind == "labels_ply":
        scans = _labelled(session, scans, all_of_project=body.scan_ids is None)
    if body.kind == "dense_ply":
        checkpoint_id = shown_checkpoints(session, [project_id]).get(project_id)
        if checkpoint_id is None:
            raise NothingToExport("There is no prediction to export. Train the project first.")
        predicted = set(
            session.scalars(
                select(Prediction.scan_id).where(Prediction.checkpoint_id == checkpoint_id)
            )
        )
        if body.scan_ids is None:
            scans = [scan for scan in scans if scan.id in predicted]
        missing = [scan.name for scan in scans if scan.id not in predicted]
        if missing or not scans:
            names = ", ".join(missing[:3]) or "Every scan"
            raise NothingToExport(
                f"{names}: the shown checkpoint has no prediction there. Train the project again."
            )
    return jobs.enqueue(
        session,
        "export",
        args={
            "project_id": project_id,
            "kind": body.kind,
            "scan_ids": [scan.id for scan in scans],
            "checkpoint_id": checkpoint_id,
        },
        project_id=project_id,
        user_id=user_id,
    )


def _labelled(session: Session, scans: Sequence[Scan], *, all_of_project: bool) -> list[Scan]:
    """Return the scans that have dense labels; of chosen ones every one must have some."""
    found: list[Scan] = []
    refusal: AppError | None = None
    for scan in scans:
        try:
            read_labelled(session, scan)
        except NoAnswersYet as error:
            if not all_of_project:
                raise NothingToExport(error.message) from error
            refusal = refusal or error
        except SuperpointsMissing as error:
            raise NothingToExport(error.message) from error
        else:
            found.append(scan)
    if not found and refusal is not None:
        raise NothingToExport(refusal.message)
    return found


def _scans(session: Session, project_id: int, scan_ids: Sequence[int] | None) -> list[Scan]:
    ready = session.scalars(
        select(Scan).where(Scan.project_id == project_id, Scan.state == "ready").order_by(Scan.id)
    ).all()
    if scan_ids is None:
        if not ready:
            raise NothingToExport("The project has no imported scan yet.")
        return list(ready)
    by_id = {scan.id: scan for scan in ready}
    unknown = sorted(set(scan_ids) - set(by_id))
    if unknown:
        raise Invalid(f"The project has no imported scan {unknown[0]}.")
    return [by_id[scan_id] for scan_id in sorted(set(scan_ids))]


def get_export(session: Session, export_id: int) -> Export:
    """Return an export.

    Raises:
        NotFound: there is none.
    """
    export = session.get(Export, export_id)
    if export is None:
        raise NotFound("export", export_id)
    return export


def list_exports(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[Sequence[Export], int]:
    """Return a page of a project's exports, newest first, and how many there are."""
    mine = Export.project_id == project_id
    total = session.scalar(select(func.count()).select_from(Export).where(mine)) or 0
    page = session.scalars(
        select(Export).where(mine).order_by(Export.id.desc()).offset(offset).limit(limit)
    ).all()
    return page, total
