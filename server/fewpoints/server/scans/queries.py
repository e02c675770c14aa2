# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading scans."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import (
    QueryCounts,
    answer_counts_by_scan,
    last_events,
    query_counts_by_scan,
)
from fewpoints.server.errors import NotFound
from fewpoints.server.scans.schemas import DenseRead, PredictionRead, QueryNumbers, ScanRead
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.queries import class_orders, order_digest, shown_predictions

VERSION_DIGITS = 16


def get_scan(session: Session, scan_id: int) -> Scan:
    """Return a scan.

    Raises:
        NotFound: there is none.
    """
    scan = session.get(Scan, scan_id)
    if scan is None:
        raise NotFound("scan", scan_id)
    return scan


def scan_version(scan: Scan) -> str | None:
    """Return a text that changes whenever the bytes of the tiles do."""
    if scan.state != "ready" or scan.content_hash is None:
        return None
    return f"{scan.content_hash[:VERSION_DIGITS]}-{scan.id}"


def read_scans(session: Session, scans: Sequence[Scan]) -> list[ScanRead]:
    """Return scans as HTTP shows them, in the same order, with a fixed number of queries."""
    ids = [scan.id for scan in scans]
    counts = query_counts_by_scan(session, Scan.id.in_(ids))
    answers = answer_counts_by_scan(session, ids)
    predictions = shown_predictions(session, ids)
    dense = _dense(session, scans)
    return [
        _read(
            scan,
            counts.get(scan.id),
            answers.get(scan.id, 0),
            predictions.get(scan.id),
            dense.get(scan.id),
        )
        for scan in scans
    ]


def _dense(session: Session, scans: Sequence[Scan]) -> dict[int, DenseRead]:
    """Return scan id -> what its dense labels are made from, where there can be some."""
    events = last_events(session, [scan.id for scan in scans])
    orders = class_orders(session, {scan.project_id for scan in scans if scan.id in events})
    return {
        scan.id: DenseRead(
            version=f"{events[scan.id]}-{order_digest(orders[scan.project_id])}-{scan.features_key}",
            last_event_id=events[scan.id],
        )
        for scan in scans
        if scan.id in events and scan.features_key is not None
    }


def _read(
    scan: Scan,
    counts: QueryCounts | None,
    answers: int,
    prediction: PredictionRead | None,
    dense: DenseRead | None,
) -> ScanRead:
    counts = counts or QueryCounts()
    return ScanRead(
        id=scan.id,
        project_id=scan.project_id,
        name=scan.name,
        state=scan.state,  # type: ignore[arg-type] # One of the four by construction.
        error=scan.error,
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
        has_features=scan.features_key is not None,
        queries=QueryNumbers(
            total=counts.total,
            open=counts.open,
            answered=counts.answered,
            unsure=counts.unsure,
            skipped=counts.skipped,
            unlisted=counts.unlisted,
        ),
        answers=answers,
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


def list_scans(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[list[ScanRead], int]:
    """Return a page of a project's scans, oldest first, and how many there are."""
    mine = Scan.project_id == project_id
    total = session.scalar(select(func.count()).select_from(Scan).where(mine)) or 0
    page = session.scalars(
        select(Scan).where(mine).order_by(Scan.id).offset(offset).limit(limit)
    ).all()
    return read_scans(session, page), total
