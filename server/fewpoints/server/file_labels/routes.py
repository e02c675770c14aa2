# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of files as answers, or as the truth."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fewpoints.annotations.label_mapping.mapping import InvalidMapping
from fewpoints.server.dependencies import (
    CurrentUser,
    DatabaseDep,
    LabellersDep,
    Lead,
    StorageDep,
)
from fewpoints.server.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.file_labels import service
from fewpoints.server.file_labels.agreement import read_agreement
from fewpoints.server.file_labels.fields import read_fields
from fewpoints.server.file_labels.schemas import (
    LabelFieldsRead,
    LabelImportCreate,
    LabelImportOptions,
    LabelImportPlan,
    LabelImportRead,
    TruthRead,
)
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ScanNotReady, ready_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.schemas import Id, Page

router = APIRouter(tags=["labels"], responses=problem(NotSignedIn, NotFound))
_UNUSABLE = problem(Forbidden, Invalid, InvalidMapping, service.TooManyAnswers)


@router.get("/scans/{scan_id}/label-fields", responses=problem(ScanNotReady))
def read_label_fields(
    _: CurrentUser, scan_id: PathId, database: DatabaseDep, storage: StorageDep
) -> LabelFieldsRead:
    """The label fields that came with a scan, and what their values may mean."""
    with database.read() as session:
        project_id = ready_scan(session, scan_id).project_id
        return read_fields(session, storage, project_id, [scan_id])


@router.get("/projects/{project_id}/label-fields", responses=problem(Invalid))
def list_label_fields(
    _: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    scan_id: Annotated[list[Id] | None, Query(max_length=1000)] = None,
) -> LabelFieldsRead:
    """The label fields that came with a project's scans, or some of them."""
    with database.read() as session:
        return read_fields(session, storage, project_id, scan_id)


@router.post("/projects/{project_id}/label-imports/preview", responses=_UNUSABLE)
def preview_label_import(
    _: Lead,
    project_id: PathId,
    body: LabelImportOptions,
    database: DatabaseDep,
    storage: StorageDep,
) -> LabelImportPlan:
    """What an import would do."""
    with database.read() as session:
        return service.plan_import(session, storage, project_id, body)


@router.post(
    "/projects/{project_id}/label-imports",
    status_code=202,
    responses={**_UNUSABLE, **problem(Conflict, service.NothingToImport)},
)
def start_label_import(
    user: Lead,
    project_id: PathId,
    body: LabelImportCreate,
    database: DatabaseDep,
    storage: StorageDep,
) -> LabelImportRead:
    """Make answers, or the truth, of a label field of many scans; a job does it."""
    with database.read() as session:
        service.plan_import(session, storage, project_id, body)
    with database.write() as session:
        row = service.start_import(session, storage, project_id, body, user.id)
        return service.read_import(session, row)


@router.get("/projects/{project_id}/label-imports")
def list_label_imports(
    _: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    offset: Offset = 0,
    limit: Limit = 20,
) -> Page[LabelImportRead]:
    """What was made of label fields, newest first."""
    with database.read() as session:
        get_project(session, project_id)
        items, total = service.list_imports(session, project_id, offset, limit)
    return Page(items=items, total=total)


@router.post("/label-imports/{import_id}/undo", responses=problem(Forbidden))
def undo_label_import(
    _: Lead, import_id: PathId, database: DatabaseDep, storage: StorageDep
) -> LabelImportRead:
    """Take back all that an import added."""
    return service.undo_import(database, storage, import_id)


@router.get("/scans/{scan_id}/ground-truth")
def read_ground_truth(
    _: CurrentUser,
    scan_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    labellers: LabellersDep,
) -> TruthRead:
    """The ground truth of a scan, and how far its labels agree with it."""
    with database.read() as session:
        project_id = get_scan(session, scan_id).project_id
    return read_agreement(database, storage, labellers, project_id, Scan.id == scan_id)


@router.get("/projects/{project_id}/ground-truth")
def read_project_truth(
    _: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    labellers: LabellersDep,
) -> TruthRead:
    """The ground truth of a project's scans, and how far their labels agree with it."""
    with database.read() as session:
        get_project(session, project_id)
    mine = Scan.project_id == project_id
    return read_agreement(database, storage, labellers, project_id, mine)
