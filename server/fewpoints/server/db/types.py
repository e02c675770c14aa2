# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Portable column types."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(timezone.utc)


def in_reach(time: datetime) -> datetime | None:
    """An aware time in UTC, if it is one that every part of the app can keep."""
    try:
        utc = time.astimezone(timezone.utc)
    except OverflowError:
        return None
    return utc if 1970 <= utc.year <= 9000 else None


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; naive UTC with microseconds in the database, whatever its dialect."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times: nobody could tell what zone they mean."""
        if value is None:
            return None
        assert value.tzinfo is not None, "naive time"
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored time as aware UTC."""
        return None if value is None else value.replace(tzinfo=timezone.utc)


# A row id that can pass two thousand million; SQLite only counts up plain INTEGER keys.
LongId = BigInteger().with_variant(Integer(), "sqlite")
