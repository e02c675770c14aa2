# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard counts, in as few statements as there are tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import DateTime, case, func, select, type_coerce
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import QueryCounts, deciding_ids, query_counts_by_scan
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.dashboard.schemas import ReplyCounts, ScanStates
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User

# A longer time is a break, not work.
MAX_SECONDS = 300.0
_FIELDS = {"class": "labelled", "unsure": "unsure", "skip": "skipped", "unlisted": "unlisted"}


@dataclass
class PersonTotals:
    """What somebody did in all."""

    name: str
    replies: ReplyCounts = field(default_factory=ReplyCounts)
    spent_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Replies:
    """n replies of people. user: (n,) int64 ids. at: (n,) seconds since 1970.

    seconds: (n,) that each took; NaN where nobody knows.
    """

    user: NDArray[np.int64]
    at: NDArray[np.float64]
    seconds: NDArray[np.float64]


def scan_states(session: Session, project_id: int) -> ScanStates:
    """Return how many scans are in which state."""
    mine = Scan.project_id == project_id
    counts = query_counts_by_scan(session, mine)
    states = ScanStates()
    for scan_id, state in session.execute(select(Scan.id, Scan.state).where(mine)):
        states.total += 1
        name = _state_name(state, counts.get(scan_id))
        setattr(states, name, getattr(states, name) + 1)
    return states


def _state_name(state: str, counts: QueryCounts | None) -> str:
    if state != "ready":
        return {"queued": "waiting"}.get(state, state)
    if counts is None or counts.total == 0:
        return "unasked"
    if counts.open == counts.total:
        return "untouched"
    return "begun" if counts.open else "finished"


def person_totals(session: Session, project_id: int) -> dict[int, PersonTotals]:
    """Return user id -> what they did in a project in all, for those who did anything."""
    capped = case((AnswerEvent.seconds > MAX_SECONDS, MAX_SECONDS), else_=AnswerEvent.seconds)
    rows = session.execute(
        select(
            AnswerEvent.user_id,
            User.name,
            AnswerEvent.kind,
            AnswerEvent.reply,
            func.count(),
            func.count(AnswerEvent.undoes_id),
            func.sum(capped),
        )
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .join(User, User.id == AnswerEvent.user_id)
        .where(Scan.project_id == project_id)
        .group_by(AnswerEvent.user_id, User.name, AnswerEvent.kind, AnswerEvent.reply)
    )
    people: dict[int, PersonTotals] = {}
    for user_id, name, kind, reply, count, undoes, seconds in rows:
        person = people.setdefault(user_id, PersonTotals(name))
        replies = person.replies
        if kind == "undo":
            replies.undone += undoes  # Those that found something to take back.
        elif kind == "import":
            replies.imported += count
        else:
            field_name = _FIELDS[reply]
            setattr(replies, field_name, getattr(replies, field_name) + count)
            person.spent_s += seconds or 0.0
    return people


def replies_since(session: Session, project_id: int, since: datetime) -> Replies:
    """Return the replies that people gave from a moment on."""
    rows = session.execute(
        select(
            AnswerEvent.user_id,
            # As it is stored, naive UTC: a hundred thousand zones need not be made.
            type_coerce(AnswerEvent.created_at, DateTime()),
            AnswerEvent.seconds,
        )
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(
            Scan.project_id == project_id,
            AnswerEvent.kind == "answer",
            AnswerEvent.created_at >= since,
        )
    ).all()
    users = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    epoch = np.array([row[1] for row in rows], "datetime64[us]")
    seconds = np.array([np.nan if row[2] is None else row[2] for row in rows], np.float64)
    return Replies(users, epoch.astype(np.int64) / 1e6, seconds)


def first_event_at(session: Session, project_id: int) -> datetime | None:
    """Return when the first answer of a project arrived."""
    first = session.scalar(
        select(func.min(AnswerEvent.created_at))
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(Scan.project_id == project_id)
    )
    return None if first is None else first.astimezone(timezone.utc)


def answers_by_class(session: Session, project_id: int) -> dict[int, int]:
    """Return class row id -> the points that have the class now."""
    rows = session.execute(
        select(AnswerEvent.class_id, func.count())
        .where(AnswerEvent.id.in_(deciding_ids(Scan.project_id == project_id, naming=True)))
        .group_by(AnswerEvent.class_id)
    )
    found: dict[int, int] = defaultdict(int)
    for class_id, count in rows:
        if class_id is not None:
            found[class_id] += count
    return dict(found)
