# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Projects over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.server.schemas import FreeText, Id, Name, Schema, ShortName, Time

StrategyName = Literal["random", "kmeans_color", "kmeans_features", "diverse", "uncertain", "mixed"]
Budget = Annotated[int, Field(ge=1, le=10_000)]


class LabelClassRead(BaseModel):
    """One class of a list; `index` is its place in it."""

    index: int
    name: str
    color: str
    key: str | None
    instanceable: bool
    external_id: int | None
    parent: str | None
    description: str


class LabelClassWrite(Schema):
    """One class of a new list.

    `index` is the class's present index, if it has one: so a class is renamed. Without it a class
    keeps its answers by its name. The new index is the place in the list.
    """

    index: Annotated[int | None, Field(ge=0, lt=250)] = None
    name: ShortName
    color: Annotated[str | None, Field(max_length=7)] = None
    key: Annotated[str | None, Field(max_length=1)] = None
    instanceable: bool = True
    external_id: Annotated[int | None, Field(ge=-(2**31), lt=2**31)] = None
    parent: ShortName | None = None
    description: FreeText = ""


class PresetRead(BaseModel):
    """A ready class list."""

    name: str
    title: str
    classes: list[LabelClassRead]


class ProjectCreate(Schema):
    """A new project: `preset` or `classes`, or neither for the preset scannet20."""

    name: Name
    description: FreeText = ""
    preset: ShortName | None = None
    classes: list[LabelClassWrite] | None = None
    budget: Budget = 20
    strategy: StrategyName = "mixed"
    auto_select: bool = True
    hide_predictions: bool = False


class ProjectUpdate(Schema):
    """What is given is changed."""

    name: Name | None = None
    description: FreeText | None = None
    budget: Budget | None = None
    strategy: StrategyName | None = None
    auto_select: bool | None = None
    hide_predictions: bool | None = None
    shown_checkpoint_id: Id | None = None


class ProjectCounts(BaseModel):
    """Numbers over all scans of a project."""

    scans: int = 0
    queries: int = 0
    answered: int = 0
    unsure: int = 0
    skipped: int = 0
    unlisted: int = 0


class ProjectRead(BaseModel):
    """A project."""

    id: int
    name: str
    description: str
    budget: int
    strategy: StrategyName
    auto_select: bool
    hide_predictions: bool
    classes: list[LabelClassRead]
    shown_checkpoint_id: int | None
    created_at: Time
    counts: ProjectCounts


class PaceRead(BaseModel):
    """How long answers took: the median of the newest ones that were timed; null without any."""

    answers: int
    median_seconds: float | None
