# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs: the row is the truth about what runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class Job(Base):
    """One piece of background work.

    `attempts` goes up each time a worker takes the job, so it also tells a worker whether the job
    is still its own: only state "running" with the worker's own attempt number may be written to.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "state", "lane"),
        Index(None, "updated_at"),
        {"sqlite_autoincrement": True},
    )
    if TYPE_CHECKING:
        scan_name: Mapped[str | None]  # Of its scan, as long as there is one; set below.
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    lane: Mapped[str] = mapped_column(String(8))
    args: Mapped[dict[str, Any]] = mapped_column(JSON)
    project_id: Mapped[int | None] = mapped_column(
        ForeignKey(Project.id, ondelete="SET NULL"), index=True
    )
    scan_id: Mapped[int | None] = mapped_column(
        ForeignKey(Scan.id, ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    # Jobs that one request queued for many scans carry the id of the first of them.
    batch: Mapped[int | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)  # Times its worker or the server died.
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


# People know a job by its scan, which may be one of thousands that a client does not hold.
Job.scan_name = column_property(
    select(Scan.name).where(Scan.id == Job.scan_id).correlate_except(Scan).scalar_subquery()
)
