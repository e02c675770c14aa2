# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Errors that a user or their data cause, and the one shape in which HTTP shows them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from fewpoints.annotations.errors import AppError

__all__ = [
    "AppError",
    "Conflict",
    "ErrorBody",
    "Forbidden",
    "Invalid",
    "NotFound",
    "NotSignedIn",
    "problem",
]


class NotFound(AppError):
    """Something with this id does not exist."""

    status = 404
    code = "not_found"

    def __init__(self, thing: str, key: object) -> None:
        super().__init__(f"There is no {thing} {key}. It may have been deleted.")


class Conflict(AppError):
    """The request contradicts the present state."""

    status = 409
    code = "conflict"


class Invalid(AppError):
    """A value is well-formed but not possible here."""

    status = 422
    code = "invalid"


class NotSignedIn(AppError):
    """The request carries no valid sign-in."""

    status = 401
    code = "not_signed_in"

    def __init__(
        self, message: str = "You are not signed in. Open the link that the server printed."
    ) -> None:
        super().__init__(message)


class Forbidden(AppError):
    """The user's role does not allow this."""

    status = 403
    code = "forbidden"


class ErrorDetail(BaseModel):
    """What went wrong: a stable name, a sentence, and sometimes the places."""

    code: str
    message: str
    details: dict[str, Any] | None = None


class ErrorBody(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def problem(*errors: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route that may answer with these errors."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = by_status.setdefault(error.status, {"model": ErrorBody, "description": ""})
        text = f"{error.code}: {(error.__doc__ or '').strip().splitlines()[0]}"
        entry["description"] = f"{entry['description']}\n{text}".strip()
    return by_status
