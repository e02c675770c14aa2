# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading checkpoints and predictions."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.scans.schemas import PredictionRead
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot

NO_CLASS = 255


def shown_predictions(session: Session, scan_ids: Sequence[int]) -> dict[int, PredictionRead]:
    """Return scan id -> the prediction of the checkpoint that its project shows."""
    rows = session.execute(
        select(Prediction, Scan.project_id, Snapshot.last_event_id)
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .outerjoin(Snapshot, Snapshot.id == Checkpoint.snapshot_id)
        .join(Scan, Scan.id == Prediction.scan_id)
        .where(Prediction.scan_id.in_(scan_ids), Checkpoint.shown)
    ).all()
    orders = class_orders(session, {project_id for _, project_id, _ in rows})
    return {
        prediction.scan_id: PredictionRead(
            checkpoint_id=prediction.checkpoint_id,
            created_at=prediction.created_at,
            version=prediction_version(prediction, orders.get(project_id, [])),
            last_event_id=last_event_id or 0,
        )
        for prediction, project_id, last_event_id in rows
    }


def class_orders(session: Session, project_ids: set[int]) -> dict[int, list[int]]:
    """Return project id -> ids of its class rows in index order."""
    orders: dict[int, list[int]] = {}
    for project_id, class_id in session.execute(
        select(LabelClassRow.project_id, LabelClassRow.id)
        .where(LabelClassRow.project_id.in_(project_ids))
        .order_by(LabelClassRow.project_id, LabelClassRow.position)
    ):
        orders.setdefault(project_id, []).append(class_id)
    return orders


def prediction_version(prediction: Prediction, class_order: Sequence[int]) -> str:
    """Return a text that changes with the prediction and the order of the project's classes."""
    made = int(prediction.created_at.timestamp() * 1000)
    return f"{prediction.id}-{made:x}-{order_digest(class_order)}"


def order_digest(class_order: Sequence[int]) -> str:
    """Return a short text that changes with the order of a project's classes."""
    return f"{zlib.crc32(','.join(map(str, class_order)).encode()):08x}"


def class_translation(snapshot_classes: Sequence[int], class_order: Sequence[int]) -> bytes | None:
    """Return the table (256 bytes) from a checkpoint's class index to the project's present one.

    None where it changes nothing. Classes that are gone become 255.
    """
    table = class_table(snapshot_classes, class_order)
    identity = all(table[index] == index for index in range(len(snapshot_classes)))
    return None if identity else table


def class_table(class_ids: Sequence[int], class_order: Sequence[int]) -> bytes:
    """Return the table (256 bytes) from places in a list of classes to those in the present one.

    Classes that are gone become 255.
    """
    place = {class_id: index for index, class_id in enumerate(class_order)}
    table = bytearray([NO_CLASS] * 256)
    for index, class_id in enumerate(class_ids):
        table[index] = place.get(class_id, NO_CLASS)
    return bytes(table)


def snapshot_class_ids(session: Session, checkpoint: Checkpoint) -> list[int]:
    """Return the ids of the classes that a checkpoint's outputs stand for, in order."""
    if checkpoint.snapshot_id is None:
        return []
    snapshot = session.get_one(Snapshot, checkpoint.snapshot_id)
    return [int(entry["id"]) for entry in snapshot.classes]


def lacking_scans(session: Session, checkpoint: Checkpoint) -> Sequence[int]:
    """Return ids of the imported scans of a checkpoint's project that it did not predict."""
    predicted = select(Prediction.scan_id).where(Prediction.checkpoint_id == checkpoint.id)
    return session.scalars(
        select(Scan.id)
        .where(
            Scan.project_id == checkpoint.project_id,
            Scan.state == "ready",
            Scan.id.not_in(predicted),
        )
        .order_by(Scan.id)
    ).all()


def list_checkpoints(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[Sequence[Checkpoint], int]:
    """Return a page of a project's checkpoints, newest first, and how many there are."""
    mine = Checkpoint.project_id == project_id
    total = session.scalar(select(func.count()).select_from(Checkpoint).where(mine)) or 0
    page = session.scalars(
        select(Checkpoint).where(mine).order_by(Checkpoint.id.desc()).offset(offset).limit(limit)
    ).all()
    return page, total


@dataclass(frozen=True)
class FoundPrediction:
    """A prediction, and how its classes become the project's present ones."""

    checkpoint_id: int
    version: str
    translation: bytes | None


def find_prediction(
    session: Session, scan: Scan, checkpoint_id: int | None
) -> FoundPrediction | None:
    """Return a scan's prediction by one checkpoint, or by the one that its project shows."""
    which = Checkpoint.shown if checkpoint_id is None else Checkpoint.id == checkpoint_id
    row = session.execute(
        select(Prediction, Checkpoint)
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .where(Prediction.scan_id == scan.id, which)
    ).one_or_none()
    if row is None:
        return None
    prediction, checkpoint = row
    order = class_orders(session, {scan.project_id}).get(scan.project_id, [])
    return FoundPrediction(
        checkpoint_id=checkpoint.id,
        version=prediction_version(prediction, order),
        translation=class_translation(snapshot_class_ids(session, checkpoint), order),
    )
