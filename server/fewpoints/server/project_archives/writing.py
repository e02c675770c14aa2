# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the rows of an archive in portions, into a project that nobody sees yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, insert, update

from fewpoints.server.answers import tally
from fewpoints.server.db.engine import Database
from fewpoints.server.project_archives.contents import Contents
from fewpoints.server.project_archives.ids import GrowingIds, Ids, is_kept, reserve
from fewpoints.server.project_archives.people import add_people
from fewpoints.server.project_archives.placing import prepared_scans
from fewpoints.server.project_archives.portions import Portions
from fewpoints.server.project_archives.rewriting import Rewriting, client_ids_taken
from fewpoints.server.project_archives.rows import Row
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.projects.tables import ProjectArrival

Told = Callable[[int, int], None]  # Rows that are written, and of how many.
_BY_NAME = {rule.name: rule for rule in RULES}


def _order() -> tuple[TableRule, ...]:
    """In what order tables are written: jobs after the rounds and snapshots that their JSON names.

    Ids of those are known only when they are written (`is_kept`).
    """
    names = [rule.name for rule in RULES if rule.name not in ("project", "job")]
    names.insert(max(names.index("selection_round"), names.index("snapshot")) + 1, "job")
    return tuple(_BY_NAME[name] for name in names)


@dataclass(frozen=True)
class Begun:
    """A project that is marked as on its way in, and of which there is only its own row.

    Attributes:
        ids: of each table, those of `GrowingIds` when its rows are written.
        prepared: the scans, by their old ids, that come with their superpoints.
        new_people: names of who was not known here.
    """

    project_id: int
    ids: dict[str, Ids]
    rewriting: Rewriting
    prepared: set[int]
    new_people: list[str]


def begin(database: Database, portions: Portions, contents: Contents, work: Path) -> Begun:
    """Add the people and the project itself, marked, and reserve ids for what follows."""
    with database.read() as session:
        # Before the transaction, which is to be short: who could add them has to wait for us.
        salted = client_ids_taken(session, contents.client_ids)
    prepared = prepared_scans(work, contents.scans)
    with portions.transaction() as session:
        people, new = add_people(session, contents.people)
        ids: dict[str, Ids] = {"user_account": people}
        for rule in RULES:
            (key,) = rule.table.primary_key.columns
            old = contents.ids[rule.name]
            if is_kept(rule.table):
                ids[rule.name] = Ids(old, reserve(session, rule.table, len(old)))
            elif not key.foreign_keys:
                ids[rule.name] = GrowingIds()
        rewriting = Rewriting(
            ids, prepared=prepared, label_imports=contents.label_imports, salted=salted
        )
        rows = _changed(rewriting, _BY_NAME["project"], [dict(contents.project)])
        session.connection().execute(insert(_BY_NAME["project"].table), rows)
        (project_id,) = ids["project"].new
        session.add(ProjectArrival(project_id=project_id, new_people=[user.id for user in new]))
        return Begun(project_id, ids, rewriting, prepared, [user.name for user in new])


def write_rows(portions: Portions, contents: Contents, begun: Begun, told: Told) -> None:
    """Write all rows but that of the project."""
    total = sum(len(contents.ids[rule.name]) for rule in RULES)
    done = 1
    jobs_of_rounds: list[tuple[int, int]] = []
    for rule in _order():
        for block in portions.blocks(row for row, _ in contents.rows(rule)):
            told(done, total)
            _write(portions, begun, rule, block, jobs_of_rounds)
            done += len(block)
    rounds = _BY_NAME["selection_round"].table
    named = update(rounds).where(rounds.c.id == bindparam("round")).values(job_id=bindparam("job"))
    for pairs in portions.blocks(jobs_of_rounds):
        with portions.transaction() as session:
            session.connection().execute(
                named, [{"round": number, "job": job} for number, job in pairs]
            )


def _write(
    portions: Portions,
    begun: Begun,
    rule: TableRule,
    block: list[Row],
    jobs_of_rounds: list[tuple[int, int]],
) -> None:
    growing = begun.ids.get(rule.name)
    if isinstance(growing, GrowingIds):
        (key,) = rule.table.primary_key.columns
        old = [row[key.name] for row in block]
        with portions.transaction() as session:
            growing.extend(old, reserve(session, rule.table, len(old)))
            rows = _changed(begun.rewriting, rule, block)
            if rule.name == "selection_round":  # Its jobs come later.
                jobs_of_rounds += [(row["id"], row["job_id"]) for row in rows if row["job_id"]]
                rows = [{**row, "job_id": None} for row in rows]
            session.connection().execute(insert(rule.table), rows)
    elif rows := _changed(begun.rewriting, rule, block):
        with portions.transaction() as session:
            session.connection().execute(insert(rule.table), rows)


def _changed(rewriting: Rewriting, rule: TableRule, block: list[Row]) -> list[Row]:
    changed = (rewriting.changed(rule, row) for row in block)
    return [row for row in changed if row is not None]


def count_again(database: Database, portions: Portions, begun: Begun) -> None:
    """Store with each scan what its queries and answers amount to."""
    for block in portions.blocks(begun.ids["scan"].new):
        with database.read() as session:  # Nobody else adds anything to them.
            rows = tally.counted(session, block)
        with portions.transaction() as session:
            tally.store(session, rows)
