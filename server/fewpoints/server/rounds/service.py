# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Rounds and leases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.rounds.queries import get_query
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.rounds.tables import QueryLease
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.users.authentication import SignedIn
from fewpoints.server.users.tables import User


class LeasedElsewhere(Conflict):
    """Somebody else works on this query now."""

    code = "leased_elsewhere"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} works on this point now. Take another one.")


def start_round(session: Session, scan_id: int, body: RoundCreate, user_id: int) -> Job:
    """Queue a selection of further points on one scan."""
    scan = ready_scan(session, scan_id)
    return queue_selection(session, scan, body, user_id)


def queue_selection(session: Session, scan: Scan, body: RoundCreate, user_id: int | None) -> Job:
    """Queue a selection on a scan that is known to be ready."""
    return jobs.enqueue(
        session,
        "select",
        args={"scan_id": scan.id, **body.model_dump()},
        project_id=scan.project_id,
        scan_id=scan.id,
        user_id=user_id,
    )


def lease(session: Session, query_id: int, user: SignedIn, *, seconds: float) -> None:
    """Reserve a query for `user` from now on; called again, for longer.

    Raises:
        NotFound: there is no such query.
        LeasedElsewhere: somebody else holds it.
    """
    query = get_query(session, query_id)
    now = utc_now()
    held = session.get(QueryLease, query_id)
    if held is not None and held.user_id != user.id and held.expires_at > now:
        raise LeasedElsewhere(session.get_one(User, held.user_id).name)
    taken = held is None or held.user_id != user.id or held.expires_at <= now
    if held is None:
        held = QueryLease(query_id=query_id)
        session.add(held)
    held.user_id = user.id
    held.expires_at = now + timedelta(seconds=seconds)
    if taken:
        session.execute(update(Scan).where(Scan.id == query.scan_id).values(updated_at=now))
    session.flush()
