# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Asking for archives of projects, and handing them in."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.db.engine import Database
from fewpoints.server.exports.tables import WHOLE_PROJECT, Export
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.schemas import ACTIVE_STATES, JobRead, read_job
from fewpoints.server.jobs.service import get_job
from fewpoints.server.jobs.tables import Job
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.project_archives.layout import SUFFIX
from fewpoints.server.project_archives.reading import open_archive
from fewpoints.server.project_archives.schemas import ArchiveRead
from fewpoints.server.projects.queries import get_project
from fewpoints.server.storage import Storage, fsync_file
from fewpoints.server.uploads.queries import WrongUploadState, own_upload
from fewpoints.server.uploads.service import cancel
from fewpoints.server.uploads.tables import Upload
from fewpoints.server.users.tables import User

_OLD_S = 3600.0
_MOST_BYTES = 200  # Of a name without its ending.


def start_pack(session: Session, project_id: int, user_id: int, *, derived: bool) -> Job:
    """Queue the packing of a project; the moment that is packed is when the job begins.

    A job that waits for the same is returned instead.

    Raises:
        NotFound: there is no such project.
    """
    get_project(session, project_id)
    waiting = session.scalars(
        select(Job)
        .where(Job.kind == "pack", Job.project_id == project_id, Job.state == "queued")
        .order_by(Job.id)
    )
    for job in waiting:
        if job.args["derived"] == derived:
            return job
    return jobs.enqueue(
        session,
        "pack",
        args={"project_id": project_id, "derived": derived},
        project_id=project_id,
        user_id=user_id,
    )


def list_archives(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[list[ArchiveRead], int]:
    """Return a page of a project's finished archives, newest first, and how many there are."""
    mine = [Export.project_id == project_id, Export.kind == WHOLE_PROJECT]
    total = session.scalar(select(func.count()).select_from(Export).where(*mine)) or 0
    rows = session.execute(
        select(Export, User.name)
        .outerjoin(User, User.id == Export.user_id)
        .where(*mine)
        .order_by(Export.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [
        ArchiveRead(
            id=export.id,
            created_at=export.created_at,
            created_by=name,
            filename=export.filename,
            bytes=export.bytes,
            sha256=export.sha256 or "",
            derived=bool((export.options or {}).get("derived")),
            snapshot=export.snapshot,
        )
        for export, name in rows
    ], total


def filename_of(project_name: str) -> str:
    """Return how the archive of a project is called."""
    plain = re.sub(r"[^\w.-]+", "-", project_name).strip("-.")
    # Of a file name, file systems count bytes.
    plain = plain.encode()[:_MOST_BYTES].decode(errors="ignore").strip("-.")
    return f"{plain or 'project'}{SUFFIX}"


def hand_in(
    database: Database,
    storage: Storage,
    upload: Path,
    *,
    filename: str,
    name: str | None,
    user_id: int,
    upload_id: int | None = None,
) -> JobRead:
    """Queue the import of an archive that has arrived, and take its file over.

    Args:
        upload_id: of an upload in pieces, which is done with that.

    Raises:
        DamagedArchive, ArchiveTooNew: at a first look; the job looks at the rest.
    """
    with open_archive(upload, filename) as archive:
        storage.require_free(archive.bytes)
    token = uuid.uuid4().hex
    with database.write() as session:
        job = jobs.enqueue(
            session,
            "restore",
            args={"token": token, "filename": filename, "name": name},
            user_id=user_id,
        )
        if upload_id is not None:
            session.get_one(Upload, upload_id).job_id = job.id
            session.flush()
        os.replace(upload, storage.archive_file(token))
        return read_job(job)


def hand_in_upload(
    database: Database, storage: Storage, upload_id: int, *, name: str | None, user_id: int
) -> JobRead:
    """Queue the import of an archive that came in pieces, once; return the job.

    Its manifest has a SHA-256 of each member, which the job compares.

    Raises:
        NotFound, Forbidden: there is no such upload of this person.
        WrongUploadState: it was sent to become scans, or has not all arrived.
        DamagedArchive, ArchiveTooNew: at a first look; nothing of it is kept.
    """
    with database.read() as session:
        upload = own_upload(session, upload_id, user_id)
        if upload.job_id is not None:
            return read_job(get_job(session, upload.job_id))
        path = storage.partial_file(upload_id, upload.suffix)
        filename, total = upload.name, upload.bytes
        to_project = upload.project_id is not None
    if to_project:
        raise WrongUploadState(f"{filename} was sent to a project. Send it to become one.")
    received = storage.partial_bytes(upload_id, path.suffix)
    if received < total:
        raise WrongUploadState(f"{filename} has not arrived: {received} of {total} bytes are here.")
    fsync_file(path)
    try:
        job = hand_in(
            database,
            storage,
            path,
            filename=filename,
            name=name,
            user_id=user_id,
            upload_id=upload_id,
        )
    except (DamagedArchive, ArchiveTooNew):
        with database.write() as session:
            cancel(session, upload_id, user_id)
        storage.remove_partial(upload_id)
        raise
    storage.remove_partial(upload_id)
    return job


def sweep(database: Database, storage: Storage) -> None:
    """Remove archives whose jobs were cancelled before they began."""
    with database.read() as session:
        waiting = session.scalars(
            select(Job.args).where(Job.kind == "restore", Job.state.in_(ACTIVE_STATES))
        )
        keep = {str(args["token"]) for args in waiting}
    storage.remove_archives(keep=keep, older_than_s=_OLD_S)
