# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Selections of points and the queries they made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.tables import Job
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class SelectionRound(Base):
    """One run of a strategy on one scan."""

    __tablename__ = "selection_round"
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"), index=True)
    # A job that runs twice finds its own round instead of making a second one.
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id), unique=True)
    strategy: Mapped[str] = mapped_column(String(32))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    budget: Mapped[int]
    seed: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Query(Base):
    """A point that people are asked about, and a view in which it is seen."""

    __tablename__ = "query"
    __table_args__ = (UniqueConstraint("scan_id", "point_index"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(
        ForeignKey(SelectionRound.id, ondelete="CASCADE"), index=True
    )
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    rank: Mapped[int]  # Order of asking inside the round, from 0.
    point_index: Mapped[int]  # Row of the scan as imported.
    position: Mapped[list[Any]] = mapped_column(JSON)  # Local frame.
    view: Mapped[dict[str, Any]] = mapped_column(JSON)  # eye, target, up in the local frame.


class QueryLease(Base):
    """Who works on a query now; void once `expires_at` has passed."""

    __tablename__ = "query_lease"
    query_id: Mapped[int] = mapped_column(
        ForeignKey(Query.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime]
