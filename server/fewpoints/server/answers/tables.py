# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The append-only log of answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import JSON, ForeignKey, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import LongId, utc_now
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class AnswerEvent(Base):
    """Something one person did: gave an answer, took one back, or noted something.

    Rows are added, never changed; they go only with their scan. What counts now is folded from them
    (`answers/queries.py`): per point and author the newest answer that was not undone.
    """

    __tablename__ = "answer_event"
    __table_args__ = (
        Index(None, "scan_id", "user_id", "id"),
        Index(None, "scan_id", "point_index"),
        {"sqlite_autoincrement": True},  # Ids are the order of events and are never used again.
    )
    id: Mapped[int] = mapped_column(LongId, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)  # Made by the sender.
    kind: Mapped[str] = mapped_column(String(8))  # "answer", "undo", "import", "unimport", "note".
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))  # Who sent it.
    author: Mapped[str] = mapped_column(String(100))  # Whose answer it is; differs for imports.
    # An undo that found nothing to undo has no target, yet is remembered: sent again it stays that.
    undoes_id: Mapped[int | None] = mapped_column(
        LongId, ForeignKey("answer_event.id", ondelete="CASCADE"), unique=True
    )
    query_id: Mapped[int | None] = mapped_column(
        ForeignKey(Query.id, ondelete="CASCADE"), index=True
    )
    point_index: Mapped[int | None]  # Row of the scan as imported; none in an undo.
    position: Mapped[list[Any] | None] = mapped_column(JSON)  # Local frame.
    reply: Mapped[str | None] = mapped_column(String(8))  # "class", "unsure", "skip" or "unlisted".
    class_id: Mapped[int | None] = mapped_column(ForeignKey(LabelClassRow.id), index=True)
    instance: Mapped[int | None]
    seconds: Mapped[float | None]
    note: Mapped[str | None] = mapped_column(Text)  # Empty: what was noted before is void.
    strategy: Mapped[str | None] = mapped_column(String(32))
    checkpoint_id: Mapped[int | None]  # Whose prediction was on screen.
    # When the person answered: for imports what the file says; for an answer that was taken back
    # and given again, when it was given first.
    answered_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


@event.listens_for(AnswerEvent, "before_update")
@event.listens_for(AnswerEvent, "before_delete")
def _never(*_: object) -> NoReturn:
    raise AssertionError("answer events are never changed")
