# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard counts, in as few statements as there are tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import DateTime, case, func, select, type_coerce
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import deciding_ids
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
    asked, left = Scan.query_count, Scan.open_count
    name = case(
        (Scan.state == "queued", "waiting"),
        (Scan.state != "ready", Scan.state),
        (asked == 0, "unasked"),
        (left == 0, "finished"),
        (left == asked, "untouched"),
        else_="begun",
    )
    rows = session.execute(
        select(name, func.count()).where(Scan.project_id == project_id).group_by(name)
    )
    counts: dict[str, int] = dict(rows.all())
    return ScanStates(total=sum(counts.values()), **counts)


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
        elif kind == "answer":
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
