# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Uploading, looking at and serving scans."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.import_options import ImportOptions, InvalidImportOptions
from fewpoints.annotations.scans.tiles import RECORD_BYTES, prefix_blocks
from fewpoints.server.dependencies import (
    CurrentUser,
    DatabaseDep,
    Lead,
    SettingsDep,
    StorageDep,
)
from fewpoints.server.errors import Forbidden, Invalid, NotFound, NotSignedIn, problem
from fewpoints.server.files import ASK_AGAIN, BINARY_ANSWER, BINARY_BODY, file_answer, knows
from fewpoints.server.jobs.schemas import JobRead, read_job
from fewpoints.server.parameters import PathId
from fewpoints.server.projects.queries import get_project
from fewpoints.server.records import RecordRanges, parse_ranges, read_records
from fewpoints.server.scans import queries, service
from fewpoints.server.scans.inspection import InspectionTimeout, inspect_upload
from fewpoints.server.scans.schemas import ScanRead, ScanUpdate
from fewpoints.server.scans.upload import BrokenOff, TooLarge, received_file
from fewpoints.server.storage import DiskFull, display_name, safe_suffix

router = APIRouter(tags=["scans"], responses=problem(NotSignedIn))
FileName = Annotated[str, Query(max_length=1000, description="The file's name, for people.")]
OptionsText = Annotated[
    str, Query(max_length=20_000, description="`ImportOptionsBody` as JSON: fixes of the points.")
]


@router.post(
    "/projects/{project_id}/scans",
    status_code=201,
    openapi_extra=BINARY_BODY,
    responses=problem(
        Forbidden, NotFound, TooLarge, DiskFull, Invalid, BrokenOff, InvalidImportOptions
    ),
)
async def upload_scan(
    user: Lead,
    project_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    settings: SettingsDep,
    name: FileName = "scan",
    options: OptionsText = "{}",
) -> ScanRead:
    """Add a scan from the raw bytes of its file. A job imports it."""
    wanted = ImportOptions.parse(options)
    shown_name = display_name(name, fallback="scan")

    def check() -> None:
        with database.read() as session:
            get_project(session, project_id)

    await run_in_threadpool(check)
    async with received_file(
        request,
        storage,
        limit=settings.max_upload_bytes,
        suffix=safe_suffix(shown_name),
    ) as received:

        def add() -> ScanRead:
            with database.write() as session:
                scan_id = service.add_scan(
                    session,
                    storage,
                    project_id=project_id,
                    user_id=user.id,
                    name=shown_name,
                    upload=received.path,
                    count=received.count,
                    content_hash=received.sha256,
                    options=wanted,
                )
                return queries.read_scan(session, scan_id)

        return await run_in_threadpool(add)


@router.post(
    "/inspect",
    openapi_extra=BINARY_BODY,
    responses=problem(
        TooLarge,
        DiskFull,
        UnreadableScan,
        UnsupportedFormat,
        InspectionTimeout,
        BrokenOff,
        InvalidImportOptions,
    ),
)
async def inspect(
    _: CurrentUser,
    request: Request,
    storage: StorageDep,
    settings: SettingsDep,
    name: FileName = "scan",
    options: OptionsText = "{}",
) -> dict[str, Any]:
    """Preflight of a file's raw bytes as an import would have them; nothing is kept."""
    wanted = ImportOptions.parse(options)
    shown_name = display_name(name, fallback="scan")
    async with received_file(
        request,
        storage,
        limit=settings.max_upload_bytes,
        suffix=safe_suffix(shown_name),
    ) as received:
        return await run_in_threadpool(
            inspect_upload,
            received.path,
            name=shown_name,
            options=wanted,
            settings=settings,
        )


@router.get("/scans/{scan_id}", responses=problem(NotFound))
def read_scan(_: CurrentUser, scan_id: PathId, database: DatabaseDep) -> ScanRead:
    """One scan."""
    with database.read() as session:
        return queries.read_scan(session, scan_id)


@router.patch("/scans/{scan_id}", responses=problem(Forbidden, NotFound, Invalid))
def update_scan(user: Lead, scan_id: PathId, body: ScanUpdate, database: DatabaseDep) -> ScanRead:
    """Change a scan's name or voxel size."""
    with database.write() as session:
        service.update_scan(session, scan_id, body, user.id)
        return queries.read_scan(session, scan_id)


@router.delete("/scans/{scan_id}", status_code=204, responses=problem(Forbidden, NotFound))
def delete_scan(_: Lead, scan_id: PathId, database: DatabaseDep, storage: StorageDep) -> None:
    """Delete a scan with its queries, answers and predictions."""
    with database.write() as session:
        service.delete_scan(session, scan_id)
    storage.remove_scan(scan_id)


@router.post(
    "/scans/{scan_id}/retry",
    status_code=202,
    responses=problem(Forbidden, NotFound, service.CannotRetry),
)
def retry(user: Lead, scan_id: PathId, database: DatabaseDep) -> JobRead:
    """Import a failed scan again, if its file is still there."""
    with database.write() as session:
        return read_job(service.retry(session, scan_id, user.id))


@router.post(
    "/scans/{scan_id}/features",
    status_code=202,
    responses=problem(NotFound, service.ScanNotReady),
)
def prepare(user: CurrentUser, scan_id: PathId, database: DatabaseDep) -> JobRead:
    """Make a scan's features and superpoints where they are missing; an import does so itself."""
    with database.write() as session:
        scan = service.ready_scan(session, scan_id)
        return read_job(service.queue_features(session, scan, user.id))


@router.get("/scans/{scan_id}/preflight", responses=problem(NotFound, service.ScanNotReady))
def read_preflight(
    _: CurrentUser, scan_id: PathId, database: DatabaseDep, storage: StorageDep
) -> dict[str, Any]:
    """What the import found out about the file."""
    with database.read() as session:
        service.ready_scan(session, scan_id)
    try:
        text = storage.scan_file(scan_id, "preflight.json").read_text(encoding="utf-8")
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    content: dict[str, Any] = json.loads(text)
    return content


def _scan_file(
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    scan_id: int,
    name: str,
    media_type: str,
) -> Response:
    with database.read() as session:
        version = queries.scan_version(service.ready_scan(session, scan_id))
    assert version is not None
    path = storage.scan_file(scan_id, name)
    return file_answer(request, path, version=version, media_type=media_type)


@router.get(
    "/scans/{scan_id}/tiles.json",
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        **problem(NotFound, service.ScanNotReady),
    },
    response_class=Response,
)
def read_tile_list(
    _: CurrentUser, scan_id: PathId, request: Request, database: DatabaseDep, storage: StorageDep
) -> Response:
    """Where each tile is and how its records decode."""
    return _scan_file(request, database, storage, scan_id, "tiles.json", "application/json")


@router.get(
    "/scans/{scan_id}/tiles.bin",
    responses={**BINARY_ANSWER, **problem(NotFound, service.ScanNotReady)},
    response_class=Response,
)
def read_tiles(
    _: CurrentUser, scan_id: PathId, request: Request, database: DatabaseDep, storage: StorageDep
) -> Response:
    """Points for the viewer, 12 bytes each, tile by tile; ranges are served."""
    return _scan_file(request, database, storage, scan_id, "tiles.bin", "application/octet-stream")


@router.get(
    "/scans/{scan_id}/root.bin",
    responses={**BINARY_ANSWER, **problem(NotFound, service.ScanNotReady)},
    response_class=Response,
)
def read_root(
    _: CurrentUser,
    scan_id: PathId,
    request: Request,
    database: DatabaseDep,
    storage: StorageDep,
    points: Annotated[int, Query(ge=1, le=2_000_000, description="About so many in all.")],
) -> Response:
    """The first records of every tile, one tile after the other: a coarse picture of the scan.

    `Records-Per-Tile` says how many of each; a smaller tile is there as a whole.
    """
    with database.read() as session:
        version = queries.scan_version(service.ready_scan(session, scan_id))
    etag = f'"{hashlib.sha256(f"{version}/root/{points}".encode()).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    try:
        records, size, blocks = prefix_blocks(storage.scan_data(scan_id), points)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    headers |= {"Content-Length": str(size), "Records-Per-Tile": str(records)}
    return StreamingResponse(blocks, media_type="application/octet-stream", headers=headers)


@router.get(
    "/scans/{scan_id}/records.bin",
    responses={**BINARY_ANSWER, **problem(NotFound, service.ScanNotReady, Invalid)},
    response_class=Response,
)
def read_record_ranges(
    _: CurrentUser,
    scan_id: PathId,
    database: DatabaseDep,
    storage: StorageDep,
    ranges: RecordRanges,
) -> Response:
    """Points of several ranges, 12 bytes each, one range after the other: detail for a view."""
    with database.read() as session:
        count = service.ready_scan(session, scan_id).finite_points or 0
    asked = parse_ranges(ranges, records=count, item_bytes=RECORD_BYTES)
    try:
        content = read_records(storage.scan_file(scan_id, "tiles.bin"), asked, RECORD_BYTES)
    except FileNotFoundError:  # The scan is being deleted.
        raise NotFound("scan", scan_id) from None
    return Response(content, media_type="application/octet-stream")


@router.get(
    "/scans/{scan_id}/order.bin",
    responses={**BINARY_ANSWER, **problem(NotFound, service.ScanNotReady)},
    response_class=Response,
)
def read_order(
    _: CurrentUser, scan_id: PathId, request: Request, database: DatabaseDep, storage: StorageDep
) -> Response:
    """The row of the scan behind each record of the tiles, uint32 little-endian."""
    return _scan_file(request, database, storage, scan_id, "order.bin", "application/octet-stream")
