# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Comparing two versions over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from fewpoints.server.comparisons import service
from fewpoints.server.comparisons.queries import Compared, NothingInCommon, read_compared
from fewpoints.server.comparisons.schemas import Comparison, FlippedPatch
from fewpoints.server.dependencies import CurrentUser, DatabaseDep, StorageDep
from fewpoints.server.errors import Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.parameters import Limit, Offset, PathId
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.schemas import Page

router = APIRouter(tags=["comparisons"], responses=problem(NotSignedIn))
ClassIndex = Annotated[int | None, Query(ge=0, le=255, description="255 is no class.")]
PatchLimit = Annotated[int, Query(ge=1, le=50)]


async def get_comparisons(request: Request) -> service.Comparisons:
    """What this server keeps of comparisons."""
    kept: service.Comparisons = request.app.state.comparisons
    return kept


ComparisonsDep = Annotated[service.Comparisons, Depends(get_comparisons)]


@router.get(
    "/projects/{project_id}/comparisons/{first_id}/{second_id}",
    responses=problem(Invalid, NotFound, NothingInCommon),
)
def read_comparison(
    _: CurrentUser,
    project_id: PathId,
    first_id: PathId,
    second_id: PathId,
    database: DatabaseDep,
    kept: ComparisonsDep,
    from_class: ClassIndex = None,
    to_class: ClassIndex = None,
    offset: Offset = 0,
    limit: Limit = 100,
) -> Comparison:
    """What two versions say about the scans that both predicted, class by class and scan by scan.

    With many scans it may take several requests until all are counted: see `compared`.
    """
    with database.read() as session:
        compared = read_compared(session, project_id, first_id, second_id)
    cell = _cell(compared, from_class, to_class)
    counts = kept.counts(compared)
    return service.describe(compared, counts, cell=cell, offset=offset, limit=limit)


@router.get(
    "/projects/{project_id}/comparisons/{first_id}/{second_id}/scans/{scan_id}/patches",
    responses=problem(Invalid, NotFound, NothingInCommon),
)
def list_patches(
    _: CurrentUser,
    project_id: PathId,
    first_id: PathId,
    second_id: PathId,
    scan_id: PathId,
    database: DatabaseDep,
    kept: ComparisonsDep,
    storage: StorageDep,
    from_class: ClassIndex = None,
    to_class: ClassIndex = None,
    offset: Offset = 0,
    limit: PatchLimit = 20,
) -> Page[FlippedPatch]:
    """The patches of a scan whose points changed class alike, the largest first."""
    with database.read() as session:
        compared = read_compared(session, project_id, first_id, second_id)
        scan = get_scan(session, scan_id)
    common = next((item for item in compared.scans if item.scan_id == scan_id), None)
    if common is None:
        raise NotFound("scan with predictions of both checkpoints", scan_id)
    cell = _cell(compared, from_class, to_class)
    classes = compared.class_count
    assert scan.voxel_size_m is not None
    assert scan.up is not None
    try:
        found = kept.patches(compared, common, cell=service.CELLS_PER_VOXEL * scan.voxel_size_m)
        if cell is not None:
            sides = ((min(p.first, classes), min(p.second, classes)) for p in found)
            found = [patch for patch, side in zip(found, sides, strict=True) if side == cell]
        part = found[offset : offset + limit]
        items = service.describe_patches(storage, scan_id, part, scan.up, classes)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return Page(items=items, total=len(found))


def _cell(compared: Compared, first: int | None, second: int | None) -> tuple[int, int] | None:
    """Return the cell of the table that is asked for; the number of classes stands for none."""
    if first is None and second is None:
        return None
    if first is None or second is None:
        raise Invalid("Give from_class and to_class, or none of them.")
    return min(first, compared.class_count), min(second, compared.class_count)
