# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the dense labels of a scan follow from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fewpoints.models.superpoints.files import SUPERPOINTS_VERSION
from fewpoints.server.answers.queries import labelled_points
from fewpoints.server.errors import AppError
from fewpoints.server.scans.tables import Scan


class NoAnswersYet(AppError):
    """No point of the scan has a class."""

    status = 404
    code = "no_answers"

    def __init__(self, scan_name: str) -> None:
        super().__init__(
            f"No point of {scan_name} has a class yet. Answer one, and every point gets one."
        )


class SuperpointsMissing(AppError):
    """The scan is not prepared for dense labels."""

    status = 404
    code = "superpoints_missing"

    def __init__(self, scan_name: str) -> None:
        super().__init__(
            f"The features and superpoints of {scan_name} are not there. Wait for the job that "
            "makes them, or start it with POST /scans/{id}/features."
        )


@dataclass(frozen=True, eq=False)
class Labelled:
    """A scan and the answers about it, as they are at one moment.

    superpoints: names the superpoints; the same name, the same superpoints.
    rows: (Q,) labelled points. classes: (Q,) their classes, indices in the project's present list.
    """

    scan_id: int
    name: str
    points: int
    key: str
    superpoints: str
    rows: NDArray[np.int64]
    classes: NDArray[np.int64]

    @property
    def version(self) -> str:
        """A text that is the same exactly where the dense labels are."""
        digest = hashlib.sha256(self.superpoints.encode())
        digest.update(self.rows.tobytes())
        digest.update(self.classes.tobytes())
        return digest.hexdigest()[:32]


def read_labelled(session: Session, scan: Scan, *, even_none: bool = False) -> Labelled:
    """Return what the dense labels of a scan that is ready follow from.

    Raises:
        SuperpointsMissing: they were not made yet.
        NoAnswersYet: no point has a class, unless `even_none`.
    """
    assert scan.points is not None
    if scan.features_key is None:
        raise SuperpointsMissing(scan.name)
    rows = labelled_points(session, Scan.id == scan.id)
    if not rows and not even_none:
        raise NoAnswersYet(scan.name)
    return Labelled(
        scan_id=scan.id,
        name=scan.name,
        points=scan.points,
        key=scan.features_key,
        superpoints=f"{scan.content_hash} {scan.features_key} {SUPERPOINTS_VERSION}",
        rows=np.array([point for _, _, point, _ in rows], np.int64),
        classes=np.array([index for *_, index in rows], np.int64),
    )
