# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Changing scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, update
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.schemas import ACTIVE_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.schemas import ScanUpdate
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage, safe_suffix

IMPORT_CANCELLED = "The import was cancelled."


class ScanNotReady(Conflict):
    """The scan is not imported."""

    code = "scan_not_ready"

    def __init__(self, scan: Scan) -> None:
        reason = f": {scan.error}" if scan.error else ". Wait until its import is done."
        super().__init__(f"{scan.name} is {scan.state}{reason}")


class CannotRetry(Conflict):
    """The import cannot be tried again."""

    code = "cannot_retry"


def ready_scan(session: Session, scan_id: int) -> Scan:
    """Return a scan that is imported.

    Raises:
        NotFound, ScanNotReady: there is none, or it is not.
    """
    scan = get_scan(session, scan_id)
    if scan.state != "ready":
        raise ScanNotReady(scan)
    return scan


def add_scan(
    session: Session,
    storage: Storage,
    *,
    project_id: int,
    user_id: int,
    name: str,
    upload: Path,
    count: int,
    content_hash: str,
    options: ImportOptions = NOTHING,
    suffix: str | None = None,
) -> int:
    """Add an uploaded file as a scan and queue its import; return the scan's id.

    suffix: of the file, where its name has another one.

    `upload` is taken over only if the transaction gets that far; the caller removes what is left.
    """
    project = get_project(session, project_id)
    scan = Scan(
        project_id=project.id,
        name=name,
        suffix=safe_suffix(name if suffix is None else suffix),
        state="queued",
        bytes=count,
        content_hash=content_hash,
        import_options=stored_options(options),
        warnings=[],
    )
    session.add(scan)
    session.flush()
    _queue_import(session, scan, user_id)
    project.updated_at = utc_now()
    session.flush()
    storage.adopt_upload(scan.id, upload, scan.suffix)
    return scan.id


@dataclass(frozen=True)
class ArchivedScan:
    """One of several scans in an archive: `options` name it as their member."""

    name: str
    count: int
    options: ImportOptions


def add_archived_scans(
    session: Session,
    storage: Storage,
    *,
    project_id: int,
    user_id: int,
    upload: Path,
    suffix: str,
    scans: Sequence[ArchivedScan],
) -> list[int]:
    """Add scans that lie in one archive and queue their imports, which take them out of it.

    All share the archive; the caller removes `upload`.
    """
    project = get_project(session, project_id)
    rows = [
        Scan(
            project_id=project.id,
            name=one.name,
            suffix=safe_suffix(suffix),
            state="queued",
            bytes=one.count,
            import_options=stored_options(one.options),
            warnings=[],
        )
        for one in scans
    ]
    session.add_all(rows)
    session.flush()
    scan_ids = [row.id for row in rows]
    jobs.enqueue_many(
        session,
        "import",
        {scan_id: {"scan_id": scan_id} for scan_id in scan_ids},
        project_id=project.id,
        user_id=user_id,
    )
    project.updated_at = utc_now()
    session.flush()
    storage.share_upload(scan_ids, upload, safe_suffix(suffix))
    return scan_ids


def stored_options(options: ImportOptions) -> dict[str, Any] | None:
    """Return options as their column holds them."""
    return None if options == NOTHING else options.to_json()


def _queue_import(session: Session, scan: Scan, user_id: int) -> Job:
    return jobs.enqueue(
        session,
        "import",
        args={"scan_id": scan.id},
        project_id=scan.project_id,
        scan_id=scan.id,
        user_id=user_id,
    )


def retry(session: Session, scan_id: int, user_id: int) -> Job:
    """Queue the import of a failed scan again.

    Raises:
        CannotRetry: it did not fail, or its file was unreadable and is gone.
    """
    scan = get_scan(session, scan_id)
    if scan.state != "failed":
        raise CannotRetry(f"{scan.name} is {scan.state}; only a failed import can be tried again.")
    if scan.source_gone:
        raise CannotRetry(
            f"The file of {scan.name} could not be read and is gone. Upload it again."
        )
    scan.state = "queued"
    scan.error = None
    return _queue_import(session, scan, user_id)


def queue_features(session: Session, scan: Scan, user_id: int | None, *, anew: bool = False) -> Job:
    """Queue the making of a scan's features and superpoints, unless a job for that is under way.

    Args:
        anew: one that is running does not count: it began with what was true before.
    """
    return jobs.enqueue_once(
        session,
        "features",
        scan_id=scan.id,
        project_id=scan.project_id,
        user_id=user_id,
        states=("queued",) if anew else ACTIVE_STATES,
    )


def import_ended(session: Session, job: Job) -> None:
    """Let a scan whose import failed or was cancelled say so."""
    scan = session.get(Scan, job.scan_id) if job.scan_id is not None else None
    if scan is not None and scan.state in ("queued", "importing"):
        scan.state = "failed"
        scan.error = job.error or IMPORT_CANCELLED


def imports_cancelled(session: Session, scan_ids: Select[Any]) -> None:
    """Let scans whose imports were cancelled while they waited say so.

    Args:
        scan_ids: a SELECT of their ids.
    """
    session.execute(
        update(Scan)
        .where(Scan.id.in_(scan_ids), Scan.state.in_(("queued", "importing")))
        .values(state="failed", error=IMPORT_CANCELLED, updated_at=utc_now())
        .execution_options(synchronize_session=False)
    )


def update_scan(session: Session, scan_id: int, body: ScanUpdate, user_id: int) -> None:
    """Change what `body` gives; another voxel size asks for other features and superpoints."""
    scan = get_scan(session, scan_id)
    for name, value in body.model_dump(exclude_unset=True).items():
        if value is None:
            raise Invalid(f"{name} cannot be null.")
        if name == "voxel_size_m" and value != scan.voxel_size_m:
            scan.features_key = None
            if scan.state == "ready":
                queue_features(session, scan, user_id, anew=True)
        setattr(scan, name, value)
    scan.updated_at = utc_now()
    session.flush()


def delete_scan(session: Session, scan_id: int) -> None:
    """Delete a scan with its queries, answers and predictions; its files go after the commit."""
    scan = get_scan(session, scan_id)
    jobs.cancel_all(session, scan_id=scan_id)
    get_project(session, scan.project_id).updated_at = utc_now()
    session.flush()
    session.execute(delete(Scan).where(Scan.id == scan_id))
