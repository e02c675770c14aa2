# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of scans, and what is done to many of them, over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from fewpoints.server.projects.schemas import Budget, StrategyName
from fewpoints.server.scans.schemas import ScanRead, ScanState
from fewpoints.server.schemas import MAX_ID, Id, Schema

MAX_SCANS = 10_000
Progress = Literal["untouched", "started", "done"]
ScanSort = Literal["created", "name", "points", "state", "answered", "unexplained", "active"]
BulkAction = Literal["select", "prepare", "retry", "delete"]


class ScanFilter(Schema):
    """Which scans of a project; what is not given does not matter.

    `progress`: nobody has answered anything, or something, or every query. `person`: who has
    answered something, other than what they took back.
    """

    name: Annotated[str | None, Field(max_length=200, description="Part of the name.")] = None
    state: ScanState | None = None
    progress: Progress | None = None
    warnings: Annotated[bool | None, Field(description="Whether the import had any.")] = None
    predicted: Annotated[bool | None, Field(description="By the checkpoint that is shown.")] = None
    person: Id | None = None


class ScanListQuery(ScanFilter):
    """Which scans, in which order. Where two are equal the older one comes first.

    What a scan does not have is sorted last: points, queries, answers.
    """

    sort: ScanSort = "created"
    descending: bool = False
    offset: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ScanIdsQuery(ScanListQuery):
    """The same for ids alone, of which many are wanted at once."""

    limit: Annotated[int, Field(ge=1, le=MAX_SCANS)] = MAX_SCANS


class StateNumbers(BaseModel):
    """Scans by state."""

    queued: int = 0
    importing: int = 0
    ready: int = 0
    failed: int = 0


class ScanPage(BaseModel):
    """Part of a list of scans.

    `total` of them meet the filter, of `scans` in the project; `states` counts those that meet
    all of the filter but its state.
    """

    items: list[ScanRead]
    total: int
    scans: int
    states: StateNumbers


class AuthorRead(BaseModel):
    """Somebody who has answered something in a project."""

    id: int
    name: str


class BulkCreate(Schema):
    """What to do to many scans: those named by `ids`, or all that meet `filter` but `without`.

    `expected` is how many the person who asks believes these to be: nothing is done to more or
    fewer. With `dry_run` nothing is done at all, and the answer says what would be.
    `strategy` and `budget` are of "select"; without them the project's hold.
    """

    action: BulkAction
    ids: Annotated[list[Id] | None, Field(min_length=1, max_length=MAX_SCANS)] = None
    filter: ScanFilter | None = None
    without: list[Id] = Field(default_factory=list, max_length=MAX_SCANS)
    expected: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    dry_run: bool = False
    strategy: StrategyName | None = None
    budget: Budget | None = None

    @model_validator(mode="after")
    def _one_way_to_say_which(self) -> BulkCreate:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give ids or a filter, not both")
        if self.ids is not None and self.without:
            raise ValueError("without belongs to a filter; leave those out of ids instead")
        if self.expected is None and not self.dry_run:
            raise ValueError("say with expected how many scans you mean")
        return self


class RefusedRead(BaseModel):
    """Scans to which an action was not done, and why; `names` are the first few of them."""

    reason: Literal["not_ready", "prepared", "under_way", "not_failed", "file_gone"]
    count: int
    names: list[str]


class BulkRead(BaseModel):
    """What was done: to `done` of `matched` scans; the others were `refused`.

    `answers` is how many live answers the scans have to which it was done. `batch` is that of the
    jobs that were queued, if any were.
    """

    matched: int
    done: int
    answers: int
    refused: list[RefusedRead]
    batch: int | None
