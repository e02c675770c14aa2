# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Stretches of time as people count them: hours, days and weeks of their own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Bucket = Literal["hour", "day", "week"]
UTC_NAME = "UTC"
# At most 169 hours, 94 days or 523 weeks.
_HOURS_UP_TO, _DAYS_UP_TO = 7, 92


@dataclass(frozen=True)
class Buckets:
    """B stretches without gaps. starts: (B,) their first moments; end: of the last one."""

    bucket: Bucket
    starts: list[datetime]
    end: datetime

    def count(self, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return (B,) how many of the (n,) moments, in seconds since 1970, lie in each."""
        edges = np.array([start.timestamp() for start in [*self.starts, self.end]])
        place = np.searchsorted(edges, seconds, side="right") - 1
        inside = (place >= 0) & (place < len(self.starts))
        return np.bincount(place[inside], minlength=len(self.starts))


def known_zone(name: str) -> tuple[str, tzinfo]:
    """Return a time zone and its name: UTC where this machine does not know the one asked for."""
    try:
        return name, ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # Unknown, not a zone's name, or no database of zones.
        return UTC_NAME, timezone.utc


def buckets_until(now: datetime, zone: tzinfo, *, days: int) -> Buckets:
    """Return the buckets that cover the last `days` days up to `now`: the shorter, the finer."""
    today = now.astimezone(zone).date()
    if days <= _HOURS_UP_TO:
        return _hours(now, zone, days)
    first = today - timedelta(days=days - 1)
    if days <= _DAYS_UP_TO:
        return _days("day", first, today, 1, zone)
    return _days("week", first - timedelta(days=first.weekday()), today, 7, zone)


def start_of_day(now: datetime, zone: tzinfo) -> datetime:
    """Return when the present day began in a zone."""
    return _midnight(now.astimezone(zone).date(), zone)


def _hours(now: datetime, zone: tzinfo, days: int) -> Buckets:
    # Some zones are half an hour off, so that full hours of UTC are none of theirs.
    local = now.astimezone(zone)
    full = (now - timedelta(minutes=local.minute)).astimezone(timezone.utc)
    last = full.replace(second=0, microsecond=0)
    count = 24 * days
    starts = [last - timedelta(hours=count - 1 - step) for step in range(count)]
    return Buckets("hour", starts, last + timedelta(hours=1))


def _days(bucket: Bucket, first: date, today: date, step: int, zone: tzinfo) -> Buckets:
    days = [first]
    while days[-1] <= today:
        days.append(days[-1] + timedelta(days=step))
    moments = [_midnight(day, zone) for day in days]
    return Buckets(bucket, moments[:-1], moments[-1])


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(timezone.utc)
