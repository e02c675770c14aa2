# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From the first byte to a scan."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.readers.text_preview import preview_text
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import AppError, Conflict
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans import service as scans
from fewpoints.server.scans.inspection import InspectionTimeout, inspect_upload
from fewpoints.server.scans.tables import Scan
from fewpoints.server.scans.upload import TooLarge
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage, display_name, safe_suffix
from fewpoints.server.uploads import archives
from fewpoints.server.uploads.queries import (
    WrongUploadState,
    own_file_of_scans,
    own_upload,
    state_of,
)
from fewpoints.server.uploads.schemas import UploadCreate
from fewpoints.server.uploads.tables import Upload

HASH_BYTES = 4 * 1024 * 1024
_OLD_S = 3600.0


class WrongOffset(Conflict):
    """The bytes do not follow on those that are here."""

    code = "wrong_offset"

    def __init__(self, *, offset: int, received: int) -> None:
        self.details = {"received": received}
        super().__init__(
            f"Byte {offset} was sent, but byte {received} is the next one. Go on there."
        )


class UploadBusy(Conflict):
    """Somebody else is writing to the upload just now, or checking it."""

    code = "upload_busy"

    def __init__(self, upload_id: int) -> None:
        super().__init__(
            f"The upload {upload_id} is being written to, perhaps from another tab. Wait for that, "
            "or close the tab."
        )


class UploadDamaged(AppError):
    """The bytes that arrived are not those that were sent."""

    status = 422
    code = "upload_damaged"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} did not arrive as it was sent, or changed meanwhile. Send it again from the "
            "start."
        )


class Writers:
    """Who writes to which upload: one at a time. There is one server per folder of uploads."""

    def __init__(self) -> None:
        self._busy: set[int] = set()
        self._lock = threading.Lock()

    @contextmanager
    def only(self, upload_id: int) -> Iterator[None]:
        """Be the only one for the block.

        Raises:
            UploadBusy: somebody else is.
        """
        with self._lock:
            if upload_id in self._busy:
                raise UploadBusy(upload_id)
            self._busy.add(upload_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(upload_id)

    def busy(self) -> list[int]:
        """Return the uploads that are written to just now."""
        with self._lock:
            return list(self._busy)


def begin(
    session: Session,
    storage: Storage,
    settings: Settings,
    *,
    project_id: int | None,
    user_id: int,
    body: UploadCreate,
) -> tuple[Upload, bool]:
    """Return the upload of a file, and whether it is new: else it goes on.

    Args:
        project_id: None for an archive of a project.

    Raises:
        TooLarge, DiskFull: before a byte is sent.
    """
    if project_id is not None:
        get_project(session, project_id)
    if body.bytes > settings.max_upload_bytes:
        raise TooLarge(settings.max_upload_bytes)
    name = display_name(body.name, fallback="scan")
    now = utc_now()
    expires_at = now + timedelta(hours=settings.upload_hours)
    known = session.scalars(
        select(Upload)
        .where(
            Upload.project_id == project_id,
            Upload.user_id == user_id,
            Upload.name == name,
            Upload.bytes == body.bytes,
            Upload.fingerprint == body.fingerprint,
            Upload.scan_id.is_(None),
            Upload.job_id.is_(None),
            Upload.expires_at > now,
        )
        .order_by(Upload.id.desc())
        .limit(1)
    ).one_or_none()
    if known is not None:
        storage.require_free(body.bytes - storage.partial_bytes(known.id, known.suffix))
        known.expires_at = expires_at
        return known, False
    storage.require_free(body.bytes)
    upload = Upload(
        project_id=project_id,
        user_id=user_id,
        name=name,
        suffix=safe_suffix(name),
        bytes=body.bytes,
        fingerprint=body.fingerprint,
        expires_at=expires_at,
    )
    session.add(upload)
    session.flush()
    storage.remove_partial(upload.id)  # Of a row that a restored database does not know.
    return upload, True


def renew(session: Session, settings: Settings, upload_id: int, user_id: int) -> Upload:
    """Let an upload live on, because it was written to; return it as it is now."""
    upload = own_upload(session, upload_id, user_id)
    now = utc_now()
    hours = timedelta(hours=settings.upload_hours)
    if upload.expires_at < now + 0.9 * hours:  # Not with every piece.
        upload.expires_at = now + hours
    return upload


def check(
    database: Database,
    storage: Storage,
    settings: Settings,
    *,
    upload_id: int,
    user_id: int,
    sha256: str | None,
    options: ImportOptions = NOTHING,
    said: Mapping[str, TextLayout] | None = None,
) -> None:
    """Look at what arrived, and keep what was found; done once for the same options.

    said: layouts of text tables in an archive, by the first scan of each kind.

    Raises:
        InvalidTextLayout: one is said of what is no text table.
        WrongUploadState: it has not all arrived.
        UploadDamaged: it is not what the sender has; nothing of it is kept.
    """
    with database.read() as session:
        upload = own_file_of_scans(session, upload_id, user_id)
        path = storage.partial_file(upload.id, upload.suffix)
        received = storage.partial_bytes(upload.id, upload.suffix)
        state = state_of(upload, received)
        same_options = ImportOptions.from_json(upload.import_options) == options
        before, known_hash = upload.contents, upload.sha256
        asked_before = same_options and _said_before(before) == _as_json(said or {})
    if state == "receiving":
        raise WrongUploadState(
            f"{upload.name} has not arrived: {received} of {upload.bytes} bytes are here."
        )
    if state == "imported":
        return
    digest = known_hash or _durable_hash(path)
    if sha256 is not None and sha256 != digest:
        _forget(database, storage, upload_id, user_id)
        raise UploadDamaged(upload.name)
    if state != "received" and asked_before:
        return
    preflight: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    contents: dict[str, Any] | None = None
    try:
        if archives.is_archive(path, upload.name):
            looked = archives.look_into(
                path,
                name=upload.name,
                settings=settings,
                options=options,
                said=said,
                before=before if same_options else None,
            )
            contents, preflight, problem = looked.contents, looked.preflight, looked.problem
        else:
            preflight = inspect_upload(path, name=upload.name, settings=settings, options=options)
    except (UnreadableScan, UnsupportedFormat, InspectionTimeout) as error:
        problem = {"code": error.code, "message": error.message}
    table = preview_text(path, name=upload.name, layout=options.text)
    with database.write() as session:
        upload = own_upload(session, upload_id, user_id)
        upload.sha256 = digest
        upload.import_options = scans.stored_options(options)
        upload.preflight = preflight
        upload.problem = problem
        upload.text_table = None if table is None else table.to_json()
        upload.contents = contents


def _forget(database: Database, storage: Storage, upload_id: int, user_id: int) -> None:
    """Remove the bytes, and what was found in them: those that come next may be others."""
    storage.remove_partial(upload_id)
    with database.write() as session:
        upload = own_upload(session, upload_id, user_id)
        upload.sha256 = upload.import_options = upload.text_table = None
        upload.preflight = upload.problem = upload.contents = None


def _said_before(contents: Mapping[str, Any] | None) -> dict[str, Any]:
    kinds = [] if contents is None else contents.get("tables", [])
    return {kind["members"][0]: kind["said"] for kind in kinds if kind["said"] is not None}


def _as_json(said: Mapping[str, TextLayout]) -> dict[str, Any]:
    return {member: layout.to_json() for member, layout in said.items()}


def import_upload(
    session: Session,
    storage: Storage,
    *,
    upload_id: int,
    user_id: int,
    options: ImportOptions | None = None,
) -> list[int]:
    """Make a checked upload a scan, or as many as are in it, once; return the scans' ids.

    Args:
        options: None are those of the check.

    Raises:
        WrongUploadState: it was not checked, or cannot be read.
    """
    upload = own_file_of_scans(session, upload_id, user_id)
    assert upload.project_id is not None
    if upload.scan_id is not None:
        return _scans_of(session, upload)
    state = state_of(upload, storage.partial_bytes(upload.id, upload.suffix))
    if state != "checked" or upload.sha256 is None:
        reason = upload.problem["message"] if upload.problem else "Have it checked first."
        raise WrongUploadState(f"{upload.name} cannot be imported yet. {reason}")
    if options is None:
        options = ImportOptions.from_json(upload.import_options)
    if upload.contents is not None and len(upload.contents["scans"]) > 1:
        return _import_several(session, storage, upload, user_id, options)
    name = upload.name
    if upload.contents is not None:
        (only,) = upload.contents["scans"]
        name, options = only["title"], replace(options, text=_text_of(only))
    upload.scan_id = scans.add_scan(
        session,
        storage,
        project_id=upload.project_id,
        user_id=user_id,
        name=display_name(name, fallback="scan"),
        upload=storage.partial_file(upload.id, upload.suffix),
        count=upload.bytes,
        content_hash=upload.sha256,
        options=options,
        suffix=upload.suffix,
    )
    session.flush()
    return [upload.scan_id]


def _import_several(
    session: Session, storage: Storage, upload: Upload, user_id: int, options: ImportOptions
) -> list[int]:
    """Make every scan of an archive one, but for those that the check found unreadable.

    Their imports take them out of the archive; one that is damaged fails alone.
    """
    assert upload.contents is not None
    assert upload.project_id is not None
    readable = [entry for entry in upload.contents["scans"] if entry["problem"] is None]
    ids = scans.add_archived_scans(
        session,
        storage,
        project_id=upload.project_id,
        user_id=user_id,
        upload=storage.partial_file(upload.id, upload.suffix),
        suffix=upload.suffix,
        scans=[
            scans.ArchivedScan(
                name=display_name(entry["title"], fallback="scan"),
                count=entry["bytes"],
                options=replace(
                    options, member=entry["member"] or entry["title"], text=_text_of(entry)
                ),
            )
            for entry in readable
        ],
    )
    made = {entry["member"]: scan_id for entry, scan_id in zip(readable, ids, strict=True)}
    entries = [{**one, "scan_id": made.get(one["member"])} for one in upload.contents["scans"]]
    upload.contents = {**upload.contents, "scans": entries}
    upload.scan_id = ids[0]
    session.flush()
    return ids


def _text_of(entry: Mapping[str, Any]) -> TextLayout | None:
    told = entry.get("text")
    return None if told is None else TextLayout.from_json(told)


def _scans_of(session: Session, upload: Upload) -> list[int]:
    """Return the scans that an upload became, but for those that are deleted since."""
    entries = [] if upload.contents is None else upload.contents["scans"]
    made = [entry["scan_id"] for entry in entries if entry["scan_id"] is not None]
    wanted = made or [upload.scan_id]
    return list(session.scalars(select(Scan.id).where(Scan.id.in_(wanted)).order_by(Scan.id)))


def cancel(session: Session, upload_id: int, user_id: int) -> None:
    """Forget an upload; its file goes after the commit."""
    session.delete(own_upload(session, upload_id, user_id))


def sweep(database: Database, storage: Storage, writers: Writers) -> None:
    """Remove what has expired, and files that no upload knows."""
    with database.write() as session:
        session.execute(
            delete(Upload).where(Upload.expires_at <= utc_now(), Upload.id.not_in(writers.busy()))
        )
        # Looked at before the rows: a file is never older than its row.
        here = storage.partial_ids()
        unfinished = select(Upload.id).where(Upload.scan_id.is_(None), Upload.job_id.is_(None))
        alive = set(session.scalars(unfinished))
    for upload_id in here - alive:
        storage.remove_partial(upload_id)
    # Links to an archive that were made for scans whose transaction was never committed.
    sources = storage.scans_of_sources(older_than_s=_OLD_S)
    if sources:
        with database.read() as session:
            known = set(session.scalars(select(Scan.id)))
        for scan_id in sources - known:
            storage.remove_scan(scan_id)


def _durable_hash(path: Path) -> str:
    """Return the SHA-256 of a file, which is on the disk then."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        os.fsync(file.fileno())
        while piece := file.read(HASH_BYTES):
            digest.update(piece)
    return digest.hexdigest()
