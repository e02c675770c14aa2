# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Lists of a project's scans: filters and orders over stored columns, a page at a time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, String, case, cast, exists, func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import NOT_UNDONE
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.scan_list.schemas import (
    AuthorRead,
    ScanFilter,
    ScanListQuery,
    ScanPage,
    StateNumbers,
)
from fewpoints.server.scans.queries import read_scans
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Prediction
from fewpoints.server.users.tables import User

_DONE = (Scan.query_count > 0) & (Scan.open_count == 0)
# What asks for something comes first.
_STATE_ORDER = case(
    (Scan.state == "failed", 0),
    (Scan.state == "importing", 1),
    (Scan.state == "queued", 2),
    else_=3,
)


def conditions(
    project_id: int, wanted: ScanFilter, *, any_state: bool = False
) -> list[ColumnElement[bool]]:
    """Return what a scan of the project must meet.

    Args:
        any_state: leave the state out.
    """
    found: list[ColumnElement[bool]] = [Scan.project_id == project_id]
    if wanted.name:
        # Both sides are lowered by the database: what it takes for a letter's small form differs.
        pattern = "%" + wanted.name.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
        found.append(func.lower(Scan.name).like(func.lower(pattern), escape="!"))
    if wanted.state is not None and not any_state:
        found.append(Scan.state == wanted.state)
    if wanted.progress is not None:
        found.append(_progress(wanted.progress))
    if wanted.warnings is not None:
        none = cast(Scan.warnings, String) == "[]"
        found.append(~none if wanted.warnings else none)
    if wanted.predicted is not None:
        shown = exists().where(
            Prediction.scan_id == Scan.id,
            Prediction.checkpoint_id == Checkpoint.id,
            Checkpoint.project_id == project_id,
            Checkpoint.shown,
        )
        found.append(shown if wanted.predicted else ~shown)
    if wanted.person is not None:
        found.append(
            exists().where(
                AnswerEvent.scan_id == Scan.id, AnswerEvent.user_id == wanted.person, NOT_UNDONE
            )
        )
    return found


def _progress(wanted: str) -> ColumnElement[bool]:
    if wanted == "done":
        return _DONE
    answered = Scan.answer_count > 0
    return answered & ~_DONE if wanted == "started" else ~answered


def order(wanted: ScanListQuery) -> list[SQLColumnExpression[Any]]:
    """Return the ORDER BY of a list; what is null comes last, whichever the database."""
    if wanted.sort == "created":
        return [Scan.id.desc() if wanted.descending else Scan.id.asc()]
    column: SQLColumnExpression[Any] = {
        "name": func.lower(Scan.name),
        "points": Scan.points,
        "state": _STATE_ORDER,
        "answered": (Scan.query_count - Scan.open_count) * 1.0 / func.nullif(Scan.query_count, 0),
        "unexplained": case((Scan.answer_count == 0, 1.0), else_=Scan.unexplained),
        "active": Scan.answered_at,
    }[wanted.sort]
    return [
        column.is_(None),
        column.desc() if wanted.descending else column.asc(),
        Scan.id,
    ]


def list_scans(session: Session, project_id: int, wanted: ScanListQuery) -> ScanPage:
    """Return a page of a project's scans."""
    states = StateNumbers()
    numbers = select(Scan.state, func.count()).where(
        *conditions(project_id, wanted, any_state=True)
    )
    for state, number in session.execute(numbers.group_by(Scan.state)):
        setattr(states, state, number)
    scans = session.scalar(select(func.count()).where(Scan.project_id == project_id)) or 0
    by_state = states.model_dump()
    total = sum(by_state.values()) if wanted.state is None else by_state[wanted.state]
    # Ids first: sorting whole rows, with all their columns, takes several times as long.
    ids = list_ids(session, project_id, wanted)
    found = {scan.id: scan for scan in session.scalars(select(Scan).where(Scan.id.in_(ids)))}
    page = [found[scan_id] for scan_id in ids]
    return ScanPage(items=read_scans(session, page), total=total, scans=scans, states=states)


def list_ids(session: Session, project_id: int, wanted: ScanListQuery) -> list[int]:
    """Return the ids of a page of a project's scans."""
    return list(
        session.scalars(
            select(Scan.id)
            .where(*conditions(project_id, wanted))
            .order_by(*order(wanted))
            .offset(wanted.offset)
            .limit(wanted.limit)
        )
    )


def list_authors(session: Session, project_id: int) -> list[AuthorRead]:
    """Return who has answered something in a project, by name."""
    scans = select(Scan.id).where(Scan.project_id == project_id)
    answered = select(AnswerEvent.user_id).where(AnswerEvent.scan_id.in_(scans)).distinct()
    authors = session.execute(
        select(User.id, User.name).where(User.id.in_(answered)).order_by(User.name, User.id)
    )
    return [AuthorRead(id=user_id, name=name) for user_id, name in authors]
