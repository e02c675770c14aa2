# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Packing and importing projects. Runs in workers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import AppError
from fewpoints.server.exports.tables import WHOLE_PROJECT, Export
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.jobs.tables import Job
from fewpoints.server.project_archives.packing import pack_project
from fewpoints.server.project_archives.restoring import Restored, restore_project
from fewpoints.server.project_archives.service import filename_of
from fewpoints.server.projects.tables import Project


def pack(context: JobContext, *, project_id: int, derived: bool) -> dict[str, Any]:
    """Write a project into one file. Safe to run twice: a job finds what it made before."""
    with context.session() as session:
        made = session.scalar(select(Export.id).where(Export.job_id == context.job_id))
        if made is not None:
            return {"export_id": made}
        project = session.get(Project, project_id)
        if project is None:
            raise JobCancelled
        filename = filename_of(project.name)
    with context.storage.work_folder(context.work_name) as work:
        folder = work / "final"
        folder.mkdir()
        packed = pack_project(
            context.database,
            context.storage,
            project_id,
            folder / filename,
            work=work,
            derived=derived,
            progress=context.progress,
        )
        with context.session() as session:
            if session.get(Project, project_id) is None:
                raise JobCancelled
            row = Export(
                project_id=project_id,
                job_id=context.job_id,
                kind=WHOLE_PROJECT,
                filename=filename,
                bytes=packed.bytes,
                snapshot=packed.snapshot,
                user_id=session.get_one(Job, context.job_id).user_id,
                options={"derived": derived},
                sha256=packed.sha256,
                created_at=utc_now(),
            )
            session.add(row)
            session.flush()
            context.storage.publish(folder, context.storage.export_folder(row.id))
            return {"export_id": row.id, "filename": filename}


def restore(context: JobContext, *, token: str, filename: str, name: str | None) -> dict[str, Any]:
    """Make a project out of an archive. Safe to run twice: it says in one step that it did."""
    path = context.storage.archive_file(token)
    with context.session() as session:
        job = session.get_one(Job, context.job_id)
        if job.project_id is not None:
            path.unlink(missing_ok=True)
            return dict(job.result)
        user_id = job.user_id
    assert user_id is not None

    def say(session: Session, restored: Restored) -> None:
        job = session.get_one(Job, context.job_id)
        job.project_id = restored.project_id
        job.result = _told(restored)

    try:
        with context.storage.work_folder(context.work_name) as work:
            restored = restore_project(
                context.database,
                context.storage,
                path,
                user_id=user_id,
                work=work,
                filename=filename,
                name=name,
                progress=context.progress,
                transaction=context.session,
                also=say,
            )
    except (AppError, JobCancelled):
        path.unlink(missing_ok=True)  # It would be refused again.
        raise
    path.unlink(missing_ok=True)
    return _told(restored)


def _told(restored: Restored) -> dict[str, Any]:
    return {
        "project_id": restored.project_id,
        "name": restored.name,
        "new_people": restored.new_people,
    }
