# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers over HTTP."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from fewpoints.server.schemas import MAX_ID, Id, Schema, Time, Vector

Reply = Literal["class", "unsure", "skip", "unlisted"]
MAX_NOTE = 1000


def tidy_note(text: str) -> str:
    """Return a note without what cannot be seen, and without blanks around it."""
    lines = text.replace("\r\n", "\n").replace("\t", " ").split("\n")
    return "\n".join("".join(c for c in line if c.isprintable()) for line in lines).strip()


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValueError("it must be a UUID") from None


ClientId = Annotated[str, Field(max_length=64), AfterValidator(_uuid)]
# Tabs become blanks; other characters that cannot be seen go.
NoteText = Annotated[str, Field(max_length=MAX_NOTE), AfterValidator(tidy_note)]


class AnswerCreate(Schema):
    """One reply. `client_id` is made by the sender; sent twice, the answer is stored once.

    "unlisted" says that the thing is none of the classes.
    """

    client_id: ClientId
    query_id: Id | None = None
    point_index: Annotated[int, Field(ge=0, le=MAX_ID)]
    reply: Reply
    class_index: Annotated[int | None, Field(ge=0, lt=250)] = None
    instance: Annotated[int | None, Field(ge=1, le=MAX_ID)] = None
    seconds: Annotated[float | None, Field(ge=0, le=1e9)] = None
    checkpoint_id: Id | None = None
    note: NoteText | None = None

    @model_validator(mode="after")
    def _consistent(self) -> AnswerCreate:
        if self.reply == "class" and self.class_index is None:
            raise ValueError('the reply "class" needs a class_index')
        if self.reply != "class" and (self.class_index, self.instance) != (None, None):
            raise ValueError(f'the reply "{self.reply}" has no class_index and no instance')
        return self


class AnswerRead(BaseModel):
    """One live or stored answer; `position` is in the local frame of the scan.

    note: what its author noted at the point last, with this answer or by itself.
    """

    id: int
    client_id: str
    scan_id: int
    query_id: int | None
    point_index: int
    position: Vector
    reply: Reply
    class_index: int | None
    instance: int | None
    user_name: str
    created_at: Time
    seconds: float | None
    strategy: str | None
    checkpoint_id: int | None
    note: str | None


class UndoCreate(Schema):
    """Take back the caller's newest answer on the scan; sent twice, one answer is taken back."""

    client_id: ClientId


class RedoCreate(Schema):
    """Give the answer again that the caller took back last; sent twice, it is given once."""

    client_id: ClientId


class RedoRead(BaseModel):
    """What was given again: nothing if the caller has answered since, or took nothing back."""

    redone: AnswerRead | None
    query_id: int | None


class NoteCreate(Schema):
    """A note about a point, without an answer; an empty one removes the caller's note there."""

    client_id: ClientId
    query_id: Id | None = None
    point_index: Annotated[int, Field(ge=0, le=MAX_ID)]
    note: NoteText


class NoteRead(BaseModel):
    """What a person noted at a point last."""

    text: str
    user_name: str
    created_at: Time


class UndoRead(BaseModel):
    """What was taken back: nothing if the caller has no live answer on the scan."""

    undone: AnswerRead | None
    query_id: int | None


class AnswersImported(BaseModel):
    """What became of a file of answers."""

    imported: int
    skipped: int
    problems: list[str]
