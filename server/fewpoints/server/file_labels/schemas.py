# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of files over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.server.answers.schemas import ClientId
from fewpoints.server.jobs.schemas import JobState
from fewpoints.server.schemas import Id, JsonObject, Schema, Time

Target = Literal["answers", "truth"]
MappingRule = Literal["names", "asprs", "semantic_kitti", "nyu40", "index", "external", "from_one"]
MAX_PER_CLASS = 1000
PER_CLASS = 20


class LabelValue(BaseModel):
    """One value of a field, the points that have it, and what the file calls it."""

    value: int
    points: int
    name: str | None = None


class MappingSuggestion(BaseModel):
    """A mapping that may be right: why, and the share of the points that it gives a class."""

    rule: MappingRule
    reason: str
    share: float
    mapping: JsonObject


class LabelFieldRead(BaseModel):
    """A label field of one or more scans.

    `values` is null where there are more than 1,000: it numbers something else than classes.
    `low_values` are those of the low 16 bits, where values go beyond them. `suggestions`: the
    likeliest first. `sparse`: so few points have a class that all of them may become answers.
    """

    name: str
    scans: int
    points: int
    numbers_objects: bool
    sparse: bool
    values: list[LabelValue] | None
    low_values: list[LabelValue] | None
    suggestions: list[MappingSuggestion]


class LabelFieldsRead(BaseModel):
    """The label fields of imported scans, those that are likely to hold classes first.

    While `waiting` scans are not 0, ask again: each request counts on for a moment.
    """

    scans: int
    waiting: int
    fields: list[LabelFieldRead]


class LabelImportOptions(Schema):
    """What to make of a label field. Scans that lack the field are left out.

    `mapping` is a class_mapping. `per_class` answers are made of each class in each scan, null:
    all labelled points.
    """

    mapping: JsonObject
    target: Target = "answers"
    per_class: Annotated[int | None, Field(ge=1, le=MAX_PER_CLASS)] = PER_CLASS
    scan_ids: Annotated[list[Id] | None, Field(max_length=10_000)] = None


class LabelImportCreate(LabelImportOptions):
    """Do it. `client_id` is made by the sender; sent twice, it is done once."""

    client_id: ClientId


class MappedClass(BaseModel):
    """One class: the points that the file gives it, and the answers that come of them."""

    index: int
    points: int
    answers: int


class LabelImportPlan(BaseModel):
    """What an import would do.

    `left_out` scans lack the field, `waiting` ones are not looked at yet. `answers` is an upper
    bound where some of the scans are `answered` already: their answers stay. `replaced` scans have
    a ground truth, which gives way to the new one. `unlisted`: values that the mapping does not
    mention, and therefore ignores.
    """

    scans: int
    left_out: int
    waiting: int
    answers: int
    points: int
    ignored_points: int
    answered: int
    replaced: int
    classes: list[MappedClass]
    unlisted: list[LabelValue]


class LabelImportRead(BaseModel):
    """One import and what came of it. `state` is that of its job; null when that is forgotten."""

    id: int
    project_id: int
    job_id: int | None
    state: JobState | None
    target: Target
    field: str
    mapping: JsonObject
    per_class: int | None
    scans: int
    answers: int
    points: int
    created_by: str
    created_at: Time
    undone_at: Time | None


class TruthClass(BaseModel):
    """One class: its true points, and how well labels find them; null where that is not known."""

    index: int
    points: int
    iou: float | None
    recall: float | None


class TruthState(BaseModel):
    """Whether a scan has a ground truth; `version` changes with its classes, null without one."""

    version: str | None


class RightAndWrong(BaseModel):
    """Records of the tiles whose label is the true class, and is not; others have no truth."""

    records: int
    right: int
    wrong: int


class TruthRead(BaseModel):
    """How far the dense labels of scans agree with their ground truth; shares of 0 to 1.

    Of the `scans` that have one `compared` are in the figures; the others have no answers or no
    superpoints yet, or are `waiting`: ask again, each request goes on for a moment. `points` have a
    true class. `miou` is the mean over the classes that the truth has.
    """

    scans: int
    compared: int
    waiting: int
    points: int
    accuracy: float | None
    miou: float | None
    classes: list[TruthClass]
