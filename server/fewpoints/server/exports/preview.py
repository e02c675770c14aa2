# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a plan would write, in numbers."""

from __future__ import annotations

import csv
import io
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.annotations.scans.writers import ply_bytes
from fewpoints.annotations.sparse_labels import COLUMNS, SparseLabel, write_csv
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.errors import AppError
from fewpoints.server.exports.plan import Plan, PlannedScan
from fewpoints.server.exports.refusals import refusal
from fewpoints.server.exports.schemas import (
    ExportPreview,
    LeftOutScan,
    PreviewClass,
    PreviewFile,
    PreviewSnapshot,
)
from fewpoints.server.exports.written import ply_comments
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import read_prediction
from fewpoints.server.training.queries import NO_CLASS

LISTED = 100
SAMPLE_ROWS = 5
# As much is counted or written to measure it; the rest is taken to be like it.
COUNTED_POINTS = 20_000_000
LABELLED_SCANS = 10
MEASURED_ROWS = 20_000
# Of the original container: what torch and pickle add to the numbers, roughly.
_PTH_FILE, _PTH_SCAN, _PTH_ROW = 700, 250, 9


def preview(plan: Plan, storage: Storage, labellers: Labellers) -> ExportPreview:
    """Return what would be written."""
    files, total, exact = _files(plan, storage)
    classes, counted = _classes(plan, storage, labellers)
    columns, sample = _head(plan)
    refused: AppError | None = refusal(plan)
    kind = plan.options.kind
    rows = sum(_rows_of(plan, scan) for scan in plan.scans)
    return ExportPreview(
        kind=kind,
        refusal=None if refused is None else refused.message,
        filename=plan.filename,
        zipped=plan.zipped,
        files=files[:LISTED],
        file_count=len(plan.filenames),
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
    kind = plan.options.kind
    if kind == "sparse_csv":
        return len(scan.rows)
    return len(scan.decided) if kind == "sparse_pth" else scan.points


def _files(plan: Plan, storage: Storage) -> tuple[list[PreviewFile], int, bool]:
    """Return the first files, the bytes of all, and whether that is exact."""
    if plan.options.kind == "sparse_pth":
        rows = sum(len(scan.decided) for scan in plan.scans)
        sizes = {
            name: _PTH_FILE + columns * (_PTH_SCAN * len(plan.scans) + _PTH_ROW * rows)
            for name, columns in (("points.pth", 1), ("labels.pth", 3))
        }
        files = [
            PreviewFile(name=name, scan_id=None, scan_name=None, rows=rows, bytes=sizes[name])
            for name in plan.filenames
        ]
        return files, sum(file.bytes for file in files), False
    files, measured, all_rows, exact = [], 0, 0, True
    size = 0
    for scan, name in zip(plan.scans, plan.filenames, strict=True):
        rows = _rows_of(plan, scan)
        all_rows += rows
        if len(files) >= LISTED or (
            plan.options.kind == "sparse_csv" and measured + rows > MEASURED_ROWS and files
        ):
            exact = False
            continue
        bytes_of = _bytes_of(plan, scan, storage)
        files.append(
            PreviewFile(
                name=name, scan_id=scan.scan_id, scan_name=scan.name, rows=rows, bytes=bytes_of
            )
        )
        measured += rows
        size += bytes_of
    if not exact and measured:
        size = round(size * all_rows / measured)
    return files, size, exact


def _bytes_of(plan: Plan, scan: PlannedScan, storage: Storage) -> int:
    if plan.options.kind == "sparse_csv":
        return len(write_csv(scan.rows, plan.classes).encode())
    try:
        arrays = load_arrays(storage.scan_arrays(scan.scan_id))
    except FileNotFoundError:  # The scan is being deleted.
        return 0
    column = np.broadcast_to(np.uint8(0), (scan.points,))
    return ply_bytes(
        arrays, {"class": column, "confidence": column}, comments=ply_comments(plan.classes)
    )


def _classes(plan: Plan, storage: Storage, labellers: Labellers) -> tuple[Counter[int], int]:
    """Return class index, or NO_CLASS, -> rows or points, and of how many scans."""
    counts: Counter[int] = Counter()
    if plan.options.kind in ("sparse_csv", "sparse_pth"):
        for scan in plan.scans:
            labels: tuple[SparseLabel, ...] = (
                scan.rows.labels if plan.options.kind == "sparse_csv" else scan.decided.labels
            )
            counts.update(
                NO_CLASS if label.class_index is None else label.class_index for label in labels
            )
        return counts, len(plan.scans)
    points = counted = 0
    for scan in plan.scans:
        points += scan.points
        many = plan.options.kind == "labels_ply" and counted >= LABELLED_SCANS
        if counted and (points > COUNTED_POINTS or many):
            break
        try:
            found = _point_classes(plan, scan, storage, labellers)
        except (AppError, FileNotFoundError):  # The scan is being deleted.
            continue
        counts.update(dict(enumerate(np.bincount(found, minlength=256).tolist())))
        # Tiles hold no points without a position, which have no class.
        counts[NO_CLASS] += scan.points - len(found)
        counted += 1
    return counts, counted


def _point_classes(
    plan: Plan, scan: PlannedScan, storage: Storage, labellers: Labellers
) -> NDArray[np.uint8]:
    """(≤ N,) classes of the points of a scan, in no particular order."""
    if scan.labelled is not None:
        pairs = np.frombuffer(labellers.pairs(scan.labelled), np.uint8).reshape(-1, 2)
        return pairs[:, 0]
    assert plan.checkpoint is not None
    predicted, _ = read_prediction(storage.prediction_folder(scan.scan_id, plan.checkpoint.id))
    if scan.translation is None:
        return predicted
    translated: NDArray[np.uint8] = np.frombuffer(scan.translation, np.uint8)[predicted]
    return translated


def _head(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """Return the columns and first rows of the first CSV."""
    if plan.options.kind != "sparse_csv":
        return [], []
    if not plan.scans:
        return list(COLUMNS), []
    first = plan.scans[0].rows.labels[:SAMPLE_ROWS]
    columns, *rows = csv.reader(io.StringIO(write_csv(first, plan.classes)))
    return columns, rows
