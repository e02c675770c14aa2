# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen sets of answers, the checkpoints trained on them, and what these predict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import LongId, utc_now
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan


class Snapshot(Base):
    """The labels of a project as they were at one moment; later answers do not change it."""

    __tablename__ = "snapshot"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    last_event_id: Mapped[int] = mapped_column(LongId)
    # [event id, scan id, point index, class index] in order of event id.
    rows: Mapped[list[Any]] = mapped_column(JSON)
    # {id, name, color} in class order: what the class indices meant.
    classes: Mapped[list[Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Checkpoint(Base):
    """Weights with their configuration and provenance."""

    __tablename__ = "checkpoint"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own protocol
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int | None] = mapped_column(
        ForeignKey(Project.id, ondelete="CASCADE"), index=True
    )
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("checkpoint.id", ondelete="CASCADE"))
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey(Snapshot.id, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    arch: Mapped[str] = mapped_column(String(32))
    variant: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Part of the points that it gives the class that the checkpoint before it gave; 0-1.
    agreement: Mapped[float | None]
    shown: Mapped[bool] = mapped_column(default=False)  # At most one per project.
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Prediction(Base):
    """A checkpoint's classes and confidences for every point of a scan; the arrays are files."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("scan_id", "checkpoint_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey(Scan.id, ondelete="CASCADE"))
    checkpoint_id: Mapped[int] = mapped_column(
        ForeignKey(Checkpoint.id, ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
