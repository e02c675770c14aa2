# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Recording answers and taking them back: events are added, never changed.

The functions run inside a group commit: each checks everything that could be wrong before it
writes.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import NOT_UNDONE, answer_by_id
from fewpoints.server.answers.schemas import AnswerCreate, AnswerRead, UndoRead
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid, NotFound
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.rounds.tables import Query, QueryLease, SelectionRound
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.scan_arrays import local_position
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


@dataclass(frozen=True)
class Asked:
    """The query behind an answer, if there is one."""

    query_id: int
    strategy: str
    position: list[float]


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
    known = _known_event(session, body.client_id)
    if known is not None:
        if (known.kind, known.scan_id, known.user_id) != ("answer", scan_id, user.id):
            raise ClientIdTaken
        return answer_by_id(session, known.id), False

    scan = ready_scan(session, scan_id)
    assert scan.points is not None
    if body.point_index >= scan.points:
        raise Invalid(
            f"There is no point {body.point_index}: {scan.name} has points 0 to {scan.points - 1}."
        )
    asked = _asked(session, scan_id, body)
    class_id = _class_id(session, scan, body.class_index)
    if body.checkpoint_id is not None:
        checkpoint = session.get(Checkpoint, body.checkpoint_id)
        if checkpoint is None or checkpoint.project_id != scan.project_id:
            raise Invalid(f"The project has no checkpoint {body.checkpoint_id}.")
    if asked is not None:
        position = asked.position
    else:
        found = local_position(storage.scan_arrays(scan_id), body.point_index)
        if found is None:
            raise Invalid(f"Point {body.point_index} has no usable position.")
        position = list(found)

    now = utc_now()
    event_id = session.execute(
        insert(AnswerEvent)
        .values(
            client_id=body.client_id,
            kind="answer",
            scan_id=scan_id,
            user_id=user.id,
            author=user.name,
            query_id=asked.query_id if asked else None,
            point_index=body.point_index,
            position=position,
            reply=body.reply,
            class_id=class_id,
            instance=body.instance,
            seconds=body.seconds,
            strategy=asked.strategy if asked else None,
            checkpoint_id=body.checkpoint_id,
            answered_at=now,
            created_at=now,
        )
        .returning(AnswerEvent.id)
    ).scalar_one()
    if asked is not None:
        session.execute(
            delete(QueryLease).where(
                QueryLease.query_id == asked.query_id, QueryLease.user_id == user.id
            )
        )
    touch_scan(session, scan_id)
    answer = AnswerRead(
        id=event_id,
        client_id=body.client_id,
        scan_id=scan_id,
        query_id=asked.query_id if asked else None,
        point_index=body.point_index,
        position=(position[0], position[1], position[2]),
        reply=body.reply,
        class_index=body.class_index,
        instance=body.instance,
        user_name=user.name,
        created_at=now,
        seconds=body.seconds,
        strategy=asked.strategy if asked else None,
        checkpoint_id=body.checkpoint_id,
    )
    return answer, True


def undo(session: Session, scan_id: int, user: SignedIn, client_id: str) -> UndoRead:
    """Take back the newest answer of `user` on the scan that is not taken back yet.

    Imported answers are not the user's doing and stay.

    Raises:
        NotFound: there is no such scan.
        ClientIdTaken: the id is known from something else.
    """
    known = _known_event(session, client_id)
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
        touch_scan(session, scan_id)
    undone = None if target_id is None else answer_by_id(session, target_id)
    return UndoRead(undone=undone, query_id=undone.query_id if undone else None)


def touch_scan(session: Session, scan_id: int) -> None:
    """Let listeners know that the scan's answers changed; once per transaction is enough."""
    touched: set[int] = session.info.setdefault("touched_scans", set())
    if scan_id not in touched:
        touched.add(scan_id)
        session.execute(update(Scan).where(Scan.id == scan_id).values(updated_at=utc_now()))


@dataclass(frozen=True)
class _Known:
    id: int
    kind: str
    scan_id: int
    user_id: int
    undoes_id: int | None


def _known_event(session: Session, client_id: str) -> _Known | None:
    row = session.execute(
        select(
            AnswerEvent.id,
            AnswerEvent.kind,
            AnswerEvent.scan_id,
            AnswerEvent.user_id,
            AnswerEvent.undoes_id,
        ).where(AnswerEvent.client_id == client_id)
    ).one_or_none()
    return None if row is None else _Known(*row)


def _asked(session: Session, scan_id: int, body: AnswerCreate) -> Asked | None:
    """Return the query that is answered: the named one, or the one that is at the point."""
    row = session.execute(
        select(Query.id, SelectionRound.strategy, Query.position)
        .join(SelectionRound, SelectionRound.id == Query.round_id)
        .where(Query.scan_id == scan_id, Query.point_index == body.point_index)
    ).one_or_none()
    if body.query_id is not None and (row is None or row[0] != body.query_id):
        if session.get(Query, body.query_id) is None:
            raise NotFound("query", body.query_id)
        raise Invalid(
            f"Query {body.query_id} is not about point {body.point_index} of scan {scan_id}."
        )
    return None if row is None else Asked(*row)


def _class_id(session: Session, scan: Scan, class_index: int | None) -> int | None:
    if class_index is None:
        return None
    class_id = session.scalar(
        select(LabelClassRow.id).where(
            LabelClassRow.project_id == scan.project_id, LabelClassRow.position == class_index
        )
    )
    if class_id is None:
        raise Invalid(f"The project has no class with index {class_index}.")
    return class_id
