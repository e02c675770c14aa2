# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Giving verdicts and taking them back: events are added, never changed.

The functions for one answer run inside a group commit: each checks everything that could be wrong
before it writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from fewpoints.server.answers import tally
from fewpoints.server.answers.schemas import AnswerCreate
from fewpoints.server.answers.service import ClientIdTaken, record_answer
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid
from fewpoints.server.projects.queries import get_project
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.reviews.queries import get_answer, is_live
from fewpoints.server.reviews.schemas import ReviewCreate, ReviewUndone
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.users.authentication import SignedIn

_INSERT = insert(cast(Table, ReviewEvent.__table__))
_CORRECTIONS = uuid.UUID("6a1bd0c2-7d0e-4a36-9a0b-6f4cf2e6b9f1")  # Names ids made from others.


class AnswerReplaced(Conflict):
    """The answer counts no more: its author took it back or answered again."""

    code = "answer_replaced"

    def __init__(self, author: str) -> None:
        super().__init__(
            f"{author} took this answer back or answered again meanwhile. Reload to see what is "
            "there now."
        )


def review_answer(
    session: Session, storage: Storage, answer_id: int, user: SignedIn, body: ReviewCreate
) -> bool:
    """Store a verdict on one answer; return whether it is new.

    Raises:
        NotFound: there is no such answer.
        AnswerReplaced: it is not live.
        Invalid: the correction names the same class, or one that the project does not have.
        ClientIdTaken: the id is known from something else.
    """
    known = session.scalars(
        select(ReviewEvent).where(ReviewEvent.client_id == body.client_id)
    ).one_or_none()
    if known is not None:
        if (known.kind, known.answer_id, known.user_id) != (body.verdict, answer_id, user.id):
            raise ClientIdTaken
        return False
    event = get_answer(session, answer_id)
    if not is_live(session, event):
        raise AnswerReplaced(event.author)
    correction_id = None
    if body.verdict == "correct":
        correction_id = _correct(session, storage, event, user, body)
    now = utc_now()
    session.execute(
        _INSERT,
        {
            "client_id": body.client_id,
            "batch": body.client_id,
            "kind": body.verdict,
            "scan_id": event.scan_id,
            "user_id": user.id,
            "answer_id": answer_id,
            "correction_id": correction_id,
            "undoes_id": None,
            "note": (body.note or "").strip() or None,
            "created_at": now,
        },
    )
    _labels_changed(session, {event.scan_id})
    return True


def _correct(
    session: Session, storage: Storage, event: AnswerEvent, user: SignedIn, body: ReviewCreate
) -> int:
    """Answer instead of the author; return the id of that answer."""
    index = session.scalar(select(LabelClassRow.position).where(LabelClassRow.id == event.class_id))
    if event.reply == "class" and (index, event.instance) == (body.class_index, body.instance):
        raise Invalid("The answer names this class already. Approve it, or choose another class.")
    assert event.point_index is not None
    answer, _ = record_answer(
        session,
        storage,
        event.scan_id,
        user,
        AnswerCreate(
            client_id=str(uuid.uuid5(_CORRECTIONS, body.client_id)),
            point_index=event.point_index,
            reply="class",
            class_index=body.class_index,
            instance=body.instance,
            seconds=body.seconds,
        ),
    )
    return answer.id


def approve_all(
    session: Session, answers: Sequence[tuple[int, int]], user: SignedIn, client_id: str
) -> int:
    """Approve many answers as one step that can be taken back at once; return how many.

    Args:
        answers: (answer id, scan id) of live answers.

    Raises:
        ClientIdTaken: the id is known from something else.
    """
    known = session.execute(
        select(ReviewEvent.kind, ReviewEvent.user_id).where(ReviewEvent.batch == client_id)
    ).all()
    if known:
        if any((kind, who) != ("approve", user.id) for kind, who in known):
            raise ClientIdTaken
        return len(known)
    now = utc_now()
    rows: list[dict[str, Any]] = [
        {
            "client_id": client_id if at == 0 else f"{client_id}:{at}",
            "batch": client_id,
            "kind": "approve",
            "scan_id": scan_id,
            "user_id": user.id,
            "answer_id": answer_id,
            "correction_id": None,
            "undoes_id": None,
            "note": None,
            "created_at": now,
        }
        for at, (answer_id, scan_id) in enumerate(answers)
    ]
    if rows:
        session.execute(_INSERT, rows)
        _labels_changed(session, {scan_id for _, scan_id in answers})
    return len(rows)


def undo(session: Session, project_id: int, user: SignedIn, client_id: str) -> ReviewUndone:
    """Take back the newest step of `user` in a project that is not taken back yet.

    What was approved together is taken back together; of a correction its answer is, too.

    Raises:
        NotFound: there is no such project.
        ClientIdTaken: the id is known from something else.
    """
    get_project(session, project_id)
    known = session.scalars(
        select(ReviewEvent).where(ReviewEvent.batch == client_id).order_by(ReviewEvent.id)
    ).all()
    if known:
        if any((event.kind, event.user_id) != ("undo", user.id) for event in known):
            raise ClientIdTaken
        return ReviewUndone(answers=len(known), answer_id=known[0].answer_id)
    undone = aliased(ReviewEvent)
    standing = (
        ReviewEvent.user_id == user.id,
        ReviewEvent.kind != "undo",
        ~exists().where(undone.undoes_id == ReviewEvent.id),
    )
    batch = session.scalar(
        select(ReviewEvent.batch)
        .join(Scan, Scan.id == ReviewEvent.scan_id)
        .where(Scan.project_id == project_id, *standing)
        .order_by(ReviewEvent.id.desc())
        .limit(1)
    )
    if batch is None:
        return ReviewUndone(answers=0, answer_id=None)
    events = session.scalars(
        select(ReviewEvent).where(ReviewEvent.batch == batch, *standing).order_by(ReviewEvent.id)
    ).all()
    now = utc_now()
    session.execute(
        _INSERT,
        [
            {
                "client_id": client_id if at == 0 else f"{client_id}:{at}",
                "batch": client_id,
                "kind": "undo",
                "scan_id": event.scan_id,
                "user_id": user.id,
                "answer_id": event.answer_id,
                "correction_id": None,
                "undoes_id": event.id,
                "note": None,
                "created_at": now,
            }
            for at, event in enumerate(events)
        ],
    )
    for event in events:
        if event.correction_id is not None:
            _take_back(session, event, user, client_id)
    _labels_changed(session, {event.scan_id for event in events})
    return ReviewUndone(answers=len(events), answer_id=events[0].answer_id)


def _take_back(session: Session, review: ReviewEvent, user: SignedIn, client_id: str) -> None:
    """Take back the answer of a correction, if that was not done on its own."""
    taken = session.scalar(
        select(AnswerEvent.id).where(AnswerEvent.undoes_id == review.correction_id)
    )
    if taken is not None:
        return
    now = utc_now()
    session.execute(
        insert(cast(Table, AnswerEvent.__table__)).values(
            client_id=str(uuid.uuid5(_CORRECTIONS, client_id)),
            kind="undo",
            scan_id=review.scan_id,
            user_id=user.id,
            author=user.name,
            undoes_id=review.correction_id,
            answered_at=now,
            created_at=now,
        )
    )


def _labels_changed(session: Session, scan_ids: set[int]) -> None:
    """Tell listeners, and forget what was known of how much the labels explain: it may be less."""
    for scan_id in scan_ids:
        tally.touch(session, scan_id)
    ids = sorted(scan_ids)
    for at in range(0, len(ids), 500):
        session.execute(
            update(Scan)
            .where(Scan.id.in_(ids[at : at + 500]))
            .values(unexplained=None, unexplained_event=None)
        )
