# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The data folder as commands see it, whether or not a server runs on it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.errors import AppError
from fewpoints.server.home_lock import HomeInUse, HomeLock
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.executors.local import LocalExecutor
from fewpoints.server.jobs.schemas import ACTIVE_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.schemas import ProjectCreate
from fewpoints.server.projects.service import create_project
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.service import add_scan
from fewpoints.server.serve import owner_name
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage, display_name
from fewpoints.server.users.service import ensure_owner

POLL_S = 0.3
BLOCK_BYTES = 4 * 1024 * 1024


class UnknownProject(AppError):
    """No project has this name or id."""

    status = 404
    code = "unknown_project"


class JobFailed(AppError):
    """A job that the command waited for did not end well."""

    status = 422
    code = "job_failed"


@dataclass(frozen=True)
class Store:
    """An open data folder."""

    database: Database
    storage: Storage
    settings: Settings

    def wait(self, job_ids: Sequence[int], progress: Progress) -> list[dict[str, Any]]:
        """Wait for jobs and return their results.

        Raises:
            JobFailed: one failed or was cancelled; the message is its reason.
        """
        while True:
            with self.database.read() as session:
                rows = [jobs.get_job(session, job_id) for job_id in job_ids]
                done = sum(1.0 if row.state not in ACTIVE_STATES else row.progress for row in rows)
                active = [row for row in rows if row.state in ACTIVE_STATES]
                if not active:
                    return [_result(row) for row in rows]
                progress(done / len(rows), active[0].message)
            time.sleep(POLL_S)

    def jobs_of_scans(self, scan_ids: Sequence[int]) -> list[int]:
        """Ids of every job about these scans."""
        with self.database.read() as session:
            wanted = select(Job.id).where(Job.scan_id.in_(scan_ids)).order_by(Job.id)
            return list(session.scalars(wanted))

    def wait_for_scans(self, scan_ids: Sequence[int], progress: Progress) -> None:
        """Wait for the imports and for what they start in turn."""
        known: list[int] = []
        while known != (found := self.jobs_of_scans(scan_ids)):
            known = found
            self.wait(known, progress)


@contextmanager
def open_store(settings: Settings) -> Iterator[Store]:
    """Open the data folder. Where no server runs on it, its jobs run here for as long."""
    storage = Storage(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        lock: HomeLock | None = HomeLock(storage.lock_file)
    except HomeInUse:
        lock = None  # That server runs the jobs.
    if lock is not None:
        storage.prepare()
    database = Database(settings.resolved_database_url)
    executor = LocalExecutor(database, storage, settings)
    started = False
    try:
        if lock is not None:
            upgrade(database.engine)
            executor.start()
            started = True
        yield Store(database, storage, settings)
    finally:
        if started:
            executor.stop()
        database.close()
        if lock is not None:
            lock.release()


def find_project(session: Session, wanted: str) -> Project | None:
    """A project by name, or by id."""
    named = session.scalars(select(Project).where(Project.name == wanted).order_by(Project.id))
    project = named.first()
    if project is None and wanted.isdigit():
        project = session.get(Project, int(wanted))
    return project


def require_project(session: Session, wanted: str) -> Project:
    """A project by name or id.

    Raises:
        UnknownProject: there is none; the message lists those there are.
    """
    project = find_project(session, wanted)
    if project is None:
        names = [f'"{name}"' for name in session.scalars(select(Project.name).limit(20))]
        known = ", ".join(names) or "none yet"
        raise UnknownProject(f'There is no project "{wanted}". There are: {known}.')
    return project


def find_or_create_project(store: Store, wanted: str, body: ProjectCreate) -> int:
    """Id of the project called `wanted`, made from `body` if there is none."""
    with store.database.write() as session:
        project = find_project(session, wanted) or create_project(session, body)
        return project.id


def add_file(store: Store, project_id: int, source: Path, options: ImportOptions = NOTHING) -> int:
    """Copy a file into the data folder as a new scan and queue its import; return the scan's id."""
    name = display_name(source.name, fallback="scan")
    store.storage.require_free(source.stat().st_size)
    digest, count = hashlib.sha256(), 0
    with store.storage.temporary_upload(source.suffix) as path:
        with source.open("rb") as reading, path.open("wb") as writing:
            while block := reading.read(BLOCK_BYTES):
                digest.update(block)
                writing.write(block)
                count += len(block)
        with store.database.write() as session:
            return add_scan(
                session,
                store.storage,
                project_id=project_id,
                user_id=ensure_owner(session, owner_name()).id,
                name=name,
                upload=path,
                count=count,
                content_hash=digest.hexdigest(),
                options=options,
            )


def _result(row: Job) -> dict[str, Any]:
    if row.state != "done":
        raise JobFailed(row.error or f"The {row.kind} job was cancelled.")
    return dict(row.result or {})
