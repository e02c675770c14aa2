# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the answers of a scan amount to, kept so that nobody waits for it twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from fewpoints.server.db.base import Base
from fewpoints.server.db.types import LongId
from fewpoints.server.scans.tables import Scan


class ScanFigures(Base):
    """Figures of one scan, each with the newest event and review that it takes into account.

    They follow from the answers, their reviews and the superpoints, and are made again when these
    change. Shares are 0 to 1.
    """

    __tablename__ = "scan_figures"
    scan_id: Mapped[int] = mapped_column(
        Integer, ForeignKey(Scan.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    features_key: Mapped[str] = mapped_column(String(200))  # Of the superpoints.
    event_id: Mapped[int] = mapped_column(LongId)
    review_id: Mapped[int] = mapped_column(LongId)  # Likewise; 0 without reviews.
    labelled: Mapped[int]  # Points with a class that have a place.
    superpoints: Mapped[int]
    answered: Mapped[int]  # Superpoints with such a point.
    explained: Mapped[float]  # Share of the cells' prior variance.
    reached: Mapped[float]  # Share of the cells, see learning_curve/reach.py.
    class_points: Mapped[dict[str, Any]] = mapped_column(JSON)  # Class row id -> points.
    # How good labels are where nobody told them; null with too few answers.
    curve_event: Mapped[int | None] = mapped_column(LongId)
    curve_review: Mapped[int | None] = mapped_column(LongId)
    curve_at: Mapped[datetime | None]
    curve_answers: Mapped[int | None]
    curve: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # `coverage/figures.py` knows it.
    # What ten more answers are expected to bring.
    gain: Mapped[float | None]
    gain_low: Mapped[float | None]
    gain_high: Mapped[float | None]
