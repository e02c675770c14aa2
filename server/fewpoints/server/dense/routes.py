# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Dense labels over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing, read_labelled
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, LabellersDep
from fewpoints.server.errors import NotFound, NotSignedIn, problem
from fewpoints.server.files import ASK_AGAIN, BINARY_ANSWER, knows
from fewpoints.server.parameters import PathId
from fewpoints.server.scans.service import ScanNotReady, ready_scan

router = APIRouter(tags=["dense"], responses=problem(NotSignedIn))


@router.get(
    "/scans/{scan_id}/dense.bin",
    responses={
        **BINARY_ANSWER,
        **problem(NotFound, NoAnswersYet, SuperpointsMissing, ScanNotReady),
    },
    response_class=Response,
)
def read_dense(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    labellers: LabellersDep,
) -> Response:
    """Class and confidence (0-255) of every record of the tiles, from the answers up to now."""
    with database.read() as session:
        labelled = read_labelled(session, ready_scan(session, scan_id))
    etag = f'"{labelled.version}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    content = labellers.pairs(labelled)
    return Response(content, media_type="application/octet-stream", headers=headers)
