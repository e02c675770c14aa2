# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One more point to ask about, chosen at once from the answers as they are now."""

from __future__ import annotations

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.scan_arrays import load_local
from fewpoints.annotations.scans.views import View, choose_views
from fewpoints.models.selection.options import Uncertain
from fewpoints.server.db.engine import Database
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dense.queries import SuperpointsMissing, read_labelled
from fewpoints.server.errors import Conflict
from fewpoints.server.rounds import service
from fewpoints.server.rounds.queries import known_points, read_query
from fewpoints.server.rounds.schemas import QueryRead
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.service import ready_scan
from fewpoints.server.storage import Storage
from fewpoints.server.users.authentication import SignedIn

# Two people who ask at the same moment get the same point; the second one asks again.
_TRIES = 5


class NothingToAsk(Conflict):
    """Every superpoint of a scan was asked about."""

    code = "nothing_to_ask"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Every surface of {name} was asked about. Click any point to answer more of it."
        )


def add_next_point(
    database: Database,
    labellers: Labellers,
    storage: Storage,
    scan_id: int,
    user: SignedIn,
    *,
    lease_s: float,
) -> QueryRead:
    """Add a query about the point that the answers leave most open, reserved for `user`.

    Raises:
        NotFound, ScanNotReady: there is no such scan, or it is not ready.
        SuperpointsMissing: it has no superpoints yet.
        NothingToAsk: all of them were asked about.
    """
    for attempt in range(_TRIES):
        with database.read() as session:
            scan = ready_scan(session, scan_id)
            labelled = read_labelled(session, scan, even_none=True)
            asked = np.array(known_points(session, scan_id), np.int64)
        row = labellers.next_row(labelled, asked)
        if row is None:
            raise NothingToAsk(scan.name)
        try:
            local = load_local(storage.scan_arrays(scan_id))
        except FileNotFoundError:  # The scan is being deleted.
            raise SuperpointsMissing(scan.name) from None
        (view,) = choose_views(local, np.array([row]), up=np.array(scan.up))
        try:
            with database.write() as session:
                query_id = _add(session, scan_id, row, local[row].tolist(), view)
                service.lease(session, query_id, user, seconds=lease_s)
        except IntegrityError:
            if attempt == _TRIES - 1:
                raise
            continue
        with database.read() as session:
            return read_query(session, query_id, user_id=user.id)
    raise AssertionError("the last try returns or raises")


def _add(session: Session, scan_id: int, row: int, position: list[float], view: View) -> int:
    """Add a query to the scan's round of such points; return its id."""
    options = Uncertain()
    # Queries are asked in the order of their rounds: an older round of such points is closed.
    live = session.scalar(
        select(SelectionRound)
        .where(SelectionRound.scan_id == scan_id)
        .order_by(SelectionRound.id.desc())
        .limit(1)
    )
    if live is None or live.job_id is not None or live.strategy != options.name:
        live = SelectionRound(
            scan_id=scan_id,
            strategy=options.name,
            options=options.model_dump(mode="json"),
            budget=0,
            seed=options.seed,
        )
        session.add(live)
        session.flush()
    rank = session.scalar(select(func.count()).where(Query.round_id == live.id)) or 0
    live.budget = rank + 1
    query = Query(
        round_id=live.id,
        scan_id=scan_id,
        rank=rank,
        point_index=row,
        position=position,
        view={
            "eye": [float(value) for value in view.eye],
            "target": [float(value) for value in view.target],
            "up": [float(value) for value in view.up],
        },
    )
    session.add(query)
    session.flush()
    return query.id
