# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of an archive's rows here: new ids, and what follows from them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.server.db.types import utc_now
from fewpoints.server.file_labels.answers import STRATEGY, imported_id
from fewpoints.server.project_archives.contents import CLIENT_IDS
from fewpoints.server.project_archives.ids import Ids
from fewpoints.server.project_archives.rows import Row
from fewpoints.server.project_archives.rules import RULES, TableRule

_IDS_AT_ONCE = 500
_NAMES = uuid.UUID("b2f7f4f2-6e3c-4f0c-9a53-0a2d5f6a1c27")  # Names ids made from others.


def client_ids_taken(session: Session, client_ids: Mapping[tuple[str, str], Sequence[str]]) -> bool:
    """Whether an answer or review of the archive is here already: the project was moved twice.

    Then all of them get other ids, so that none is taken for the one that is here.

    Args:
        client_ids: (table, column) -> ids that senders made.
    """
    tables = {rule.name: rule.table for rule in RULES}
    for (table, name), given in client_ids.items():
        column = tables[table].columns[name]
        for start in range(0, len(given), _IDS_AT_ONCE):
            block = given[start : start + _IDS_AT_ONCE]
            if session.scalar(select(column).where(column.in_(block)).limit(1)):
                return True
    return False


class Rewriting:
    """Turns rows as they were into rows as they are here.

    Args:
        ids: of each table; those that a row refers to are known when it is turned.
        prepared: the scans, by their old ids, that come with their superpoints.
        label_imports: UUIDs of imports of labels, as they were.
        salted: answers and reviews get other UUIDs.
    """

    def __init__(
        self,
        ids: Mapping[str, Ids],
        *,
        prepared: set[int],
        label_imports: Sequence[str],
        salted: bool,
    ) -> None:
        self._ids = ids
        self._prepared = prepared
        self._label_imports = label_imports
        self._salted = salted
        self._changes_of: dict[str, Sequence[tuple[str, Callable[[Any], Any]]]] = {}

    def changed(self, rule: TableRule, row: Row) -> Row | None:
        """Return a row as it is here; None if it cannot stay."""
        if rule.name == "scan":
            row["updated_at"] = utc_now()
            if row["id"] not in self._prepared:
                row |= dict.fromkeys(("features_key", "cells", "unexplained", "unexplained_event"))
            if row["state"] == "importing":
                row["state"] = "queued"
        elif rule.name == "scan_figures" and row["scan_id"] not in self._prepared:
            return None
        elif rule.name == "project":
            row["updated_at"] = utc_now()
        imported = self._id_of_imported(row) if rule.name == "answer_event" else None
        for name, change in self._changes(rule):
            if row[name] is not None:
                row[name] = change(row[name])
        if "project_id" in row:  # Also where it may be null: all that is its own is found by that.
            (row["project_id"],) = self._ids["project"].new
        if imported is not None:
            row["client_id"] = imported
        return row

    def _changes(self, rule: TableRule) -> Sequence[tuple[str, Callable[[Any], Any]]]:
        """Return what becomes of the values of columns that refer to something."""
        if rule.name in self._changes_of:
            return self._changes_of[rule.name]
        changes: list[tuple[str, Callable[[Any], Any]]] = []
        for column in rule.table.columns:
            name = column.name
            if name in rule.resets:
                changes.append((name, lambda _: None))
            elif column.foreign_keys:
                (key,) = column.foreign_keys
                changes.append((name, self._ids[key.column.table.name].found))
            elif column.primary_key:
                changes.append((name, self._ids[rule.name].found))
            elif name in rule.refers:
                changes.append((name, self._ids[rule.refers[name]].found))
            elif name in rule.up_to:
                changes.append((name, self._ids[rule.up_to[name]].up_to))
            elif name in rule.remaps:
                changes.append((name, partial(rule.remaps[name], ids=self._ids)))
            elif self._salted and name in CLIENT_IDS:
                changes.append((name, self._salt))
        self._changes_of[rule.name] = changes
        return changes

    def _id_of_imported(self, row: Row) -> str | None:
        """Return the id of an answer that came with a file; None for others.

        It is made of its import, scan and point, and found again by that when the import is undone.
        """
        if row["kind"] != "import" or row["strategy"] != STRATEGY:
            return None
        scan_id = self._ids["scan"].found(row["scan_id"])
        assert scan_id is not None
        for label_import in self._label_imports:
            if imported_id(label_import, row["scan_id"], row["point_index"]) == row["client_id"]:
                now = self._salt(label_import) if self._salted else label_import
                return imported_id(now, scan_id, row["point_index"])
        return None

    def _salt(self, client_id: str) -> str:
        head, colon, tail = client_id.partition(":")
        (project_id,) = self._ids["project"].new
        return f"{uuid.uuid5(_NAMES, f'{head} {project_id}')}{colon}{tail}"
