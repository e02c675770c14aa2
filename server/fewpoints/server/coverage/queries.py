# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a project's scans when the next one is chosen: stored numbers alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import NOT_UNDONE, reopened_ids
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.rounds.tables import Query, QueryLease
from fewpoints.server.scans.tables import Scan


@dataclass
class Candidate:
    """A scan that may be the next one.

    open: queries that the person can answer. event: the newest event of its log, None without any.
    cells: of its superpoints; None: they are not made yet. unexplained: the share of them that the
    answers up to `counted` leave open; None: not known, taken as all.
    """

    scan_id: int
    name: str
    open: int
    event: int | None
    cells: int | None
    unexplained: float | None
    counted: int | None

    @property
    def stale(self) -> bool:
        """Whether `unexplained` is not of the log as it is now."""
        return self.cells is not None and self.event is not None and self.event != self.counted

    @property
    def rank(self) -> tuple[int, float, int]:
        """Smaller first: open queries, then no answers at all, then by what is unexplained."""
        group = 0 if self.open else 1 if self.event is None else 2
        share = 1.0 if self.unexplained is None else self.unexplained
        return group, -share * (self.cells or 0), self.scan_id


def candidates(
    session: Session, project_id: int, *, user_id: int, without: int | None
) -> list[Candidate]:
    """Return a project's scans that are ready, other than `without`."""
    answered = exists().where(
        AnswerEvent.scan_id == Query.scan_id,
        AnswerEvent.point_index == Query.point_index,
        NOT_UNDONE,
    )
    mine = Scan.project_id == project_id
    # What other people have reserved at this moment, in whichever project: few, and asked for by
    # themselves, because a database that joins them may begin with all queries there are.
    leases = session.scalars(
        select(QueryLease.query_id).where(
            QueryLease.user_id != user_id, QueryLease.expires_at > utc_now()
        )
    ).all()
    taken = dict(
        session.execute(
            select(Query.scan_id, func.count())
            .where(Query.id.in_(leases), or_(~answered, Query.id.in_(reopened_ids(mine))))
            .group_by(Query.scan_id)
        ).all()
    )
    rows = session.execute(
        select(
            Scan.id,
            Scan.name,
            Scan.open_count,
            Scan.newest_event,
            Scan.cells,
            Scan.unexplained,
            Scan.unexplained_event,
        )
        .where(mine, Scan.state == "ready", Scan.id != (without or 0))
        .order_by(Scan.id)
    )
    return [
        Candidate(scan_id, name, left - taken.get(scan_id, 0), event, cells, unexplained, counted)
        for scan_id, name, left, event, cells, unexplained, counted in rows
    ]
