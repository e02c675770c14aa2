# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reviews over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from fewpoints.server.answers.schemas import AnswerRead, ClientId, NoteText, Reply
from fewpoints.server.rounds.schemas import View
from fewpoints.server.schemas import MAX_ID, Id, Schema, ShortName, Time

Verdict = Literal["approve", "send_back", "correct"]
# "correction": an answer that a reviewer gave instead of another one.
ReviewState = Literal["unreviewed", "approved", "sent_back", "corrected", "correction"]
Disagreement = Literal["prediction", "people"]
ReviewOrder = Literal["newest", "oldest", "contradicted"]
MAX_WALK = 20_000
ClassIndex = Annotated[int, Field(ge=0, lt=250)]


class ReviewFilter(Schema):
    """Which answers: all that meet every given part. Answers that are live are all there is.

    `disagrees` "prediction": the shown checkpoint predicts another class at the point; "people":
    another person named another class there, and no reviewer has settled it.
    """

    class_index: list[ClassIndex] = Field(default_factory=list, max_length=250)
    user: list[ShortName] = Field(default_factory=list, max_length=1000)
    scan_id: list[Id] = Field(default_factory=list, max_length=10_000)
    reply: list[Reply] = Field(default_factory=list, max_length=10)
    state: list[ReviewState] = Field(default_factory=list, max_length=10)
    disagrees: Disagreement | None = None
    after: datetime | None = None
    before: datetime | None = None
    noted: bool | None = None

    @model_validator(mode="after")
    def _zoned(self) -> ReviewFilter:
        for time in (self.after, self.before):
            if time is not None and time.tzinfo is None:
                raise ValueError("a time needs a zone, as in 2026-01-31T12:00:00Z")
        return self


class ReviewWalk(ReviewFilter):
    """Which answers, and in which order. "contradicted": surest other prediction first."""

    sort: ReviewOrder = "newest"


class ReviewListing(ReviewWalk):
    """A page of answers."""

    offset: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ReviewCreate(Schema):
    """A verdict on one answer. `client_id` is made by the sender; sent twice, it counts once.

    "correct" gives the class that counts instead; the reviewer answers for it.
    """

    client_id: ClientId
    verdict: Verdict
    note: NoteText | None = None
    class_index: ClassIndex | None = None
    instance: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None
    seconds: Annotated[float | None, Field(ge=0, le=1e9)] = None

    @model_validator(mode="after")
    def _consistent(self) -> ReviewCreate:
        if self.verdict == "correct" and self.class_index is None:
            raise ValueError('the verdict "correct" needs a class_index')
        if self.verdict != "correct" and (self.class_index, self.instance) != (None, None):
            raise ValueError(f'the verdict "{self.verdict}" has no class_index and no instance')
        return self


class ApproveAll(ReviewFilter):
    """Approve every unreviewed answer that meets the filter and is no newer than was seen."""

    client_id: ClientId
    up_to_answer_id: Annotated[int, Field(ge=0, lt=2**63)]


class ApprovedAll(BaseModel):
    """How many answers were approved."""

    approved: int


class UndoReview(Schema):
    """Take back the caller's newest verdict in the project, or all of it if it was about many."""

    client_id: ClientId


class ReviewUndone(BaseModel):
    """What is unreviewed again: how many answers, and one of them."""

    answers: int
    answer_id: int | None


class ReviewRead(BaseModel):
    """The verdict in force on an answer."""

    id: int
    verdict: Verdict
    note: str | None
    reviewer: str
    created_at: Time
    correction_id: int | None


class PredictedRead(BaseModel):
    """What a checkpoint says of a point; `class_index` is null where its class is gone."""

    checkpoint_id: int
    checkpoint_name: str
    class_index: int | None
    confidence: float


class ReviewItem(BaseModel):
    """A live answer, what a reviewer said of it, and what the shown checkpoint says of the point.

    `own`: the person who asks gave it. `contradicted`: the prediction is another class.
    """

    answer: AnswerRead
    scan_name: str
    state: ReviewState
    review: ReviewRead | None
    own: bool
    prediction: PredictedRead | None
    contradicted: bool


class ReviewPage(BaseModel):
    """Answers to review; `last_answer_id` is the newest of the project, for approving them all."""

    items: list[ReviewItem]
    total: int
    last_answer_id: int


class ReviewIds(BaseModel):
    """Ids of the answers to walk, in order: the first 20,000."""

    answer_ids: list[int]
    total: int


class ReviewDetail(ReviewItem):
    """One answer with what else is known of its point.

    `live`: false if its author took it back or answered again. `view`: the query's, if it is one.
    `prediction_then`: what was on screen when the answer was given. `others`: what other people
    answered at the point.
    """

    live: bool
    view: View | None
    prediction_then: PredictedRead | None
    others: list[ReviewItem]


class StateCount(BaseModel):
    """Answers by what reviewers said of them."""

    unreviewed: int = 0
    approved: int = 0
    sent_back: int = 0
    corrected: int = 0
    correction: int = 0


class PairAgreement(BaseModel):
    """How often two people agree at points that both named a class for; kappa is Cohen's."""

    users: tuple[str, str]
    points: int
    agreed: float
    kappa: float | None


class ClassCount(BaseModel):
    """Answers that name a class."""

    index: int
    answers: int


class UserCount(BaseModel):
    """Answers of one person."""

    name: str
    answers: int
    sent_back: int
    corrected: int
    approved: int


class ReplyCount(BaseModel):
    """Answers by kind."""

    reply: Reply
    answers: int


class ReviewSummary(BaseModel):
    """What there is to review in a project.

    `alpha`: Krippendorff's, over all points that several people named a class for; null without
    any, or where everybody named one and the same class.
    """

    answers: int
    states: StateCount
    classes: list[ClassCount]
    users: list[UserCount]
    replies: list[ReplyCount]
    contradicted: int
    predicted: int
    people_disagree: int
    noted: int
    shared_points: int
    alpha: float | None
    pairs: list[PairAgreement]
