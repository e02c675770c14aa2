# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which rows make up a project, and what in them refers to other rows.

Every table of the database is either in `RULES` or in `LEFT_OUT`, with the reason; a test holds
that, so a new table cannot be forgotten. Declared foreign keys are followed by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, cast

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Table, or_, select

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.coverage.figures import Curve
from fewpoints.server.coverage.tables import ScanFigures
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport
from fewpoints.server.jobs.schemas import OVER_STATES
from fewpoints.server.jobs.tables import Job
from fewpoints.server.project_archives import checks
from fewpoints.server.project_archives.checks import Check, between, one_of
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.projects.schemas import LabelClassWrite, ProjectCreate
from fewpoints.server.projects.tables import LabelClassRow, Project
from fewpoints.server.reviews.tables import ReviewEvent
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot

# Jobs whose history is part of the project; the others are about files that stay behind.
JOB_KINDS = ("import", "features", "select", "finetune", "predict", "normals", "labels")


class Remap(Protocol):
    """Turns JSON of a row into the same with new ids; `ids`: of each table."""

    def __call__(self, value: Any, ids: Mapping[str, Ids]) -> Any: ...


Belongs = Callable[[int], ColumnElement[bool]]


@dataclass(frozen=True)
class TableRule:
    """How one table goes into an archive and comes out of it.

    Attributes:
        belongs: condition on its rows, by the id of the project.
        refers: columns that hold ids of another table without a foreign key.
        up_to: columns that mean "all rows of that table with at most this id".
        remaps: columns of JSON that hold ids.
        plain: columns of JSON that hold none.
        resets: columns that become null, and are worked out anew when somebody asks.
        checks: what the values of columns may be, where they are not null.
        derived: its rows can be made again from the others.
    """

    table: Table
    belongs: Belongs
    refers: Mapping[str, str] = field(default_factory=dict)
    up_to: Mapping[str, str] = field(default_factory=dict)
    remaps: Mapping[str, Remap] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    resets: frozenset[str] = frozenset()
    checks: Mapping[str, Check] = field(default_factory=dict)
    derived: bool = False

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table.name


def _table(mapped: type[Any]) -> Table:
    return cast(Table, mapped.__table__)


def _of_scans(column: Any) -> Belongs:
    return lambda project_id: column.in_(select(Scan.id).where(Scan.project_id == project_id))


def _jobs(project_id: int) -> ColumnElement[bool]:
    # One that has made its row is as good as over.
    rounds = select(SelectionRound.job_id).join(Scan).where(Scan.project_id == project_id)
    checkpoints = select(Checkpoint.job_id).where(Checkpoint.project_id == project_id)
    used = or_(
        Job.id.in_(rounds.where(SelectionRound.job_id.is_not(None))),
        Job.id.in_(checkpoints.where(Checkpoint.job_id.is_not(None))),
    )
    mine = Job.project_id == project_id
    return or_(used, mine & Job.state.in_(OVER_STATES) & Job.kind.in_(JOB_KINDS))


_IN_JOBS = {
    "scan_id": "scan",
    "checkpoint_id": "checkpoint",
    "snapshot_id": "snapshot",
    "round_id": "selection_round",
    "import_id": "label_import",
}


def _job_values(value: dict[str, Any], ids: Mapping[str, Ids]) -> dict[str, Any]:
    return {
        key: ids[_IN_JOBS[key]].found(item) if key in _IN_JOBS else item
        for key, item in value.items()
    }


def _rows_of_snapshot(value: list[list[int]], ids: Mapping[str, Ids]) -> list[list[int]]:
    # What was deleted since gets an id that nothing has.
    events, scans = ids["answer_event"], ids["scan"]
    return [
        [events.found(event) or 0, scans.found(scan) or 0, point, index]
        for event, scan, point, index in value
    ]


def _classes_of_snapshot(value: list[dict[str, Any]], ids: Mapping[str, Ids]) -> list[Any]:
    return [{**entry, "id": ids["label_class"].found(entry["id"]) or 0} for entry in value]


def _points_by_class(value: dict[str, int], ids: Mapping[str, Ids]) -> dict[str, int]:
    new = {ids["label_class"].found(int(key)): points for key, points in value.items()}
    return {str(key): points for key, points in new.items() if key is not None}


def _classes_of_import(value: list[int], ids: Mapping[str, Ids]) -> list[int]:
    return [ids["label_class"].found(number) or 0 for number in value]


def _scans_of_import(value: list[int], ids: Mapping[str, Ids]) -> list[int]:
    found = (ids["scan"].found(number) for number in value)
    return [number for number in found if number is not None]


def _is_job_values(value: Any) -> bool:
    return isinstance(value, dict) and all(
        item is None or (isinstance(item, int) and not isinstance(item, bool))
        for key, item in value.items()
        if key in _IN_JOBS
    )


_POINT = between(0, 2**31 - 1)
_COUNT = between(0, 2**31 - 1)
_SHARE = between(0, 1)
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CLIENT_ID = checks.matching(rf"{_UUID}(:[0-9]{{1,9}})?")
_HASH = checks.matching(r"[0-9a-f]{64}")
_STRATEGIES = ("random", "kmeans_color", "kmeans_features", "diverse", "uncertain", "mixed")

# In an order in which each refers to earlier ones only.
RULES: tuple[TableRule, ...] = (
    TableRule(
        table=_table(Project),
        belongs=lambda project_id: Project.id == project_id,
        checks={
            "name": checks.field_of(ProjectCreate, "name"),
            "description": checks.field_of(ProjectCreate, "description"),
            "budget": checks.field_of(ProjectCreate, "budget"),
            "strategy": checks.field_of(ProjectCreate, "strategy"),
        },
    ),
    TableRule(
        table=_table(LabelClassRow),
        belongs=lambda project_id: LabelClassRow.project_id == project_id,
        checks={
            "position": between(0, 249),
            "name": checks.field_of(LabelClassWrite, "name"),
            "color": checks.matching("#[0-9a-fA-F]{6}"),
            "key": checks.field_of(LabelClassWrite, "key"),
        },
    ),
    TableRule(
        table=_table(Scan),
        belongs=lambda project_id: Scan.project_id == project_id,
        up_to={
            "unexplained_event": "answer_event",
            "newest_event": "answer_event",
            "newest_review": "review_event",
        },
        plain=frozenset({"import_options", "up", "shift", "bounds", "warnings"}),
        checks={
            "name": checks.is_name,
            "suffix": checks.matching(r"(\.[a-z0-9]{1,12})?"),
            "state": one_of("queued", "importing", "ready", "failed"),
            "bytes": between(0, 2**50),
            "points": between(0, 2**32 - 1),
            "finite_points": between(0, 2**32 - 1),
            "content_hash": _HASH,
            "import_options": checks.accepted(ImportOptions.from_json, AppError),
            "voxel_size_m": between(1e-9, 1e9),
            "up": checks.is_vector,
            "shift": checks.is_vector,
            "bounds": checks.vectors("min", "max"),
            "warnings": checks.is_texts,
            "unexplained": _SHARE,
        },
    ),
    TableRule(
        table=_table(Job),
        belongs=_jobs,
        refers={"batch": "job"},
        remaps={"args": _job_values, "result": _job_values},
        checks={
            "kind": one_of(*JOB_KINDS),
            "lane": one_of("heavy", "light"),
            "state": one_of(*OVER_STATES),
            "args": _is_job_values,
            "result": _is_job_values,
            "progress": _SHARE,
        },
    ),
    TableRule(
        table=_table(SelectionRound),
        belongs=_of_scans(SelectionRound.scan_id),
        plain=frozenset({"options"}),
        checks={"options": checks.is_object, "budget": _COUNT},
    ),
    TableRule(
        table=_table(Query),
        belongs=_of_scans(Query.scan_id),
        plain=frozenset({"position", "view"}),
        checks={
            "point_index": _POINT,
            "rank": _COUNT,
            "position": checks.is_vector,
            "view": checks.vectors("eye", "target", "up"),
        },
    ),
    TableRule(
        table=_table(Snapshot),
        belongs=lambda project_id: Snapshot.project_id == project_id,
        up_to={"last_event_id": "answer_event"},
        remaps={"rows": _rows_of_snapshot, "classes": _classes_of_snapshot},
        checks={
            "rows": checks.is_rows_of_snapshot,
            "classes": checks.is_classes_of_snapshot,
        },
    ),
    TableRule(
        table=_table(Checkpoint),
        belongs=lambda project_id: Checkpoint.project_id == project_id,
        plain=frozenset({"metrics", "config"}),
        checks={
            "name": checks.field_of(ProjectCreate, "name"),
            "bytes": between(0, 2**50),
            "sha256": _HASH,
            "metrics": checks.is_object,
            "config": checks.is_object,
            "agreement": _SHARE,
        },
    ),
    TableRule(
        table=_table(Prediction),
        belongs=_of_scans(Prediction.scan_id),
    ),
    TableRule(
        table=_table(AnswerEvent),
        belongs=_of_scans(AnswerEvent.scan_id),
        refers={"checkpoint_id": "checkpoint"},
        plain=frozenset({"position"}),
        checks={
            "client_id": _CLIENT_ID,
            "kind": one_of("answer", "undo", "import", "unimport", "note"),
            "point_index": _POINT,
            "position": checks.is_vector,
            "reply": one_of("class", "unsure", "skip", "unlisted"),
            "instance": between(1, 2**31 - 1),
            "seconds": between(0, 1e9),
        },
    ),
    TableRule(
        table=_table(ReviewEvent),
        belongs=_of_scans(ReviewEvent.scan_id),
        checks={
            "client_id": _CLIENT_ID,
            "batch": _CLIENT_ID,
            "kind": one_of("approve", "send_back", "correct", "undo"),
        },
    ),
    TableRule(
        table=_table(LabelImport),
        belongs=lambda project_id: LabelImport.project_id == project_id,
        remaps={"class_ids": _classes_of_import, "scan_ids": _scans_of_import},
        plain=frozenset({"mapping"}),
        checks={
            "client_id": checks.matching(_UUID),
            "target": one_of("answers", "truth"),
            "mapping": checks.is_mapping,
            "class_ids": checks.is_ids,
            "scan_ids": checks.is_ids,
            "per_class": _COUNT,
            "scans": _COUNT,
            "answers": _COUNT,
        },
    ),
    TableRule(
        table=_table(GroundTruth),
        belongs=_of_scans(GroundTruth.scan_id),
        remaps={"class_points": _points_by_class},
        resets=frozenset({"measured", "table"}),
        checks={"class_points": checks.is_points_by_class},
    ),
    TableRule(
        table=_table(ScanFigures),
        belongs=_of_scans(ScanFigures.scan_id),
        up_to={
            "event_id": "answer_event",
            "review_id": "review_event",
            "curve_event": "answer_event",
            "curve_review": "review_event",
        },
        remaps={"class_points": _points_by_class},
        plain=frozenset({"curve"}),
        checks={
            "class_points": checks.is_points_by_class,
            "curve": checks.shaped(lambda: TypeAdapter(Curve)),
            "labelled": _COUNT,
            "superpoints": _COUNT,
            "answered": _COUNT,
            "explained": _SHARE,
            "reached": _SHARE,
        },
        derived=True,
    ),
)

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "user_account": "the people whom other rows name go along as people.jsonl, without a role "
        "in any sign-in",
        "sign_in_token": "a secret",
        "browser_session": "a secret",
        "api_token": "a secret",
        "query_lease": "who works on what at this minute",
        "upload": "files on their way in; they are no scans yet",
        "project_arrival": "whether a project is whole here",
        "export": "files that were made for download; they can be made again",
    }
)
