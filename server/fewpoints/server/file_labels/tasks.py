# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Taking labels of files in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fewpoints.annotations.label_mapping.choice import choose, mapped_blocks
from fewpoints.annotations.label_mapping.mapping import ClassMapping
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.server.file_labels.answers import add_answers
from fewpoints.server.file_labels.counts import counts_of
from fewpoints.server.file_labels.service import MAX_ALL, stored_mapping
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport
from fewpoints.server.file_labels.truth import write_truth
from fewpoints.server.jobs.context import JobCancelled, JobContext
from fewpoints.server.scans.tables import Scan


def take_labels(context: JobContext, *, import_id: int) -> dict[str, Any]:
    """Apply a mapping to the scans of an import, one after the other.

    Safe to run twice: what a scan has got already it does not get again. Scans that are gone, or
    lack the field, are left out.
    """
    with context.session() as session:
        row = session.get(LabelImport, import_id)
        if row is None or row.undone_at is not None:
            raise JobCancelled
        scan_ids = list(row.scan_ids)
    for place, scan_id in enumerate(scan_ids):
        context.progress(place / len(scan_ids), f"Scan {place + 1} of {len(scan_ids)}")
        _take_scan(context, import_id, scan_id)
        context.raise_if_cancelled()
    with context.read() as session:
        row = session.get_one(LabelImport, import_id)
        return {
            "import_id": import_id,
            "target": row.target,
            "scans": row.scans,
            "answers": row.answers,
            "points": row.points,
        }


def _take_scan(context: JobContext, import_id: int, scan_id: int) -> None:
    with context.read() as session:
        scan = session.get(Scan, scan_id)
        row = session.get_one(LabelImport, import_id)
        if scan is None or scan.state != "ready" or scan.points is None:
            return
        mapping = stored_mapping(row)
        target, per_class, points = row.target, row.per_class, scan.points
    arrays = context.storage.scan_arrays(scan_id)
    try:
        counts_of(context.storage, scan_id)  # Of a scan that no plan had counted.
        if not set(mapping.fields) <= set(load_arrays(arrays).labels):
            return
        if target == "answers":
            _add_answers(context, import_id, scan_id, mapping, per_class)
        else:
            _add_truth(context, import_id, scan_id, mapping, points)
    except FileNotFoundError:  # The scan is being deleted.
        return


def _add_answers(
    context: JobContext,
    import_id: int,
    scan_id: int,
    mapping: ClassMapping,
    per_class: int | None,
) -> None:
    chosen = choose(mapped_blocks(context.storage.scan_arrays(scan_id), mapping), per_class)
    if per_class is None and len(chosen.rows) > MAX_ALL:
        return  # Only a scan that no plan had counted.
    with context.session() as session:
        row = session.get_one(LabelImport, import_id)
        scan = session.get(Scan, scan_id)
        if scan is None:
            return
        if row.undone_at is not None:
            raise JobCancelled
        added = add_answers(session, context.storage, row, scan, chosen)
        row.answers += added
        row.scans += 1 if added else 0


def _add_truth(
    context: JobContext, import_id: int, scan_id: int, mapping: ClassMapping, points: int
) -> None:
    with context.read() as session:
        made = select(GroundTruth.id).where(
            GroundTruth.scan_id == scan_id, GroundTruth.import_id == import_id
        )
        if session.scalar(made) is not None:
            return
    context.storage.require_free(points)
    counts = write_truth(
        context.storage.scan_arrays(scan_id),
        mapping,
        context.storage.truth_file(scan_id, import_id),
        points=points,
    )
    if not counts:
        context.storage.truth_file(scan_id, import_id).unlink(missing_ok=True)
        return
    with context.session() as session:
        row = session.get_one(LabelImport, import_id)
        scan = session.get(Scan, scan_id)
        if scan is None:
            return
        if row.undone_at is not None:
            raise JobCancelled
        session.add(
            GroundTruth(
                scan_id=scan_id,
                import_id=import_id,
                points=sum(counts.values()),
                class_points={str(row.class_ids[index]): n for index, n in counts.items()},
            )
        )
        row.scans += 1
        row.points += sum(counts.values())
