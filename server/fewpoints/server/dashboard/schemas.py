# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The dashboard over HTTP."""

from __future__ import annotations

from pydantic import BaseModel

from fewpoints.models.learning_curve.saturation import Verdict
from fewpoints.server.coverage.figures import CurvePoint
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

    `share`: of the points of the scans that were looked at, by their dense labels; null while there
    is none.
    """

    index: int
    name: str
    color: str
    answers: int
    share: float | None


class ClassBalanceRead(BaseModel):
    """Classes in index order. Of `scans` with answers `counted` are in the shares."""

    classes: list[ClassShare]
    answers: int
    scans: int
    counted: int


class GainRead(BaseModel):
    """What `clicks` more answers are expected to bring, in shares of all surfaces, and its ends.

    The interval is meant to hold what they do bring in nine of ten cases.
    """

    clicks: int
    expected: float
    low: float
    high: float


class AdviceRead(BaseModel):
    """Whether to go on with a scan, and why, in a sentence.

    `verdict` is "too_early" below `needed` answers; `answers` is how many `gain` is made from.
    """

    verdict: Verdict
    answers: int
    needed: int
    gain: GainRead | None
    reason: str


class ScanCoverage(BaseModel):
    """How far the answers of one scan reach; shares of 0 to 1.

    `answered` of its `superpoints` have an answer. `explained`: share of the surfaces' variance
    that answers explain. `reached`: share of the surfaces that look so much like an answered one as
    surfaces of this scan look like their fourth most similar. All are null while they are not
    worked out; `current` says whether they are of the answers as they are now.
    """

    scan_id: int
    name: str
    answers: int
    superpoints: int | None
    answered: int | None
    explained: float | None
    reached: float | None
    current: bool
    advice: AdviceRead


class CoverageRead(BaseModel):
    """How far the answers of a project reach: means over its scans, weighted by their surfaces.

    Of `scans` that are imported `prepared` have superpoints and are in the means; `waiting` have
    figures to be worked out, which goes on whenever this is asked for. `stop`, `go_on` and
    `too_early` count the scans with answers by advice; `best` is the one where more answers are
    expected to bring most. `items`: the scans with answers, those where more bring most first.
    """

    scans: int
    prepared: int
    waiting: int
    answered: float
    explained: float
    reached: float
    stop: int
    go_on: int
    too_early: int
    needed: int
    best: ScanCoverage | None
    items: list[ScanCoverage]
    total: int


class CurveRead(BaseModel):
    """How good the labels of one scan are by the number of answers they are made from.

    `current` says whether it is of the answers as they are now; `points` are empty while there are
    too few answers, or nothing is worked out yet.
    """

    scan_id: int
    name: str
    answers: int
    needed: int
    current: bool
    tested: int
    points: list[CurvePoint]
    advice: AdviceRead


class VersionRead(BaseModel):
    """A checkpoint as a point of a learning curve; shares of 0 to 1.

    `answers` it was trained on; `miou` and `accuracy` on `measured` of them that were kept out;
    `agreement`: points with the same class as by the version before. Null where not measured.
    """

    checkpoint_id: int
    name: str
    variant: str
    created_at: Time
    answers: int
    measured: int
    miou: float | None
    accuracy: float | None
    agreement: float | None


class VersionsRead(BaseModel):
    """The newest checkpoints of a project, by answers, and how many there are."""

    items: list[VersionRead]
    total: int
