# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reviewing over HTTP, as several tests do it."""

from __future__ import annotations

import uuid
from typing import Any

from tests.server.running import Visitor
from tests.server.seeding import Seeded


def review(visitor: Visitor, answer: Any, verdict: str, *, status: int = 201, **more: Any) -> Any:
    """Give a verdict on an answer."""
    body = {"client_id": str(uuid.uuid4()), "verdict": verdict, **more}
    return visitor.post_json(f"/answers/{answer['id']}/reviews", body, status=status)


def undo(visitor: Visitor, seeded: Seeded) -> Any:
    """Take back the visitor's newest verdict."""
    path = f"/projects/{seeded.project_id}/reviews/undo"
    return visitor.post_json(path, {"client_id": str(uuid.uuid4())}, status=200)


def listed(visitor: Visitor, seeded: Seeded, **filters: Any) -> list[Any]:
    """Return the answers of a project that meet the filters, which must be one page."""
    page = visitor.get_json(f"/projects/{seeded.project_id}/reviews", **filters)
    assert page["total"] == len(page["items"])
    return list(page["items"])
