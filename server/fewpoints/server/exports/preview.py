# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a plan would write, in numbers."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.formats.ply_files import labels_ply_bytes
from fewpoints.annotations.scans.scan_arrays import load_undo
from fewpoints.annotations.scans.tiles import read_order
from fewpoints.annotations.sparse_labels import COLUMNS, SparseLabel, write_csv
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.errors import AppError
from fewpoints.server.exports.content import in_file_frame
from fewpoints.server.exports.plan import Plan, PlannedScan, as_rows
from fewpoints.server.exports.refusals import refusal
from fewpoints.server.exports.schemas import (
    ExportPreview,
    LeftOutScan,
    PreviewClass,
    PreviewFile,
    PreviewSnapshot,
)
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import read_prediction
from fewpoints.server.training.queries import NO_CLASS

LISTED = 100
SAMPLE_ROWS = 5
# As much is counted or written to measure it; the rest is taken to be like it.
COUNTED_POINTS = 20_000_000
LABELLED_SCANS = 10
MEASURED_ROWS = 20_000


def preview(plan: Plan, storage: Storage, labellers: Labellers) -> ExportPreview:
    """Return what would be written."""
    files, total, exact = _files(plan, storage)
    classes, counted = _classes(plan, storage, labellers)
    columns, sample = _head(plan)
    refused: AppError | None = refusal(plan)
    rows = sum(_rows_of(plan, scan) for scan in plan.scans)
    return ExportPreview(
        kind=plan.options.kind,
        source=plan.options.source,
        unit=_unit(plan),
        refusal=None if refused is None else refused.message,
        filename=plan.filename,
        zipped=plan.zipped,
        files=files[:LISTED],
        file_count=len(plan.files),
        scan_count=len(plan.scans),
        rows=rows,
        bytes=total,
        bytes_exact=exact,
        classes=[
            PreviewClass(index=None if index == NO_CLASS else index, count=count)
            for index, count in sorted(classes.items())
            if count
        ],
        counted_scans=counted,
        columns=columns,
        sample=sample,
        left_out=[LeftOutScan.model_validate(scan) for scan in plan.left_out[:LISTED]],
        left_out_count=len(plan.left_out),
        left_out_scans=dict(Counter(scan.reason for scan in plan.left_out)),
        left_out_answers=dict(plan.left_out_answers),
        snapshot=PreviewSnapshot(
            last_event_id=plan.last_event_id,
            last_review_id=plan.last_review_id,
            answers=plan.answers,
            checkpoint_id=None if plan.checkpoint is None else plan.checkpoint.id,
            checkpoint_name=None if plan.checkpoint is None else plan.checkpoint.name,
        ),
    )


def _rows_of(plan: Plan, scan: PlannedScan) -> int:
    unit = _unit(plan)
    if unit == "objects":
        return len(scan.objects)
    if unit == "points":
        return scan.points
    return len(scan.rows if as_rows(plan.options.kind) else scan.decided)


def _unit(plan: Plan) -> Literal["answers", "points", "objects"]:
    group = plan.format.group
    return "answers" if group == "sparse" else "points" if group == "dense" else "objects"


def _files(plan: Plan, storage: Storage) -> tuple[list[PreviewFile], int, bool]:
    """Return the first files, the bytes of all, and whether that is exact."""
    known, names = plan.format, plan.files
    scans = {scan.scan_id: scan for scan in plan.scans}
    all_rows = sum(_rows_of(plan, scan) for scan in plan.scans)
    files: list[PreviewFile] = []
    measured = size = 0
    # Files of one scan share what is said of it, and so do those of the whole.
    share = max(1, len(known.per_scan))
    for name, scan_id in names[:LISTED]:
        scan = None if scan_id is None else scans[scan_id]
        rows = all_rows if scan is None else _rows_of(plan, scan)
        if known.exact and measured + rows > MEASURED_ROWS and files and known.group == "sparse":
            break
        if scan is None:
            bytes_of = _about(plan, plan.scans) // len(known.common) if not known.per_scan else 0
        elif known.exact:
            bytes_of = _bytes_of(plan, scan, storage)
        else:
            bytes_of = _about(plan, [scan]) // share
        files.append(
            PreviewFile(
                name=name,
                scan_id=scan_id,
                scan_name=None if scan is None else scan.name,
                rows=rows,
                bytes=bytes_of,
            )
        )
        measured += rows
        size += bytes_of
    if len(files) == len(names) and known.exact:
        return files, size, True
    if known.exact and measured:
        return files, round(size * all_rows / measured), False
    return files, _about(plan, plan.scans), False


def _about(plan: Plan, scans: Sequence[PlannedScan]) -> int:
    """About how many bytes the files of some scans have together."""
    known = plan.format
    clouds = any(name.endswith(".pcd") for name in known.per_scan)
    count = sum(scan.points if clouds else _rows_of(plan, scan) for scan in scans)
    return round(count * known.bytes_per_row) + 300 * len(scans)


def _bytes_of(plan: Plan, scan: PlannedScan, storage: Storage) -> int:
    """How large the file of a scan is."""
    if plan.format.group == "sparse":
        return len(write_csv(scan.rows, plan.classes).encode())
    if plan.options.kind == "semantic_kitti":
        return 4 * scan.points
    try:
        whole, _ = in_file_frame(storage, scan.scan_id, {})
    except FileNotFoundError:  # The scan is being deleted.
        return 0
    return labels_ply_bytes(whole, plan.classes, instances=scan.instances is not None)


def _classes(plan: Plan, storage: Storage, labellers: Labellers) -> tuple[Counter[int], int]:
    """Return class index, or NO_CLASS, -> rows or points, and of how many scans."""
    counts: Counter[int] = Counter()
    if _unit(plan) == "objects":
        for scan in plan.scans:
            counts.update(index for index, _ in scan.objects)
        return counts, len(plan.scans)
    if _unit(plan) == "answers":
        rows = as_rows(plan.options.kind)
        for scan in plan.scans:
            labels: tuple[SparseLabel, ...] = (scan.rows if rows else scan.decided).labels
            counts.update(
                NO_CLASS if label.class_index is None else label.class_index for label in labels
            )
        return counts, len(plan.scans)
    points = counted = 0
    for scan in plan.scans:
        points += scan.points
        many = plan.options.source == "answers" and counted >= LABELLED_SCANS
        if counted and (points > COUNTED_POINTS or many):
            break
        try:
            found, order = _point_classes(plan, scan, storage, labellers)
            times = _rows_for_each(storage, scan)
        except (AppError, FileNotFoundError):  # The scan is being deleted.
            continue
        if times is not None:
            times = times if order is None else times[order]
        each = np.bincount(found, weights=times, minlength=256).astype(np.int64)
        counts.update(dict(enumerate(each.tolist())))
        # Tiles hold no points without a position, which have no class.
        counts[NO_CLASS] += scan.points - int(each.sum())
        counted += 1
    return counts, counted


def _point_classes(
    plan: Plan, scan: PlannedScan, storage: Storage, labellers: Labellers
) -> tuple[NDArray[np.uint8], NDArray[np.uint32] | None]:
    """(≤ N,) classes of the points of a scan, and the row of each; None where they are in order."""
    if scan.labelled is not None:
        pairs = np.frombuffer(labellers.pairs(scan.labelled), np.uint8).reshape(-1, 2)
        return pairs[:, 0], read_order(storage.scan_data(scan.scan_id))
    assert plan.checkpoint is not None
    predicted, _ = read_prediction(storage.prediction_folder(scan.scan_id, plan.checkpoint.id))
    if scan.translation is None:
        return predicted, None
    translated: NDArray[np.uint8] = np.frombuffer(scan.translation, np.uint8)[predicted]
    return translated, None


def _rows_for_each(storage: Storage, scan: PlannedScan) -> NDArray[np.int64] | None:
    """(N,) how many rows of the file get the class of each row; None: each its own alone."""
    undo = load_undo(storage.scan_arrays(scan.scan_id))
    if undo is None or undo.kept is None:
        return None
    return np.bincount(undo.kept, minlength=scan.points)


def _head(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """Return the columns and first rows of the first CSV."""
    if plan.options.kind != "sparse_csv":
        return [], []
    if not plan.scans:
        return list(COLUMNS), []
    first = plan.scans[0].rows.labels[:SAMPLE_ROWS]
    columns, *rows = csv.reader(io.StringIO(write_csv(first, plan.classes)))
    return columns, rows
