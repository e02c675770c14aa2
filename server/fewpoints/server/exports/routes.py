# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Exports and their files."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse

from fewpoints.server.dependencies import (
    CurrentUser,
    DatabaseDep,
    LabellersDep,
    Lead,
    StorageDep,
    require_lead,
)
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.exports import service
from fewpoints.server.exports.formats import FORMATS
from fewpoints.server.exports.plan import plan_export
from fewpoints.server.exports.preview import preview
from fewpoints.server.exports.refusals import NothingToExport
from fewpoints.server.exports.schemas import (
    ExportCreate,
    ExportFormatRead,
    ExportPreview,
    ExportRead,
)
from fewpoints.server.exports.tables import WHOLE_PROJECT
from fewpoints.server.exports.written import MANIFEST
from fewpoints.server.files import BINARY_ANSWER
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.schemas import Page

router = APIRouter(tags=["exports"], responses=problem(NotSignedIn))


@router.get("/export-formats")
def list_formats(_: CurrentUser) -> list[ExportFormatRead]:
    """The formats that exports can be written in; their list is short and has no pages."""
    return [
        ExportFormatRead(
            name=known.name,  # type: ignore[arg-type] # A test compares the names.
            title=known.title,
            group=known.group,
            version=known.version,
            holds=known.holds,
            files=[*known.per_scan, *known.common],
            sources=list(known.sources),
            confidence=known.confidence,
            loader=known.loader,
        )
        for known in FORMATS
    ]


@router.post(
    "/projects/{project_id}/exports",
    status_code=202,
    responses=problem(Forbidden, NotFound, Invalid, NothingToExport),
)
def start_export(
    user: Lead, project_id: PathId, body: ExportCreate, database: DatabaseDep
) -> JobRead:
    """Make a file for download."""
    with database.write() as session:
        return read_job(service.start_export(session, project_id, body, user.id))


@router.post(
    "/projects/{project_id}/exports/preview", responses=problem(Forbidden, NotFound, Invalid)
)
def preview_export(
    _: Lead,
    project_id: PathId,
    body: ExportCreate,
    database: DatabaseDep,
    storage: StorageDep,
    labellers: LabellersDep,
) -> ExportPreview:
    """What an export would write now: files, rows, classes, bytes, and what is left out and why."""
    with database.read() as session:
        plan = plan_export(session, project_id, body)
    return preview(plan, storage, labellers)


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
        return Page(items=exports, total=total)


@router.get(
    "/exports/{export_id}/file",
    responses={
        **BINARY_ANSWER,
        **problem(Forbidden, NotFound),
    },
    response_class=FileResponse,
)
def download(
    user: CurrentUser, export_id: PathId, database: DatabaseDep, storage: StorageDep
) -> FileResponse:
    """The file of an export. Whole projects are for leads: ground truths are in them."""
    with database.read() as session:
        export = service.get_export(session, export_id)
    if export.kind == WHOLE_PROJECT:
        require_lead(user)
    path = storage.export_file(export.id, export.filename)
    if not path.is_file():
        raise NotFound("file of export", export_id)
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=export.filename,
        headers={"Cache-Control": "private, no-store"},
    )


@router.get(
    "/exports/{export_id}/manifest",
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        **problem(NotFound),
    },
    response_class=FileResponse,
)
def read_manifest(
    _: CurrentUser, export_id: PathId, database: DatabaseDep, storage: StorageDep
) -> FileResponse:
    """What is in an export, of which answers it was made, and the checksum of every file."""
    with database.read() as session:
        export = service.get_export(session, export_id)
    path = storage.export_file(export.id, MANIFEST)
    if not path.is_file():
        raise NotFound("manifest of export", export_id)
    return FileResponse(
        path,
        media_type="application/json",
        filename=f"{export.filename}.{MANIFEST}",
        headers={"Cache-Control": "private, no-store"},
    )


@router.delete("/exports/{export_id}", status_code=204, responses=problem(Forbidden, NotFound))
def delete_export(_: Lead, export_id: PathId, database: DatabaseDep, storage: StorageDep) -> None:
    """Delete an export and its file."""
    with database.write() as session:
        service.delete_export(session, export_id)
    storage.remove_export(export_id)
