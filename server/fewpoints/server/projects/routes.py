# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Projects and class lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.errors import InvalidClasses
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, StorageDep
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects import queries, service
from fewpoints.server.projects.schemas import (
    LabelClassRead,
    LabelClassWrite,
    PaceRead,
    PresetRead,
    ProjectCreate,
    ProjectRead,
    ProjectUpdate,
)
from fewpoints.server.schemas import Page

router = APIRouter(tags=["projects"], responses=problem(NotSignedIn))


@router.get("/presets")
async def list_presets(_: CurrentUser) -> list[PresetRead]:
    """Ready class lists."""
    return [
        PresetRead(
            name=preset.name,
            title=preset.title,
            classes=[LabelClassRead(**entry.to_dict()) for entry in preset.classes],
        )
        for preset in PRESETS.values()
    ]


@router.get("/projects")
def list_projects(
    _: CurrentUser, database: DatabaseDep, offset: Offset = 0, limit: Limit = 100
) -> Page[ProjectRead]:
    """All projects, oldest first."""
    with database.read() as session:
        items, total = queries.list_projects(session, offset, limit)
    return Page(items=items, total=total)


@router.post("/projects", status_code=201, responses=problem(Forbidden, InvalidClasses, Invalid))
def create_project(_: Lead, body: ProjectCreate, database: DatabaseDep) -> ProjectRead:
    """Add a project."""
    with database.write() as session:
        project = service.create_project(session, body)
        return queries.read_project(session, project.id)


@router.get("/projects/{project_id}", responses=problem(NotFound))
def read_project(_: CurrentUser, project_id: PathId, database: DatabaseDep) -> ProjectRead:
    """One project."""
    with database.read() as session:
        return queries.read_project(session, project_id)


@router.get("/projects/{project_id}/pace", responses=problem(NotFound))
def read_pace(_: CurrentUser, project_id: PathId, database: DatabaseDep) -> PaceRead:
    """How long an answer takes, from this project's newest answers."""
    with database.read() as session:
        queries.get_project(session, project_id)
        return queries.read_pace(session, project_id)


@router.patch("/projects/{project_id}", responses=problem(Forbidden, NotFound, Invalid))
def update_project(
    _: Lead, project_id: PathId, body: ProjectUpdate, database: DatabaseDep
) -> ProjectRead:
    """Change a project."""
    with database.write() as session:
        service.update_project(session, project_id, body)
        session.flush()
        return queries.read_project(session, project_id)


@router.delete("/projects/{project_id}", status_code=204, responses=problem(Forbidden, NotFound))
def delete_project(_: Lead, project_id: PathId, database: DatabaseDep, storage: StorageDep) -> None:
    """Delete a project with its scans, answers, checkpoints and exports."""
    with database.write() as session:
        files = service.delete_project(session, project_id)
    files.remove(storage)


@router.put(
    "/projects/{project_id}/classes",
    responses=problem(Forbidden, NotFound, InvalidClasses, Invalid, service.ClassesInUse),
)
def replace_classes(
    _: Lead,
    project_id: PathId,
    body: Annotated[list[LabelClassWrite], Body(max_length=1000)],
    database: DatabaseDep,
) -> ProjectRead:
    """Give a project another class list; the place in the list is the new index."""
    with database.write() as session:
        service.replace_classes(session, project_id, body)
        return queries.read_project(session, project_id)
