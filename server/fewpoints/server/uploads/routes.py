# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploads in pieces: begin, send, have it checked, make it a scan.

Nothing of this is a scan before the last step: the bytes wait in a folder of their own, and go when
the upload is cancelled or expires.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from fewpoints.annotations.scans.readers.text_layout import InvalidTextLayout
from fewpoints.server.dependencies import (
    DatabaseDep,
    Lead,
    SettingsDep,
    StorageDep,
    WritersDep,
)
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_BODY
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan, read_scans
from fewpoints.server.scans.schemas import ScanRead
from fewpoints.server.scans.upload import BrokenOff, TooLarge, append_body
from fewpoints.server.schemas import Page
from fewpoints.server.storage import DiskFull
from fewpoints.server.uploads import queries, service
from fewpoints.server.uploads.schemas import UploadCheck, UploadCreate, UploadImport, UploadRead

router = APIRouter(tags=["uploads"], responses=problem(NotSignedIn, Forbidden))
ByteOffset = Annotated[int, Query(ge=0, lt=2**53, description="Place of the body in the file.")]


@router.get("/projects/{project_id}/uploads", responses=problem(NotFound))
def list_uploads(
    user: Lead,
    project_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[UploadRead]:
    """What the caller sent to a project and did not finish, oldest first."""
    with database.read() as session:
        get_project(session, project_id)
        items, total = queries.list_uploads(session, storage, project_id, user.id, offset, limit)
    return Page(items=items, total=total)


@router.post(
    "/projects/{project_id}/uploads",
    status_code=201,
    responses={
        200: {"model": UploadRead, "description": "The same file was begun before and goes on."},
        **problem(NotFound, TooLarge, DiskFull, Invalid),
    },
)
def begin_upload(
    user: Lead,
    project_id: PathId,
    body: UploadCreate,
    response: Response,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
) -> UploadRead:
    """Begin to send a file, or go on with it."""
    with database.write() as session:
        upload, new = service.begin(
            session, storage, settings, project_id=project_id, user_id=user.id, body=body
        )
        if not new:
            response.status_code = 200
        return queries.read_upload(session, storage, upload)


@router.get("/uploads/{upload_id}", responses=problem(NotFound))
def read_upload(
    user: Lead, upload_id: PathId, database: DatabaseDep, storage: StorageDep
) -> UploadRead:
    """How far an upload is."""
    with database.read() as session:
        upload = queries.own_upload(session, upload_id, user.id)
        return queries.read_upload(session, storage, upload)


@router.put(
    "/uploads/{upload_id}/bytes",
    openapi_extra=BINARY_BODY,
    responses=problem(
        NotFound, Invalid, DiskFull, BrokenOff, service.WrongOffset, service.UploadBusy
    ),
)
async def send_bytes(
    user: Lead,
    upload_id: PathId,
    offset: ByteOffset,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
    writers: WritersDep,
) -> UploadRead:
    """Add bytes at the end of what is here. What arrives of a request that breaks off is kept."""

    def find() -> tuple[str, int]:
        with database.read() as session:
            upload = queries.own_upload(session, upload_id, user.id)
            if upload.is_done:
                raise queries.WrongUploadState(f"{upload.name} is imported already.")
            return upload.suffix, upload.bytes

    suffix, size = await run_in_threadpool(find)
    with writers.only(upload_id):
        received = storage.partial_bytes(upload_id, suffix)
        if offset != received:
            raise service.WrongOffset(offset=offset, received=received)
        await append_body(
            request, storage, storage.partial_file(upload_id, suffix), most=size - received
        )

    def renew() -> UploadRead:
        with database.write() as session:
            upload = service.renew(session, settings, upload_id, user.id)
            return queries.read_upload(session, storage, upload)

    return await run_in_threadpool(renew)


@router.post(
    "/uploads/{upload_id}/check",
    responses=problem(
        NotFound,
        queries.WrongUploadState,
        service.UploadBusy,
        service.UploadDamaged,
        InvalidTextLayout,
    ),
)
def check_upload(
    user: Lead,
    upload_id: PathId,
    body: UploadCheck,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
    writers: WritersDep,
) -> UploadRead:
    """Look at a file that has arrived: its preflight, before anything becomes of it."""
    with writers.only(upload_id):
        service.check(
            database,
            storage,
            settings,
            upload_id=upload_id,
            user_id=user.id,
            sha256=body.sha256,
            options=body.options.options(),
            said=body.layouts(),
        )
    with database.read() as session:
        upload = queries.own_upload(session, upload_id, user.id)
        return queries.read_upload(session, storage, upload)


@router.post(
    "/uploads/{upload_id}/scans",
    status_code=201,
    responses=problem(NotFound, DiskFull, queries.WrongUploadState, service.UploadBusy),
)
def import_upload(
    user: Lead,
    upload_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    writers: WritersDep,
    body: UploadImport | None = None,
) -> list[ScanRead]:
    """Make a checked upload scans of its project; asked for twice, the same ones.

    It is one, unless the upload is an archive of several. Their imports unpack it: one that turns
    out to be damaged is a scan that failed.
    """
    options = body.options.options() if body is not None and body.options is not None else None
    with writers.only(upload_id):
        with database.write() as session:
            scan_ids = service.import_upload(
                session, storage, upload_id=upload_id, user_id=user.id, options=options
            )
            found = read_scans(session, [get_scan(session, scan_id) for scan_id in scan_ids])
        storage.remove_partial(upload_id)
    return found


@router.delete("/uploads/{upload_id}", status_code=204, responses=problem(NotFound))
def cancel_upload(
    user: Lead, upload_id: PathId, database: DatabaseDep, storage: StorageDep
) -> None:
    """Forget an upload and what arrived of it."""
    with database.write() as session:
        service.cancel(session, upload_id, user.id)
    storage.remove_partial(upload_id)
