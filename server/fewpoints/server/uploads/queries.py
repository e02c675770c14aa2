# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading uploads."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Forbidden, NotFound
from fewpoints.server.scans.inspection import InspectionTimeout
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.uploads.schemas import UploadProblem, UploadRead, UploadState
from fewpoints.server.uploads.tables import Upload

MOST_TWINS = 5


def own_upload(session: Session, upload_id: int, user_id: int) -> Upload:
    """Return an upload of this person.

    Raises:
        NotFound: there is none, or it has expired.
        Forbidden: it is somebody else's.
    """
    upload = session.get(Upload, upload_id)
    if upload is None or upload.expires_at <= utc_now():
        raise NotFound("upload", upload_id)
    if upload.user_id != user_id:
        raise Forbidden(f"The upload {upload_id} is somebody else's. Send the file yourself.")
    return upload


def state_of(upload: Upload, received: int) -> UploadState:
    """Return how far an upload is, `received` bytes of it being here."""
    if upload.scan_id is not None:
        return "imported"
    if received < upload.bytes:
        return "receiving"
    if upload.preflight is not None:
        return "checked"
    if upload.problem is not None:
        # An import may take longer than a check; whatever else was found stays true.
        return "checked" if upload.problem["code"] == InspectionTimeout.code else "refused"
    return "received"


def twins(session: Session, upload: Upload) -> list[str]:
    """Return names of scans that look like the same file, oldest first."""
    same = and_(Scan.name == upload.name, Scan.bytes == upload.bytes)
    if upload.sha256 is not None:
        same = or_(same, Scan.content_hash == upload.sha256)
    names = (
        select(Scan.name)
        .where(Scan.project_id == upload.project_id, same)
        .order_by(Scan.id)
        .limit(MOST_TWINS)
    )
    if upload.scan_id is not None:
        names = names.where(Scan.id != upload.scan_id)
    return list(session.scalars(names))


def read_upload(session: Session, storage: Storage, upload: Upload) -> UploadRead:
    """Return an upload as HTTP shows it."""
    received = storage.partial_bytes(upload.id, upload.suffix)
    return UploadRead(
        id=upload.id,
        project_id=upload.project_id,
        name=upload.name,
        bytes=upload.bytes,
        received=upload.bytes if upload.scan_id is not None else received,
        fingerprint=upload.fingerprint,
        state=state_of(upload, received),
        preflight=upload.preflight,
        problem=UploadProblem(**upload.problem) if upload.problem is not None else None,
        twins=twins(session, upload),
        scan_id=upload.scan_id,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def list_uploads(
    session: Session, storage: Storage, project_id: int, user_id: int, offset: int, limit: int
) -> tuple[list[UploadRead], int]:
    """Return a page of a person's unfinished uploads, oldest first, and how many there are."""
    mine = (
        Upload.project_id == project_id,
        Upload.user_id == user_id,
        Upload.scan_id.is_(None),
        Upload.expires_at > utc_now(),
    )
    total = session.scalar(select(func.count()).select_from(Upload).where(*mine)) or 0
    page = session.scalars(
        select(Upload).where(*mine).order_by(Upload.id).offset(offset).limit(limit)
    )
    return [read_upload(session, storage, upload) for upload in page], total
