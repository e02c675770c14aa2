# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers as a table of sparse labels, out and in."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any, cast

import numpy as np
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import ClassList, LabelClass
from fewpoints.annotations.scans.scan_arrays import load_local
from fewpoints.annotations.sparse_labels import read_csv
from fewpoints.server.answers import tally
from fewpoints.server.answers.queries import live_answers, notes
from fewpoints.server.answers.schemas import AnswersImported, tidy_note
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import in_reach, utc_now
from fewpoints.server.projects.queries import class_rows, read_class
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.tables import Checkpoint
from fewpoints.server.users.authentication import SignedIn

MAX_PROBLEMS = 20
MAX_AUTHOR = 100
MAX_STRATEGY = 32


def class_list(session: Session, project_id: int) -> ClassList:
    """Return a project's classes."""
    rows = class_rows(session, [project_id]).get(project_id, [])
    return ClassList([LabelClass(**read_class(row).model_dump()) for row in rows])


def import_labels(
    session: Session, storage: Storage, scan_id: int, user: SignedIn, content: bytes, *, name: str
) -> AnswersImported:
    """Add the answers of a CSV file to the log of a scan.

    A line whose answer is live already (same point, author, reply, class, instance and note) is
    skipped, so the same file can be sent again. Lines that cannot be used are reported and left
    out.

    Raises:
        NotFound, ScanNotReady: there is no such scan, or it is not imported.
        InvalidLabels: the file is no such table.
    """
    scan = ready_scan(session, scan_id)
    classes = class_list(session, scan.project_id)
    read = read_csv(content, classes, scan_points=scan.points, name=name, strict=False)
    problems = list(read.problems)
    class_ids = [row.id for row in class_rows(session, [scan.project_id])[scan.project_id]]
    local = load_local(storage.scan_arrays(scan_id))
    asked = select(Query.point_index, Query.id).where(Query.scan_id == scan_id)
    queries = dict(session.execute(asked).all())
    checkpoints = set(
        session.scalars(select(Checkpoint.id).where(Checkpoint.project_id == scan.project_id))
    )
    live: dict[tuple[int, str], tuple[str, int | None, int | None]] = {
        (answer.point_index, answer.user_name): (
            answer.reply,
            answer.class_index,
            answer.instance,
        )
        for answer in live_answers(session, scan_id)
    }
    said = {key: note.text for key, note in notes(session, scan_id).items()}
    now = utc_now()
    rows: list[dict[str, Any]] = []
    skipped = 0
    for label in read.labels:
        position = local[label.index]
        author = _author(label.who) or user.name
        instance = label.instance or None  # 0 is how other tools say none.
        content_of = (label.reply, label.class_index, instance)
        if not np.isfinite(position).all():
            problems.append(f"{name}: point {label.index} has no usable position.")
            continue
        note = tidy_note(label.note)
        noted = note in ("", said.get((label.index, author), ""))
        alone = label.reply == "note"
        if noted and (alone or live.get((label.index, author)) == content_of):
            skipped += 1
            continue
        if note:
            said[(label.index, author)] = note
        if not alone:
            live[(label.index, author)] = content_of
        checkpoint = int(label.checkpoint) if _is_id(label.checkpoint) else None
        rows.append(
            {
                "client_id": str(uuid.uuid4()),
                "kind": "note" if alone else "import",
                "scan_id": scan_id,
                "user_id": user.id,
                "author": author,
                "query_id": queries.get(label.index),
                "point_index": label.index,
                "position": [float(value) for value in position],
                "reply": None if alone else label.reply,
                "class_id": None if label.class_index is None else class_ids[label.class_index],
                "instance": instance,
                "seconds": label.seconds,
                "note": note or None,
                "strategy": label.strategy[:MAX_STRATEGY] or None,
                "checkpoint_id": checkpoint if checkpoint in checkpoints else None,
                "answered_at": _time(label.when) or now,
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(cast(Table, AnswerEvent.__table__)), rows)
        tally.touch(session, scan_id)
    if len(problems) > MAX_PROBLEMS:
        hidden = len(problems) - MAX_PROBLEMS
        problems = [*problems[:MAX_PROBLEMS], f"{hidden:,} more lines could not be used."]
    return AnswersImported(imported=len(rows), skipped=skipped, problems=problems)


def _author(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()[:MAX_AUTHOR]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _time(text: str) -> datetime | None:
    """Return an ISO 8601 time; None if it is none, or out of reach. One without a zone is UTC."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return in_reach(time if time.tzinfo is not None else time.replace(tzinfo=timezone.utc))
