# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Who replied how often and how fast."""

from __future__ import annotations

from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fewpoints.server.dashboard.buckets import buckets_until, start_of_day
from fewpoints.server.dashboard.queries import PersonTotals, person_totals
from fewpoints.server.dashboard.reply_log import ANSWER, Events
from fewpoints.server.dashboard.schemas import (
    ActivityRead,
    PersonActivity,
    ReplyCounts,
    SecondsRead,
)

_HOUR_S = 3600.0


def read_activity(
    session: Session,
    events: Events,
    *,
    now: datetime,
    zone: tzinfo,
    name: str,
    days: int,
    limit: int,
) -> ActivityRead:
    """Return what people did in a project over the last `days` days up to `now`.

    Args:
        zone: whose hours and days are counted, and its name.
        limit: so many people are listed, the busiest of the range first.
    """
    buckets = buckets_until(now, zone, days=days)
    people = person_totals(session, events)
    since = buckets.starts[0].timestamp()
    replies = events.of((events.kind == ANSWER) & (events.at >= since))
    day = start_of_day(now, zone).timestamp()

    def read(user_id: int, person: PersonTotals) -> PersonActivity:
        own = replies.user == user_id
        return PersonActivity(
            user_id=user_id,
            name=person.name,
            replies=person.replies,
            spent_s=person.spent_s,
            counts=buckets.count(replies.at[own]).tolist(),
            seconds=quartiles(replies.seconds[own]),
            per_hour=per_hour(replies.at[own], day),
        )

    listed = sorted(
        (read(user_id, person) for user_id, person in people.items()),
        key=lambda person: (-sum(person.counts), -_given(person.replies), person.user_id),
    )
    total = ReplyCounts()
    for person in people.values():
        for field_name in ReplyCounts.model_fields:
            more = getattr(total, field_name) + getattr(person.replies, field_name)
            setattr(total, field_name, more)
    return ActivityRead(
        time_zone=name,
        bucket=buckets.bucket,
        starts=buckets.starts,
        end=buckets.end,
        today=int((replies.at >= day).sum()),
        replies=total,
        spent_s=sum(person.spent_s for person in people.values()),
        counts=buckets.count(replies.at).tolist(),
        seconds=quartiles(replies.seconds),
        per_hour=per_hour(replies.at, day, replies.user),
        people=listed[:limit],
        total_people=len(listed),
    )


def quartiles(seconds: NDArray[np.float64]) -> SecondsRead | None:
    """Return the quartiles of (n,) times, NaN for unknown ones; None if none is known."""
    known = seconds[np.isfinite(seconds)]
    if not len(known):
        return None
    lower, median, upper = np.quantile(known, (0.25, 0.5, 0.75)).tolist()
    return SecondsRead(replies=len(known), lower=lower, median=median, upper=upper)


def per_hour(
    at: NDArray[np.float64], midnight: float, users: NDArray[np.int64] | None = None
) -> float | None:
    """Return replies per hour of the clock in which somebody gave any; None without replies.

    Args:
        at: (n,) seconds since 1970. midnight: a full hour of the zone, likewise.
        users: (n,) who: two people in one hour are two hours of work.
    """
    if not len(at):
        return None
    hours = np.floor((at - midnight) / _HOUR_S).astype(np.int64)
    worked = np.unique(np.stack([hours, np.zeros_like(hours) if users is None else users]), axis=1)
    return float(len(at) / worked.shape[1])


def _given(replies: ReplyCounts) -> int:
    return replies.labelled + replies.unsure + replies.skipped + replies.unlisted
