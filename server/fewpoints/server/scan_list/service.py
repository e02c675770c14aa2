# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is done to many scans in one transaction: all of what was meant, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.schemas import ACTIVE_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.queries import get_project
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.scan_list.queries import conditions
from fewpoints.server.scan_list.schemas import BulkCreate, BulkRead, RefusedRead
from fewpoints.server.scans.tables import Scan

CHUNK = 1000  # Databases bound the number of parameters of a statement.
FEW_NAMES = 5


class CountChanged(Conflict):
    """Other scans are there than the request meant."""

    code = "count_changed"

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__(
            f"You meant {expected} scans, and now it would be {found}. Look at the list again; "
            "nothing was done."
        )


@dataclass(frozen=True)
class Target:
    """What an action looks at of a scan."""

    id: int
    name: str
    state: str
    source_gone: bool
    prepared: bool
    finite_points: int
    answers: int


@dataclass
class Outcome:
    """Scans to which an action is done, and why it is not done to the others."""

    done: list[Target] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, reason: str, target: Target) -> None:
        """Leave a scan out."""
        self.refused.setdefault(reason, []).append(target.name)


def run(
    session: Session, project_id: int, body: BulkCreate, user_id: int
) -> tuple[BulkRead, list[int]]:
    """Do an action to many scans; return what was done and the scans whose files are to go.

    Raises:
        NotFound: there is no such project.
        CountChanged: other scans meet the request than whoever sent it believed.
    """
    project = get_project(session, project_id)
    targets = _targets(session, project_id, body)
    if body.expected is not None and len(targets) != body.expected:
        raise CountChanged(expected=body.expected, found=len(targets))
    outcome = _sorted_out(session, project_id, body.action, targets)
    ids = [target.id for target in outcome.done]
    batch = None
    if not body.dry_run and ids:
        if body.action == "delete":
            _delete(session, ids)
        else:
            if body.action == "retry":
                _queue_again(session, ids)
            batch = jobs.enqueue_many(
                session,
                {"select": "select", "prepare": "features", "retry": "import"}[body.action],
                {
                    target.id: _args(target, body, project.strategy, project.budget)
                    for target in outcome.done
                },
                project_id=project_id,
                user_id=user_id,
            )
        project.updated_at = utc_now()
    read = BulkRead(
        matched=len(targets),
        done=len(ids),
        answers=sum(target.answers for target in outcome.done),
        refused=[
            RefusedRead(reason=reason, count=len(names), names=names[:FEW_NAMES])  # type: ignore[arg-type]
            for reason, names in outcome.refused.items()
        ],
        batch=batch,
    )
    return read, ids if body.action == "delete" and not body.dry_run else []


def _targets(session: Session, project_id: int, body: BulkCreate) -> list[Target]:
    """Return the scans that are meant, oldest first."""
    if body.filter is not None:
        left_out = set(body.without)
        found = _read_targets(session, conditions(project_id, body.filter))
        return [target for target in found if target.id not in left_out]
    assert body.ids is not None
    targets: list[Target] = []
    for ids in _chunks(sorted(set(body.ids))):
        targets += _read_targets(session, [Scan.project_id == project_id, Scan.id.in_(ids)])
    return targets


def _read_targets(session: Session, where: Sequence[ColumnElement[bool]]) -> list[Target]:
    rows = session.execute(
        select(
            Scan.id,
            Scan.name,
            Scan.state,
            Scan.source_gone,
            Scan.features_key.is_not(None),
            Scan.finite_points,
            Scan.answer_count,
        )
        .where(*where)
        .order_by(Scan.id)
    )
    return [
        Target(scan_id, name, state, gone, prepared, finite or 0, answers)
        for scan_id, name, state, gone, prepared, finite, answers in rows
    ]


def _sorted_out(session: Session, project_id: int, action: str, targets: list[Target]) -> Outcome:
    outcome = Outcome()
    if action == "delete":
        outcome.done = targets
        return outcome
    if action == "retry":
        for target in targets:
            if target.state != "failed":
                outcome.refuse("not_failed", target)
            elif target.source_gone:
                outcome.refuse("file_gone", target)
            else:
                outcome.done.append(target)
        return outcome
    kind = {"select": "select", "prepare": "features"}[action]
    under_way = set(
        session.scalars(
            select(Job.scan_id).where(
                Job.kind == kind, Job.project_id == project_id, Job.state.in_(ACTIVE_STATES)
            )
        )
    )
    for target in targets:
        if target.state != "ready":
            outcome.refuse("not_ready", target)
        elif target.id in under_way:
            outcome.refuse("under_way", target)
        elif action == "prepare" and target.prepared:
            outcome.refuse("prepared", target)
        else:
            outcome.done.append(target)
    return outcome


def _args(target: Target, body: BulkCreate, strategy: str, budget: int) -> dict[str, object]:
    if body.action != "select":
        return {"scan_id": target.id}
    choice = RoundCreate(
        strategy=body.strategy or strategy,  # type: ignore[arg-type] # Checked when stored.
        budget=max(1, min(body.budget or budget, target.finite_points)),
    )
    return {"scan_id": target.id, **choice.model_dump()}


def _queue_again(session: Session, ids: Sequence[int]) -> None:
    for part in _chunks(ids):
        session.execute(
            update(Scan)
            .where(Scan.id.in_(part))
            .values(state="queued", error=None, updated_at=utc_now())
        )


def _delete(session: Session, ids: Sequence[int]) -> None:
    for part in _chunks(ids):
        jobs.cancel_of_scans(session, part)
        session.execute(delete(Scan).where(Scan.id.in_(part)))


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
