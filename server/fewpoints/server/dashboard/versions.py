# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as points of a learning curve."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.dashboard.schemas import VersionRead, VersionsRead
from fewpoints.server.training.tables import Checkpoint, Snapshot


def read_versions(session: Session, project_id: int, *, limit: int) -> VersionsRead:
    """Return the newest checkpoints of a project that were trained on answers."""
    trained = (Checkpoint.project_id == project_id, Checkpoint.snapshot_id.is_not(None))
    total = session.scalar(select(func.count()).select_from(Checkpoint).where(*trained))
    rows = session.execute(
        # Known to SQLite and PostgreSQL alike; the rows themselves may be many thousands.
        select(Checkpoint, func.json_array_length(Snapshot.rows))
        .join(Snapshot, Snapshot.id == Checkpoint.snapshot_id)
        .where(*trained)
        .order_by(Checkpoint.id.desc())
        .limit(limit)
    )
    items = [_read(checkpoint, answers) for checkpoint, answers in rows]
    items.sort(key=lambda item: (item.answers, item.checkpoint_id))
    return VersionsRead(items=items, total=total or 0)


def _read(checkpoint: Checkpoint, answers: int) -> VersionRead:
    metrics = checkpoint.metrics
    measured = metrics.get("answers")
    return VersionRead(
        checkpoint_id=checkpoint.id,
        name=checkpoint.name,
        variant=checkpoint.variant,
        created_at=checkpoint.created_at,
        answers=answers,
        measured=measured if isinstance(measured, int) else 0,
        miou=_share(metrics.get("miou")),
        accuracy=_share(metrics.get("accuracy")),
        agreement=checkpoint.agreement,
    )


# Any: JSON that a worker wrote.
def _share(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
