# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes as answers: ranges, revalidation, and caching for good where the address has a version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from fewpoints.server.errors import AppError, NotFound
from fewpoints.server.records import parse_ranges, read_records, some_records

FOR_GOOD = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
# For the `responses` of a route that answers with bytes, and the `openapi_extra` of one that is
# sent bytes.
BINARY_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": _BYTES}}
BINARY_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": _BYTES}}


class OtherVersion(AppError):
    """The bytes that were asked for are not the present ones."""

    status = 412
    code = "other_version"

    def __init__(self) -> None:
        super().__init__(
            "There is a newer version than the one in If-Match. Ask without it for that one."
        )


def file_answer(
    request: Request,
    path: Path,
    *,
    version: str,
    media_type: str = "application/octet-stream",
    ranges: str | None = None,
    item_bytes: int = 1,
) -> Response:
    """Answer with a file whose bytes change only with `version`, or with ranges of its records.

    A request that names the version (`?v=`) may be cached for good. Without it the browser asks
    each time: another database may use the same ids on the same port tomorrow.

    Raises:
        NotFound, Invalid, OtherVersion: there is no file, or not what is asked for.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise NotFound("file", path.name) from None
    tag = hashlib.sha256(f"{version}/{path.name}/{status.st_size}".encode()).hexdigest()[:32]
    etag = f'"{tag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": FOR_GOOD if request.query_params.get("v") == version else ASK_AGAIN,
    }
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    require_present(request, etag)
    if ranges is None:
        return FileResponse(path, stat_result=status, media_type=media_type, headers=headers)
    asked = parse_ranges(ranges, records=status.st_size // item_bytes, item_bytes=item_bytes)
    try:
        content = read_records(path, asked, item_bytes)
    except FileNotFoundError:
        raise NotFound("file", path.name) from None
    return Response(content, media_type=media_type, headers=headers)


def made_answer(
    request: Request,
    make: Callable[[], bytes],
    *,
    version: str,
    ranges: str | None,
    item_bytes: int,
) -> Response:
    """Answer with bytes that are made only when they are sent, or with ranges of their records.

    Raises:
        Invalid, OtherVersion: they are not what is asked for.
    """

    def content() -> bytes:
        whole = make()
        if ranges is None:
            return whole
        records = len(whole) // item_bytes
        asked = parse_ranges(ranges, records=records, item_bytes=item_bytes)
        return some_records(whole, asked, item_bytes)

    return _unless_known(request, version, content)


def parts_answer(
    request: Request,
    make: Callable[[int, int], bytes],
    *,
    version: str,
    records: int,
    ranges: str | None,
    item_bytes: int,
) -> Response:
    """Answer with bytes that are made record by record, for those that are asked for.

    make: (from, to) records -> their bytes.

    Raises:
        Invalid, OtherVersion: they are not what is asked for.
    """

    def content() -> bytes:
        asked: Iterable[tuple[int, int]] = [(0, records)]
        if ranges is not None:
            asked = parse_ranges(ranges, records=records, item_bytes=item_bytes)
        return b"".join(make(start, stop) for start, stop in asked)

    return _unless_known(request, version, content)


def _unless_known(request: Request, version: str, content: Callable[[], bytes]) -> Response:
    """Answer with bytes of a version, made only if the browser does not have them."""
    etag = f'"{version}"'
    headers = {"ETag": etag, "Cache-Control": ASK_AGAIN}
    if knows(request, etag):
        return Response(status_code=304, headers=headers)
    require_present(request, etag)
    return Response(content(), media_type="application/octet-stream", headers=headers)


def knows(request: Request, etag: str) -> bool:
    """Whether the client says that it has the bytes with this tag (in its quotes)."""
    return _names(request.headers.get("if-none-match"), etag)


def require_present(request: Request, etag: str) -> None:
    """Let a client put parts together that are all of one version.

    Raises:
        OtherVersion: it asks for another one than this tag's.
    """
    header = request.headers.get("if-match")
    if header is not None and not _names(header, etag):
        raise OtherVersion


def _names(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags
