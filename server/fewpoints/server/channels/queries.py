# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the objects of a scan follow from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.dense.queries import Labelled, read_labelled
from fewpoints.server.scans.tables import Scan


@dataclass(frozen=True, eq=False)
class Numbered:
    """The answers about a scan with (Q,) the instance each names, 0 for none."""

    labelled: Labelled
    instances: NDArray[np.int64]

    @property
    def version(self) -> str:
        """A text that is the same exactly where the objects are."""
        digest = hashlib.sha256(self.labelled.version.encode())
        digest.update(self.instances.tobytes())
        return digest.hexdigest()[:32]


def read_numbered(session: Session, scan: Scan) -> Numbered:
    """Return what the objects of a scan that is ready follow from.

    Raises:
        SuperpointsMissing, NoAnswersYet: see `read_labelled`.
    """
    labelled = read_labelled(session, scan)
    events = [event for event, *_ in labelled_points(session, Scan.id == scan.id)]
    named = dict(
        session.execute(
            select(AnswerEvent.id, AnswerEvent.instance).where(
                AnswerEvent.scan_id == scan.id, AnswerEvent.instance.is_not(None)
            )
        ).all()
    )
    return Numbered(labelled, np.array([named.get(event) or 0 for event in events], np.int64))
