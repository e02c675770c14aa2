# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading queries."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import STATE_OF_REPLY, deciding_answers, live_ids, notes
from fewpoints.server.answers.schemas import AnswerRead, NoteRead
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import NotFound
from fewpoints.server.projects.arriving import is_arriving
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.reviews.verdicts import verdicts
from fewpoints.server.rounds.schemas import QueryRead, SentBack, View
from fewpoints.server.rounds.tables import Query, QueryLease, SelectionRound
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


def get_query(session: Session, query_id: int) -> Query:
    """Return a query.

    Raises:
        NotFound: there is none.
    """
    query = session.get(Query, query_id)
    if query is None or is_arriving(session, session.get_one(Scan, query.scan_id).project_id):
        raise NotFound("query", query_id)
    return query


def list_queries(session: Session, scan_id: int, *, user_id: int) -> list[QueryRead]:
    """Return a scan's queries in the order of asking, as `user_id` sees them."""
    said = notes(session, scan_id)
    answers = deciding_answers(session, scan_id, said)
    return _read(session, answers, _by_point(said), user_id, Query.scan_id == scan_id)


def read_query(session: Session, query_id: int, *, user_id: int) -> QueryRead:
    """Return one query as `user_id` sees it.

    Raises:
        NotFound: there is none.
    """
    query = get_query(session, query_id)
    point = query.point_index
    said = notes(session, query.scan_id, point_index=point)
    answers = deciding_answers(session, query.scan_id, said, point_index=point)
    return _read(session, answers, _by_point(said), user_id, Query.id == query_id)[0]


def known_points(session: Session, scan_id: int) -> list[int]:
    """Return the points of a scan that were asked about or answered, ascending."""
    asked = session.scalars(select(Query.point_index).where(Query.scan_id == scan_id))
    answered = session.scalars(
        select(AnswerEvent.point_index).where(AnswerEvent.id.in_(live_ids(Scan.id == scan_id)))
    )
    return sorted({int(point) for point in (*asked, *answered) if point is not None})


def _by_point(said: Mapping[tuple[int, str], NoteRead]) -> dict[int, list[NoteRead]]:
    found: dict[int, list[NoteRead]] = {}
    for (point, _), note in said.items():
        found.setdefault(point, []).append(note)
    return found


def _read(
    session: Session,
    answers: Mapping[int, AnswerRead],
    said: Mapping[int, list[NoteRead]],
    user_id: int,
    condition: ColumnElement[bool],
) -> list[QueryRead]:
    statement = (
        select(Query, SelectionRound.strategy, QueryLease.user_id, User.name)
        .join(SelectionRound, SelectionRound.id == Query.round_id)
        .outerjoin(
            QueryLease, (QueryLease.query_id == Query.id) & (QueryLease.expires_at > utc_now())
        )
        .outerjoin(User, User.id == QueryLease.user_id)
        .where(condition)
        .order_by(Query.round_id, Query.rank)
    )
    result = []
    sent_back = _sent_back(session, condition)
    for query, strategy, holder_id, holder in session.execute(statement):
        answer = answers.get(query.point_index)
        result.append(
            QueryRead(
                id=query.id,
                round_id=query.round_id,
                rank=query.rank,
                point_index=query.point_index,
                position=tuple(query.position),
                view=View.model_validate(query.view),
                strategy=strategy,
                state="open" if answer is None else STATE_OF_REPLY[answer.reply],  # type: ignore[arg-type]
                answer=answer,
                notes=said.get(query.point_index, []),
                leased_by=holder if holder_id is not None and holder_id != user_id else None,
                sent_back=sent_back.get(query.point_index) if answer is None else None,
            )
        )
    return result


def _sent_back(session: Session, condition: ColumnElement[bool]) -> dict[int, SentBack]:
    """Return point -> the live answer there that was sent back last, of the queries of one scan."""
    scan_id = session.scalar(select(Query.scan_id).where(condition).limit(1))
    if scan_id is None:
        return {}
    verdict = verdicts(Scan.id == scan_id)
    rows = session.execute(
        select(AnswerEvent, LabelClassRow.position, verdict.c.note, verdict.c.created_at, User.name)
        .join(verdict, verdict.c.answer_id == AnswerEvent.id)
        .join(User, User.id == verdict.c.user_id)
        .outerjoin(LabelClassRow, LabelClassRow.id == AnswerEvent.class_id)
        .where(verdict.c.kind == "send_back", AnswerEvent.id.in_(live_ids(Scan.id == scan_id)))
        .order_by(verdict.c.id)
    )
    return {
        event.point_index: SentBack(
            author=event.author,
            reviewer=reviewer,
            note=note,
            reply=event.reply,
            class_index=index,
            created_at=created_at,
        )
        for event, index, note, created_at, reviewer in rows
    }
