# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Recording answers and taking them back: events are added, never changed.

The functions run inside a group commit: each checks everything that could be wrong before it
writes.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.scan_arrays import local_position
from fewpoints.server.answers import tally
from fewpoints.server.answers.queries import NOT_UNDONE, answer_by_id
from fewpoints.server.answers.schemas import AnswerCreate, AnswerRead, UndoRead
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid, NotFound
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.rounds.tables import Query, QueryLease, SelectionRound
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.tables import Checkpoint
from fewpoints.server.users.authentication import SignedIn


class ClientIdTaken(Conflict):
    """The client_id belongs to something else."""

    code = "client_id_taken"

    def __init__(self) -> None:
        super().__init__("This client_id was used for something else. Make a new one.")


# The hot path: three statements per answer, built once. Building them anew takes several times as
# long as running them.
_KNOWN = select(
    AnswerEvent.id,
    AnswerEvent.kind,
    AnswerEvent.scan_id,
    AnswerEvent.user_id,
    AnswerEvent.undoes_id,
).where(AnswerEvent.client_id == bindparam("client_id"))
_FACTS = (
    select(
        Scan.__table__.c.state,
        Scan.__table__.c.name,
        Scan.__table__.c.error,
        Scan.__table__.c.points,
        Scan.__table__.c.project_id,
        Query.__table__.c.id.label("query_id"),
        Query.__table__.c.position,
        SelectionRound.__table__.c.strategy,
        LabelClassRow.__table__.c.id.label("class_id"),
        QueryLease.__table__.c.user_id.label("leased_by"),
    )
    .select_from(Scan.__table__)
    .outerjoin(
        Query.__table__,
        and_(Query.scan_id == Scan.id, Query.point_index == bindparam("point_index")),
    )
    .outerjoin(SelectionRound.__table__, SelectionRound.id == Query.round_id)
    .outerjoin(QueryLease.__table__, QueryLease.query_id == Query.id)
    .outerjoin(
        LabelClassRow.__table__,
        and_(
            LabelClassRow.project_id == Scan.project_id,
            LabelClassRow.position == bindparam("class_index"),
        ),
    )
    .where(Scan.id == bindparam("scan_id"))
)
_INSERT = insert(cast(Table, AnswerEvent.__table__))


def record_answer(
    session: Session, storage: Storage, scan_id: int, user: SignedIn, body: AnswerCreate
) -> tuple[AnswerRead, bool]:
    """Store one reply; return it, and whether it is new.

    Raises:
        NotFound: there is no such scan.
        ScanNotReady: the scan is not imported.
        Invalid: point, query, class or checkpoint is not the scan's.
        ClientIdTaken: the id is known from something else.
    """
    connection = session.connection()
    known = connection.execute(_KNOWN, {"client_id": body.client_id}).one_or_none()
    if known is not None:
        if (known.kind, known.scan_id, known.user_id) != ("answer", scan_id, user.id):
            raise ClientIdTaken
        return answer_by_id(session, known.id), False

    facts = connection.execute(
        _FACTS,
        {
            "scan_id": scan_id,
            "point_index": body.point_index,
            "class_index": -1 if body.class_index is None else body.class_index,
        },
    ).one_or_none()
    if facts is None:
        raise NotFound("scan", scan_id)
    if facts.state != "ready":
        ready_scan(session, scan_id)
    _check(session, scan_id, facts, body)
    position = facts.position
    if position is None:
        position = local_position(storage.scan_arrays(scan_id), body.point_index)
        if position is None:
            raise Invalid(f"Point {body.point_index} has no usable position.")

    now = utc_now()
    result = connection.execute(
        _INSERT,
        {
            "client_id": body.client_id,
            "kind": "answer",
            "scan_id": scan_id,
            "user_id": user.id,
            "author": user.name,
            "query_id": facts.query_id,
            "point_index": body.point_index,
            "position": list(position),
            "reply": body.reply,
            "class_id": facts.class_id,
            "instance": body.instance,
            "seconds": body.seconds,
            "strategy": facts.strategy,
            "checkpoint_id": body.checkpoint_id,
            "note": body.note or None,
            "answered_at": now,
            "created_at": now,
        },
    )
    assert result.inserted_primary_key is not None
    if facts.leased_by == user.id:
        session.execute(delete(QueryLease).where(QueryLease.query_id == facts.query_id))
    tally.touch(session, scan_id)
    answer = AnswerRead(
        id=result.inserted_primary_key[0],
        client_id=body.client_id,
        scan_id=scan_id,
        query_id=facts.query_id,
        point_index=body.point_index,
        position=(position[0], position[1], position[2]),
        reply=body.reply,
        class_index=body.class_index,
        instance=body.instance,
        user_name=user.name,
        created_at=now,
        seconds=body.seconds,
        strategy=facts.strategy,
        checkpoint_id=body.checkpoint_id,
        note=body.note or None,
    )
    return answer, True


# Any: a row of _FACTS.
def _check(session: Session, scan_id: int, facts: Any, body: AnswerCreate) -> None:
    if body.point_index >= facts.points:
        raise Invalid(
            f"There is no point {body.point_index}: {facts.name} has points 0 to "
            f"{facts.points - 1}."
        )
    if body.class_index is not None and facts.class_id is None:
        raise Invalid(f"The project has no class with index {body.class_index}.")
    if body.query_id is not None and facts.query_id != body.query_id:
        if session.get(Query, body.query_id) is None:
            raise NotFound("query", body.query_id)
        raise Invalid(
            f"Query {body.query_id} is not about point {body.point_index} of scan {scan_id}."
        )
    if body.checkpoint_id is not None:
        checkpoint = session.get(Checkpoint, body.checkpoint_id)
        if checkpoint is None or checkpoint.project_id != facts.project_id:
            raise Invalid(f"The project has no checkpoint {body.checkpoint_id}.")


def undo(session: Session, scan_id: int, user: SignedIn, client_id: str) -> UndoRead:
    """Take back the newest answer of `user` on the scan that is not taken back yet.

    Imported answers are not the user's doing and stay.

    Raises:
        NotFound: there is no such scan.
        ClientIdTaken: the id is known from something else.
    """
    known = session.execute(_KNOWN, {"client_id": client_id}).one_or_none()
    if known is not None:
        if (known.kind, known.scan_id, known.user_id) != ("undo", scan_id, user.id):
            raise ClientIdTaken
        target_id = known.undoes_id
    else:
        get_scan(session, scan_id)
        target_id = session.scalar(
            select(AnswerEvent.id)
            .where(
                AnswerEvent.scan_id == scan_id,
                AnswerEvent.user_id == user.id,
                AnswerEvent.kind == "answer",
                NOT_UNDONE,
            )
            .order_by(AnswerEvent.id.desc())
            .limit(1)
        )
        now = utc_now()
        session.execute(
            insert(AnswerEvent).values(
                client_id=client_id,
                kind="undo",
                scan_id=scan_id,
                user_id=user.id,
                author=user.name,
                undoes_id=target_id,
                answered_at=now,
                created_at=now,
            )
        )
        tally.touch(session, scan_id)
        # What is unexplained may have grown; stored, it must not be too small.
        session.execute(update(Scan).where(Scan.id == scan_id).values(unexplained=None))
    undone = None if target_id is None else answer_by_id(session, target_id)
    return UndoRead(undone=undone, query_id=undone.query_id if undone else None)
