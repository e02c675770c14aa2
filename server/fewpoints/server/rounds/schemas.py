# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Selection rounds and queries over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.server.answers.schemas import AnswerRead, NoteRead, Reply
from fewpoints.server.projects.schemas import Budget, StrategyName
from fewpoints.server.schemas import Schema, Time, Vector

QueryState = Literal["open", "answered", "unsure", "skipped", "unlisted"]


class RoundCreate(Schema):
    """How to choose how many further points."""

    strategy: StrategyName
    budget: Budget
    scaling: Literal["scaled", "reference"] = "scaled"
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0


class View(BaseModel):
    """A camera in the local frame."""

    eye: Vector
    target: Vector
    up: Vector


class SentBack(BaseModel):
    """An answer that a reviewer wants given again: whose it was, what it was, and why."""

    author: str
    reviewer: str
    note: str | None
    reply: Reply
    class_index: int | None
    created_at: Time


class QueryRead(BaseModel):
    """A point to answer; `leased_by` names another person who works on it now.

    notes: the newest of each person, oldest first. sent_back: why it is open again, if a reviewer
    sent the last answer back.
    """

    id: int
    round_id: int
    rank: int
    point_index: int
    position: Vector
    view: View
    strategy: str
    state: QueryState
    answer: AnswerRead | None
    notes: list[NoteRead]
    leased_by: str | None
    sent_back: SentBack | None
