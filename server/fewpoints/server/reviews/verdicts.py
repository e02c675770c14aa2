# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which verdict on each answer is in force.

The newest that was not taken back. A correction whose answer was taken back is none any more.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.reviews.schemas import ReviewState
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.scans.tables import Scan

_Undo = aliased(ReviewEvent)
_TakenBack = aliased(AnswerEvent)
IN_FORCE = and_(
    ReviewEvent.kind != "undo",
    ~exists().where(_Undo.undoes_id == ReviewEvent.id),
    or_(
        ReviewEvent.correction_id.is_(None),
        ~exists().where(_TakenBack.undoes_id == ReviewEvent.correction_id),
    ),
)


_STATE_OF: dict[str, ReviewState] = {
    "approve": "approved",
    "send_back": "sent_back",
    "correct": "corrected",
}


def state_of(verdict: str | None, *, is_correction: bool) -> ReviewState:
    """Return the state of an answer by the verdict in force on it.

    Args:
        is_correction: a reviewer gave it instead of another one.
    """
    if verdict is not None:
        return _STATE_OF[verdict]
    return "correction" if is_correction else "unreviewed"


def verdicts(condition: ColumnElement[bool]) -> Subquery:
    """The verdicts in force on answers of the scans that meet `condition`.

    Columns id, kind, answer_id, correction_id, user_id, note, created_at; one row per answer.
    """
    newest = (
        select(func.max(ReviewEvent.id))
        .join(Scan, Scan.id == ReviewEvent.scan_id)
        .where(condition, IN_FORCE)
        .group_by(ReviewEvent.answer_id)
    )
    return (
        select(
            ReviewEvent.id,
            ReviewEvent.kind,
            ReviewEvent.answer_id,
            ReviewEvent.correction_id,
            ReviewEvent.user_id,
            ReviewEvent.note,
            ReviewEvent.created_at,
        )
        .where(ReviewEvent.id.in_(newest))
        .subquery()
    )
