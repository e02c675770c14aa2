# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of files as answers, or as the truth."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query
from numpy.typing import NDArray
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.annotations.label_mapping.mapping import InvalidMapping
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dense.queries import (
    Labelled,
    NoAnswersYet,
    SuperpointsMissing,
    read_labelled,
)
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
    RightAndWrong,
    TruthRead,
    TruthState,
)
from fewpoints.server.file_labels.shown import (
    NoTruth,
    ShownTruth,
    read_shown_truth,
    version_beside,
)
from fewpoints.server.files import BINARY_ANSWER, OtherVersion, parts_answer
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.records import RecordCounts, RecordRangesOrAll
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ScanNotReady, ready_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.schemas import Id, Page
from fewpoints.server.storage import Storage
from fewpoints.server.users.authentication import SignedIn

router = APIRouter(tags=["labels"], responses=problem(NotSignedIn, NotFound))


def lead_to_see(user: CurrentUser) -> SignedIn:
    """The person who sent the request, if the truth cannot sway their answers."""
    if user.role != "lead":
        raise Forbidden(
            "Only project leads see the ground truth, so that it sways no answer. Ask one of them."
        )
    return user


LeadToSee = Annotated[SignedIn, Depends(lead_to_see)]
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


@router.get("/scans/{scan_id}/truth", responses=problem(Forbidden, ScanNotReady))
def read_truth_state(
    _: LeadToSee, scan_id: PathId, database: DatabaseDep, storage: StorageDep
) -> TruthState:
    """Whether a scan has a ground truth."""
    with database.read() as session:
        try:
            return TruthState(version=_truth(session, storage, scan_id).version)
        except NoTruth:
            return TruthState(version=None)


@router.get(
    "/scans/{scan_id}/truth.bin",
    responses={
        **BINARY_ANSWER,
        **problem(Forbidden, NoTruth, ScanNotReady, Invalid, OtherVersion),
    },
    response_class=Response,
)
def read_truth(
    _: LeadToSee,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """True class (255 for none) and 255 of records of the tiles; annotators must not see them."""
    with database.read() as session:
        truth = _truth(session, storage, scan_id)
    try:
        return parts_answer(
            request,
            lambda start, stop: truth.pairs(start, stop).tobytes(),
            version=truth.version,
            records=truth.records,
            ranges=ranges,
            item_bytes=2,
        )
    except FileNotFoundError:
        raise NotFound("scan", scan_id) from None


@router.get("/scans/{scan_id}/truth/counts", responses=problem(Forbidden, NoTruth, ScanNotReady))
def count_truth(
    _: LeadToSee, scan_id: PathId, database: DatabaseDep, storage: StorageDep
) -> RecordCounts:
    """How many points have each true class."""
    with database.read() as session:
        truth = _truth(session, storage, scan_id)
    try:
        return truth.counts()
    except FileNotFoundError:
        raise NotFound("scan", scan_id) from None


@router.get(
    "/scans/{scan_id}/agreement.bin",
    responses={
        **BINARY_ANSWER,
        **problem(
            Forbidden,
            NoTruth,
            NoAnswersYet,
            SuperpointsMissing,
            ScanNotReady,
            Invalid,
            OtherVersion,
        ),
    },
    response_class=Response,
)
def read_compared(
    _: LeadToSee,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    labellers: LabellersDep,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """True class and labelled class (255 for none) of records of the tiles, by the answers now."""
    with database.read() as session:
        truth = _truth(session, storage, scan_id)
        labelled = read_labelled(session, ready_scan(session, scan_id))
    try:
        return parts_answer(
            request,
            lambda start, stop: truth.beside(_found(labellers, labelled), start, stop).tobytes(),
            version=version_beside(truth, labelled.version),
            records=truth.records,
            ranges=ranges,
            item_bytes=2,
        )
    except FileNotFoundError:
        raise NotFound("scan", scan_id) from None


@router.get(
    "/scans/{scan_id}/agreement/counts",
    responses=problem(Forbidden, NoTruth, NoAnswersYet, SuperpointsMissing, ScanNotReady),
)
def count_compared(
    _: LeadToSee,
    scan_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    labellers: LabellersDep,
) -> RightAndWrong:
    """How many points have the true class as their label, by the answers now."""
    with database.read() as session:
        truth = _truth(session, storage, scan_id)
        labelled = read_labelled(session, ready_scan(session, scan_id))
    try:
        right, wrong = truth.right_and_wrong(_found(labellers, labelled))
    except FileNotFoundError:
        raise NotFound("scan", scan_id) from None
    return RightAndWrong(records=truth.records, right=right, wrong=wrong)


def _truth(session: Session, storage: Storage, scan_id: int) -> ShownTruth:
    return read_shown_truth(session, storage, ready_scan(session, scan_id))


def _found(labellers: Labellers, labelled: Labelled) -> NDArray[np.uint8]:
    """(R,) class of every record by the answers, 255 for none."""
    return np.frombuffer(labellers.pairs(labelled), np.uint8).reshape(-1, 2)[:, 0]


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
