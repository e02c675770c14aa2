# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the logs of answers and reviews amount to now.

Live: an answer that was not undone and is the newest of its author at its point. Of the live
answers those *count* that no reviewer sent back or corrected. At each point one of them decides:
the one that a reviewer approved last, or gave as a correction last; where nobody reviewed, the
newest, whoever gave it. So a reviewer's word stands until that reviewer takes it back or another
answer there is reviewed, whatever is answered later.

The state of a query is that of the answer that decides at its point; without one it is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from fewpoints.server.answers.schemas import AnswerRead, NoteRead
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.reviews.verdicts import verdicts
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan

_Undo = aliased(AnswerEvent)
KINDS_OF_ANSWERS = ("answer", "import")
NOT_UNDONE = and_(
    AnswerEvent.kind.in_(KINDS_OF_ANSWERS), ~exists().where(_Undo.undoes_id == AnswerEvent.id)
)


@dataclass
class QueryCounts:
    """Queries by state."""

    total: int = 0
    answered: int = 0
    unsure: int = 0
    skipped: int = 0
    unlisted: int = 0

    @property
    def open(self) -> int:
        """Queries without a live answer."""
        return self.total - self.answered - self.unsure - self.skipped - self.unlisted


STATE_OF_REPLY = {
    "class": "answered",
    "unsure": "unsure",
    "skip": "skipped",
    "unlisted": "unlisted",
}


def live_ids(condition: ColumnElement[bool]) -> Select[int]:
    """Return ids of the live answers whose scan meets `condition` (on Scan's columns)."""
    return (
        select(func.max(AnswerEvent.id).label("id"))
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(condition, NOT_UNDONE)
        .group_by(
            AnswerEvent.scan_id, AnswerEvent.point_index, AnswerEvent.user_id, AnswerEvent.author
        )
    )


def deciding_ids(condition: ColumnElement[bool], *, naming: bool = False) -> Select[int]:
    """Return ids of the answer that decides at each point whose scan meets `condition`.

    Args:
        naming: only answers that name a class take part.
    """
    # Scans that nobody reviewed are most, and their fold is much cheaper.
    reviewed = select(ReviewEvent.scan_id)
    named = AnswerEvent.reply == "class"
    unreviewed = and_(condition, Scan.id.not_in(reviewed))
    plain = select(func.max(AnswerEvent.id).label("id")).group_by(
        AnswerEvent.scan_id, AnswerEvent.point_index
    )
    if naming:
        plain = plain.where(AnswerEvent.id.in_(live_ids(unreviewed)), named)
    else:  # The newest at a point is the newest of its author, too.
        plain = plain.join(Scan, Scan.id == AnswerEvent.scan_id).where(unreviewed, NOT_UNDONE)
    ranked = _ranked(and_(condition, Scan.id.in_(reviewed)), *([named] if naming else []))
    ids = union_all(plain, select(ranked.c.id).where(ranked.c.place == 1)).subquery()
    return select(ids.c.id)


def _ranked(condition: ColumnElement[bool], *more: ColumnElement[bool]) -> Subquery:
    """Columns id and place: the answers that count, by the order in which they decide, from 1."""
    own, given = verdicts(condition), verdicts(condition)
    given_id = func.coalesce(given.c.id, 0)
    said_last = case((and_(own.c.kind == "approve", own.c.id > given_id), own.c.id), else_=given_id)
    place = func.row_number().over(
        partition_by=(AnswerEvent.scan_id, AnswerEvent.point_index),
        order_by=(said_last.desc(), AnswerEvent.id.desc()),
    )
    return (
        select(AnswerEvent.id, place.label("place"))
        .outerjoin(own, own.c.answer_id == AnswerEvent.id)
        .outerjoin(given, given.c.correction_id == AnswerEvent.id)
        .where(
            AnswerEvent.id.in_(live_ids(condition)),
            or_(own.c.kind.is_(None), own.c.kind == "approve"),
            *more,
        )
        .subquery()
    )


def reopened_ids(condition: ColumnElement[bool]) -> Select[int]:
    """Return ids of the queries that are open again because their answer was sent back."""
    some = and_(
        condition,
        Scan.id.in_(select(ReviewEvent.scan_id).where(ReviewEvent.kind == "send_back")),
    )
    sent = aliased(AnswerEvent)
    verdict = verdicts(some)
    decided = aliased(AnswerEvent)
    return (
        select(Query.id)
        .join(sent, and_(sent.scan_id == Query.scan_id, sent.point_index == Query.point_index))
        .join(verdict, and_(verdict.c.answer_id == sent.id, verdict.c.kind == "send_back"))
        .where(
            ~exists().where(
                decided.scan_id == Query.scan_id,
                decided.point_index == Query.point_index,
                decided.id.in_(deciding_ids(some)),
            )
        )
    )


def _answers() -> Select[AnswerEvent, int]:
    return select(AnswerEvent, LabelClassRow.position).outerjoin(
        LabelClassRow, LabelClassRow.id == AnswerEvent.class_id
    )


def read_answer(event: AnswerEvent, class_index: int | None) -> AnswerRead:
    """Return an answer event as HTTP shows it."""
    assert event.point_index is not None
    assert event.position is not None
    return AnswerRead(
        id=event.id,
        client_id=event.client_id,
        scan_id=event.scan_id,
        query_id=event.query_id,
        point_index=event.point_index,
        position=tuple(event.position),
        reply=event.reply,  # type: ignore[arg-type] # Checked when it was stored.
        class_index=class_index,
        instance=event.instance,
        user_name=event.author,
        created_at=event.answered_at,
        seconds=event.seconds,
        strategy=event.strategy,
        checkpoint_id=event.checkpoint_id,
        note=event.note or None,
    )


def live_answers(session: Session, scan_id: int) -> list[AnswerRead]:
    """Return the live answers of a scan, in the order in which they were given."""
    rows = session.execute(
        _answers().where(AnswerEvent.id.in_(live_ids(Scan.id == scan_id))).order_by(AnswerEvent.id)
    )
    answers = [read_answer(event, index) for event, index in rows]
    _add_notes(answers, notes(session, scan_id))
    return answers


def deciding_answers(
    session: Session,
    scan_id: int,
    said: Mapping[tuple[int, str], NoteRead],
    *,
    point_index: int | None = None,
) -> dict[int, AnswerRead]:
    """Return point index -> the answer that decides there; of all points or of one.

    Args:
        said: the notes at those points, see `notes`.
    """
    statement = _answers().where(AnswerEvent.id.in_(deciding_ids(Scan.id == scan_id)))
    if point_index is not None:
        statement = statement.where(AnswerEvent.point_index == point_index)
    rows = session.execute(statement.order_by(AnswerEvent.id))
    answers = [read_answer(event, index) for event, index in rows]
    _add_notes(answers, said)
    return {answer.point_index: answer for answer in answers}


def _add_notes(answers: Sequence[AnswerRead], said: Mapping[tuple[int, str], NoteRead]) -> None:
    """Give answers what their authors noted there last."""
    for answer in answers:
        note = said.get((answer.point_index, answer.user_name))
        answer.note = None if note is None else note.text


def notes(
    session: Session, scan_id: int, *, point_index: int | None = None
) -> dict[tuple[int, str], NoteRead]:
    """Return (point index, author) -> what that person noted there last; of all points or of one.

    A note comes with an answer or by itself. One that came with an answer goes when that is taken
    back; an empty one removes what was noted before.
    """
    conditions = [AnswerEvent.scan_id == scan_id]
    if point_index is not None:
        conditions.append(AnswerEvent.point_index == point_index)
    return {
        (point, author): note for (_, point, author), note in noted_at(session, *conditions).items()
    }


def noted_at(
    session: Session, *conditions: ColumnElement[bool]
) -> dict[tuple[int, int, str], NoteRead]:
    """Return (scan id, point index, author) -> what that person noted there last.

    Of the events that meet the conditions (on AnswerEvent's columns); by the rule of `notes`.
    """
    newest = (
        select(func.max(AnswerEvent.id))
        .where(
            *conditions,
            AnswerEvent.note.is_not(None),
            or_(AnswerEvent.kind == "note", NOT_UNDONE),
        )
        .group_by(
            AnswerEvent.scan_id, AnswerEvent.point_index, AnswerEvent.user_id, AnswerEvent.author
        )
    )
    rows = session.execute(
        select(
            AnswerEvent.scan_id,
            AnswerEvent.point_index,
            AnswerEvent.author,
            AnswerEvent.note,
            AnswerEvent.answered_at,
        )
        .where(AnswerEvent.id.in_(newest))
        .order_by(AnswerEvent.id)
    )
    last: dict[tuple[int, int, str], NoteRead] = {}
    for scan_id, point, author, text, at in rows:
        last.pop((scan_id, point or 0, author), None)  # Of another account of the same name.
        if text:
            last[(scan_id, point or 0, author)] = NoteRead(
                text=text, user_name=author, created_at=at
            )
    return last


def labelled_points(
    session: Session, condition: ColumnElement[bool]
) -> list[tuple[int, int, int, int]]:
    """Return (event id, scan id, point index, class index) of every labelled point, by event id.

    Of the scans that meet `condition` (on Scan's columns). Of the answers that count and name a
    class, the one that decides at its point.
    """
    rows = session.execute(
        select(AnswerEvent.id, AnswerEvent.scan_id, AnswerEvent.point_index, LabelClassRow.position)
        .join(LabelClassRow, LabelClassRow.id == AnswerEvent.class_id)
        .where(AnswerEvent.id.in_(deciding_ids(condition, naming=True)))
        .order_by(AnswerEvent.id)
    )
    return [
        (event_id, scan_id, point, index)
        for event_id, scan_id, point, index in rows
        if point is not None
    ]


def last_reviews(session: Session, scan_ids: Sequence[int]) -> dict[int, int]:
    """Return scan id -> id of its newest review event, for the scans that have any."""
    rows = session.execute(
        select(ReviewEvent.scan_id, func.max(ReviewEvent.id))
        .where(ReviewEvent.scan_id.in_(scan_ids))
        .group_by(ReviewEvent.scan_id)
    )
    return dict(rows.all())


def answer_by_id(session: Session, event_id: int) -> AnswerRead:
    """Return one answer."""
    event, index = session.execute(_answers().where(AnswerEvent.id == event_id)).one()
    return read_answer(event, index)


def query_counts_by_scan(
    session: Session, condition: ColumnElement[bool]
) -> dict[int, QueryCounts]:
    """Return scan id -> queries by state, for the scans with queries that meet `condition`."""
    decided = (
        select(AnswerEvent.scan_id, AnswerEvent.point_index, AnswerEvent.reply)
        .where(AnswerEvent.id.in_(deciding_ids(condition)))
        .subquery()
    )
    rows = session.execute(
        select(Query.scan_id, decided.c.reply, func.count())
        .join(Scan, Scan.id == Query.scan_id)
        .outerjoin(
            decided,
            and_(decided.c.scan_id == Query.scan_id, decided.c.point_index == Query.point_index),
        )
        .where(condition)
        .group_by(Query.scan_id, decided.c.reply)
    )
    counts: dict[int, QueryCounts] = {}
    for scan_id, reply, number in rows:
        entry = counts.setdefault(scan_id, QueryCounts())
        entry.total += number
        if reply is not None:
            state = STATE_OF_REPLY[reply]
            setattr(entry, state, getattr(entry, state) + number)
    return counts


def answer_counts_by_scan(session: Session, scan_ids: Sequence[int]) -> dict[int, int]:
    """Return scan id -> how many live answers it has."""
    rows = session.execute(
        select(AnswerEvent.scan_id, func.count())
        .where(AnswerEvent.id.in_(live_ids(Scan.id.in_(scan_ids))))
        .group_by(AnswerEvent.scan_id)
    )
    return dict(rows.all())
