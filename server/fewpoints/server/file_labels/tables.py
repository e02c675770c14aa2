# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that came with the files of scans, taken in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.tables import User


class LabelImport(Base):
    """One mapping applied to a label field of scans, which is undone as a whole."""

    __tablename__ = "label_import"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own protocol
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id, ondelete="SET NULL"))
    client_id: Mapped[str] = mapped_column(String(64), unique=True)  # Made by the sender.
    target: Mapped[str] = mapped_column(String(16))  # "answers" or "truth".
    field: Mapped[str] = mapped_column(String(200))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)  # class_mapping, classes by index.
    class_ids: Mapped[list[Any]] = mapped_column(JSON)  # Rows of the classes, by that index.
    scan_ids: Mapped[list[Any]] = mapped_column(JSON)
    per_class: Mapped[int | None]  # Answers per class and scan; null is all points.
    # What has come of it so far.
    scans: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(BigInteger, default=0)  # With a class, of the truth.
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    undone_at: Mapped[datetime | None]


class GroundTruth(Base):
    """The true classes of one scan, by one import; the newest that is not undone counts.

    A file beside the scan has a class for every point, an index in the import's `class_ids`.
    """

    __tablename__ = "ground_truth"
    __table_args__ = (
        UniqueConstraint("scan_id", "import_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    import_id: Mapped[int] = mapped_column(
        ForeignKey(LabelImport.id, ondelete="CASCADE"), index=True
    )
    points: Mapped[int] = mapped_column(BigInteger)  # That have a class.
    class_points: Mapped[dict[str, Any]] = mapped_column(JSON)  # Class row -> its points.
    # The labels that were compared with it last, and how: [[true row, their row or null, n], ...].
    measured: Mapped[str | None] = mapped_column(String(200))
    table: Mapped[list[Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
