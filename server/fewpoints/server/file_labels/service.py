# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What labels of files would become, and asking for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fewpoints.annotations.label_mapping.counting import FieldCounts
from fewpoints.annotations.label_mapping.mapping import (
    ClassMapping,
    InstanceField,
    InvalidMapping,
    mapping_of_json,
)
from fewpoints.server.answers.sparse import class_list
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import Conflict, Invalid, NotFound
from fewpoints.server.file_labels.answers import take_back
from fewpoints.server.file_labels.counts import MOMENT_S, counts_by_scan
from fewpoints.server.file_labels.fields import chosen_scans
from fewpoints.server.file_labels.schemas import (
    LabelImportCreate,
    LabelImportOptions,
    LabelImportPlan,
    LabelImportRead,
    LabelValue,
    MappedClass,
)
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport
from fewpoints.server.jobs import service as jobs
from fewpoints.server.jobs.tables import Job
from fewpoints.server.projects.arriving import is_arriving
from fewpoints.server.projects.queries import class_rows, get_project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.users.tables import User

MAX_ALL = 20_000  # Answers of one scan.
MAX_ANSWERS = 500_000  # Of one import.
_CHUNK = 500  # Scans per statement; databases limit the number of parameters.


class NothingToImport(Conflict):
    """No point of the chosen scans would get a class."""

    code = "nothing_to_import"


class TooManyAnswers(Invalid):
    """More points would become answers than make sense."""

    code = "too_many_answers"


def plan_import(
    session: Session, storage: Storage, project_id: int, options: LabelImportOptions
) -> LabelImportPlan:
    """Return what an import would do, from the counts of values alone.

    Raises:
        NotFound, Invalid: see `read_fields`.
        InvalidMapping: the mapping cannot be used.
        TooManyAnswers: all points of a scan are too many.
    """
    return _planned(session, storage, project_id, options)[0]


def _planned(
    session: Session,
    storage: Storage,
    project_id: int,
    options: LabelImportOptions,
    *,
    moment_s: float = MOMENT_S,
) -> tuple[LabelImportPlan, ClassMapping, list[int]]:
    """Return the plan, the mapping, and the scans that have its fields or may have them."""
    get_project(session, project_id)
    classes = class_list(session, project_id)
    mapping = mapping_of_json(options.mapping, classes)
    counts = counts_by_scan(
        storage, chosen_scans(session, project_id, options.scan_ids), moment_s=moment_s
    )
    points: Counter[int] = Counter()
    answers: Counter[int] = Counter()
    unlisted: dict[int | str, LabelValue] = {}
    having: list[int] = []
    waiting: list[int] = []
    total = 0
    for scan_id, found in counts.items():
        if found is None:
            waiting.append(scan_id)
            continue
        by_name = {one.name: one for one in found}
        if not set(mapping.fields) <= set(by_name):
            continue
        one = by_name[mapping.field]
        values = _of_mapping(one, mapping)
        having.append(scan_id)
        total += one.points
        here: Counter[int] = Counter()
        known = (mapping.for_words(one.names) if one.words else mapping).classes
        for value, number in values.items():
            index = known.get(value)
            if index is not None:
                here[index] += number
            elif value not in known and not (one.words and value < 0):
                word = one.names.get(value) if one.words else None
                key = value if word is None else word
                left = unlisted.setdefault(key, LabelValue(value=value, points=0, name=word))
                left.points += number
        if options.target == "answers" and options.per_class is None:
            _check_all(session, scan_id, sum(here.values()))
        points += here
        most = options.per_class or MAX_ALL
        answers += Counter({index: min(number, most) for index, number in here.items()})
    if counts and not having and not waiting:
        raise InvalidMapping(
            f'None of the {len(counts)} scans has the field "{mapping.field}"'
            + (f' beside "{mapping.instance.field}".' if mapping.instance else ".")
        )
    made = sum(answers.values()) if options.target == "answers" else 0
    if made > MAX_ANSWERS:
        raise TooManyAnswers(
            f"That would be {made:,} answers at once; at most {MAX_ANSWERS:,} are possible. "
            "Take fewer of each class, or fewer scans."
        )
    labelled = sum(points.values())
    plan = LabelImportPlan(
        scans=len(having),
        left_out=len(counts) - len(having) - len(waiting),
        waiting=len(waiting),
        answers=made,
        points=labelled,
        ignored_points=total - labelled,
        answered=_count(session, having, Scan.answer_count > 0),
        replaced=_count(session, having, Scan.id.in_(current_truths())),
        classes=[
            MappedClass(
                index=index,
                points=points[index],
                answers=answers[index] if options.target == "answers" else 0,
            )
            for index in sorted(points)
        ],
        unlisted=sorted(unlisted.values(), key=lambda left: (left.value, left.name or "")),
    )
    return plan, mapping, having + waiting


def _of_mapping(one: FieldCounts, mapping: ClassMapping) -> Mapping[int, int]:
    values = one.counts
    if mapping.packed:
        # Values that stay below 16 bits are their own low bits.
        values = one.low_counts if one.low_counts is not None else one.counts
    if values is None:
        raise InvalidMapping(
            f'"{one.name}" has more than 1,000 different values: it numbers objects or parts, not '
            "classes. Choose another field."
        )
    return values


def _check_all(session: Session, scan_id: int, points: int) -> None:
    if points > MAX_ALL:
        name = session.get_one(Scan, scan_id).name
        raise TooManyAnswers(
            f"{name} has {points:,} labelled points; at most {MAX_ALL:,} of a scan can all become "
            "answers. Say how many of each class."
        )


# Any: a condition on Scan's columns.
def _count(session: Session, scan_ids: Sequence[int], condition: Any) -> int:
    found = 0
    for at in range(0, len(scan_ids), _CHUNK):
        chunk = scan_ids[at : at + _CHUNK]
        found += (
            session.scalar(select(func.count(Scan.id)).where(Scan.id.in_(chunk), condition)) or 0
        )
    return found


def current_truths() -> Any:
    """Return a SELECT of the scans that have a ground truth that is not undone."""
    return (
        select(GroundTruth.scan_id)
        .join(LabelImport, LabelImport.id == GroundTruth.import_id)
        .where(LabelImport.undone_at.is_(None))
    )


def start_import(
    session: Session, storage: Storage, project_id: int, body: LabelImportCreate, user_id: int
) -> LabelImport:
    """Queue an import; sent twice, it is queued once.

    Raises:
        NotFound, Invalid, InvalidMapping, TooManyAnswers: see `plan_import`.
        NothingToImport: no point would get a class.
    """
    known = session.scalar(select(LabelImport).where(LabelImport.client_id == body.client_id))
    if known is not None:
        if known.project_id != project_id:
            raise Conflict("This client_id was used for another project. Make a new one.")
        return known
    # Others wait for this transaction: whoever plans before has had the scans counted.
    plan, mapping, scan_ids = _planned(session, storage, project_id, body, moment_s=0.0)
    if plan.points == 0 and not plan.waiting:
        raise NothingToImport(
            f'No point has a value of "{mapping.field}" that the mapping gives a class.'
        )
    rows = class_rows(session, [project_id])[project_id]
    stored = mapping.to_json(class_list(session, project_id))
    for entry in stored["values"]:  # A class may be renamed before the job begins.
        entry["class"] = mapping.classes[entry["value"]]
    row = LabelImport(
        project_id=project_id,
        user_id=user_id,
        client_id=body.client_id,
        target=body.target,
        field=mapping.field,
        mapping=stored,
        class_ids=[found.id for found in rows],
        scan_ids=scan_ids,
        per_class=body.per_class if body.target == "answers" else None,
    )
    session.add(row)
    session.flush()
    job = jobs.enqueue(
        session, "labels", args={"import_id": row.id}, project_id=project_id, user_id=user_id
    )
    row.job_id = job.id
    session.flush()
    return row


def get_import(session: Session, import_id: int) -> LabelImport:
    """Return an import.

    Raises:
        NotFound: there is none.
    """
    row = session.get(LabelImport, import_id)
    if row is None or is_arriving(session, row.project_id):
        raise NotFound("label import", import_id)
    return row


def list_imports(
    session: Session, project_id: int, offset: int, limit: int
) -> tuple[list[LabelImportRead], int]:
    """Return a page of a project's imports, newest first, and how many there are."""
    mine = LabelImport.project_id == project_id
    total = session.scalar(select(func.count()).select_from(LabelImport).where(mine)) or 0
    page = session.scalars(
        select(LabelImport).where(mine).order_by(LabelImport.id.desc()).offset(offset).limit(limit)
    ).all()
    return [read_import(session, row) for row in page], total


def read_import(session: Session, row: LabelImport) -> LabelImportRead:
    """Return an import as HTTP shows it."""
    job = session.get(Job, row.job_id) if row.job_id is not None else None
    return LabelImportRead(
        id=row.id,
        project_id=row.project_id,
        job_id=row.job_id,
        state=None if job is None else job.state,  # type: ignore[arg-type] # One of the five.
        target=row.target,  # type: ignore[arg-type] # Checked when it was stored.
        field=row.field,
        mapping=named_mapping(session, row),
        per_class=row.per_class,
        scans=row.scans,
        answers=row.answers,
        points=row.points,
        created_by=session.get_one(User, row.user_id).name,
        created_at=row.created_at,
        undone_at=row.undone_at,
    )


def stored_mapping(row: LabelImport) -> ClassMapping:
    """Return an import's mapping; its classes are indices of `row.class_ids`."""
    raw = row.mapping
    instance = raw["instance"]
    return ClassMapping(
        raw["field"],
        {entry["value"]: entry["class"] for entry in raw["values"]},
        names={entry["value"]: entry["name"] for entry in raw["values"] if "name" in entry},
        packed=raw["packed"],
        instance=None if instance is None else InstanceField(instance["field"], instance["none"]),
    )


def named_mapping(session: Session, row: LabelImport) -> dict[str, Any]:
    """Return an import's mapping with the present names of its classes; gone ones are ignored."""
    names = {
        found.id: found.name
        for found in class_rows(session, [row.project_id]).get(row.project_id, [])
    }
    mapping = dict(row.mapping)
    mapping["values"] = [
        {
            **entry,
            "class": None if entry["class"] is None else names.get(row.class_ids[entry["class"]]),
        }
        for entry in mapping["values"]
    ]
    return mapping


def undo_import(database: Database, storage: Storage, import_id: int) -> LabelImportRead:
    """Take back what an import added, scan by scan; again, it finds nothing left to take back.

    Raises:
        NotFound: there is no such import.
    """
    with database.write() as session:
        row = get_import(session, import_id)
        job = session.get(Job, row.job_id) if row.job_id is not None else None
        if job is not None:
            jobs.request_cancel(session, job)
        # Marked first: the job adds nothing more from here on.
        row.undone_at = row.undone_at or utc_now()
        scan_ids = list(row.scan_ids)
        target = row.target
    for scan_id in scan_ids:
        # One transaction each: others answer meanwhile.
        with database.write() as session:
            if session.get(Scan, scan_id) is None:
                continue
            if target == "answers":
                take_back(session, get_import(session, import_id), scan_id)
            else:
                session.execute(
                    delete(GroundTruth).where(
                        GroundTruth.scan_id == scan_id, GroundTruth.import_id == import_id
                    )
                )
        if target == "truth":
            storage.truth_file(scan_id, import_id).unlink(missing_ok=True)
    with database.read() as session:
        return read_import(session, get_import(session, import_id))
