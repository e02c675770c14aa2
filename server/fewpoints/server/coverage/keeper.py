# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Brings the figures of scans up to date, a little at a time.

Whoever asks for figures lends this a moment: it works on what is out of date until the moment is
over, and goes on there when somebody asks again. One thread works at a time; the others are told
what is there. The learning curve of a scan takes a second or so, in pieces of some milliseconds, so
it is begun anew only some time after the last one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.learning_curve.held_out import MIN_ANSWERS
from fewpoints.models.learning_curve.saturation import Gain
from fewpoints.server.coverage.figures import Curve, coverage_of, curve_steps, placed_answers
from fewpoints.server.coverage.tables import ScanFigures
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.dense.labellers import Labellers
from fewpoints.server.dense.queries import Labelled, SuperpointsMissing, read_labelled
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.scans.tables import Scan

MOMENT_S = 0.4
CURVE_EVERY = timedelta(seconds=20)
_RETRY_S = 60.0
_AT_ONCE = 50  # Scans looked up at a time.

_REVIEW = func.coalesce(Scan.newest_review, 0)
COUNTED = and_(
    ScanFigures.event_id == Scan.newest_event,
    ScanFigures.review_id == _REVIEW,
    ScanFigures.features_key == Scan.features_key,
)
_SAME_CURVE = and_(
    ScanFigures.curve_event == Scan.newest_event, ScanFigures.curve_review == _REVIEW
)
CURVED = and_(_SAME_CURVE, COUNTED)
_STALE_CURVE = and_(
    COUNTED,
    ScanFigures.labelled >= MIN_ANSWERS,
    or_(ScanFigures.curve_event.is_(None), ~_SAME_CURVE),
)


def out_of_date(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a scan, left-joined with its figures, has some to be made."""
    return and_(
        condition,
        Scan.state == "ready",
        Scan.features_key.is_not(None),
        Scan.newest_event.is_not(None),
        or_(ScanFigures.scan_id.is_(None), ~COUNTED, _STALE_CURVE),
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """A scan as it was when work on it began. class_ids: the rows of the project's classes."""

    labelled: Labelled
    event: int
    review: int
    class_ids: list[int]

    def answers(self, labeller: DenseLabeller) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return placed_answers(labeller, self.labelled.rows, self.labelled.classes)


@dataclass(eq=False)
class _Running:
    task: _Task
    answers: int
    steps: Generator[None, None, tuple[Curve, Gain | None]]


class FiguresKeeper:
    """Keeps `ScanFigures` current for whoever looks at them."""

    def __init__(self, labellers: Labellers) -> None:
        self._labellers = labellers
        self._turn = threading.Lock()
        self._running: _Running | None = None
        # Scans whose superpoints cannot be read -> when to try again; time.monotonic().
        self._unusable: dict[tuple[int, str], float] = {}

    def advance(
        self, database: Database, condition: ColumnElement[bool], *, moment_s: float = MOMENT_S
    ) -> None:
        """Work on scans that meet `condition` (on Scan's columns) until the moment is over."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            until = time.monotonic() + moment_s
            self._go_on(database, until)
            while time.monotonic() < until:
                if not self._begin_next(database, condition):
                    return
                self._go_on(database, until)
        finally:
            self._turn.release()

    def _begin_next(self, database: Database, condition: ColumnElement[bool]) -> bool:
        """Bring how far answers reach up to date for one scan, or begin its curve."""
        with database.read() as session:
            for scan, figures in self._waiting(session, condition):
                task = _task(session, scan)
                if task is None or self._is_unusable(task.labelled):
                    continue
                fresh = (
                    figures is not None
                    and (figures.event_id, figures.review_id) == (task.event, task.review)
                    and figures.features_key == task.labelled.key
                )
                break
            else:
                return False
        try:
            labeller = self._labellers.labeller(task.labelled)
        except SuperpointsMissing:
            self._unusable[task.labelled.scan_id, task.labelled.key] = time.monotonic() + _RETRY_S
            return True
        if fresh:
            rows, classes = task.answers(labeller)
            self._running = _Running(task, len(rows), curve_steps(labeller, rows, classes))
        else:
            _store_coverage(database, task, labeller)
        return True

    def _is_unusable(self, labelled: Labelled) -> bool:
        return time.monotonic() < self._unusable.get((labelled.scan_id, labelled.key), 0.0)

    def _waiting(
        self, session: Session, condition: ColumnElement[bool]
    ) -> Sequence[tuple[Scan, ScanFigures | None]]:
        """Scans to work on: first those of which nothing is current, then the newest answers."""
        due = or_(
            ~COUNTED,
            ScanFigures.scan_id.is_(None),
            ScanFigures.curve_at.is_(None),
            ScanFigures.curve_at < _cut_off(),
        )
        rows = session.execute(
            select(Scan, ScanFigures)
            .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
            .where(out_of_date(condition), due)
            .order_by(case((COUNTED, 1), else_=0), Scan.newest_event.desc())
            .limit(_AT_ONCE + len(self._unusable))
        )
        return [(scan, figures) for scan, figures in rows]

    def _go_on(self, database: Database, until: float) -> None:
        running = self._running
        while running is not None and time.monotonic() < until:
            self._running = None  # Steps that failed or ended cannot be gone on with.
            try:
                next(running.steps)
            except StopIteration as end:
                curve, gain = end.value
                _store_curve(database, running, curve, gain)
                return
            self._running = running


def _cut_off() -> datetime:
    return utc_now() - CURVE_EVERY


def _task(session: Session, scan: Scan) -> _Task | None:
    try:
        labelled = read_labelled(session, scan, even_none=True)
    except SuperpointsMissing:
        return None
    rows = class_rows(session, [scan.project_id]).get(scan.project_id, [])
    assert scan.newest_event is not None
    return _Task(labelled, scan.newest_event, scan.newest_review or 0, [row.id for row in rows])


def _store_coverage(database: Database, task: _Task, labeller: DenseLabeller) -> None:
    found = coverage_of(labeller, *task.answers(labeller), len(task.class_ids))
    values = {
        "features_key": task.labelled.key,
        "event_id": task.event,
        "review_id": task.review,
        "labelled": found.labelled,
        "superpoints": found.superpoints,
        "answered": found.answered,
        "explained": found.explained,
        "reached": found.reached,
        "class_points": {
            str(class_id): points
            for class_id, points in zip(task.class_ids, found.class_points.tolist(), strict=True)
            if points
        },
    }

    def keep(session: Session) -> None:
        scan_id = task.labelled.scan_id
        if session.get(Scan, scan_id) is None:
            return
        figures = session.get(ScanFigures, scan_id)
        if figures is None:
            session.add(ScanFigures(scan_id=scan_id, **values))
            return
        changed = figures.features_key != task.labelled.key
        for name, value in values.items():
            setattr(figures, name, value)
        if changed or found.labelled < MIN_ANSWERS:
            figures.curve = figures.curve_answers = None
            figures.curve_event = figures.curve_review = None
            figures.gain = figures.gain_low = figures.gain_high = None

    database.group.submit(keep).result()


def _store_curve(database: Database, running: _Running, curve: Curve, gain: Gain | None) -> None:
    task = running.task

    def keep(session: Session) -> None:
        session.execute(
            update(ScanFigures)
            .where(
                ScanFigures.scan_id == task.labelled.scan_id,
                ScanFigures.features_key == task.labelled.key,
            )
            .values(
                curve_event=task.event,
                curve_review=task.review,
                curve_at=utc_now(),
                curve_answers=running.answers,
                curve=curve.model_dump(),
                gain=None if gain is None else gain.expected,
                gain_low=None if gain is None else gain.low,
                gain_high=None if gain is None else gain.high,
            )
        )

    database.group.submit(keep).result()
