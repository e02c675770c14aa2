# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a project out of an archive: all of it or nothing.

Everything is taken out into a working folder and checked there. Then one transaction gives every
row a new id, moves the files to their places, and commits; where that fails they go again.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.selection.options import needs_features, strategy_options
from fewpoints.server.answers import tally
from fewpoints.server.channels.service import Facts, channel_path
from fewpoints.server.db.types import utc_now
from fewpoints.server.file_labels.answers import STRATEGY, imported_id
from fewpoints.server.jobs import service as jobs
from fewpoints.server.project_archives import scan_files
from fewpoints.server.project_archives.contents import (
    CLIENT_IDS,
    Contents,
    ScanFacts,
    read_contents,
)
from fewpoints.server.project_archives.errors import DamagedArchive
from fewpoints.server.project_archives.ids import Ids, reserve
from fewpoints.server.project_archives.layout import Member
from fewpoints.server.project_archives.reading import Archive, open_archive
from fewpoints.server.project_archives.rows import Row
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.projects.queries import read_project
from fewpoints.server.projects.tables import Project
from fewpoints.server.rounds.schemas import RoundCreate
from fewpoints.server.rounds.service import queue_selection
from fewpoints.server.scans.queries import read_scans
from fewpoints.server.scans.service import queue_features
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage, readable_bytes
from fewpoints.server.training.checkpoints import read_checkpoints
from fewpoints.server.training.tables import Checkpoint
from fewpoints.server.users.service import ensure_user
from fewpoints.server.users.tables import User

_AT_ONCE = 2000  # Rows written at a time.
_IDS_AT_ONCE = 500
_NAMES = uuid.UUID("b2f7f4f2-6e3c-4f0c-9a53-0a2d5f6a1c27")  # Names ids made from others.
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
        _check_members(archive, contents)
        _take_out_files(archive, contents, work, progress)
        progress(0.95, "Storing the project")
        published: list[Path] = []
        try:
            with transaction() as session, _or_damaged(archive):
                restored = _Restoring(session, storage, contents, work, published).run(
                    user_id, name
                )
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


# --- files ---


def _check_members(archive: Archive, contents: Contents) -> None:
    """See that each file belongs to a row and that no file that a row needs is missing."""
    needed = {f"checkpoints/{number}.safetensors" for number in contents.weights}
    needed |= {f"scans/{scan}/predictions/{made}.npy" for scan, made in contents.predictions}
    needed |= {f"scans/{scan}/truth/{made}.npy" for scan, made in contents.truths}
    for number, scan in contents.scans.items():
        if scan.state == "ready":
            needed |= {f"scans/{number}/data/{name}" for name in scan_files.DATA_FILES}
        elif scan.state != "failed":
            needed.add(f"scans/{number}/source")
    missing = needed - set(archive.manifest.members)
    if missing:
        archive.refuse(sorted(missing)[0])("it is missing.")
    jobs_known = set(contents.ids["job"])
    for name, member in archive.members():
        if not _has_row(member, contents, jobs_known):
            archive.refuse(name)("no row of its tables belongs to it.")


def _has_row(member: Member, contents: Contents, jobs_known: set[int]) -> bool:
    if member.kind == "rows":
        return True
    if member.kind == "checkpoint":
        return member.owner in contents.weights
    if member.kind == "losses":
        return member.owner in jobs_known
    scan = contents.scans.get(member.owner)
    if scan is None:
        return False
    if member.kind == "source":
        return scan.state != "ready"
    if member.kind == "prediction":
        return (member.owner, int(member.rest)) in contents.predictions
    if member.kind == "truth":
        return (member.owner, int(member.rest)) in contents.truths
    if member.kind == "superpoints":
        return scan.features_key is not None and scan.state == "ready"
    return scan.state == "ready"


def _take_out_files(archive: Archive, contents: Contents, work: Path, progress: Progress) -> None:
    total, done = archive.bytes or 1, 0
    for name, member in archive.members():
        told = archive.manifest.members[name]
        done += told.bytes
        if member.kind == "rows":
            continue
        sizes = f"{readable_bytes(done)} of {readable_bytes(total)}"
        progress(0.85 * done / total, f"Unpacking {archive.name}: {sizes}")
        target = _working_path(work, member)
        archive.take_out(name, target)
        refuse = archive.refuse(name)
        if member.kind == "checkpoint":
            if (told.bytes, told.sha256) != contents.weights[member.owner]:
                refuse("it is not the file that its checkpoint was trained as.")
            scan_files.check_weights(target, refuse)
        elif member.kind == "losses":
            scan_files.check_losses(target, refuse)
    for count, (number, scan) in enumerate(contents.scans.items()):
        share = 0.85 + 0.1 * count / len(contents.scans)
        progress(share, f"Checking {scan.name}")
        if scan.state == "ready":
            _check_scan(archive, contents, work / "scans" / str(number), number, scan)


def _working_path(work: Path, member: Member) -> Path:
    if member.kind == "checkpoint":
        return work / "checkpoints" / str(member.owner) / "network.safetensors"
    if member.kind == "losses":
        return work / "jobs" / str(member.owner)
    names = {
        "source": "source",
        "data": f"data/{member.rest}",
        "superpoints": "superpoints.npz",
        "channel": f"channels/{member.rest}",
        "prediction": f"predicted/{member.rest}.npy",
        "truth": f"truths/{member.rest}.npy",
    }
    return work / "scans" / str(member.owner) / names[member.kind]


def _check_scan(
    archive: Archive, contents: Contents, folder: Path, number: int, scan: ScanFacts
) -> None:
    base = f"scans/{number}"
    scan_files.check_data(folder / "data", scan, archive.refuse(f"{base}/data"))
    superpoints = folder / "superpoints.npz"
    if superpoints.exists():
        scan_files.check_superpoints(superpoints, scan, archive.refuse(f"{base}/superpoints.npz"))
    for path in sorted((folder / "channels").glob("*")):
        refuse = archive.refuse(f"{base}/channels/{path.name}.bin")
        scan_files.check_channel(path, scan, refuse)
    for path in sorted((folder / "truths").glob("*.npy")):
        scan_files.check_truth(path, scan, archive.refuse(f"{base}/truth/{path.name}"))
    for path in sorted((folder / "predicted").glob("*.npy")):
        scan_files.spread_prediction(
            path,
            folder / "predictions" / path.stem,
            folder / "data",
            scan,
            archive.refuse(f"{base}/predictions/{path.name}"),
        )


# --- rows ---


class _Restoring:
    """One transaction that adds the rows of an archive and puts its files in their places."""

    def __init__(
        self,
        session: Session,
        storage: Storage,
        contents: Contents,
        work: Path,
        published: list[Path],
    ) -> None:
        self._session = session
        self._storage = storage
        self._contents = contents
        self._work = work
        self._published = published
        self._ids: dict[str, Ids] = {}
        self._salted = False
        self._changes_of: dict[str, Sequence[tuple[str, Callable[[Any], Any]]]] = {}

    def run(self, user_id: int, name: str | None) -> Restored:
        session, contents = self._session, self._contents
        new_people = self._people()
        for rule in RULES:
            (key,) = rule.table.primary_key.columns
            old = contents.ids[rule.name]
            if not key.foreign_keys:
                self._ids[rule.name] = Ids(old, reserve(session, rule.table, len(old)))
        self._salted = self._client_ids_taken()
        title = free_name(session, name or str(contents.project["name"]))
        prepared = self._prepared_scans()
        for rule in RULES:
            self._insert(rule, title, prepared)
        (project_id,) = self._ids["project"].new
        tally.recount(session, list(self._ids["scan"].new))
        self._put_files(prepared)
        self._queue(user_id, prepared)
        self._read_back(project_id)
        return Restored(
            project_id=project_id,
            name=title,
            scans=len(contents.scans),
            answers=len(contents.ids["answer_event"]),
            new_people=new_people,
        )

    def _people(self) -> list[str]:
        session = self._session
        people = sorted(self._contents.people)
        known = set(
            session.scalars(select(User.name).where(User.name.in_([one.name for one in people])))
        )
        for person in people:
            user = ensure_user(session, person.name, person.role)
            if person.name not in known:
                user.created_at = person.created_at
        session.flush()
        by_name = {
            user.name: user.id
            for user in session.scalars(
                select(User).where(User.name.in_([one.name for one in people]))
            )
        }
        self._ids["user_account"] = Ids(
            [person.id for person in people], [by_name[person.name] for person in people]
        )
        return [person.name for person in people if person.name not in known]

    def _client_ids_taken(self) -> bool:
        """Whether an answer or review of the archive is here already: the project was moved twice.

        Then all of them get other ids, so that none is taken for the one that is here.
        """
        tables = {rule.name: rule.table for rule in RULES}
        for (table, name), given in self._contents.client_ids.items():
            column = tables[table].columns[name]
            for start in range(0, len(given), _IDS_AT_ONCE):
                block = given[start : start + _IDS_AT_ONCE]
                if self._session.scalar(select(column).where(column.in_(block)).limit(1)):
                    return True
        return False

    def _prepared_scans(self) -> set[int]:
        """Return the scans, by their old ids, that come with their superpoints."""
        scans = self._work / "scans"
        return {
            number
            for number in self._contents.scans
            if (scans / str(number) / "superpoints.npz").exists()
        }

    def _insert(self, rule: TableRule, title: str, prepared: set[int]) -> None:
        changed = (
            self._changed(rule, row, title, prepared) for row, _ in self._contents.rows(rule)
        )
        rows = (row for row in changed if row is not None)
        connection = self._session.connection()
        while block := list(islice(rows, _AT_ONCE)):
            connection.execute(insert(rule.table), block)

    def _changed(self, rule: TableRule, row: Row, title: str, prepared: set[int]) -> Row | None:
        """Return a row as it is here; None if it cannot stay."""
        now = utc_now()
        if rule.name == "scan":
            row["updated_at"] = now  # Listeners are told of what is newer than the last thing.
            if row["id"] not in prepared:
                row |= dict.fromkeys(("features_key", "cells", "unexplained", "unexplained_event"))
            if row["state"] == "importing":
                row["state"] = "queued"
        elif rule.name == "scan_figures" and row["scan_id"] not in prepared:
            return None
        elif rule.name == "project":
            row |= {"name": title, "updated_at": now}
        imported = self._id_of_imported(row) if rule.name == "answer_event" else None
        for name, change in self._changes(rule):
            if row[name] is not None:
                row[name] = change(row[name])
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
        for label_import in self._contents.label_imports:
            if imported_id(label_import, row["scan_id"], row["point_index"]) == row["client_id"]:
                now = self._salt(label_import) if self._salted else label_import
                return imported_id(now, scan_id, row["point_index"])
        return None

    def _salt(self, client_id: str) -> str:
        head, colon, tail = client_id.partition(":")
        (project_id,) = self._ids["project"].new
        return f"{uuid.uuid5(_NAMES, f'{head} {project_id}')}{colon}{tail}"

    def _put_files(self, prepared: set[int]) -> None:
        """Give files their final names; those of scans and checkpoints depend on the new ids."""
        session, storage, work = self._session, self._storage, self._work
        session.expire_all()
        for old, scan_id in _pairs(self._ids["scan"]):
            folder = work / "scans" / str(old)
            if not folder.exists():
                continue
            scan = session.get_one(Scan, scan_id)
            final = storage.scan_folder(scan_id)

            def place(path: Path, folder: Path = folder, final: Path = final) -> Path:
                inside = folder / path.relative_to(final)
                inside.parent.mkdir(parents=True, exist_ok=True)
                return inside

            if (source := folder / "source").exists():
                os.replace(source, place(storage.scan_source(scan_id, scan.suffix)))
            if old in prepared:
                assert scan.features_key is not None
                path = storage.superpoints_file(scan_id, scan.features_key)
                os.replace(folder / "superpoints.npz", place(path))
            for channel in sorted((folder / "channels").glob("*")):
                facts = Facts.of(session, scan_id)
                path = channel_path(storage, facts, channel.name)  # type: ignore[arg-type]
                os.replace(channel, place(path))
            predicted = [int(found.name) for found in (folder / "predictions").glob("*")]
            moved = folder / "moved"
            for checkpoint in predicted:
                new = self._ids["checkpoint"].found(checkpoint)
                assert new is not None
                moved.mkdir(exist_ok=True)
                os.replace(folder / "predictions" / str(checkpoint), moved / str(new))
            for truth in sorted((folder / "truths").glob("*.npy")):
                new = self._ids["label_import"].found(int(truth.stem))
                assert new is not None
                os.replace(truth, place(storage.truth_file(scan_id, new)))
            if predicted:
                os.rmdir(folder / "predictions")
                os.replace(moved, folder / "predictions")
            self._publish(folder, final)
        for old, checkpoint_id in _pairs(self._ids["checkpoint"]):
            self._publish(work / "checkpoints" / str(old), storage.checkpoint_folder(checkpoint_id))
        for old, job_id in _pairs(self._ids["job"]):
            losses = work / "jobs" / str(old)
            if losses.exists():
                final = storage.job_losses(job_id)
                self._published.append(final)
                os.replace(losses, final)

    def _publish(self, folder: Path, final: Path) -> None:
        self._published.append(final)
        self._storage.publish(folder, final)

    def _queue(self, user_id: int, prepared: set[int]) -> None:
        """Go on with what was under way, and make again what did not come along."""
        session = self._session
        (project_id,) = self._ids["project"].new
        project = session.get_one(Project, project_id)
        for old, scan_id in _pairs(self._ids["scan"]):
            scan = session.get_one(Scan, scan_id)
            if scan.state == "queued":
                jobs.enqueue(
                    session,
                    "import",
                    args={"scan_id": scan_id},
                    project_id=project_id,
                    scan_id=scan_id,
                    user_id=user_id,
                )
            if scan.state != "ready":
                continue
            asks = project.auto_select and old not in self._contents.asked
            quick = not needs_features(strategy_options(project.strategy))
            if old not in prepared and not (asks and quick):
                queue_features(session, scan, user_id)
            if asks:
                assert scan.finite_points is not None
                body = RoundCreate(
                    strategy=project.strategy,  # type: ignore[arg-type] # Checked when it was read.
                    budget=min(project.budget, scan.finite_points),
                )
                queue_selection(session, scan, body, user_id)
                if quick and old not in prepared:
                    queue_features(session, scan, user_id)

    def _read_back(self, project_id: int) -> None:
        """Show everything once: what cannot be shown would be an error on every page later."""
        session = self._session
        session.flush()
        session.expire_all()
        read_project(session, project_id)
        scans = session.scalars(select(Scan).where(Scan.project_id == project_id)).all()
        for start in range(0, len(scans), _IDS_AT_ONCE):
            read_scans(session, scans[start : start + _IDS_AT_ONCE])
        checkpoints = session.scalars(
            select(Checkpoint).where(Checkpoint.project_id == project_id)
        ).all()
        read_checkpoints(session, project_id, checkpoints)


def free_name(session: Session, wanted: str) -> str:
    """Return a name that no project has: "Office", "Office (2)" and so on."""
    taken = set(session.scalars(select(Project.name)))
    name, number = wanted, 1
    while name in taken:
        number += 1
        ending = f" ({number})"
        name = f"{wanted[: _MOST_NAME - len(ending)]}{ending}"
    return name


def _pairs(ids: Ids) -> Iterator[tuple[int, int]]:
    return zip(ids.old, ids.new, strict=True)
