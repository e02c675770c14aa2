# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Projects and their class lists."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import utc_now


class Project(Base):
    """Scans that share a class list, a strategy and checkpoints."""

    __tablename__ = "project"
    __table_args__ = (Index(None, "updated_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    budget: Mapped[int]
    strategy: Mapped[str] = mapped_column(String(32))
    auto_select: Mapped[bool]
    # Nobody sees what a network says before they have answered.
    hide_predictions: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class ProjectArrival(Base):
    """Says of a project that its rows and files are not all here: it is being imported.

    Nobody sees the project before this row goes. If the import ends without that, all of it goes.
    """

    __tablename__ = "project_arrival"
    project_id: Mapped[int] = mapped_column(
        ForeignKey(Project.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    new_people: Mapped[list[Any]] = mapped_column(JSON)  # Ids of those whom it brought along.
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class LabelClassRow(Base):
    """One class of a project. Answers refer to the row, so a class may move or be renamed."""

    __tablename__ = "label_class"
    __table_args__ = (Index(None, "project_id", "position"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id, ondelete="CASCADE"))
    position: Mapped[int]  # The class index that clients, files and networks see.
    name: Mapped[str] = mapped_column(String(100))
    color: Mapped[str] = mapped_column(String(7))
    key: Mapped[str | None] = mapped_column(String(16))
    instanceable: Mapped[bool]
    external_id: Mapped[int | None]
    parent: Mapped[str | None] = mapped_column(String(100))  # The group it is listed under.
    description: Mapped[str] = mapped_column(Text, default="")
