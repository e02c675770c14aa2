# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of files as answers: imported events of the log, added and taken back as a whole.

Their author is the file's field, their strategy "imported", and they have no seconds: they are
nobody's work. A point that has an answer keeps it, so that nothing a person said is overruled, and
so that an import can be repeated without adding anything.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

import numpy as np
from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from fewpoints.annotations.label_mapping.choice import Chosen
from fewpoints.annotations.scans.scan_arrays import load_local
from fewpoints.server.answers import tally
from fewpoints.server.answers.queries import NOT_UNDONE, live_ids
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.file_labels.tables import LabelImport
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage

STRATEGY = "imported"
TAKEN_BACK = "unimport"  # The kind of the events that undo an import; "undo" is one person's step.
_MAX_AUTHOR = 100
_EVENTS = cast(Table, AnswerEvent.__table__)


def author_of(field: str) -> str:
    """Whose answers those of a field are."""
    shown = "".join(c for c in field if c.isprintable()).strip()
    return f"file: {shown}"[:_MAX_AUTHOR]


def add_answers(
    session: Session, storage: Storage, row: LabelImport, scan: Scan, chosen: Chosen
) -> int:
    """Add the chosen points of a scan to its log, but for those with an answer; return how many."""
    answered = set(
        session.scalars(
            select(AnswerEvent.point_index).where(AnswerEvent.id.in_(live_ids(Scan.id == scan.id)))
        )
    )
    asked = select(Query.point_index, Query.id).where(Query.scan_id == scan.id)
    queries = dict(session.execute(asked).all())
    present = {
        found.id: found.instanceable
        for found in class_rows(session, [row.project_id])[row.project_id]
    }
    local = np.asarray(load_local(storage.scan_arrays(scan.id))[chosen.rows])
    now = utc_now()
    # Any: the columns of an event have different types.
    rows: list[dict[str, Any]] = []
    for place, (point, index, instance) in enumerate(
        zip(chosen.rows.tolist(), chosen.classes.tolist(), chosen.instances.tolist(), strict=True)
    ):
        class_id = row.class_ids[index]
        if point in answered or class_id not in present:
            continue
        rows.append(
            {
                "client_id": imported_id(row.client_id, scan.id, point),
                "kind": "import",
                "scan_id": scan.id,
                "user_id": row.user_id,
                "author": author_of(row.field),
                "query_id": queries.get(point),
                "point_index": point,
                "position": [float(value) for value in local[place]],
                "reply": "class",
                "class_id": class_id,
                "instance": instance if instance and present[class_id] else None,
                "strategy": STRATEGY,
                "answered_at": now,
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(_EVENTS), rows)
        tally.touch(session, scan.id)
    return len(rows)


def take_back(session: Session, row: LabelImport, scan_id: int) -> int:
    """Take back what an import added to a scan; return how many answers that were."""
    found = session.execute(
        select(AnswerEvent.id, AnswerEvent.client_id, AnswerEvent.point_index).where(
            AnswerEvent.scan_id == scan_id,
            AnswerEvent.kind == "import",
            AnswerEvent.strategy == STRATEGY,
            NOT_UNDONE,
        )
    ).all()
    now = utc_now()
    rows = [
        {
            "client_id": str(uuid.uuid5(uuid.UUID(row.client_id), f"back {event_id}")),
            "kind": TAKEN_BACK,
            "scan_id": scan_id,
            "user_id": row.user_id,
            "author": author_of(row.field),
            "undoes_id": event_id,
            "answered_at": now,
            "created_at": now,
        }
        for event_id, client_id, point in found
        if client_id == imported_id(row.client_id, scan_id, point or 0)
    ]
    if rows:
        session.execute(insert(_EVENTS), rows)
        tally.touch(session, scan_id)
        # What is unexplained may have grown; stored, it must not be too small.
        session.execute(update(Scan).where(Scan.id == scan_id).values(unexplained=None))
    return len(rows)


def imported_id(import_client_id: str, scan_id: int, point: int) -> str:
    """Return the same id for the same point of the same import: nothing is added twice."""
    return str(uuid.uuid5(uuid.UUID(import_client_id), f"{scan_id} {point}"))
