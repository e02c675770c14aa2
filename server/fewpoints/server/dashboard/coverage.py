# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How far answers reach, and whether more are worth it, from what `coverage/keeper.py` keeps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.models.learning_curve.held_out import MIN_ANSWERS
from fewpoints.models.learning_curve.saturation import CLICKS, MIN_ANSWERS_TO_PREDICT, Gain, verdict
from fewpoints.server.coverage.figures import Curve
from fewpoints.server.coverage.keeper import COUNTED, CURVED, out_of_date
from fewpoints.server.coverage.tables import ScanFigures
from fewpoints.server.dashboard.schemas import (
    AdviceRead,
    CoverageRead,
    CurveRead,
    GainRead,
    ScanCoverage,
)
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.tables import Scan


@dataclass(frozen=True)
class _Line:
    """What is stored of one scan; `cells` are None without superpoints."""

    scan_id: int
    name: str
    cells: int | None
    event: int | None
    current: bool | None
    labelled: int | None
    superpoints: int | None
    answered: int | None
    explained: float | None
    reached: float | None
    curve_answers: int | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None

    @property
    def advice(self) -> AdviceRead:
        gain = None
        if self.gain is not None and self.gain_low is not None and self.gain_high is not None:
            gain = Gain(CLICKS, self.gain, self.gain_low, self.gain_high)
        answers = (self.curve_answers if gain else self.labelled) or 0
        return advice(answers, gain)

    def read(self) -> ScanCoverage:
        return ScanCoverage(
            scan_id=self.scan_id,
            name=self.name,
            answers=self.labelled or 0,
            superpoints=self.superpoints,
            answered=self.answered,
            explained=self.explained,
            reached=self.reached,
            current=bool(self.current),
            advice=self.advice,
        )


_COLUMNS = (
    Scan.id,
    Scan.name,
    Scan.cells,
    Scan.newest_event,
    COUNTED,
    ScanFigures.labelled,
    ScanFigures.superpoints,
    ScanFigures.answered,
    ScanFigures.explained,
    ScanFigures.reached,
    ScanFigures.curve_answers,
    ScanFigures.gain,
    ScanFigures.gain_low,
    ScanFigures.gain_high,
)


# Any: a row of `_COLUMNS`, of which mypy knows the types up to ten.
def _line(row: Any) -> _Line:
    return _Line(*row)


def advice(answers: int, gain: Gain | None) -> AdviceRead:
    """Return whether to go on after so many answers, and why."""
    found = verdict(answers, gain)
    if gain is None and answers >= MIN_ANSWERS_TO_PREDICT:
        reason = f"What more clicks bring is being worked out from the {answers} answers."
    elif gain is None or found == "too_early":
        reason = (
            f"Too early to say: needs at least {MIN_ANSWERS_TO_PREDICT} answers in this scan, and"
            f" there are {answers}."
        )
    else:
        brings = (
            f"the next {gain.clicks} clicks are expected to bring {100 * gain.expected:.1f} %"
            f" ({100 * gain.low:.1f} to {100 * gain.high:.1f}) of its surfaces."
        )
        reason = f"You may stop: {brings}" if found == "stop" else f"Keep going: {brings}"
    return AdviceRead(
        verdict=found,
        answers=answers,
        needed=MIN_ANSWERS_TO_PREDICT,
        gain=None
        if gain is None
        else GainRead(clicks=gain.clicks, expected=gain.expected, low=gain.low, high=gain.high),
        reason=reason,
    )


def read_coverage(session: Session, project_id: int, *, offset: int, limit: int) -> CoverageRead:
    """Return how far a project's answers reach, and a page of its scans with answers."""
    mine = Scan.project_id == project_id
    rows = session.execute(
        select(*_COLUMNS)
        .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
        .where(mine, Scan.state == "ready")
    )
    lines = [_line(row) for row in rows]
    waiting = session.scalar(
        select(func.count())
        .select_from(Scan)
        .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
        .where(out_of_date(mine))
    )
    prepared = [line for line in lines if line.cells]
    begun = [line for line in lines if line.event is not None]
    begun.sort(
        key=lambda line: (line.gain is None, -(line.gain or 0), -(line.labelled or 0), line.scan_id)
    )
    verdicts = Counter(line.advice.verdict for line in begun)
    return CoverageRead(
        scans=len(lines),
        prepared=len(prepared),
        waiting=waiting or 0,
        answered=_mean(prepared, [_share(line.answered, line.superpoints) for line in prepared]),
        explained=_mean(prepared, [line.explained or 0.0 for line in prepared]),
        reached=_mean(prepared, [line.reached or 0.0 for line in prepared]),
        stop=verdicts["stop"],
        go_on=verdicts["go_on"],
        too_early=verdicts["too_early"],
        needed=MIN_ANSWERS_TO_PREDICT,
        best=begun[0].read() if begun and begun[0].gain is not None else None,
        items=[line.read() for line in begun[offset : offset + limit]],
        total=len(begun),
    )


def read_curve(session: Session, scan_id: int) -> CurveRead:
    """Return the learning curve of a scan as it is stored.

    Raises:
        NotFound: there is no such scan.
    """
    scan = get_scan(session, scan_id)
    found = session.execute(
        select(*_COLUMNS, CURVED, ScanFigures.curve)
        .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
        .where(Scan.id == scan_id)
    ).one()
    line, curved, stored = _line(found[: len(_COLUMNS)]), found[-2], found[-1]
    curve = Curve.model_validate(stored) if stored else Curve(tested=0, points=[])
    few = scan.newest_event is None or (line.current and (line.labelled or 0) < MIN_ANSWERS)
    return CurveRead(
        scan_id=scan.id,
        name=scan.name,
        answers=line.labelled or 0,
        needed=MIN_ANSWERS,
        current=bool(curved or few),
        tested=curve.tested,
        points=curve.points,
        advice=line.advice,
    )


def points_by_class(session: Session, project_id: int) -> tuple[dict[int, int], int, int]:
    """Return class row id -> points in dense labels; scans with answers; how many are counted."""
    rows = session.execute(
        select(ScanFigures.class_points)
        .select_from(Scan)
        .outerjoin(ScanFigures, ScanFigures.scan_id == Scan.id)
        .where(Scan.project_id == project_id, Scan.newest_event.is_not(None))
    ).all()
    total: Counter[int] = Counter()
    counted = 0
    for (points,) in rows:
        counted += bool(points)
        total.update({int(class_id): number for class_id, number in (points or {}).items()})
    return dict(total), len(rows), counted


def _share(part: int | None, whole: int | None) -> float:
    return part / whole if part and whole else 0.0


def _mean(lines: list[_Line], values: list[float]) -> float:
    """The mean over scans, each weighted by its cells; 0 without any."""
    cells = [line.cells or 0 for line in lines]
    whole = sum(cells)
    return sum(c * value for c, value in zip(cells, values, strict=True)) / whole if whole else 0.0
