# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files as answers: ranges, revalidation, and caching for good where the address has a version."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from fewpoints.server.errors import NotFound

FOR_GOOD = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
# For the `responses` of a route that answers with bytes.
BINARY_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    }
}


def file_answer(
    request: Request, path: Path, *, version: str, media_type: str = "application/octet-stream"
) -> Response:
    """Answer with a file whose bytes change only with `version`.

    A request that names the version (`?v=`) may be cached for good. Without it the browser asks
    each time: another database may use the same ids on the same port tomorrow.
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
    return FileResponse(path, stat_result=status, media_type=media_type, headers=headers)


def knows(request: Request, etag: str) -> bool:
    """Whether the client says that it has the bytes with this tag (in its quotes)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags
