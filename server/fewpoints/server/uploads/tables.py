# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files on their way in, that may be broken off and go on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class Upload(Base):
    """One file that a person sends in pieces. How much has arrived is the size of its file.

    It becomes a scan when the person says so, after its check, or several if it is an archive;
    `scan_id` is the first one. An archive of a project becomes a job instead. Its row stays until
    it expires, so that saying so twice makes one scan, or one job.
    """

    __tablename__ = "upload"
    __table_args__ = (Index(None, "project_id", "user_id"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    # Null: the file is an archive of a project.
    project_id: Mapped[int | None] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))  # What people see; never part of a path.
    suffix: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int] = mapped_column(BigInteger)  # Of the whole file.
    fingerprint: Mapped[str] = mapped_column(String(100))  # Made by the sender, to know it again.
    sha256: Mapped[str | None] = mapped_column(String(64))  # Null until it is checked.
    import_options: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # It was checked with.
    preflight: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # code, message: not readable.
    text_table: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # Its layout, and some lines.
    # Of an archive: the scans in it (`uploads/archives.py`); null for any other file.
    contents: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    scan_id: Mapped[int | None] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    # The one that imports an archive of a project, which has the file.
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(index=True)

    @property
    def is_done(self) -> bool:
        """Whether it has become what it was sent for."""
        return self.scan_id is not None or self.job_id is not None
