# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives of projects as several tests make, change and read them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fewpoints.server.db.engine import Database
from fewpoints.server.project_archives.packing import Packed, pack_project
from fewpoints.server.project_archives.restoring import Restored, restore_project
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.serve import owner_name
from fewpoints.server.storage import Storage
from fewpoints.server.users.service import ensure_owner
from tests.server.running import Visitor

Members = dict[str, bytes]
# What an import gives anew, beside ids.
_TOLD_ANEW = ("id", "name", "updated_at", "last_event_id")
_COUNTED_AGAIN = (
    *_TOLD_ANEW,
    *("newest_event", "newest_review", "answered_at", "unexplained_event"),
)


@dataclass(frozen=True)
class Side:
    """A project in one of the two installations."""

    lead: Visitor
    project_id: int

    def get(self, path: str, **params: Any) -> Any:
        """What a page of the project shows."""
        return self.lead.get_json(f"/projects/{self.project_id}{path}", **params)

    def scans(self) -> list[dict[str, Any]]:
        """In the order in which they came."""
        items = self.get("/scans")["items"]
        return sorted(items, key=lambda scan: int(scan["id"]))


def pack(
    database: Database, storage: Storage, project_id: int, target: Path, *, derived: bool = True
) -> Packed:
    """Pack a project without a job."""
    with storage.work_folder(f"test-{uuid.uuid4().hex}") as work:
        return pack_project(database, storage, project_id, target, work=work, derived=derived)


def restore(
    database: Database, storage: Storage, archive: Path, *, name: str | None = None, **more: Any
) -> Restored:
    """Import an archive without a job. `more`: for `restore_project`."""
    with database.write() as session:
        user_id = ensure_owner(session, owner_name()).id
    with storage.work_folder(f"test-{uuid.uuid4().hex}") as work:
        return restore_project(
            database, storage, archive, user_id=user_id, work=work, name=name, **more
        )


def members_of(archive: Path) -> Members:
    """The bytes of every member."""
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def write(target: Path, members: Mapping[str, bytes], *, honest: bool = True) -> Path:
    """Write members as an archive.

    Args:
        honest: the manifest's sizes, checksums and counts of rows are made to fit.
    """
    members = dict(members)
    if honest:
        manifest = json.loads(members.pop("manifest.json"))
        manifest["members"] = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
        }
        for table in manifest["rows"]:
            place = "project.json" if table == "project" else f"tables/{table}.jsonl"
            manifest["rows"][table] = members.get(place, b"").count(b"\n")
        members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return target


def rows_of(members: Mapping[str, bytes], name: str) -> list[dict[str, Any]]:
    """The rows of a member."""
    return [json.loads(line) for line in members[name].splitlines()]


def with_rows(
    members: Mapping[str, bytes], name: str, change: Callable[[list[dict[str, Any]]], None]
) -> Members:
    """The members with other rows in one of them."""
    rows = rows_of(members, name)
    change(rows)
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return {**members, name: lines}


def anonymous(value: Any) -> Any:
    """JSON without ids and without what is made of them."""
    odd = {"id", "version", "batch", "updated_at", "events"}
    if isinstance(value, dict):
        return {
            key: anonymous(item)
            for key, item in value.items()
            if key not in odd and not key.endswith(("_id", "_ids"))
        }
    return [anonymous(item) for item in value] if isinstance(value, list) else value


def contents(file: bytes) -> dict[str, bytes] | bytes:
    """The files in a zip but for its manifest, which has ids; else the file itself."""
    if not file.startswith(b"PK") or b"manifest.json" not in file:
        return file
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        names = [name for name in archive.namelist() if name != "manifest.json"]
        assert names
        return {name: archive.read(name) for name in names}


def without_checkpoint(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV; its checkpoints are ids, of which only whether there is one is kept."""
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    for row in rows:
        row["checkpoint"] = "one" if row["checkpoint"] else ""
    return rows


def by_place(members: Mapping[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, each id in them replaced by the place of its row in its table."""
    tables = {
        rule.name: rows_of(members, place)
        for rule in RULES
        if (place := "project.json" if rule.name == "project" else f"tables/{rule.name}.jsonl")
        in members
    }
    tables["user_account"] = rows_of(members, "people.jsonl")
    place_of = {
        name: {row.get("id"): place for place, row in enumerate(rows)}
        for name, rows in tables.items()
    }

    def placed(rule: TableRule, row: dict[str, Any]) -> dict[str, Any]:
        targets = {
            column.name: key.column.table.name
            for column in rule.table.columns
            for key in column.foreign_keys
        } | dict(rule.refers)
        anew = _COUNTED_AGAIN if rule.name == "scan" else _TOLD_ANEW
        made = {
            name: value
            for name, value in row.items()
            if name not in anew and not name.endswith("_count")
        }
        for name, target in targets.items():
            if made[name] is not None:
                made[name] = place_of[target][made[name]]
        if rule.name == "job":
            for name, target in (("round_id", "selection_round"), ("scan_id", "scan")):
                for part in ("args", "result"):
                    if name in made[part]:
                        made[part] = {**made[part], name: place_of[target][made[part][name]]}
        if rule.name == "snapshot":
            made["rows"] = [
                [place_of["answer_event"][event], place_of["scan"][scan], *rest]
                for event, scan, *rest in made["rows"]
            ]
            made["classes"] = [
                {**entry, "id": place_of["label_class"][entry["id"]]} for entry in made["classes"]
            ]
        return made

    return {
        rule.name: [placed(rule, row) for row in tables[rule.name]]
        for rule in RULES
        if rule.name in tables
    }
