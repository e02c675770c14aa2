# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The web app: the built files in `static/`, and a page that says how to build them."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

STATIC = Path(__file__).parent / "static"
# Vite puts a hash of the content into the names under assets/.
FOR_GOOD = "public, max-age=31536000, immutable"
MISSING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>fewpoints</title>
<h1>The web app is not built</h1>
<p>The server runs, and its HTTP interface answers under <code>/api/v1</code>. This copy of
fewpoints has no web app: it runs from a source folder in which the app was not built yet.</p>
<p>Build it in that folder with <code>make web</code> and load this page again. Installed wheels
contain it.</p>
</html>
"""
router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def read_static(path: str, request: Request) -> Response:
    """Serve a file of the web app; "/" is its page."""
    if path.startswith("api/"):
        raise HTTPException(404)
    if path in ("", "index.html"):
        index = STATIC / "index.html"
        if not index.is_file():
            return HTMLResponse(MISSING, status_code=503)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
    file = _inside(path)
    if file is None:
        raise HTTPException(404)
    caching = FOR_GOOD if path.startswith("assets/") else "no-cache"
    return FileResponse(file, headers={"Cache-Control": caching})


def _inside(path: str) -> Path | None:
    if "\x00" in path:
        return None
    root = STATIC.resolve()
    file = (root / path).resolve()
    return file if file.is_relative_to(root) and file.is_file() else None
