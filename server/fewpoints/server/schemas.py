# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Schema parts that several domains share."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

T = TypeVar("T")
MAX_ID = 2**31 - 1


class Schema(BaseModel):
    """What comes in is checked in full: unknown fields are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _printable(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError("it must not be empty")
    if not text.isprintable():
        raise ValueError("it must not contain control characters")
    return text


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL; lone surrogates cannot be encoded at all.
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("it must not contain NUL or broken characters")
    return text


def iso_utc(time: datetime) -> str:
    """Return a time as ISO 8601 in UTC with milliseconds and Z."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Name = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
ShortName = Annotated[str, Field(max_length=100), AfterValidator(_printable)]
FreeText = Annotated[str, Field(max_length=10_000), AfterValidator(_storable)]
Time = Annotated[datetime, PlainSerializer(iso_utc, return_type=str)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Vector = tuple[float, float, float]
JsonObject = dict[str, Any]


class Page(BaseModel, Generic[T]):
    """Part of a list, and how long the whole list is."""

    items: list[T]
    total: int
