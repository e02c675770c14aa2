# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What one checkpoint says about points, in the classes that its project has now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.reviews.predicted import PredictedPoints
from fewpoints.server.training.queries import (
    NO_CLASS,
    class_orders,
    class_translation,
    snapshot_class_ids,
)
from fewpoints.server.training.tables import Checkpoint, Prediction


@dataclass(frozen=True, eq=False)
class Predictor:
    """A checkpoint with what is needed to read its predictions.

    made: scan id -> a text that names the prediction of that scan; others have none.
    index_of: (256,) the present index of each class as the checkpoint counts them, -1 for none.
    """

    checkpoint: Checkpoint
    made: Mapping[int, str]
    index_of: NDArray[np.int64]

    def at(
        self, kept: PredictedPoints, scan_id: int, points: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return (P,) class indices, -1 for none, and (P,) confidences (0-255) of a scan's points.

        None where there is no prediction, or it is being deleted.
        """
        made = self.made.get(scan_id)
        pairs = None if made is None else kept.at(scan_id, self.checkpoint.id, made, points)
        if pairs is None:
            return None
        return self.index_of[pairs[:, 0]], pairs[:, 1].astype(np.int64)


def shown_checkpoint(session: Session, project_id: int) -> Checkpoint | None:
    """Return the checkpoint whose predictions a project shows."""
    return session.scalars(
        select(Checkpoint).where(Checkpoint.project_id == project_id, Checkpoint.shown)
    ).first()


def read_predictor(
    session: Session, checkpoint: Checkpoint, scan_ids: Collection[int] | None = None
) -> Predictor:
    """Return what reads the predictions of a project's checkpoint: of some scans, or of all."""
    assert checkpoint.project_id is not None
    mine = select(Prediction.scan_id, Prediction.created_at).where(
        Prediction.checkpoint_id == checkpoint.id
    )
    if scan_ids is not None:
        mine = mine.where(Prediction.scan_id.in_(scan_ids))
    order = class_orders(session, {checkpoint.project_id}).get(checkpoint.project_id, [])
    translation = class_translation(snapshot_class_ids(session, checkpoint), order)
    table = np.arange(256) if translation is None else np.frombuffer(translation, np.uint8)
    return Predictor(
        checkpoint=checkpoint,
        made={scan_id: created_at.isoformat() for scan_id, created_at in session.execute(mine)},
        index_of=np.where(table == NO_CLASS, -1, table.astype(np.int64)),
    )
