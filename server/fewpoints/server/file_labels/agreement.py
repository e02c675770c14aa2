# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How far the dense labels of scans agree with their ground truth.

A comparison is a table of true and found classes, kept with the truth and made again once the
answers, their reviews, the class list or the superpoints are others. Whoever asks lends this a
moment; scans whose turn does not come are told as waiting.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from fewpoints.models.metrics.segmentation import accuracy, confusion, iou, mean_iou, recall
from fewpoints.server.db.engine import Database
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dense.queries import (
    Labelled,
    NoAnswersYet,
    SuperpointsMissing,
    read_labelled,
)
from fewpoints.server.file_labels.schemas import TruthClass, TruthRead
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.queries import NO_CLASS, order_digest

MOMENT_S = 0.6
BLOCK_ROWS = 1 << 20
_TURN = threading.Lock()  # One request compares at a time; the others are told what is there.


@dataclass(frozen=True, eq=False)
class _Compared:
    """One scan with a truth. key: what its comparison follows from; None: it cannot be compared."""

    truth: GroundTruth
    class_ids: list[int]
    scan: Scan
    key: str | None


def read_agreement(
    database: Database,
    storage: Storage,
    labellers: Labellers,
    project_id: int,
    condition: ColumnElement[bool],
) -> TruthRead:
    """Return how far labels and truth agree in the scans of a project that meet `condition`."""
    until = time.monotonic() + MOMENT_S
    mine = _TURN.acquire(blocking=False)
    try:
        with database.read() as session:
            order = [row.id for row in class_rows(session, [project_id]).get(project_id, [])]
            stale = [
                one.truth.id
                for one in _truths(session, condition, order)
                if one.key is not None and one.truth.measured != one.key
            ]
        while mine and stale and time.monotonic() < until:
            _compare(database, storage, labellers, stale.pop(0), order)
    finally:
        if mine:
            _TURN.release()
    with database.read() as session:
        return _read(_truths(session, condition, order), order)


def _truths(session: Session, condition: ColumnElement[bool], order: list[int]) -> list[_Compared]:
    newest = (
        select(func.max(GroundTruth.id))
        .join(LabelImport, LabelImport.id == GroundTruth.import_id)
        .join(Scan, Scan.id == GroundTruth.scan_id)
        .where(condition, LabelImport.undone_at.is_(None))
        .group_by(GroundTruth.scan_id)
    )
    rows = session.execute(
        select(GroundTruth, LabelImport.class_ids, Scan)
        .join(LabelImport, LabelImport.id == GroundTruth.import_id)
        .join(Scan, Scan.id == GroundTruth.scan_id)
        .where(GroundTruth.id.in_(newest))
        .order_by(Scan.id)
    )
    return [_Compared(truth, class_ids, scan, _key(scan, order)) for truth, class_ids, scan in rows]


def _key(scan: Scan, order: list[int]) -> str | None:
    """Return a text that changes with whatever the dense labels of a scan follow from."""
    if scan.state != "ready" or scan.features_key is None or scan.answer_count == 0:
        return None
    said = f"{scan.newest_event} {scan.newest_review} {order_digest(order)} {scan.features_key}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _compare(
    database: Database, storage: Storage, labellers: Labellers, truth_id: int, order: list[int]
) -> None:
    with database.read() as session:
        truth = session.get(GroundTruth, truth_id)
        scan = None if truth is None else session.get(Scan, truth.scan_id)
        if truth is None or scan is None:
            return
        class_ids = session.get_one(LabelImport, truth.import_id).class_ids
        key, import_id = _key(scan, order), truth.import_id
        try:
            labelled = read_labelled(session, scan)
        except (NoAnswersYet, SuperpointsMissing):
            labelled = None
    try:
        table = None if labelled is None else _table(storage, labellers, labelled, import_id)
    except (NoAnswersYet, SuperpointsMissing, FileNotFoundError):
        table = None  # The scan is being deleted, or prepared anew.
    with database.write() as session:
        truth = session.get(GroundTruth, truth_id)
        if truth is None:
            return
        truth.measured = key
        truth.table = None if table is None else _by_row(table, class_ids, order)


def _table(
    storage: Storage, labellers: Labellers, labelled: Labelled, import_id: int
) -> NDArray[np.int64]:
    """(256, 257) points by true and by found class; found is 256 for none."""
    found = np.frombuffer(labellers.pairs(labelled), np.uint8).reshape(-1, 2)[:, 0]
    order = np.fromfile(storage.scan_file(labelled.scan_id, "order.bin"), "<u4")
    true = np.load(storage.truth_file(labelled.scan_id, import_id), mmap_mode="r")
    table = np.zeros((256, 257), np.int64)
    for at in range(0, len(order), BLOCK_ROWS):
        rows = slice(at, at + BLOCK_ROWS)
        guess = found[rows].astype(np.int64)
        guess[guess == NO_CLASS] = 256
        table += confusion(np.asarray(true[order[rows]]), guess, 256)
    return table


def _by_row(table: NDArray[np.int64], class_ids: list[int], order: list[int]) -> list[list[Any]]:
    """Return [true class row, found class row or None, points], which outlives a class list."""
    return [
        [class_ids[true], order[found] if found < len(order) else None, int(table[true, found])]
        for true, found in np.argwhere(table).tolist()
        if true < len(class_ids)
    ]


def _read(truths: list[_Compared], order: list[int]) -> TruthRead:
    place = {class_id: index for index, class_id in enumerate(order)}
    points: Counter[int] = Counter()
    table = np.zeros((len(order), len(order) + 1), np.int64)
    compared = waiting = 0
    for one in truths:
        for class_id, number in one.truth.class_points.items():
            if int(class_id) in place:
                points[place[int(class_id)]] += number
        if one.key is None:
            continue
        if one.truth.measured != one.key:
            waiting += 1
        elif one.truth.table is not None:
            compared += 1
            for true, found, number in one.truth.table:
                if true in place:
                    table[place[true], place.get(found, len(order))] += number
    shares = iou(table) if compared else np.full(len(order), np.nan)
    found = recall(table) if compared else np.full(len(order), np.nan)
    return TruthRead(
        scans=len(truths),
        compared=compared,
        waiting=waiting,
        points=sum(points.values()),
        accuracy=_number(accuracy(table)) if compared else None,
        miou=_number(mean_iou(table, present_only=True)) if compared else None,
        classes=[
            TruthClass(
                index=index,
                points=points[index],
                iou=_number(float(shares[index])),
                recall=_number(float(found[index])),
            )
            for index in range(len(order))
            if points[index] or not np.isnan(shares[index])
        ],
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
