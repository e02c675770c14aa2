# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a project out of an archive: all of it or nothing.

Everything is taken out into a working folder and checked there. Then the project is marked as on
its way in (`arrivals.py`), its rows are written in portions and its files get their names, which
nobody sees; a last short transaction shows it. Whatever ends before that leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.project_archives.arrivals import remove_arrivals
from fewpoints.server.project_archives.contents import Contents, read_contents
from fewpoints.server.project_archives.errors import DamagedArchive
from fewpoints.server.project_archives.following import queue_work, read_back
from fewpoints.server.project_archives.placing import place_files
from fewpoints.server.project_archives.portions import Portions, Transaction
from fewpoints.server.project_archives.reading import Archive, open_archive
from fewpoints.server.project_archives.turns import turn
from fewpoints.server.project_archives.unpacking import check_members, take_out_files
from fewpoints.server.project_archives.writing import Begun, begin, count_again, write_rows
from fewpoints.server.projects.arriving import has_arrived
from fewpoints.server.projects.tables import Project, ProjectArrival
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage

_MOST_NAME = 200


@dataclass(frozen=True)
class Restored:
    """What became of an archive. `new_people`: who was not known here."""

    project_id: int
    name: str
    scans: int
    answers: int
    new_people: list[str]


def restore_project(
    database: Database,
    storage: Storage,
    path: Path,
    *,
    user_id: int,
    work: Path,
    filename: str | None = None,
    name: str | None = None,
    progress: Progress = no_progress,
    transaction: Transaction | None = None,
    also: Callable[[Session, Restored], None] | None = None,
) -> Restored:
    """Add the project in an archive.

    Args:
        user_id: who imports it.
        work: an empty folder of the data folder's disk.
        filename: what people call the archive. name: for the project; its own by default.
        progress: may raise, which ends it.
        transaction: opens those that write rows of the project; may raise, which ends it.
        also: done in the transaction that shows the project.

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
        take_out_files(archive, contents, storage, work, progress)
        waiting = partial(progress, 0.7, "Waiting for another import of a project")
        with turn(storage.import_lock_file, waiting=waiting), _or_damaged(archive):
            remove_arrivals(database, storage)  # Of an import that was killed.
            portions = Portions(database, transaction or database.write)
            try:
                begun = begin(database, portions, contents, work)
                write_rows(portions, contents, begun, partial(_storing, progress))
                count_again(database, portions, begun)
                with database.read() as session:
                    placing = partial(progress, 0.95, "Putting its files in their places")
                    place_files(session, storage, work, begun.ids, placing)
                    read_back(session, begun.project_id)
                with portions.transaction() as session:
                    restored = _show(session, contents, begun, user_id, name)
                    if also is not None:
                        also(session, restored)
            except BaseException:
                remove_arrivals(database, storage)
                raise
    return restored


def _storing(progress: Progress, done: int, total: int) -> None:
    progress(0.7 + 0.25 * done / total, f"Storing rows: {done:,} of {total:,}")


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


def _show(
    session: Session, contents: Contents, begun: Begun, user_id: int, name: str | None
) -> Restored:
    """Let everybody see a project that is whole, and its work go on."""
    project_id = begun.project_id
    title = free_name(session, name or str(contents.project["name"]))
    now = utc_now()  # Listeners are told of what is newer than the last thing that they saw.
    session.execute(
        update(Project).where(Project.id == project_id).values(name=title, updated_at=now)
    )
    session.execute(update(Scan).where(Scan.project_id == project_id).values(updated_at=now))
    session.execute(delete(ProjectArrival).where(ProjectArrival.project_id == project_id))
    queue_work(
        session,
        project_id,
        begun.ids["scan"],
        user_id=user_id,
        prepared=begun.prepared,
        asked=contents.asked,
    )
    return Restored(
        project_id=project_id,
        name=title,
        scans=len(contents.scans),
        answers=len(contents.ids["answer_event"]),
        new_people=begun.new_people,
    )


def free_name(session: Session, wanted: str) -> str:
    """Return a name that no project has: "Office", "Office (2)" and so on."""
    taken = set(session.scalars(select(Project.name).where(has_arrived(Project.id))))
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f" ({number})"
        name = f"{wanted[: _MOST_NAME - len(ending)]}{ending}"
    return name
