# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a planned export holds, as its writer takes it. Runs in workers; imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64, IndexArray
from fewpoints.annotations.formats.content import Answered, AnsweredScan, LabelledScan
from fewpoints.annotations.progress import Progress, part_of
from fewpoints.annotations.scans.fixes import up_in_file
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_in_file_frame, load_undo
from fewpoints.models.densify.objects import object_numbers
from fewpoints.server.dense.labellers import label, load_labeller, pairs_of
from fewpoints.server.exports.plan import Plan, PlannedScan
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import read_prediction

# The copies of a scan that are made while it is labelled and written, per point.
WORKING_BYTES = 64


def in_file_frame(
    storage: Storage, scan_id: int, columns: Mapping[str, AnyArray]
) -> tuple[PointScan, dict[str, AnyArray]]:
    """Return a scan as its file has it, and (N, ...) columns for all rows of the file.

    Everything that an export says of places and points goes through here.
    """
    return load_in_file_frame(storage.scan_arrays(scan_id), columns)


def answered(storage: Storage, plan: Plan) -> Answered:
    """Return the answers of a plan."""
    return Answered(
        project=plan.project_title,
        classes=plan.classes,
        scans=[
            AnsweredScan(
                scan.scan_id, scan.name, scan.title, scan.rows, scan.decided, _place(storage, scan)
            )
            for scan in plan.scans
        ],
        facts=plan.facts(),
    )


def _place(storage: Storage, scan: PlannedScan) -> Callable[[IndexArray], FloatArray64]:
    def place(rows: IndexArray) -> FloatArray64:
        whole, _ = in_file_frame(storage, scan.scan_id, {})
        positions: FloatArray64 = whole.positions[rows]
        return positions

    return place


def labelled_scans(storage: Storage, plan: Plan, progress: Progress) -> Iterator[LabelledScan]:
    """Yield the scans of a plan with something said about every point, one at a time.

    Raises:
        DiskFull: too little space is free for the next one.
    """
    count = len(plan.scans)
    for number, scan in enumerate(plan.scans):
        storage.require_free(scan.points * WORKING_BYTES)
        mine = part_of(progress, number / count, (number + 1) / count)
        mine(0.0, f"Labelling {scan.title}")
        arrays = storage.scan_arrays(scan.scan_id)
        whole, columns = load_in_file_frame(arrays, _said(storage, plan, scan))
        yield LabelledScan(
            scan_id=scan.scan_id,
            name=scan.name,
            title=scan.title,
            source=plan.options.source,
            scan=whole,
            up=up_in_file(np.array(scan.up, np.float64), load_undo(arrays)),
            classes=columns["class"],
            confidence=columns["confidence"],
            instances=columns.get("instance"),
            progress=mine,
        )


def _said(storage: Storage, plan: Plan, scan: PlannedScan) -> dict[str, AnyArray]:
    """(N,) class, confidence and, where objects are told apart, instance of a scan's points."""
    if scan.labelled is None:
        assert plan.checkpoint is not None
        stored = storage.prediction_folder(scan.scan_id, plan.checkpoint.id)
        predicted, confidence = read_prediction(stored)
        if scan.translation is not None:
            predicted = np.frombuffer(scan.translation, np.uint8)[predicted]
        return {"class": predicted, "confidence": confidence}
    labelled = scan.labelled
    labeller = load_labeller(storage, labelled)
    found = label(labeller, labelled)
    pairs = pairs_of(found)
    said: dict[str, AnyArray] = {"class": pairs[:, 0], "confidence": pairs[:, 1]}
    if scan.instances is not None:
        placed = labeller.superpoints.of_point[labelled.rows] >= 0
        rows, classes, named = (
            values[placed] for values in (labelled.rows, labelled.classes, scan.instances)
        )
        numbers = object_numbers(labeller, found, rows, classes, named)
        said["instance"] = numbers.astype(np.int32)
    return said
