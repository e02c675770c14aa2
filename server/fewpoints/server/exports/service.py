# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Asking for exports."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from fewpoints.server.errors import NotFound
from fewpoints.server.exports.formats import OLD_NAMES
from fewpoints.server.exports.plan import plan_export
from fewpoints.server.exports.refusals import refusal
from fewpoints.server.exports.schemas import ExportCreate, ExportRead
from fewpoints.server.exports.tables import WHOLE_PROJECT, Export
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.users.tables import User


def start_export(session: Session, project_id: int, body: ExportCreate, user_id: int) -> Job:
    """Queue an export. What is in it is settled when the job begins.

    Raises:
        NotFound: there is no such project.
        Invalid: a scan or checkpoint is not the project's, or a scan is not imported.
        NothingToExport: there would be no file, or a chosen scan would not be in it.
    """
    plan = plan_export(session, project_id, body)
    refused = refusal(plan)
    if refused is not None:
        raise refused
    # Another checkpoint may be shown by then.
    checkpoint_id = None if plan.checkpoint is None else plan.checkpoint.id
    return jobs.enqueue(
        session,
        "export",
        args={
            "project_id": project_id,
            "kind": body.kind,
            "scan_ids": [scan.scan_id for scan in plan.scans],
            "checkpoint_id": checkpoint_id,
            "options": body.model_dump(mode="json"),
        },
        project_id=project_id,
        user_id=user_id,
    )


def get_export(session: Session, export_id: int) -> Export:
    """Return an export.

    Raises:
        NotFound: there is none.
    """
    export = session.get(Export, export_id)
    if export is None:
        raise NotFound("export", export_id)
    return export


def delete_export(session: Session, export_id: int) -> None:
    """Forget an export; its file is the caller's to remove once that is committed.

    Raises:
        NotFound: there is none.
    """
    session.delete(get_export(session, export_id))


def list_exports(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[list[ExportRead], int]:
    """Return a page of a project's exports, newest first, and how many there are."""
    # Archives of the whole project are listed by themselves (`project_archives`).
    mine = and_(Export.project_id == project_id, Export.kind != WHOLE_PROJECT)
    total = session.scalar(select(func.count()).select_from(Export).where(mine)) or 0
    page: Sequence[tuple[Export, str | None]] = [
        (export, name)
        for export, name in session.execute(
            select(Export, User.name)
            .outerjoin(User, User.id == Export.user_id)
            .where(mine)
            .order_by(Export.id.desc())
            .offset(offset)
            .limit(limit)
        )
    ]
    return [read_export(export, name) for export, name in page], total


def read_export(export: Export, created_by: str | None) -> ExportRead:
    """Return an export as HTTP shows it."""
    kind, _ = OLD_NAMES.get(export.kind, (export.kind, None))
    options = export.options
    if options is not None:  # Of an older version they may be spelled otherwise.
        options = ExportCreate.model_validate(options).model_dump(mode="json")
    return ExportRead(
        id=export.id,
        kind=kind,  # type: ignore[arg-type] # Checked when it was asked for.
        created_at=export.created_at,
        created_by=created_by,
        filename=export.filename,
        bytes=export.bytes,
        sha256=export.sha256,
        options=options,
        snapshot=export.snapshot,
    )
