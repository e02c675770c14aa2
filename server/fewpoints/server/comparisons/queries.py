# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which scans two checkpoints of a project both predicted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fewpoints.server.errors import Conflict, Invalid, NotFound
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.queries import (
    class_orders,
    class_translation,
    lacking_scans,
    snapshot_class_ids,
)
from fewpoints.server.training.tables import Checkpoint, Prediction


class NothingInCommon(Conflict):
    """No scan has predictions of both checkpoints."""

    code = "nothing_in_common"

    def __init__(self, first: Checkpoint, second: Checkpoint, lacking: tuple[int, int]) -> None:
        super().__init__(
            f"No scan has predictions of both {first.name} and {second.name}. Predict the scans "
            "that one of them lacks first."
        )
        self.details = {"lacking": list(lacking)}


@dataclass(frozen=True)
class CommonScan:
    """A scan with predictions of both; the versions change with the predictions."""

    scan_id: int
    name: str
    versions: tuple[str, str]


@dataclass(frozen=True)
class Compared:
    """Two checkpoints, how their class indices become the project's, and their scans."""

    first: Checkpoint
    second: Checkpoint
    translations: tuple[bytes | None, bytes | None]
    class_count: int
    scans: list[CommonScan]
    lacking: tuple[int, int]


def read_compared(session: Session, project_id: int, first_id: int, second_id: int) -> Compared:
    """Return two checkpoints of a project and the scans that both predicted, oldest first.

    Raises:
        NotFound: there is no such project, or it has no such checkpoint.
        Invalid: they are the same.
        NothingInCommon: no scan has both predictions.
    """
    get_project(session, project_id)
    if first_id == second_id:
        raise Invalid(f"Checkpoint {first_id} cannot be compared with itself. Choose another one.")
    first, second = (_own(session, project_id, key) for key in (first_id, second_id))
    scans = common_scans(session, first_id, second_id)
    lacking = (len(lacking_scans(session, first)), len(lacking_scans(session, second)))
    if not scans:
        raise NothingInCommon(first, second, lacking)
    order = class_orders(session, {project_id}).get(project_id, [])
    one, two = (
        class_translation(snapshot_class_ids(session, side), order) for side in (first, second)
    )
    return Compared(first, second, (one, two), len(order), scans, lacking)


def _own(session: Session, project_id: int, checkpoint_id: int) -> Checkpoint:
    checkpoint = session.get(Checkpoint, checkpoint_id)
    if checkpoint is None or checkpoint.project_id != project_id:
        raise NotFound("checkpoint", checkpoint_id)
    return checkpoint


def common_scans(session: Session, first_id: int, second_id: int) -> list[CommonScan]:
    """Return the scans that two checkpoints both predicted, oldest first."""
    other = aliased(Prediction)
    rows = session.execute(
        select(Scan.id, Scan.name, Prediction, other)
        .join(Prediction, Prediction.scan_id == Scan.id)
        .join(other, other.scan_id == Scan.id)
        .where(Prediction.checkpoint_id == first_id, other.checkpoint_id == second_id)
        .order_by(Scan.id)
    )
    return [
        CommonScan(scan_id, name, (_version(one), _version(two)))
        for scan_id, name, one, two in rows
    ]


def checkpoint_before(session: Session, checkpoint: Checkpoint) -> Checkpoint | None:
    """Return the newest older checkpoint of the project that predicted a scan of this one's."""
    mine = select(Prediction.scan_id).where(Prediction.checkpoint_id == checkpoint.id)
    found = session.scalar(
        select(func.max(Prediction.checkpoint_id))
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .where(
            Checkpoint.project_id == checkpoint.project_id,
            Checkpoint.id < checkpoint.id,
            Prediction.scan_id.in_(mine),
        )
    )
    return None if found is None else session.get_one(Checkpoint, found)


@dataclass(frozen=True)
class VersionBefore:
    """The version that a new one follows, what its class indices stand for, and its scans."""

    checkpoint_id: int
    class_ids: list[int]
    scan_ids: list[int]


def latest_predicted(session: Session, project_id: int) -> VersionBefore | None:
    """Return the project's newest checkpoint that predicted any scan."""
    found = session.scalar(
        select(func.max(Prediction.checkpoint_id))
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .where(Checkpoint.project_id == project_id)
    )
    if found is None:
        return None
    checkpoint = session.get_one(Checkpoint, found)
    scan_ids = session.scalars(
        select(Prediction.scan_id)
        .where(Prediction.checkpoint_id == found)
        .order_by(Prediction.scan_id)
    )
    return VersionBefore(found, snapshot_class_ids(session, checkpoint), list(scan_ids))


def concerned_checkpoints(session: Session, checkpoint_id: int) -> list[Checkpoint]:
    """Return the checkpoints whose agreement a new prediction by one of them may change.

    Those are itself and the next one, and only once it lacks no prediction: what many scans change
    is worked out after the last of them.
    """
    own = session.get(Checkpoint, checkpoint_id)
    if own is None or own.project_id is None:
        return []
    if lacking_scans(session, own):
        return []
    following = session.scalar(
        select(func.min(Prediction.checkpoint_id))
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .where(Checkpoint.project_id == own.project_id, Prediction.checkpoint_id > checkpoint_id)
    )
    return [own] if following is None else [own, session.get_one(Checkpoint, following)]


def _version(prediction: Prediction) -> str:
    return f"{prediction.id}-{int(prediction.created_at.timestamp() * 1000):x}"
