# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Exports and their files."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.exports import service
from fewpoints.server.exports.schemas import ExportCreate, ExportRead
from fewpoints.server.files import BINARY_ANSWER
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.schemas import Page

router = APIRouter(tags=["exports"], responses=problem(NotSignedIn))


@router.post(
    "/projects/{project_id}/exports",
    status_code=202,
    responses=problem(Forbidden, NotFound, Invalid, service.NothingToExport),
)
def start_export(
    user: Lead, project_id: PathId, body: ExportCreate, database: DatabaseDep
) -> JobRead:
    """Make a file for download."""
    with database.write() as session:
        return read_job(service.start_export(session, project_id, body, user.id))


@router.get("/projects/{project_id}/exports", responses=problem(NotFound))
def list_exports(
    _: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[ExportRead]:
    """A project's exports, newest first."""
    with database.read() as session:
        get_project(session, project_id)
        exports, total = service.list_exports(session, project_id, offset, limit)
        items = [ExportRead.model_validate(export, from_attributes=True) for export in exports]
        return Page(items=items, total=total)


@router.get(
    "/exports/{export_id}/file",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound),
    },
    response_class=FileResponse,
)
def download(
    _: CurrentUser, export_id: PathId, database: DatabaseDep, storage: StorageDep
) -> FileResponse:
    """The file of an export."""
    with database.read() as session:
        export = service.get_export(session, export_id)
    path = storage.export_file(export.id, export.filename)
    if not path.is_file():
        raise NotFound("file of export", export_id)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=export.filename,
        headers={"Cache-Control": "private, no-store"},
    )
