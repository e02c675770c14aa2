# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where errors become HTTP answers. Workers do not import it, nor FastAPI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from fewpoints.server.errors import AppError


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
