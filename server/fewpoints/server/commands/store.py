# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The data folder as commands see it, whether or not a server runs on it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.archives.container import Container, opened, together
from fewpoints.annotations.scans.archives.looking import chosen, scans_in
from fewpoints.annotations.scans.archives.unpacking import own_suffix
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.readers.kitti import labels_beside
from fewpoints.server.commands.containers import holds_scans
from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.errors import AppError
from fewpoints.server.home_lock import HomeInUse, HomeLock, beside_others
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.executors.local import LocalExecutor
from fewpoints.server.jobs.schemas import ACTIVE_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.arriving import has_arrived
from fewpoints.server.projects.schemas import ProjectCreate
from fewpoints.server.projects.service import create_project
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.service import add_scan
from fewpoints.server.scans.sources import OwnSource, own_source
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
        results = []
        for result in self._ended(job_ids, progress):
            if isinstance(result, JobFailed):
                raise result
            results.append(result)
        return results

    def _ended(
        self, job_ids: Sequence[int], progress: Progress
    ) -> list[dict[str, Any] | JobFailed]:
        """Wait for jobs; their results, or why there is none."""
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

    def wait_for_scans(self, scan_ids: Sequence[int], progress: Progress) -> list[str]:
        """Wait for the imports and for what they start in turn; one that fails stops no other.

        Returns:
            Why jobs failed, in order.
        """
        known: list[int] = []
        results: list[dict[str, Any] | JobFailed] = []
        while known != (found := self.jobs_of_scans(scan_ids)):
            known = found
            results = self._ended(known, progress)
        return [result.message for result in results if isinstance(result, JobFailed)]


@contextmanager
def open_store(settings: Settings, *, run_jobs: bool = True) -> Iterator[Store]:
    """Open the data folder. Where no server runs on it, its jobs run here for as long.

    `run_jobs`: False for a look, after which the jobs wait as before.
    """
    storage = Storage(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.callback(HomeLock(storage.lock_file).release)
            ours = True
        except HomeInUse:
            ours = False  # That server runs the jobs.
            held.enter_context(beside_others(storage.commands_lock_file))
        if ours:
            storage.prepare()
        database = Database(settings.resolved_database_url)
        held.callback(database.close)
        if ours:
            upgrade(database.engine)
            if run_jobs:
                executor = LocalExecutor(database, storage, settings)
                executor.start()
                held.callback(executor.stop)
        yield Store(database, storage, settings)


def find_project(session: Session, wanted: str) -> Project | None:
    """A project by name, or by id."""
    here = has_arrived(Project.id)
    named = session.scalars(
        select(Project).where(Project.name == wanted, here).order_by(Project.id)
    )
    project = named.first()
    if project is None and wanted.isdigit():
        project = session.scalars(select(Project).where(Project.id == int(wanted), here)).first()
    return project


def require_project(session: Session, wanted: str) -> Project:
    """A project by name or id.

    Raises:
        UnknownProject: there is none; the message lists those there are.
    """
    project = find_project(session, wanted)
    if project is None:
        here = select(Project.name).where(has_arrived(Project.id)).order_by(Project.id)
        names = [f'"{name}"' for name in session.scalars(here.limit(20))]
        known = ", ".join(names) or "none yet"
        raise UnknownProject(f'There is no project "{wanted}". There are: {known}.')
    return project


def find_or_create_project(store: Store, wanted: str, body: ProjectCreate) -> int:
    """Id of the project called `wanted`, made from `body` if there is none."""
    with store.database.write() as session:
        project = find_project(session, wanted) or create_project(session, body)
        return project.id


@dataclass(frozen=True)
class Added:
    """Scans that were added, and sentences about those that could not be."""

    scan_ids: list[int]
    problems: list[str]


def add_scans(
    store: Store, project_id: int, source: Path, options: ImportOptions = NOTHING
) -> Added:
    """Copy a file, or every scan of an archive or a folder, into the data folder as new scans.

    A sweep comes with the labels that lie beside it. The import of each is queued.

    Raises:
        UnreadableScan: an archive is not as it should be, or there is no scan in it.
    """
    if holds_scans(source):
        most = store.settings.max_upload_bytes
        with opened(source, name=source.resolve().name, most_bytes=most) as container:
            return _add_all(store, project_id, container, options)
    labels = labels_beside(source) if source.suffix.lower() == ".bin" else None
    if labels is not None:
        names = {f"velodyne/{source.name}": source, f"labels/{source.stem}.label": labels}
        return _add_all(store, project_id, together(names, name=source.name), options)
    return Added([add_file(store, project_id, source, options)], [])


def _add_all(store: Store, project_id: int, container: Container, options: ImportOptions) -> Added:
    found = scans_in(container)
    groups = found.groups
    if options.member is not None:
        groups = (chosen(container, found, options.member),)
    added = Added([], [])
    for group in groups:
        store.storage.require_free(sum(container.sizes[member] for member in group.members))
        with store.storage.temporary_upload(own_suffix(group)) as path:
            try:
                own = own_source(container, group, path)
            except UnreadableScan as error:
                added.problems.append(error.message)
                continue
            chosen_options = replace(options, member=None)
            if group.kind != "file":
                chosen_options = replace(chosen_options, text=None)
            added.scan_ids.append(_add(store, project_id, own, chosen_options))
    return added


def add_file(store: Store, project_id: int, source: Path, options: ImportOptions = NOTHING) -> int:
    """Copy a file into the data folder as a new scan and queue its import; return the scan's id."""
    store.storage.require_free(source.stat().st_size)
    digest, count = hashlib.sha256(), 0
    with store.storage.temporary_upload(source.suffix) as path:
        with source.open("rb") as reading, path.open("wb") as writing:
            while block := reading.read(BLOCK_BYTES):
                digest.update(block)
                writing.write(block)
                count += len(block)
        own = OwnSource(source.name, source.suffix, path, count, digest.hexdigest())
        return _add(store, project_id, own, options)


def _add(store: Store, project_id: int, own: OwnSource, options: ImportOptions) -> int:
    with store.database.write() as session:
        return add_scan(
            session,
            store.storage,
            project_id=project_id,
            user_id=ensure_owner(session, owner_name()).id,
            name=display_name(own.title, fallback="scan"),
            upload=own.path,
            count=own.count,
            content_hash=own.sha256,
            options=options,
            suffix=own.suffix,
        )


def _result(row: Job) -> dict[str, Any] | JobFailed:
    if row.state != "done":
        return JobFailed(row.error or f"The {row.kind} job was cancelled.")
    return dict(row.result or {})
