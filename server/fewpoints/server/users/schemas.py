# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""People over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fewpoints.server.schemas import Schema, ShortName, Time

Role = Literal["lead", "annotator"]


class UserRead(BaseModel):
    """A person."""

    id: int
    name: str
    role: Role


class PersonRead(UserRead):
    """A person as leads see them. `signed_in`: some browser of theirs still is."""

    created_at: Time
    signed_in: bool


class SignIn(Schema):
    """The one-time token of a sign-in link."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class InvitationCreate(Schema):
    """Whom to bring in. A known name gets a new link and keeps its role."""

    name: ShortName
    role: Role = "annotator"


class InvitationRead(BaseModel):
    """Where the invited person signs in, once."""

    name: str
    sign_in_path: str
