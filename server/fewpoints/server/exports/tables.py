# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files made for download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.users.tables import User

WHOLE_PROJECT = "project"  # The kind of an archive of everything.


class Export(Base):
    """One finished export."""

    __tablename__ = "export"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own protocol
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[str] = mapped_column(String(255))
    bytes: Mapped[int] = mapped_column(BigInteger)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)  # last_event_id, checkpoint_id, scans.
    # Unknown of exports made before these columns were there.
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))  # Who asked for it.
    options: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # As it was asked for.
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
