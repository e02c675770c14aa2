# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The live answers of a project as columns, to filter a hundred thousand of them at once.

What a scan's rows are follows from its two logs alone, which only grow: they are read again when
either has another length or another last event.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import live_ids, noted_at
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.reviews.schemas import ReviewState
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.reviews.verdicts import state_of, verdicts
from fewpoints.server.scans.tables import Scan

STATES: tuple[ReviewState, ...] = get_args(ReviewState)
_CHUNK = 500  # Scans per statement; databases limit the number of parameters.
_PROJECTS = 8


class _Key(NamedTuple):
    """How far the logs of a scan were read: number and last id of each."""

    answers: int
    answer: int
    reviews: int
    review: int


@dataclass(frozen=True, eq=False)
class AnswerRows:
    """(A,) columns of the live answers, by id within each scan.

    class_id: the row of the class, 0 without. author, reply: places in `names`. state: in STATES.
    given: the answer is somebody's correction of another one. time: seconds since 1970.
    """

    id: NDArray[np.int64]
    scan_id: NDArray[np.int64]
    point: NDArray[np.int64]
    class_id: NDArray[np.int64]
    author: NDArray[np.int64]
    reply: NDArray[np.int64]
    state: NDArray[np.int64]
    given: NDArray[np.int64]
    noted: NDArray[np.int64]
    time: NDArray[np.float64]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.id)

    def code(self, name: str) -> int:
        """Return the place of an author or reply in `names`; -1 if no answer has it."""
        try:
            return self.names.index(name)
        except ValueError:
            return -1


_FIELDS = (
    "id", "scan_id", "point", "class_id", "author", "reply", "state", "given", "noted", "time",
)  # fmt: skip


class _Project:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.scans: dict[int, tuple[_Key, NDArray[np.float64]]] = {}
        self.codes: dict[str, int] = {}
        self.whole: tuple[dict[int, _Key], AnswerRows] | None = None


class AnswerRowsCache:
    """The rows of the projects that were looked at last."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._projects: dict[int, _Project] = {}

    def read(self, session: Session, project_id: int) -> AnswerRows:
        """Return the rows of a project as its logs are in this transaction."""
        with self._guard:
            project = self._projects.pop(project_id, None) or _Project()
            self._projects[project_id] = project
            while len(self._projects) > _PROJECTS:
                del self._projects[next(iter(self._projects))]
        keys = _keys(session, project_id)
        with project.lock:
            if project.whole is not None and project.whole[0] == keys:
                return project.whole[1]
            self._read_changed(session, project, project_id, keys)
            rows = _joined([project.scans[scan_id][1] for scan_id in keys], list(project.codes))
            project.whole = (keys, rows)
            return rows

    @staticmethod
    def _read_changed(
        session: Session, project: _Project, project_id: int, keys: dict[int, _Key]
    ) -> None:
        for scan_id in set(project.scans) - set(keys):
            del project.scans[scan_id]
        changed = [
            scan_id
            for scan_id, key in keys.items()
            if scan_id not in project.scans or project.scans[scan_id][0] != key
        ]
        if len(changed) > len(keys) // 2:
            conditions: Iterable[ColumnElement[bool]] = [Scan.project_id == project_id]
        else:
            conditions = [
                Scan.id.in_(changed[at : at + _CHUNK]) for at in range(0, len(changed), _CHUNK)
            ]
        by_scan: dict[int, list[tuple[Any, ...]]] = {scan_id: [] for scan_id in changed}
        for condition in conditions:
            for row in _rows(session, condition, project.codes):
                if row[1] in by_scan:
                    by_scan[row[1]].append(row)
        for scan_id, rows in by_scan.items():
            # Ids and times are whole or exact enough in 64-bit floats.
            block = np.array(rows, np.float64).reshape(-1, len(_FIELDS))
            project.scans[scan_id] = (keys[scan_id], block)


def _keys(session: Session, project_id: int) -> dict[int, _Key]:
    mine = Scan.project_id == project_id
    answers = session.execute(
        select(AnswerEvent.scan_id, func.count(), func.max(AnswerEvent.id))
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(mine)
        .group_by(AnswerEvent.scan_id)
        .order_by(AnswerEvent.scan_id)
    ).all()
    reviews = {
        scan_id: (count, last)
        for scan_id, count, last in session.execute(
            select(ReviewEvent.scan_id, func.count(), func.max(ReviewEvent.id))
            .join(Scan, Scan.id == ReviewEvent.scan_id)
            .where(mine)
            .group_by(ReviewEvent.scan_id)
        )
    }
    return {
        scan_id: _Key(count, last, *reviews.get(scan_id, (0, 0)))
        for scan_id, count, last in answers
    }


def _rows(
    session: Session, condition: ColumnElement[bool], codes: dict[str, int]
) -> Iterable[tuple[Any, ...]]:
    own, given = verdicts(condition), verdicts(condition)
    found = session.execute(
        select(
            AnswerEvent.id,
            AnswerEvent.scan_id,
            AnswerEvent.point_index,
            AnswerEvent.class_id,
            AnswerEvent.author,
            AnswerEvent.reply,
            own.c.kind,
            given.c.id,
            AnswerEvent.answered_at,
        )
        .outerjoin(own, own.c.answer_id == AnswerEvent.id)
        .outerjoin(given, given.c.correction_id == AnswerEvent.id)
        .where(AnswerEvent.id.in_(live_ids(condition)))
        .order_by(AnswerEvent.id)
    )
    noted = noted_at(session, AnswerEvent.scan_id.in_(select(Scan.id).where(condition)))
    for answer_id, scan_id, point, class_id, author, reply, kind, given_id, when in found:
        is_given = given_id is not None
        yield (
            answer_id,
            scan_id,
            point,
            class_id or 0,
            codes.setdefault(author, len(codes)),
            codes.setdefault(reply or "", len(codes)),
            STATES.index(state_of(kind, is_correction=is_given)),
            is_given,
            (scan_id, point, author) in noted,
            when.timestamp(),
        )


def _joined(blocks: list[NDArray[np.float64]], names: list[str]) -> AnswerRows:
    whole = np.concatenate(blocks) if blocks else np.empty((0, len(_FIELDS)))
    columns = dict(zip(_FIELDS, whole.T, strict=True))
    return AnswerRows(
        **{name: columns[name].astype(np.int64) for name in _FIELDS if name != "time"},
        time=columns["time"],
        names=names,
    )
