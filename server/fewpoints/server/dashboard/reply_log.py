# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What people did, as arrays that stay in memory: only new events are read.

Events are never changed, so what was read stays true; those of deleted scans are left out.

Letters used in shapes: n events.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import DateTime, select, type_coerce
from sqlalchemy.orm import Session

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.scans.tables import Scan

ANSWER, IMPORT, UNDO = range(3)
KINDS = {"answer": ANSWER, "import": IMPORT, "undo": UNDO}
REPLIES = ("class", "unsure", "skip", "unlisted")
PROJECTS = 8  # Kept in memory; a hundred thousand events take 5 MB.
# A transaction may become visible after one that began later and has larger ids.
_OVERLAP = 2000
_OTHER = 255


@dataclass(frozen=True, eq=False)
class Events:
    """n events in the order of their ids.

    id, scan, user: (n,) int64. kind: (n,) of `KINDS`, 255 for others. reply: (n,) index in
    `REPLIES`, 255 for none. at: (n,) seconds since 1970. seconds: (n,) that a reply took; NaN where
    nobody knows. undoes: (n,) whether an undo took something back.
    """

    id: NDArray[np.int64]
    scan: NDArray[np.int64]
    user: NDArray[np.int64]
    kind: NDArray[np.uint8]
    reply: NDArray[np.uint8]
    at: NDArray[np.float64]
    seconds: NDArray[np.float64]
    undoes: NDArray[np.bool_]

    def of(self, which: NDArray[np.bool_]) -> Events:
        """Return some of the events."""
        return Events(*(getattr(self, column.name)[which] for column in fields(self)))


class ReplyLog:
    """The events of the projects looked at last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Events] = OrderedDict()

    def read(self, session: Session, project_id: int) -> Events:
        """Return the events of a project's scans, as the session sees them."""
        with self._lock:
            kept = self._kept.get(project_id)
        newest = int(kept.id[-1]) if kept is not None and len(kept.id) else 0
        after = max(newest - _OVERLAP, 0)
        found = _events(session, project_id, after)
        if kept is not None:
            scans = session.scalars(select(Scan.id).where(Scan.project_id == project_id)).all()
            old = kept.of((kept.id <= after) & np.isin(kept.scan, np.array(scans, np.int64)))
            found = Events(
                *(
                    np.concatenate([getattr(old, column.name), getattr(found, column.name)])
                    for column in fields(Events)
                )
            )
        with self._lock:
            self._kept[project_id] = found
            self._kept.move_to_end(project_id)
            while len(self._kept) > PROJECTS:
                self._kept.popitem(last=False)
        return found


def _events(session: Session, project_id: int, after: int) -> Events:
    rows = session.execute(
        select(
            AnswerEvent.id,
            AnswerEvent.scan_id,
            AnswerEvent.user_id,
            AnswerEvent.kind,
            AnswerEvent.reply,
            # As it is stored, naive UTC: a hundred thousand zones need not be made.
            type_coerce(AnswerEvent.created_at, DateTime()),
            AnswerEvent.seconds,
            AnswerEvent.undoes_id,
        )
        .join(Scan, Scan.id == AnswerEvent.scan_id)
        .where(Scan.project_id == project_id, AnswerEvent.id > after)
        .order_by(AnswerEvent.id)
    ).all()
    columns = list(zip(*rows, strict=True)) or [()] * 8
    code = {name: number for number, name in enumerate(REPLIES)}
    return Events(
        id=np.array(columns[0], np.int64),
        scan=np.array(columns[1], np.int64),
        user=np.array(columns[2], np.int64),
        kind=np.array([KINDS.get(kind, _OTHER) for kind in columns[3]], np.uint8),
        reply=np.array([code.get(reply, _OTHER) for reply in columns[4]], np.uint8),
        at=np.array(columns[5], "datetime64[us]").astype(np.int64) / 1e6,
        seconds=np.array([np.nan if s is None else s for s in columns[6]], np.float64),
        undoes=np.array([target is not None for target in columns[7]], bool),
    )
