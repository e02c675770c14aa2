# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The append-only log of reviews."""

from __future__ import annotations

from datetime import datetime
from typing import NoReturn

from sqlalchemy import ForeignKey, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.base import Base
from fewpoints.server.db.types import LongId, utc_now
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class ReviewEvent(Base):
    """Something a reviewer did: gave a verdict on one answer, or took verdicts back.

    Rows are added, never changed; they go only with their scan. A verdict is about one event of the
    log of answers, so it says nothing about what its author answers later.
    """

    __tablename__ = "review_event"
    __table_args__ = (
        Index(None, "scan_id", "id"),
        Index(None, "user_id", "id"),
        {"sqlite_autoincrement": True},  # Ids are the order of events and are never used again.
    )
    id: Mapped[int] = mapped_column(LongId, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)  # The batch's, made unique.
    batch: Mapped[str] = mapped_column(String(64), index=True)  # Made by the sender, per request.
    kind: Mapped[str] = mapped_column(String(16))  # "approve", "send_back", "correct" or "undo".
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    # An undo that found nothing to undo is about no answer.
    answer_id: Mapped[int | None] = mapped_column(
        LongId, ForeignKey(AnswerEvent.id, ondelete="CASCADE"), index=True
    )
    # The reviewer's own answer, which counts instead.
    correction_id: Mapped[int | None] = mapped_column(
        LongId, ForeignKey(AnswerEvent.id, ondelete="CASCADE"), index=True
    )
    undoes_id: Mapped[int | None] = mapped_column(
        LongId, ForeignKey("review_event.id", ondelete="CASCADE"), unique=True
    )
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


@event.listens_for(ReviewEvent, "before_update")
@event.listens_for(ReviewEvent, "before_delete")
def _never(*_: object) -> NoReturn:
    raise AssertionError("review events are never changed")
