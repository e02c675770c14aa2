# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of scans, and what is done to many of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.parameters import PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scan_list import queries, service
from fewpoints.server.scan_list.schemas import (
    AuthorRead,
    BulkCreate,
    BulkRead,
    ScanIdsQuery,
    ScanListQuery,
    ScanPage,
)
from fewpoints.server.storage import Storage

router = APIRouter(tags=["scans"], responses=problem(NotSignedIn))


@router.get("/projects/{project_id}/scans", responses=problem(NotFound))
def list_scans(
    _: CurrentUser,
    project_id: PathId,
    wanted: Annotated[ScanListQuery, Query()],
    database: DatabaseDep,
) -> ScanPage:
    """A project's scans."""
    with database.read() as session:
        get_project(session, project_id)
        return queries.list_scans(session, project_id, wanted)


@router.get("/projects/{project_id}/scan-ids", responses=problem(NotFound))
def list_scan_ids(
    _: CurrentUser,
    project_id: PathId,
    wanted: Annotated[ScanIdsQuery, Query()],
    database: DatabaseDep,
) -> list[int]:
    """The ids of a project's scans, in the order of the list."""
    with database.read() as session:
        get_project(session, project_id)
        return queries.list_ids(session, project_id, wanted)


@router.get("/projects/{project_id}/authors", responses=problem(NotFound))
def list_authors(_: CurrentUser, project_id: PathId, database: DatabaseDep) -> list[AuthorRead]:
    """Who has answered something in a project."""
    with database.read() as session:
        get_project(session, project_id)
        return queries.list_authors(session, project_id)


@router.post(
    "/projects/{project_id}/scans/bulk",
    responses=problem(Forbidden, NotFound, service.CountChanged),
)
def change_many(
    user: Lead,
    project_id: PathId,
    body: BulkCreate,
    background: BackgroundTasks,
    database: DatabaseDep,
    storage: StorageDep,
) -> BulkRead:
    """Choose points in many scans, prepare, import again or delete them: all in one step."""
    if body.dry_run:
        with database.read() as session:
            return service.run(session, project_id, body, user.id)[0]
    with database.write() as session:
        result, gone = service.run(session, project_id, body, user.id)
    if gone:
        background.add_task(_remove_files, storage, gone)
    return result


def _remove_files(storage: Storage, scan_ids: list[int]) -> None:
    for scan_id in scan_ids:
        storage.remove_scan(scan_id)
