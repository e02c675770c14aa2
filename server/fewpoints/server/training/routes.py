# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Training, checkpoints and predictions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, SettingsDep, StorageDep
from fewpoints.server.errors import AppError, Forbidden, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_ANSWER, file_answer
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.schemas import MAX_ID, Page
from fewpoints.server.training import predictions, queries, service
from fewpoints.server.training.schemas import CheckpointRead, NetworkRead, Readiness, TrainingCreate

router = APIRouter(tags=["training"], responses=problem(NotSignedIn))


class NoPrediction(AppError):
    """The scan has no prediction, or none of this checkpoint."""

    status = 404
    code = "no_prediction"

    def __init__(self, scan_name: str) -> None:
        super().__init__(f"{scan_name} has no such prediction. Train the project first.")


@router.get("/network")
def read_network(_: CurrentUser, settings: SettingsDep) -> NetworkRead:
    """Whether the network that everything starts from has been trained."""
    return service.read_network(settings)


@router.get("/projects/{project_id}/training/readiness", responses=problem(NotFound))
def read_readiness(_: CurrentUser, project_id: PathId, database: DatabaseDep) -> Readiness:
    """Whether there are answers enough to train on."""
    with database.read() as session:
        return service.readiness(session, project_id)


@router.post(
    "/projects/{project_id}/trainings",
    status_code=202,
    responses=problem(Forbidden, NotFound, service.NotEnoughAnswers, service.TrainingRunning),
)
def start_training(
    user: Lead, project_id: PathId, body: TrainingCreate, database: DatabaseDep
) -> JobRead:
    """Train on the answers so far; later ones do not change a training that has started."""
    with database.write() as session:
        return read_job(service.start_training(session, project_id, body, user.id))


@router.get("/projects/{project_id}/checkpoints", responses=problem(NotFound))
def list_checkpoints(
    _: CurrentUser,
    project_id: PathId,
    database: DatabaseDep,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Page[CheckpointRead]:
    """A project's checkpoints, newest first."""
    with database.read() as session:
        get_project(session, project_id)
        rows, total = queries.list_checkpoints(session, project_id, offset, limit)
        return Page(items=[service.read_checkpoint(*row) for row in rows], total=total)


@router.get(
    "/scans/{scan_id}/prediction.bin",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, NoPrediction),
    },
    response_class=Response,
)
def read_prediction(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    checkpoint: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """Class and confidence (0-255) of every record of the tiles; without `checkpoint`, as shown."""
    with database.read() as session:
        scan = get_scan(session, scan_id)
        found = queries.find_prediction(session, scan, checkpoint)
        if found is None:
            raise NoPrediction(scan.name)
    try:
        path = predictions.tile_order_file(
            storage,
            scan_id,
            found.checkpoint_id,
            translation=found.translation,
            version=found.version,
        )
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return file_answer(request, path, version=found.version)
