# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Notes that come without an answer."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.scan_arrays import local_position
from fewpoints.server.answers import tally
from fewpoints.server.answers.schemas import NoteCreate, NoteRead
from fewpoints.server.answers.service import ClientIdTaken
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Invalid
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.storage import Storage
from fewpoints.server.users.authentication import SignedIn


def record_note(
    session: Session, storage: Storage, scan_id: int, user: SignedIn, body: NoteCreate
) -> NoteRead:
    """Add a note to the log; sent twice, it is stored once.

    Raises:
        NotFound, ScanNotReady: there is no such scan, or it is not imported.
        Invalid: the scan has no such point or query.
        ClientIdTaken: the id is known from something else.
    """
    known = session.execute(
        select(
            AnswerEvent.kind,
            AnswerEvent.scan_id,
            AnswerEvent.user_id,
            AnswerEvent.note,
            AnswerEvent.answered_at,
        ).where(AnswerEvent.client_id == body.client_id)
    ).one_or_none()
    if known is not None:
        if (known.kind, known.scan_id, known.user_id) != ("note", scan_id, user.id):
            raise ClientIdTaken
        return NoteRead(text=known.note, user_name=user.name, created_at=known.answered_at)
    scan = ready_scan(session, scan_id)
    assert scan.points is not None
    if body.point_index >= scan.points:
        raise Invalid(
            f"There is no point {body.point_index}: {scan.name} has points 0 to {scan.points - 1}."
        )
    query = session.execute(
        select(Query.id, Query.position).where(
            Query.scan_id == scan_id, Query.point_index == body.point_index
        )
    ).one_or_none()
    if body.query_id is not None and (query is None or query.id != body.query_id):
        raise Invalid(
            f"Query {body.query_id} is not about point {body.point_index} of scan {scan_id}."
        )
    position = (
        local_position(storage.scan_arrays(scan_id), body.point_index)
        if query is None
        else query.position
    )
    if position is None:
        raise Invalid(f"Point {body.point_index} has no usable position.")
    now = utc_now()
    session.execute(
        insert(AnswerEvent).values(
            client_id=body.client_id,
            kind="note",
            scan_id=scan_id,
            user_id=user.id,
            author=user.name,
            query_id=None if query is None else query.id,
            point_index=body.point_index,
            position=list(position),
            note=body.note,
            answered_at=now,
            created_at=now,
        )
    )
    tally.touch(session, scan_id)
    return NoteRead(text=body.note, user_name=user.name, created_at=now)
