# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps what a scan's queries and answers amount to on the scan itself.

Folding the log of answers takes a second or two for ten thousand scans, so a list of them reads
columns instead. Whoever adds queries or events need not think of them: a transaction counts the
scans again that it touched, once, before it commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, bindparam, event, func, select, update
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import (
    QueryCounts,
    answer_counts_by_scan,
    last_reviews,
    query_counts_by_scan,
)
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.types import utc_now
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan

_TOUCHED = "touched_scans"
_CHUNK = 500  # Databases bound the number of parameters of a statement.
_SCAN = cast(Table, Scan.__table__)
_STORE = (
    update(_SCAN)
    .where(_SCAN.c.id == bindparam("scan"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "query_count",
                "open_count",
                "answered_count",
                "unsure_count",
                "skipped_count",
                "unlisted_count",
                "answer_count",
                "newest_event",
                "newest_review",
                "answered_at",
                "updated_at",
            )
        }
    )
)


def touch(session: Session, scan_id: int) -> None:
    """Have a scan counted again when the transaction commits, and its listeners told."""
    session.info.setdefault(_TOUCHED, set()).add(scan_id)


def recount(session: Session, scan_ids: Collection[int]) -> None:
    """Count scans again now. Only for rows that were written past the ORM and past `touch`."""
    waiting = iter(sorted(scan_ids))
    while ids := list(islice(waiting, _CHUNK)):
        _recount(session, ids)


def _recount(session: Session, ids: list[int]) -> None:
    # Locked first: what another transaction has added to the same scan is seen by the counts below.
    # Its key is not: whoever adds rows that refer to a scan holds that already, and two of them who
    # both asked for more would wait for each other for ever.
    there = session.scalars(
        select(Scan.id).where(Scan.id.in_(ids)).order_by(Scan.id).with_for_update(key_share=True)
    ).all()
    if there:
        store(session, counted(session, there))


def counted(session: Session, there: Sequence[int]) -> list[dict[str, Any]]:
    """Return for `store` what the queries and answers of some hundred scans amount to.

    Apart from that only for scans to which nobody adds anything in between.
    """
    chosen = Scan.id.in_(there)
    queries = query_counts_by_scan(session, chosen)
    answers = answer_counts_by_scan(session, there)
    newest = {
        scan_id: (event_id, at)
        for scan_id, event_id, at in session.execute(
            select(AnswerEvent.scan_id, AnswerEvent.id, AnswerEvent.created_at).where(
                AnswerEvent.id.in_(
                    select(func.max(AnswerEvent.id))
                    .where(AnswerEvent.scan_id.in_(there))
                    .group_by(AnswerEvent.scan_id)
                )
            )
        )
    }
    reviews = last_reviews(session, there)
    now = utc_now()
    rows = []
    for scan_id in there:
        counts = queries.get(scan_id, QueryCounts())
        event_id, at = newest.get(scan_id, (None, None))
        rows.append(
            {
                "scan": scan_id,
                "new_query_count": counts.total,
                "new_open_count": counts.open,
                "new_answered_count": counts.answered,
                "new_unsure_count": counts.unsure,
                "new_skipped_count": counts.skipped,
                "new_unlisted_count": counts.unlisted,
                "new_answer_count": answers.get(scan_id, 0),
                "new_newest_event": event_id,
                "new_newest_review": reviews.get(scan_id),
                "new_answered_at": at,
                "new_updated_at": now,
            }
        )
    return rows


def store(session: Session, rows: list[dict[str, Any]]) -> None:
    """Keep what was counted."""
    session.connection().execute(_STORE, rows)


@event.listens_for(Query, "after_insert")
@event.listens_for(AnswerEvent, "after_insert")
def _inserted(_mapper: Any, _connection: Any, row: Query | AnswerEvent) -> None:
    session = Session.object_session(row)
    assert session is not None
    touch(session, row.scan_id)


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    session.flush()  # What is pending may touch scans as well.
    touched: set[int] = session.info.pop(_TOUCHED, set())
    if touched:
        recount(session, touched)
