# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading answers with their reviews."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import KINDS_OF_ANSWERS, live_ids, noted_at, read_answer
from fewpoints.server.answers.schemas import NoteRead
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.errors import NotFound
from fewpoints.server.projects.arriving import is_arriving
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.reviews.predicted import PredictedPoints
from fewpoints.server.reviews.predictor import read_predictor, shown_checkpoint
from fewpoints.server.reviews.schemas import (
    PredictedRead,
    ReviewDetail,
    ReviewItem,
    ReviewRead,
)
from fewpoints.server.reviews.verdicts import state_of, verdicts
from fewpoints.server.rounds.schemas import View
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint
from fewpoints.server.users.tables import User


def get_answer(session: Session, answer_id: int) -> AnswerEvent:
    """Return an answer event.

    Raises:
        NotFound: there is none, or the event is no answer.
    """
    event = session.get(AnswerEvent, answer_id)
    if (
        event is None
        or event.kind not in KINDS_OF_ANSWERS
        or is_arriving(session, session.get_one(Scan, event.scan_id).project_id)
    ):
        raise NotFound("answer", answer_id)
    return event


def is_live(session: Session, event: AnswerEvent) -> bool:
    """Return whether an answer was neither taken back nor replaced by its author."""
    assert event.point_index is not None
    ids = live_ids(Scan.id == event.scan_id).where(
        AnswerEvent.point_index == event.point_index,
        AnswerEvent.user_id == event.user_id,
        AnswerEvent.author == event.author,
    )
    return session.scalar(ids) == event.id


def read_items(
    session: Session,
    predicted: PredictedPoints,
    answer_ids: Sequence[int],
    *,
    user_id: int,
    checkpoint: Checkpoint | None,
) -> list[ReviewItem]:
    """Return answers with their reviews, in the order of `answer_ids`.

    checkpoint: the one whose predictions to tell.
    """
    rows = {row[0].id: row for row in _read(session, AnswerEvent.id.in_(answer_ids))}
    events = [event for event, *_ in rows.values()]
    notes = noted_at(
        session,
        AnswerEvent.scan_id.in_({event.scan_id for event in events}),
        AnswerEvent.point_index.in_({event.point_index for event in events}),
    )
    said = {} if checkpoint is None else _said(session, predicted, checkpoint, events)
    items = []
    for answer_id in answer_ids:
        if answer_id in rows:
            event = rows[answer_id][0]
            point = event.point_index or 0
            note = notes.get((event.scan_id, point, event.author))
            prediction = said.get((event.scan_id, point))
            items.append(_item(*rows[answer_id], user_id=user_id, note=note, prediction=prediction))
    return items


_Row = tuple[AnswerEvent, "int | None", str, "ReviewRead | None", bool]


def _read(session: Session, condition: ColumnElement[bool]) -> list[_Row]:
    """(event, class index, scan name, verdict, whether it is a correction) of answers, by id."""
    scan_ids = set(session.scalars(select(AnswerEvent.scan_id).where(condition)))
    mine = Scan.id.in_(scan_ids)
    own, given = verdicts(mine), verdicts(mine)
    rows = session.execute(
        select(
            AnswerEvent,
            LabelClassRow.position,
            Scan.name,
            own.c.id,
            own.c.kind,
            own.c.note,
            own.c.created_at,
            own.c.correction_id,
            User.name,
            given.c.id,
        )
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .outerjoin(LabelClassRow, LabelClassRow.id == AnswerEvent.class_id)
        .outerjoin(own, own.c.answer_id == AnswerEvent.id)
        .outerjoin(User, User.id == own.c.user_id)
        .outerjoin(given, given.c.correction_id == AnswerEvent.id)
        .where(condition)
        .order_by(AnswerEvent.id)
    )
    return [
        (
            event,
            index,
            scan_name,
            None
            if review_id is None
            else ReviewRead(
                id=review_id,
                verdict=kind,
                note=note,
                reviewer=reviewer,
                created_at=created_at,
                correction_id=correction_id,
            ),
            given_id is not None,
        )
        for (
            event, index, scan_name, review_id, kind, note, created_at, correction_id, reviewer,
            given_id,
        ) in rows
    ]  # fmt: skip


def _item(
    event: AnswerEvent,
    class_index: int | None,
    scan_name: str,
    review: ReviewRead | None,
    is_given: bool,
    *,
    user_id: int,
    note: NoteRead | None,
    prediction: PredictedRead | None,
) -> ReviewItem:
    state = state_of(None if review is None else review.verdict, is_correction=is_given)
    answer = read_answer(event, class_index)
    answer.note = None if note is None else note.text
    return ReviewItem(
        answer=answer,
        scan_name=scan_name,
        state=state,
        review=review,
        own=event.user_id == user_id,
        prediction=prediction,
        contradicted=prediction is not None
        and prediction.class_index is not None
        and class_index is not None
        and prediction.class_index != class_index,
    )


def _said(
    session: Session,
    predicted: PredictedPoints,
    checkpoint: Checkpoint,
    events: Sequence[AnswerEvent],
) -> dict[tuple[int, int], PredictedRead]:
    """Return (scan id, point) -> what a checkpoint says there; nothing without a prediction."""
    points: dict[int, list[int]] = {}
    for event in events:
        points.setdefault(event.scan_id, []).append(event.point_index or 0)
    predictor = read_predictor(session, checkpoint, points)
    out = {}
    for scan_id, at in points.items():
        found = predictor.at(predicted, scan_id, np.array(at, np.int64))
        if found is None:
            continue
        for point, index, confidence in zip(at, *(part.tolist() for part in found), strict=True):
            out[scan_id, point] = PredictedRead(
                checkpoint_id=checkpoint.id,
                checkpoint_name=checkpoint.name,
                class_index=None if index < 0 else index,
                confidence=confidence / 255,
            )
    return out


def read_detail(
    session: Session, predicted: PredictedPoints, answer_id: int, *, user_id: int
) -> ReviewDetail:
    """Return one answer with all that is known of its point.

    Raises:
        NotFound: there is no such answer.
    """
    event = get_answer(session, answer_id)
    point = event.point_index
    assert point is not None
    project_id = session.get_one(Scan, event.scan_id).project_id
    shown = shown_checkpoint(session, project_id)
    here = list(
        session.scalars(
            live_ids(Scan.id == event.scan_id)
            .where(AnswerEvent.point_index == point)
            .order_by(AnswerEvent.user_id, AnswerEvent.author)
        )
    )
    items = read_items(
        session, predicted, [answer_id, *sorted(here)], user_id=user_id, checkpoint=shown
    )
    then = None
    if event.checkpoint_id is not None:
        before = session.get(Checkpoint, event.checkpoint_id)
        if before is not None and before.project_id == project_id:
            then = _said(session, predicted, before, [event]).get((event.scan_id, point))
    query = session.scalars(
        select(Query).where(Query.scan_id == event.scan_id, Query.point_index == point)
    ).one_or_none()
    return ReviewDetail(
        **dict(items[0]),
        live=answer_id in here,
        view=None if query is None else View.model_validate(query.view),
        prediction_then=then,
        others=[item for item in items[1:] if item.answer.id != answer_id],
    )
