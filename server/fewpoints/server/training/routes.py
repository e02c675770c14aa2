# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Training, checkpoints and predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from fewpoints.server.db.engine import Database
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, Lead, SettingsDep, StorageDep
from fewpoints.server.errors import AppError, Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_ANSWER, OtherVersion, file_answer
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.records import RecordCounts, RecordRangesOrAll, count_classes
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.schemas import MAX_ID, Page
from fewpoints.server.storage import Storage, display_name
from fewpoints.server.training import checkpoints, predictions, queries, service
from fewpoints.server.training.schemas import (
    CheckpointRead,
    CheckpointUpdate,
    NetworkRead,
    PredictionsQueued,
    Readiness,
    TrainingCreate,
)

router = APIRouter(tags=["training"], responses=problem(NotSignedIn))
CheckpointOrShown = Annotated[int | None, Query(ge=1, le=MAX_ID)]


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
        return Page(items=checkpoints.read_checkpoints(session, project_id, rows), total=total)


@router.patch("/checkpoints/{checkpoint_id}", responses=problem(Forbidden, NotFound))
def update_checkpoint(
    _: Lead, checkpoint_id: PathId, body: CheckpointUpdate, database: DatabaseDep
) -> CheckpointRead:
    """Rename a checkpoint."""
    with database.write() as session:
        checkpoint = checkpoints.get_checkpoint(session, checkpoint_id)
        checkpoints.rename(session, checkpoint, body.name)
        assert checkpoint.project_id is not None
        return checkpoints.read_checkpoints(session, checkpoint.project_id, [checkpoint])[0]


@router.delete(
    "/checkpoints/{checkpoint_id}",
    status_code=204,
    responses=problem(Forbidden, NotFound, checkpoints.CheckpointInUse),
)
def delete_checkpoint(
    _: Lead, checkpoint_id: PathId, database: DatabaseDep, storage: StorageDep
) -> None:
    """Delete a checkpoint with its predictions, for good."""
    with database.write() as session:
        checkpoint = checkpoints.get_checkpoint(session, checkpoint_id)
        scan_ids = checkpoints.remove(session, checkpoint)
    checkpoints.remove_files(storage, checkpoint_id, scan_ids)


@router.get(
    "/checkpoints/{checkpoint_id}/file",
    responses={**BINARY_ANSWER, **problem(NotFound)},
    response_class=FileResponse,
)
def download_checkpoint(
    _: CurrentUser, checkpoint_id: PathId, database: DatabaseDep, storage: StorageDep
) -> FileResponse:
    """The weights as a file, with the configuration and provenance in it."""
    with database.read() as session:
        checkpoint = checkpoints.get_checkpoint(session, checkpoint_id)
    path = storage.checkpoint_file(checkpoint_id)
    if not path.is_file():
        raise NotFound("file of checkpoint", checkpoint_id)
    name = display_name(checkpoint.name, fallback=f"checkpoint-{checkpoint_id}")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"{name}{path.suffix}",
        headers={"Cache-Control": "private, no-store"},
    )


@router.post(
    "/checkpoints/{checkpoint_id}/predictions",
    status_code=202,
    responses=problem(Forbidden, NotFound),
)
def predict_lacking(user: Lead, checkpoint_id: PathId, database: DatabaseDep) -> PredictionsQueued:
    """Predict every imported scan that has no prediction by this checkpoint."""
    with database.write() as session:
        checkpoint = checkpoints.get_checkpoint(session, checkpoint_id)
        return PredictionsQueued(queued=checkpoints.predict_lacking(session, checkpoint, user.id))


@router.get(
    "/scans/{scan_id}/prediction.bin",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, NoPrediction, Invalid, OtherVersion),
    },
    response_class=Response,
)
def read_prediction(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    checkpoint: CheckpointOrShown = None,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """Class and confidence (0-255) of records of the tiles; without `checkpoint`, as shown.

    The `ETag` is the same exactly where the prediction of the whole scan is.
    """
    path, version = _prediction_file(database, storage, scan_id, checkpoint)
    return file_answer(request, path, version=version, ranges=ranges, item_bytes=2)


@router.get("/scans/{scan_id}/prediction/counts", responses=problem(NotFound, NoPrediction))
def count_prediction(
    _: CurrentUser,
    scan_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    checkpoint: CheckpointOrShown = None,
) -> RecordCounts:
    """How many points have each class; without `checkpoint`, as shown."""
    path, _version = _prediction_file(database, storage, scan_id, checkpoint)
    try:
        pairs = np.fromfile(path, np.uint8).reshape(-1, 2)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return count_classes(pairs)


def _prediction_file(
    database: Database, storage: Storage, scan_id: int, checkpoint: int | None
) -> tuple[Path, str]:
    """Return the file in tile order, with the project's present classes, and its version."""
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
    return path, found.version
