# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading scans."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from fewpoints.server.answers import tally as _tally  # noqa: F401 - It keeps the counts read here.
from fewpoints.server.errors import NotFound
from fewpoints.server.projects.arriving import is_arriving
from fewpoints.server.scans.schemas import (
    DenseRead,
    ImportOptionsBody,
    PredictionRead,
    QueryNumbers,
    ScanRead,
)
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.queries import class_orders, order_digest, shown_predictions

VERSION_DIGITS = 16


def get_scan(session: Session, scan_id: int) -> Scan:
    """Return a scan.

    Raises:
        NotFound: there is none.
    """
    scan = session.get(Scan, scan_id)
    if scan is None or is_arriving(session, scan.project_id):
        raise NotFound("scan", scan_id)
    return scan


def points_hash(scan: Scan) -> str:
    """Return a text that two scans share only if their points are the same: a key for features."""
    content = scan.content_hash or ""
    if not scan.import_options:
        return content
    options = json.dumps(scan.import_options, sort_keys=True)
    return hashlib.sha256(f"{content} {options}".encode()).hexdigest()


def scan_version(scan: Scan) -> str | None:
    """Return a text that changes whenever the bytes of the tiles do."""
    if scan.state != "ready" or scan.content_hash is None:
        return None
    return f"{scan.content_hash[:VERSION_DIGITS]}-{scan.id}"


def read_scans(session: Session, scans: Sequence[Scan]) -> list[ScanRead]:
    """Return scans as HTTP shows them, in the same order, with a fixed number of queries."""
    predictions = shown_predictions(session, [scan.id for scan in scans])
    answered = {scan.project_id for scan in scans if scan.newest_event is not None}
    orders = class_orders(session, answered)
    return [_read(scan, predictions.get(scan.id), _dense(scan, orders)) for scan in scans]


def _dense(scan: Scan, orders: Mapping[int, Sequence[int]]) -> DenseRead | None:
    """Return what a scan's dense labels are made from, if there can be some."""
    if scan.newest_event is None or scan.features_key is None:
        return None
    digest = order_digest(orders[scan.project_id])
    return DenseRead(
        version=f"{scan.newest_event}-{scan.newest_review or 0}-{digest}-{scan.features_key}",
        last_event_id=scan.newest_event,
    )


def _read(scan: Scan, prediction: PredictionRead | None, dense: DenseRead | None) -> ScanRead:
    return ScanRead(
        id=scan.id,
        project_id=scan.project_id,
        name=scan.name,
        state=scan.state,  # type: ignore[arg-type] # One of the four by construction.
        error=scan.error,
        can_retry=scan.state == "failed" and not scan.source_gone,
        bytes=scan.bytes,
        points=scan.points,
        finite_points=scan.finite_points,
        format=scan.format,
        voxel_size_m=scan.voxel_size_m,
        up=scan.up,  # type: ignore[arg-type] # JSON columns are checked here by the schema.
        unit=scan.unit,
        warnings=scan.warnings,
        shift=scan.shift,  # type: ignore[arg-type]
        bounds=scan.bounds,  # type: ignore[arg-type]
        version=scan_version(scan),
        options=ImportOptionsBody.model_validate(scan.import_options or {}),
        has_features=scan.features_key is not None,
        queries=QueryNumbers(
            total=scan.query_count,
            open=scan.open_count,
            answered=scan.answered_count,
            unsure=scan.unsure_count,
            skipped=scan.skipped_count,
            unlisted=scan.unlisted_count,
        ),
        answers=scan.answer_count,
        unexplained=1.0 if scan.answer_count == 0 else scan.unexplained,
        answered_at=scan.answered_at,
        prediction=prediction,
        dense=dense,
        created_at=scan.created_at,
    )


def read_scan(session: Session, scan_id: int) -> ScanRead:
    """Return one scan as HTTP shows it.

    Raises:
        NotFound: there is none.
    """
    return read_scans(session, [get_scan(session, scan_id)])[0]
