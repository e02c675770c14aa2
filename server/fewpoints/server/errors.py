# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Errors as HTTP answers: one base, one handler, one shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from fewpoints.annotations.errors import AppError

__all__ = [
    "AppError",
    "Conflict",
    "ErrorBody",
    "Forbidden",
    "Invalid",
    "NotFound",
    "NotSignedIn",
    "error_response",
    "install_error_handlers",
    "problem",
]

logger = logging.getLogger(__name__)


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


def error_response(
    status: int,
    code: str,
    message: str,
    *,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return an error in the one shape."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details is not None:
        error["details"] = dict(details)
    return JSONResponse(
        {"error": error},
        status_code=status,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _app_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, AppError)
    return error_response(exc.status, exc.code, exc.message, details=getattr(exc, "details", None))


def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    status = exc.status_code
    if status == 405 and getattr(request.scope.get("route"), "name", "") == "read_static":
        status = 404  # Only the web app's own pattern, which matches every path, was found.
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    message = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
    }.get(status, f"{exc.detail or phrase}.")
    return error_response(status, code, message, headers=exc.headers)


def describe_validation(problems: Sequence[Any]) -> tuple[str, list[dict[str, str]]]:
    """Return one sentence and the places. Rejected input is not repeated: it may not be JSON."""
    places = [
        {
            "place": ".".join(str(part) for part in item["loc"]) or "body",
            "problem": str(item["msg"]).removeprefix("Value error, "),
        }
        for item in problems[:20]
    ]
    sentence = "; ".join(f"{item['place']}: {item['problem']}" for item in places[:3])
    return f"The request is not valid: {sentence}.", places


def _validation_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    message, places = describe_validation(exc.errors())
    return error_response(422, "validation", message, details={"fields": places})


def _unexpected(request: Request, exc: Exception) -> Response:
    # Starlette raises the exception again after this answer, so the server logs its trace once.
    return error_response(
        500,
        "internal",
        "The server made a mistake; nothing was changed. Its log has the details.",
    )


def install_error_handlers(app: FastAPI) -> None:
    """Give every error of `app` the one shape."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _unexpected)
