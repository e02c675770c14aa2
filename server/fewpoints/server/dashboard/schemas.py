# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The dashboard over HTTP."""

from __future__ import annotations

from pydantic import BaseModel

from fewpoints.server.dashboard.buckets import Bucket
from fewpoints.server.schemas import Time


class ScanStates(BaseModel):
    """How many scans of a project are in which state; they add up to `total`.

    `waiting` to be imported, `importing`, `failed`; of those that are ready: `unasked` have no
    queries, `untouched` have queries and no reply to any, `begun` some open queries, and
    `finished` none that is open.
    """

    total: int = 0
    waiting: int = 0
    importing: int = 0
    failed: int = 0
    unasked: int = 0
    untouched: int = 0
    begun: int = 0
    finished: int = 0


class ReplyCounts(BaseModel):
    """What people sent, each reply counted when it was given, whatever became of it.

    `labelled` named a class. `undone` were taken back. `imported` came in files and are in none of
    the others.
    """

    labelled: int = 0
    unsure: int = 0
    skipped: int = 0
    unlisted: int = 0
    undone: int = 0
    imported: int = 0


class SecondsRead(BaseModel):
    """Quartiles of the seconds from a question to its reply, over `replies` that have a time."""

    replies: int
    lower: float
    median: float
    upper: float


class PersonActivity(BaseModel):
    """What one person did.

    `replies` and `spent_s` are of all time; `counts` (replies in each bucket), `seconds` and
    `per_hour` are of the range. `spent_s` adds up the seconds of replies, each counted as five
    minutes at most. `per_hour`: replies per hour of the clock in which there was any.
    """

    user_id: int
    name: str
    replies: ReplyCounts
    spent_s: float
    counts: list[int]
    seconds: SecondsRead | None
    per_hour: float | None


class ActivityRead(BaseModel):
    """Who replied how often and how fast. Imported answers are counted, but are nobody's work.

    `starts` are the first moments of the buckets, in order and without gaps; the buckets are hours,
    days or weeks of `time_zone`: the one asked for, or UTC where the server does not know it.
    `people` are the busiest first, cut at the limit; `total_people` counts all, and the figures of
    everyone together include all.
    """

    time_zone: str
    bucket: Bucket
    starts: list[Time]
    end: Time
    today: int
    replies: ReplyCounts
    spent_s: float
    counts: list[int]
    seconds: SecondsRead | None
    per_hour: float | None
    people: list[PersonActivity]
    total_people: int


class ClassShare(BaseModel):
    """One class: the points that have it now, and its part of the surfaces of labelled scans.

    `share` is null while no scan's labels were looked at yet.
    """

    index: int
    name: str
    color: str
    answers: int
    share: float | None


class ClassBalanceRead(BaseModel):
    """Classes in index order. `scans` have dense labels, `counted` of them are in the shares."""

    classes: list[ClassShare]
    answers: int
    scans: int
    counted: int
