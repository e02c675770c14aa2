# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Dense labels over HTTP."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing, read_labelled
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, LabellersDep
from fewpoints.server.errors import Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.files import BINARY_ANSWER, OtherVersion, made_answer
from fewpoints.server.parameters import PathId
from fewpoints.server.records import RecordCounts, RecordRangesOrAll, count_classes
from fewpoints.server.scans.service import ScanNotReady, ready_scan

router = APIRouter(tags=["dense"], responses=problem(NotSignedIn))


@router.get(
    "/scans/{scan_id}/dense.bin",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady, Invalid, OtherVersion),
    },
    response_class=Response,
)
def read_dense(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    labellers: LabellersDep,
    ranges: RecordRangesOrAll = None,
) -> Response:
    """Class and confidence (0-255) of records of the tiles, from the answers up to now.

    The `ETag` is the same exactly where the labels of the whole scan are.
    """
    with database.read() as session:
        labelled = read_labelled(session, ready_scan(session, scan_id))
    return made_answer(
        request,
        lambda: labellers.pairs(labelled),
        version=labelled.version,
        ranges=ranges,
        item_bytes=2,
    )


@router.get(
    "/scans/{scan_id}/dense/counts",
    responses=problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady),
)
def count_dense(
    _: CurrentUser, scan_id: PathId, database: DatabaseDep, labellers: LabellersDep
) -> RecordCounts:
    """How many points have each class, from the answers up to now."""
    with database.read() as session:
        labelled = read_labelled(session, ready_scan(session, scan_id))
    return count_classes(np.frombuffer(labellers.pairs(labelled), np.uint8).reshape(-1, 2))
