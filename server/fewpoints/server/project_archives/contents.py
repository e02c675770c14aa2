# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the rows of an archive once, and trusts none: what is left can go into the database."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.errors import InvalidClasses
from fewpoints.server.project_archives.checks import field_of, one_of
from fewpoints.server.project_archives.layout import PEOPLE, ROWS
from fewpoints.server.project_archives.reading import Archive
from fewpoints.server.project_archives.rows import Refuse, Row, from_checked, from_json, lines
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.users.schemas import InvitationCreate

CLIENT_IDS = ("client_id", "batch")  # Names of columns.
MOST_PEOPLE = 10_000
_OF_READY = (
    "points",
    "finite_points",
    "content_hash",
    "format",
    "voxel_size_m",
    "up",
    "shift",
    "bounds",
)
_is_name = field_of(InvitationCreate, "name")
_is_role = one_of("lead", "annotator")


class Person(NamedTuple):
    """Whom rows name. `role`: what they were where the archive was made."""

    id: int
    name: str
    role: str
    created_at: datetime


class ScanFacts(NamedTuple):
    """What a scan's files must fit."""

    name: str
    state: str
    suffix: str
    points: int
    finite_points: int
    features_key: str | None


class WeightsFacts(NamedTuple):
    """What a checkpoint's weights must be."""

    bytes: int
    sha256: str


@dataclass
class Contents:
    """The rows of an archive, checked.

    Attributes:
        folder: of the files of rows.
        ids: table -> ids of its rows, ascending.
        predictions: (scan id, checkpoint id). truths: (scan id, id of the import of labels).
        client_ids: (table, column) -> ids that senders made.
        label_imports: UUIDs of imports of labels.
        asked: scans with a round of selection.
    """

    archive: Archive
    folder: Path
    project: Row = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    ids: dict[str, Sequence[int]] = field(default_factory=dict)
    scans: dict[int, ScanFacts] = field(default_factory=dict)
    weights: dict[int, WeightsFacts] = field(default_factory=dict)
    predictions: set[tuple[int, int]] = field(default_factory=set)
    truths: set[tuple[int, int]] = field(default_factory=set)
    client_ids: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    label_imports: list[str] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)

    def rows(self, rule: TableRule, *, checked: bool = True) -> Iterator[tuple[Row, Refuse]]:
        """Yield the rows of a table as the database takes them, with their old ids.

        Args:
            checked: all of them were read before. Others wait for the transaction that writes them.
        """
        read = from_checked if checked else from_json
        if rule.name not in self.archive.manifest.rows:
            return
        place = ROWS[rule.name]
        found = lines(
            self.folder / Path(place).name,
            lambda line: self.archive.refuse(f"{place}, line {line}"),
        )
        for row, refuse in found:
            yield read(rule, row, refuse), refuse


def read_contents(archive: Archive, folder: Path) -> Contents:
    """Take the rows out of an archive into an empty folder and check every one.

    Raises:
        DamagedArchive: with the table, the line, and what is wrong there.
    """
    for place in (PEOPLE, *ROWS.values()):
        if place in archive.manifest.members:
            archive.take_out(place, folder / Path(place).name)
    contents = Contents(archive, folder)
    _read_people(contents)
    known: dict[str, set[int]] = {"user_account": {person.id for person in contents.people}}
    for rule in RULES:
        _read_table(contents, rule, known)
    return contents


def _read_people(contents: Contents) -> None:
    archive = contents.archive
    seen: set[int] = set()
    names: set[str] = set()
    for row, refuse in lines(
        contents.folder / PEOPLE, lambda line: archive.refuse(f"{PEOPLE}, line {line}")
    ):
        if set(row) != {"id", "name", "role", "created_at"}:
            refuse("it must have id, name, role and created_at.")
        number, name, role = row["id"], row["name"], row["role"]
        if not isinstance(number, int) or isinstance(number, bool) or number in seen:
            refuse("its id cannot be used.")
        if not isinstance(name, str) or not _is_name(name) or name in names or not _is_role(role):
            refuse("its name or role cannot be used.")
        if len(seen) >= MOST_PEOPLE:
            refuse(f"there are more than {MOST_PEOPLE} people.")
        try:
            created_at = datetime.fromisoformat(row["created_at"])
        except (TypeError, ValueError):
            refuse("its created_at is no time.")
        if created_at.tzinfo is None:
            refuse("its created_at has no time zone.")
        seen.add(number)
        names.add(name)
        contents.people.append(Person(number, name, role, created_at))


def _read_table(contents: Contents, rule: TableRule, known: dict[str, set[int]]) -> None:
    (key,) = rule.table.primary_key.columns
    refers = _references(rule)
    mine = known[rule.name] = set()
    ids = array("q")
    note = _NOTES.get(rule.name)
    count = 0
    classes: list[dict[str, Any]] = []
    sent = {
        name: contents.client_ids.setdefault((rule.name, name), [])
        for name in CLIENT_IDS
        if name in rule.table.columns
    }
    for row, refuse in contents.rows(rule, checked=False):
        number = row[key.name]
        if ids and number <= ids[-1]:
            refuse(f"{key.name} {number} is not larger than the one before.")
        for name, table in refers.items():
            value = row[name]
            if value is not None and value not in known[table]:
                refuse(f"{name} {value} is not in the archive.")
        ids.append(number)
        mine.add(number)
        count += 1
        for name, known_ids in sent.items():
            known_ids.append(row[name])
        if note is not None:
            note(contents, row, refuse)
        if rule.name == "label_class":
            classes.append(row)
    place = ROWS[rule.name]
    told = contents.archive.manifest.rows.get(rule.name, 0)
    if count != told:
        contents.archive.refuse(place)(f"it has {count} rows, and {told} by the manifest.")
    if rule.name == "project" and count != 1:
        contents.archive.refuse(place)("it must hold exactly one project.")
    if rule.name == "label_class":
        _check_classes(classes, contents.archive.refuse(place))
    contents.ids[rule.name] = ids


def _references(rule: TableRule) -> dict[str, str]:
    declared = {
        column.name: next(iter(column.foreign_keys)).column.table.name
        for column in rule.table.columns
        if column.foreign_keys
    }
    return {**declared, **rule.refers}


def _check_classes(rows: list[dict[str, Any]], refuse: Refuse) -> None:
    ordered = sorted(rows, key=lambda row: int(row["position"]))
    if [row["position"] for row in ordered] != list(range(len(ordered))):
        refuse("the positions of classes are not 0, 1, 2 and so on.")
    names = ("name", "color", "key", "instanceable", "external_id", "parent", "description")
    try:
        ClassList.from_dicts([{name: row[name] for name in names} for row in ordered])
    except InvalidClasses as error:
        refuse(error.message)


def _note_project(contents: Contents, row: Row, _: Refuse) -> None:
    contents.project = row


def _note_scan(contents: Contents, row: Row, refuse: Refuse) -> None:
    if row["state"] == "ready":
        missing = [name for name in _OF_READY if row[name] is None]
        if missing:
            refuse(f"{missing[0]} is missing, although the scan is ready.")
        if not 0 < row["finite_points"] <= row["points"]:
            refuse(f"it has {row['points']} points, of which {row['finite_points']} are finite.")
    contents.scans[row["id"]] = ScanFacts(
        name=row["name"],
        state=row["state"],
        suffix=row["suffix"],
        points=row["points"] or 0,
        finite_points=row["finite_points"] or 0,
        features_key=row["features_key"],
    )


def _note_round(contents: Contents, row: Row, _: Refuse) -> None:
    contents.asked.add(row["scan_id"])


def _note_checkpoint(contents: Contents, row: Row, _: Refuse) -> None:
    contents.weights[row["id"]] = WeightsFacts(row["bytes"], row["sha256"])


def _note_prediction(contents: Contents, row: Row, refuse: Refuse) -> None:
    pair = row["scan_id"], row["checkpoint_id"]
    if pair in contents.predictions or contents.scans[pair[0]].state != "ready":
        refuse("there cannot be this prediction.")
    contents.predictions.add(pair)


def _note_label_import(contents: Contents, row: Row, refuse: Refuse) -> None:
    contents.label_imports.append(row["client_id"])
    count = len(row["class_ids"])
    classes = [entry["class"] for entry in row["mapping"]["values"]]
    if not all(index is None or 0 <= index < count for index in classes):
        refuse("its mapping names classes that it does not have.")


def _note_truth(contents: Contents, row: Row, refuse: Refuse) -> None:
    pair = row["scan_id"], row["import_id"]
    if pair in contents.truths or contents.scans[pair[0]].state != "ready":
        refuse("there cannot be this ground truth.")
    contents.truths.add(pair)


def _note_point(contents: Contents, row: Row, refuse: Refuse) -> None:
    point = row["point_index"]
    points = contents.scans[row["scan_id"]].points
    if point is not None and point >= points:
        refuse(f"there is no point {point} in a scan of {points} points.")


def _note_answer(contents: Contents, row: Row, refuse: Refuse) -> None:
    _note_point(contents, row, refuse)
    if row["kind"] in ("answer", "import"):
        if row["reply"] is None or row["point_index"] is None or row["position"] is None:
            refuse("an answer needs a reply and a point with its position.")
        if (row["reply"] == "class") != (row["class_id"] is not None):
            refuse('a class_id belongs to the reply "class", and only to that.')
    if row["kind"] == "note" and (row["point_index"] is None or row["note"] is None):
        refuse("a note needs a point and a text.")
    if row["kind"] not in ("undo", "unimport") and row["undoes_id"] is not None:
        refuse("only an undo takes something back.")


_NOTES: Mapping[str, Any] = {
    "project": _note_project,
    "scan": _note_scan,
    "selection_round": _note_round,
    "query": _note_point,
    "checkpoint": _note_checkpoint,
    "prediction": _note_prediction,
    "answer_event": _note_answer,
    "label_import": _note_label_import,
    "ground_truth": _note_truth,
}
