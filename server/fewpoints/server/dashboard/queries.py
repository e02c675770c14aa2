# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dashboard counts, in as few statements as there are tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import deciding_ids
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.coverage.tables import ScanFigures
from fewpoints.server.dashboard.reply_log import ANSWER, IMPORT, UNDO, Events
from fewpoints.server.dashboard.schemas import ReplyCounts, ScanStates
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User

# A longer time is a break, not work.
MAX_SECONDS = 300.0
_FIELDS = ("labelled", "unsure", "skipped", "unlisted")  # In the order of `REPLIES`.


@dataclass
class PersonTotals:
    """What somebody did in all."""

    name: str
    replies: ReplyCounts = field(default_factory=ReplyCounts)
    spent_s: float = 0.0


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
    ).label("stage")
    # By its label: PostgreSQL takes an expression with other parameters for another expression.
    rows = session.execute(
        select(name, func.count()).where(Scan.project_id == project_id).group_by("stage")
    )
    counts: dict[str, int] = dict(rows.all())
    return ScanStates(total=sum(counts.values()), **counts)


def person_totals(session: Session, events: Events) -> dict[int, PersonTotals]:
    """Return user id -> what they did in all, for those who did anything."""
    ids = np.unique(events.user).tolist()
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_(ids))).all())
    people: dict[int, PersonTotals] = {}
    for user_id in ids:
        own = events.of(events.user == user_id)
        given = own.kind == ANSWER
        replies = {
            name: int((given & (own.reply == code)).sum()) for code, name in enumerate(_FIELDS)
        }
        spent = np.nansum(np.minimum(own.seconds[given], MAX_SECONDS))
        people[user_id] = PersonTotals(
            names[user_id],
            ReplyCounts(
                **replies,
                undone=int(((own.kind == UNDO) & own.undoes).sum()),
                imported=int((own.kind == IMPORT).sum()),
            ),
            float(spent),
        )
    return people


def class_version(session: Session, project_id: int) -> str:
    """Return a text that changes whenever `answers_by_class` or the points of classes may have."""
    mine = Scan.project_id == project_id
    answers = session.execute(
        select(
            func.count(Scan.newest_event),
            func.sum(Scan.newest_event),
            func.sum(Scan.newest_review),
            func.sum(ScanFigures.event_id),
            func.sum(ScanFigures.review_id),
            func.sum(ScanFigures.superpoints),
        )
        .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
        .where(mine)
    ).one()
    classes = session.execute(
        select(LabelClassRow.id, LabelClassRow.name, LabelClassRow.color)
        .where(LabelClassRow.project_id == project_id)
        .order_by(LabelClassRow.position)
    ).all()
    return repr((project_id, [int(value or 0) for value in answers], [tuple(c) for c in classes]))


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
