# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Giving an answer again that was taken back: a new event with what the old one said."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fewpoints.server.answers import tally
from fewpoints.server.answers.queries import answer_by_id
from fewpoints.server.answers.schemas import RedoRead
from fewpoints.server.answers.service import ClientIdTaken
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.users.authentication import SignedIn

_SAID = (
    "query_id",
    "point_index",
    "position",
    "reply",
    "class_id",
    "instance",
    "seconds",
    "strategy",
    "checkpoint_id",
    "note",
    "answered_at",
)
_LOOKED_BACK = 1000  # Events of one person on one scan: as far as anybody goes back.


class _Step(NamedTuple):
    id: int
    kind: str
    undoes_id: int | None
    point_index: int | None
    answered_at: datetime


def redo(session: Session, scan_id: int, user: SignedIn, client_id: str) -> RedoRead:
    """Give the answer again that `user` took back last on the scan; again, the one before.

    A new answer of theirs ends that: what was taken back before it stays so.

    Raises:
        NotFound: there is no such scan.
        ClientIdTaken: the id is known from something else.
    """
    known = session.execute(
        select(AnswerEvent.id, AnswerEvent.kind, AnswerEvent.scan_id, AnswerEvent.user_id).where(
            AnswerEvent.client_id == client_id
        )
    ).one_or_none()
    if known is not None:
        if (known.kind, known.scan_id, known.user_id) != ("answer", scan_id, user.id):
            raise ClientIdTaken
        return _read(session, known.id)
    get_scan(session, scan_id)
    again = _taken_back(session, scan_id, user.id)
    if again is None:
        return RedoRead(redone=None, query_id=None)
    old = session.get_one(AnswerEvent, again)
    # Any: the columns of an event have different types.
    said: dict[str, Any] = {name: getattr(old, name) for name in _SAID}
    new = session.execute(
        insert(AnswerEvent)
        .values(
            client_id=client_id,
            kind="answer",
            scan_id=scan_id,
            user_id=user.id,
            author=user.name,
            created_at=utc_now(),
            **said,
        )
        .returning(AnswerEvent.id)
    ).scalar_one()
    tally.touch(session, scan_id)
    return _read(session, new)


def _read(session: Session, event_id: int) -> RedoRead:
    answer = answer_by_id(session, event_id)
    return RedoRead(redone=answer, query_id=answer.query_id)


def _taken_back(session: Session, scan_id: int, user_id: int) -> int | None:
    """Return the id of the answer that is next to be given again; None where there is none."""
    rows = session.execute(
        select(
            AnswerEvent.id,
            AnswerEvent.kind,
            AnswerEvent.undoes_id,
            AnswerEvent.point_index,
            AnswerEvent.answered_at,
        )
        .where(
            AnswerEvent.scan_id == scan_id,
            AnswerEvent.user_id == user_id,
            AnswerEvent.kind.in_(("answer", "undo")),
        )
        .order_by(AnswerEvent.id.desc())
        .limit(_LOOKED_BACK)
    )
    steps = [_Step(*row) for row in reversed(rows.all())]
    answers = {step.id: step for step in steps if step.kind == "answer"}
    waiting: list[int] = []
    for step in steps:
        if step.kind == "undo":
            if step.undoes_id is not None:
                waiting.append(step.undoes_id)
        elif waiting and _same(step, answers.get(waiting[-1])):
            waiting.pop()
        else:
            waiting.clear()
    return waiting[-1] if waiting else None


def _same(again: _Step, first: _Step | None) -> bool:
    """Whether an answer is another one given again: it keeps the moment of the first."""
    return (
        first is not None
        and again.point_index == first.point_index
        and again.answered_at == first.answered_at
    )
