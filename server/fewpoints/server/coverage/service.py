# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scan of a project is worth going on with.

Scans with queries that wait for this person come first, then those that nobody has answered
anything about, then the others; among each, those of which most is unexplained: the share of their
superpoints' cells that the answers leave open, times the number of cells.

That share is stored with the scan. Further answers lower it and an undo forgets it, so a number
that is out of date is too large, and only scans that come out on top need to be looked at again:
usually the one that was labelled last.
"""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from fewpoints.server.coverage.queries import Candidate, candidates
from fewpoints.server.coverage.schemas import NextScanRead
from fewpoints.server.db.engine import Database
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dense.queries import SuperpointsMissing, read_labelled
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.tables import Scan

# A request looks at so many scans again; the rest waits for the next one.
_AGAIN = 4


def next_scans(
    database: Database,
    labellers: Labellers,
    project_id: int,
    *,
    user_id: int,
    without: int | None,
    limit: int,
) -> list[NextScanRead]:
    """Return the scans to go on with, the best first.

    Raises:
        NotFound: there is no such project.
    """
    with database.read() as session:
        get_project(session, project_id)
        found = candidates(session, project_id, user_id=user_id, without=without)
    for _ in range(_AGAIN):
        found.sort(key=lambda candidate: candidate.rank)
        stale = next((candidate for candidate in found[:limit] if candidate.stale), None)
        if stale is None:
            break
        _look_again(database, labellers, stale)
    found.sort(key=lambda candidate: candidate.rank)
    return [_read(candidate) for candidate in found[:limit]]


def _look_again(database: Database, labellers: Labellers, candidate: Candidate) -> None:
    """Bring what is unexplained of a scan up to date, and keep it."""
    candidate.counted = candidate.event  # Whatever comes of it, once a request is enough.
    with database.read() as session:
        scan = session.get(Scan, candidate.scan_id)
        if scan is None:
            return
        key = scan.features_key
        try:
            labelled = read_labelled(session, scan, even_none=True)
        except SuperpointsMissing:
            return
    try:
        candidate.unexplained = labellers.unexplained(labelled)
    except SuperpointsMissing:
        return

    def keep(session: Session) -> None:
        session.execute(
            update(Scan)
            .where(Scan.id == candidate.scan_id, Scan.features_key == key)
            .values(
                unexplained=candidate.unexplained,
                unexplained_event=candidate.event,
                updated_at=Scan.updated_at,  # Nothing that anybody sees has changed.
            )
        )

    database.group.submit(keep).result()


def _read(candidate: Candidate) -> NextScanRead:
    return NextScanRead(
        scan_id=candidate.scan_id,
        name=candidate.name,
        open=candidate.open,
        unexplained=1.0 if candidate.event is None else candidate.unexplained,
        reason=_reason(candidate),
    )


def _reason(candidate: Candidate) -> str:
    if candidate.open == 1:
        return "1 point waits for an answer."
    if candidate.open:
        return f"{candidate.open} points wait for an answer."
    if candidate.event is None:
        return "Nobody has answered anything here yet."
    if candidate.unexplained is None:
        return "Its answers have not been compared with its surfaces yet."
    return f"The answers say nothing about {candidate.unexplained:.0%} of its surfaces."
