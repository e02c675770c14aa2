# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading uploads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Forbidden, NotFound
from fewpoints.server.scans.inspection import InspectionTimeout
from fewpoints.server.scans.schemas import ImportOptionsBody
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.uploads.schemas import (
    ArchiveTable,
    TextTable,
    UploadLeftOut,
    UploadProblem,
    UploadRead,
    UploadScan,
    UploadState,
)
from fewpoints.server.uploads.tables import Upload

MOST_TWINS = 5
# Scans of one archive that are looked for; a database takes so many values in one query.
MOST_COMPARED = 100


class WrongUploadState(Conflict):
    """The upload is not as far as this needs it to be."""

    code = "upload_state"


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


def own_file_of_scans(session: Session, upload_id: int, user_id: int) -> Upload:
    """Return an upload of this person that was sent to a project.

    Raises:
        NotFound, Forbidden: as `own_upload`.
        WrongUploadState: it is an archive of a project.
    """
    upload = own_upload(session, upload_id, user_id)
    if upload.project_id is None:
        raise WrongUploadState(f"{upload.name} was sent to become a project. Import it as one.")
    return upload


def state_of(upload: Upload, received: int) -> UploadState:
    """Return how far an upload is, `received` bytes of it being here."""
    if upload.is_done:
        return "imported"
    if received < upload.bytes:
        return "receiving"
    if upload.preflight is not None:
        return "checked"
    if upload.problem is not None:
        # An import may take longer than a check; whatever else was found stays true.
        return "checked" if upload.problem["code"] == InspectionTimeout.code else "refused"
    if upload.contents is not None:
        return "checked"
    return "received"


def _twins(session: Session, project_id: int, uploads: Sequence[Upload]) -> dict[int, list[str]]:
    """Return upload id -> names of scans that look like the same file, oldest first.

    Of an archive, also those that look like one of its scans.
    """
    looks = {upload.id: _looks(upload) for upload in uploads}
    names = {name for pairs in looks.values() for name, _ in pairs}
    hashes = {upload.sha256 for upload in uploads if upload.sha256 is not None}
    found = session.execute(
        select(Scan.id, Scan.name, Scan.bytes, Scan.content_hash)
        .where(
            Scan.project_id == project_id,
            or_(Scan.name.in_(names), Scan.content_hash.in_(hashes)),
        )
        .order_by(Scan.id)
    ).all()
    return {
        upload.id: [
            name
            for scan_id, name, size, content_hash in found
            if scan_id not in _own_scans(upload)
            and ((name, size) in looks[upload.id] or _equal(content_hash, upload.sha256))
        ][:MOST_TWINS]
        for upload in uploads
    }


def _looks(upload: Upload) -> set[tuple[str, int]]:
    """(name, bytes) that a scan has or had if it is made of this upload."""
    scans = [] if upload.contents is None else upload.contents["scans"]
    pairs = {(upload.name, upload.bytes)}
    if len(scans) == 1:
        pairs.add((scans[0]["title"], upload.bytes))
    return pairs | {(scan["title"], scan["bytes"]) for scan in scans[:MOST_COMPARED]}


def _own_scans(upload: Upload) -> set[int | None]:
    scans = [] if upload.contents is None else upload.contents["scans"]
    return {upload.scan_id, *(scan["scan_id"] for scan in scans)}


def _equal(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def read_upload(session: Session, storage: Storage, upload: Upload) -> UploadRead:
    """Return an upload as HTTP shows it."""
    twins = {} if upload.project_id is None else _twins(session, upload.project_id, [upload])
    return _read(storage, upload, twins.get(upload.id, []))


def _read(storage: Storage, upload: Upload, twins: list[str]) -> UploadRead:
    received = storage.partial_bytes(upload.id, upload.suffix)
    return UploadRead(
        id=upload.id,
        project_id=upload.project_id,
        name=upload.name,
        bytes=upload.bytes,
        received=upload.bytes if upload.is_done else received,
        fingerprint=upload.fingerprint,
        state=state_of(upload, received),
        options=ImportOptionsBody.model_validate(upload.import_options or {}),
        preflight=upload.preflight,
        problem=UploadProblem(**upload.problem) if upload.problem is not None else None,
        text_table=TextTable(**upload.text_table) if upload.text_table is not None else None,
        twins=twins,
        scans=[UploadScan(**scan) for scan in (upload.contents or {}).get("scans", ())],
        left_out=[UploadLeftOut(**one) for one in (upload.contents or {}).get("left_out", ())],
        tables=[
            ArchiveTable(
                member=kind["members"][0],
                members=kind["members"],
                said=kind["said"] is not None,
                table=TextTable(**kind["table"]),
            )
            for kind in (upload.contents or {}).get("tables", ())
        ],
        scan_id=upload.scan_id,
        job_id=upload.job_id,
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
    ).all()
    twins = _twins(session, project_id, page)
    return [_read(storage, upload, twins[upload.id]) for upload in page], total
