# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whole projects as files, out and in.

The file of an archive is that of an export: `GET /exports/{id}/file`, which answers to ranges, and
`DELETE /exports/{id}`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from fewpoints.server.dependencies import (
    DatabaseDep,
    Lead,
    SettingsDep,
    StorageDep,
    WritersDep,
)
from fewpoints.server.errors import Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_BODY
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.project_archives import service
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.project_archives.packing import estimated_bytes
from fewpoints.server.project_archives.schemas import (
    ArchiveCreate,
    ArchiveImport,
    ArchiveRead,
    ArchiveSize,
)
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.upload import BrokenOff, TooLarge, received_file
from fewpoints.server.schemas import Name, Page
from fewpoints.server.storage import DiskFull, display_name
from fewpoints.server.uploads import service as uploads
from fewpoints.server.uploads.queries import WrongUploadState, read_upload
from fewpoints.server.uploads.schemas import UploadCreate, UploadRead

router = APIRouter(tags=["project-archives"], responses=problem(NotSignedIn))
FileName = Annotated[str, Query(max_length=1000, description="What people call the file.")]
NewName = Annotated[Name | None, Query(description="Name of the project; its own by default.")]


@router.get(
    "/projects/{project_id}/archive-size",
    responses=problem(Forbidden, NotFound),
)
def read_size(
    _: Lead, project_id: PathId, database: DatabaseDep, storage: StorageDep
) -> ArchiveSize:
    """About how large an archive of the project will be."""
    whole, less = (
        estimated_bytes(database, storage, project_id, derived=derived) for derived in (True, False)
    )
    return ArchiveSize(bytes=whole, bytes_without_derived=less)


@router.post(
    "/projects/{project_id}/archives",
    status_code=202,
    responses=problem(Forbidden, NotFound),
)
def start_pack(
    user: Lead, project_id: PathId, body: ArchiveCreate, database: DatabaseDep
) -> JobRead:
    """Pack a whole project into one file."""
    with database.write() as session:
        job = service.start_pack(session, project_id, user.id, derived=body.derived)
        return read_job(job)


@router.get("/projects/{project_id}/archives", responses=problem(Forbidden, NotFound))
def list_archives(
    _: Lead,
    project_id: PathId,
    database: DatabaseDep,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[ArchiveRead]:
    """A project's finished archives, newest first."""
    with database.read() as session:
        get_project(session, project_id)
        items, total = service.list_archives(session, project_id, offset, limit)
        return Page(items=items, total=total)


@router.post(
    "/project-archives",
    status_code=202,
    openapi_extra=BINARY_BODY,
    responses=problem(Forbidden, DamagedArchive, ArchiveTooNew, TooLarge, DiskFull, BrokenOff),
)
async def import_archive(
    user: Lead,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
    filename: FileName = "project.zip",
    name: NewName = None,
) -> JobRead:
    """Send the bytes of an archive; the job's result has the id of the new project."""
    shown = display_name(filename, fallback="project.zip")
    async with received_file(
        request, storage, limit=settings.max_upload_bytes, suffix=".zip"
    ) as received:

        def hand_in() -> JobRead:
            return service.hand_in(
                database, storage, received.path, filename=shown, name=name, user_id=user.id
            )

        return await run_in_threadpool(hand_in)


@router.post(
    "/project-archives/uploads",
    status_code=201,
    responses={
        200: {"model": UploadRead, "description": "The same file was begun before and goes on."},
        **problem(Forbidden, TooLarge, DiskFull),
    },
)
def begin_upload(
    user: Lead,
    body: UploadCreate,
    response: Response,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
) -> UploadRead:
    """Begin to send an archive in pieces, or go on with it; its bytes go to `/uploads/{id}`."""
    with database.write() as session:
        upload, new = uploads.begin(
            session, storage, settings, project_id=None, user_id=user.id, body=body
        )
        if not new:
            response.status_code = 200
        return read_upload(session, storage, upload)


@router.post(
    "/uploads/{upload_id}/project",
    status_code=202,
    responses=problem(
        Forbidden,
        NotFound,
        DamagedArchive,
        ArchiveTooNew,
        DiskFull,
        WrongUploadState,
        uploads.UploadBusy,
    ),
)
def import_upload(
    user: Lead,
    upload_id: PathId,
    body: ArchiveImport,
    database: DatabaseDep,
    storage: StorageDep,
    writers: WritersDep,
) -> JobRead:
    """Import an archive that has arrived; asked for twice, it is the same job."""
    with writers.only(upload_id):
        return service.hand_in_upload(database, storage, upload_id, name=body.name, user_id=user.id)
