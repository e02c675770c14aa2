# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints and predictions written straight into the database: nothing has to be trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewpoints.server.projects.queries import class_rows
from fewpoints.server.training.predictions import write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from tests.server.running import RunningServer


def class_row_ids(server: RunningServer, project_id: int) -> list[int]:
    """Return the ids of a project's classes in index order."""
    with server.app.state.database.read() as session:
        return [row.id for row in class_rows(session, [project_id])[project_id]]


def add_version(
    server: RunningServer,
    project_id: int,
    name: str,
    *,
    shown: bool = False,
    class_ids: Sequence[int] | None = None,
) -> int:
    """Add a checkpoint; return its id.

    Args:
        class_ids: what its class indices stand for; None: the classes of the project now.
    """
    app = server.app
    if class_ids is None:
        class_ids = class_row_ids(server, project_id)
    with app.state.database.write() as session:
        rows = {row.id: row for row in class_rows(session, [project_id])[project_id]}
        classes = [rows[class_id] for class_id in class_ids]
        snapshot = Snapshot(
            project_id=project_id,
            last_event_id=0,
            rows=[],
            classes=[{"id": row.id, "name": row.name, "color": row.color} for row in classes],
        )
        session.add(snapshot)
        session.flush()
        checkpoint = Checkpoint(
            project_id=project_id,
            snapshot_id=snapshot.id,
            name=name,
            arch="Res16UNet14A",
            variant="head",
            bytes=5,
            sha256="0" * 64,
            metrics={},
            config={},
            shown=shown,
        )
        session.add(checkpoint)
        session.flush()
        made: int = checkpoint.id
    path = app.state.storage.checkpoint_file(made)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"hello")
    return made


def add_prediction(
    server: RunningServer,
    scan_id: int,
    checkpoint_id: int,
    classes: NDArray[np.uint8],
    confidence: NDArray[np.uint8] | None = None,
) -> None:
    """Add a prediction of a scan: (N,) classes and confidences in scan order; None: all 200."""
    if confidence is None:
        confidence = np.full(len(classes), 200, np.uint8)
    storage = server.app.state.storage
    folder = storage.prediction_folder(scan_id, checkpoint_id)
    order = storage.scan_file(scan_id, "order.bin")
    write_prediction(folder, classes, confidence, order)
    with server.app.state.database.write() as session:
        session.add(Prediction(scan_id=scan_id, checkpoint_id=checkpoint_id))
