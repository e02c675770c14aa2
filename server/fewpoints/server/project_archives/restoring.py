# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a project out of an archive: all of it or nothing.

Everything is taken out into a working folder and checked there. Then one transaction gives every
row a new id, moves the files to their places, and commits; where that fails they go again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.server.answers import tally
from fewpoints.server.project_archives.contents import Contents, read_contents
from fewpoints.server.project_archives.errors import DamagedArchive
from fewpoints.server.project_archives.following import queue_work, read_back
from fewpoints.server.project_archives.ids import Ids, reserve
from fewpoints.server.project_archives.people import add_people
from fewpoints.server.project_archives.placing import place_files, prepared_scans
from fewpoints.server.project_archives.reading import Archive, open_archive
from fewpoints.server.project_archives.rewriting import Rewriting, client_ids_taken
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.project_archives.unpacking import check_members, take_out_files
from fewpoints.server.projects.tables import Project
from fewpoints.server.storage import Storage

_AT_ONCE = 2000  # Rows written at a time.
_MOST_NAME = 200

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Restored:
    """What became of an archive. `new_people`: who was not known here."""

    project_id: int
    name: str
    scans: int
    answers: int
    new_people: list[str]


def restore_project(
    storage: Storage,
    path: Path,
    transaction: Transaction,
    *,
    user_id: int,
    work: Path,
    filename: str | None = None,
    name: str | None = None,
    progress: Progress = no_progress,
    also: Callable[[Session, Restored], None] | None = None,
) -> Restored:
    """Add the project in an archive.

    Args:
        transaction: opens one that writes.
        user_id: who imports it.
        work: an empty folder of the data folder's disk.
        filename: what people call the archive. name: for the project; its own by default.
        also: done in the same transaction.

    Raises:
        DamagedArchive, ArchiveTooNew: with what is wrong; nothing is left.
        DiskFull: before anything is taken out.
    """
    with open_archive(path, filename) as archive:
        storage.require_free(archive.bytes)
        progress(0.0, f"Reading the tables of {archive.name}")
        tables = work / "tables"
        tables.mkdir()
        contents = read_contents(archive, tables)
        check_members(archive, contents)
        take_out_files(archive, contents, work, progress)
        progress(0.95, "Storing the project")
        published: list[Path] = []
        try:
            with transaction() as session, _or_damaged(archive):
                restored = _add(session, storage, contents, work, published, user_id, name)
                if also is not None:
                    also(session, restored)
        except BaseException:
            for folder in published:
                storage.remove_published(folder)
            raise
    return restored


@contextmanager
def _or_damaged(archive: Archive) -> Iterator[None]:
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise DamagedArchive(archive.name, "Its rows contradict each other.") from error
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))[:100]
        raise DamagedArchive(
            archive.name, f"Something in it cannot be shown ({error.title}.{where})."
        ) from error


def _add(
    session: Session,
    storage: Storage,
    contents: Contents,
    work: Path,
    published: list[Path],
    user_id: int,
    name: str | None,
) -> Restored:
    """Add the rows of an archive and put its files in their places."""
    people, new_people = add_people(session, contents.people)
    ids = {"user_account": people}
    for rule in RULES:
        (key,) = rule.table.primary_key.columns
        old = contents.ids[rule.name]
        if not key.foreign_keys:
            ids[rule.name] = Ids(old, reserve(session, rule.table, len(old)))
    title = free_name(session, name or str(contents.project["name"]))
    prepared = prepared_scans(work, contents.scans)
    rewriting = Rewriting(
        ids,
        title=title,
        prepared=prepared,
        label_imports=contents.label_imports,
        salted=client_ids_taken(session, contents.client_ids),
    )
    for rule in RULES:
        _insert(session, contents, rewriting, rule)
    (project_id,) = ids["project"].new
    tally.recount(session, list(ids["scan"].new))
    place_files(session, storage, work, ids, published)
    queue_work(
        session,
        project_id,
        ids["scan"],
        user_id=user_id,
        prepared=prepared,
        asked=contents.asked,
    )
    read_back(session, project_id)
    return Restored(
        project_id=project_id,
        name=title,
        scans=len(contents.scans),
        answers=len(contents.ids["answer_event"]),
        new_people=new_people,
    )


def _insert(session: Session, contents: Contents, rewriting: Rewriting, rule: TableRule) -> None:
    changed = (rewriting.changed(rule, row) for row, _ in contents.rows(rule))
    rows = (row for row in changed if row is not None)
    connection = session.connection()
    while block := list(islice(rows, _AT_ONCE)):
        connection.execute(insert(rule.table), block)


def free_name(session: Session, wanted: str) -> str:
    """Return a name that no project has: "Office", "Office (2)" and so on."""
    taken = set(session.scalars(select(Project.name)))
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f" ({number})"
        name = f"{wanted[: _MOST_NAME - len(ending)]}{ending}"
    return name
