# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Imported scans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import LongId, utc_now
from fewpoints.server.projects.tables import Project


class Scan(Base):
    """One point cloud. Everything from `points` on is known once it is imported."""

    __tablename__ = "scan"
    __table_args__ = (Index(None, "updated_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))  # What people see; never part of a path.
    suffix: Mapped[str] = mapped_column(String(16))  # Of the uploaded file: ".ply"; may be "".
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    # A file that nobody can read is removed: then a failed import cannot be tried again.
    source_gone: Mapped[bool] = mapped_column(default=False, server_default=false())
    bytes: Mapped[int] = mapped_column(BigInteger)
    points: Mapped[int | None] = mapped_column(BigInteger)  # Rows of the file.
    finite_points: Mapped[int | None] = mapped_column(BigInteger)
    format: Mapped[str | None] = mapped_column(String(32))
    # SHA-256 of its file; null while that lies in an archive (`scans/archived.py`).
    content_hash: Mapped[str | None] = mapped_column(String(64))
    # What was decided before the import (`scans/import_options.py`); null is nothing.
    import_options: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    voxel_size_m: Mapped[float | None]
    unit: Mapped[str | None] = mapped_column(String(32))
    up: Mapped[list[Any] | None] = mapped_column(JSON)  # Unit vector.
    shift: Mapped[list[Any] | None] = mapped_column(JSON)  # Local frame = fixed frame - shift.
    bounds: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # min, max in the local frame.
    warnings: Mapped[list[Any]] = mapped_column(JSON, default=list)
    features_key: Mapped[str | None] = mapped_column(
        String(200)
    )  # Network and voxel size; names the superpoints.
    cells: Mapped[int | None] = mapped_column(LongId)  # Of its superpoints.
    # The share of the cells that the answers up to an event leave open; null: not known, or all.
    unexplained: Mapped[float | None]
    unexplained_event: Mapped[int | None] = mapped_column(LongId)
    # What its queries and answers amount to, counted again in every transaction that adds some
    # (`answers/tally.py`): a list of thousands of scans is sorted and filtered by it.
    query_count: Mapped[int] = mapped_column(default=0, server_default="0")
    open_count: Mapped[int] = mapped_column(default=0, server_default="0")  # Of its queries.
    answered_count: Mapped[int] = mapped_column(default=0, server_default="0")
    unsure_count: Mapped[int] = mapped_column(default=0, server_default="0")
    skipped_count: Mapped[int] = mapped_column(default=0, server_default="0")
    unlisted_count: Mapped[int] = mapped_column(default=0, server_default="0")
    answer_count: Mapped[int] = mapped_column(default=0, server_default="0")  # Live, of everyone.
    newest_event: Mapped[int | None] = mapped_column(LongId)
    newest_review: Mapped[int | None] = mapped_column(LongId)
    answered_at: Mapped[datetime | None]  # When the newest event came.
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
