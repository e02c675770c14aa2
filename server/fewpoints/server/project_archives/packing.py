# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Packs a project into one file.

All rows are read in one transaction that sees one moment. The files of that moment are held by hard
links in the same transaction: files are never written in place but replaced, so a link keeps what
was there, whatever is imported, predicted or deleted while the archive is written. Where a disk has
no hard links they are copied. Scans that wait to be taken out of one file share it as their source;
it is packed once.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.server.channels.service import Facts, channel_path
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.db.upgrade import newest_revision
from fewpoints.server.file_labels.tables import GroundTruth
from fewpoints.server.jobs.schemas import OVER_STATES
from fewpoints.server.project_archives.errors import ProjectChanges
from fewpoints.server.project_archives.layout import (
    CHANNELS,
    FORMAT,
    MANIFEST,
    PEOPLE,
    ROWS,
    VERSION,
    is_data_file,
)
from fewpoints.server.project_archives.rows import to_line
from fewpoints.server.project_archives.rules import RULES, TableRule
from fewpoints.server.projects.queries import get_project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.schemas import iso_utc
from fewpoints.server.storage import Storage, readable_bytes
from fewpoints.server.training.predictions import SCAN_ORDER
from fewpoints.server.training.tables import Checkpoint, Prediction
from fewpoints.server.users.tables import User

BLOCK_BYTES = 1 << 20
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # The same content gives the same bytes.
_TRIES = 3
_AT_ONCE = 1000  # Rows read at a time.


@dataclass
class Packed:
    """An archive that was written. `snapshot`: of which moment it is."""

    name: str
    bytes: int
    sha256: str
    snapshot: dict[str, Any]


@dataclass
class _Held:
    """What an archive will hold.

    Attributes:
        members: by name, in the order in which they are written.
        shared: members that are one of these, too, and which.
    """

    name: str
    project_id: int
    snapshot: dict[str, Any]
    rows: dict[str, int] = field(default_factory=dict)
    members: dict[str, Path] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)


def pack_project(
    database: Database,
    storage: Storage,
    project_id: int,
    target: Path,
    *,
    work: Path,
    derived: bool = True,
    progress: Progress = no_progress,
) -> Packed:
    """Write a project to `target`, which appears only when it is whole.

    Args:
        work: an empty folder of the data folder's disk.
        derived: with what can be made again: superpoints, colours of the view, figures.

    Raises:
        NotFound: there is no such project.
        ProjectChanges: its files kept vanishing.
    """
    held = _hold(database, storage, project_id, work, derived)
    count = sum(path.stat().st_size for path in held.members.values())
    storage.require_free(count, target.absolute().parent)
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        told = _write(part, held, derived, progress)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return Packed(held.name, target.stat().st_size, told, held.snapshot)


def estimated_bytes(database: Database, storage: Storage, project_id: int, *, derived: bool) -> int:
    """Return about how large an archive will be: files are as large in it, rows a fifth.

    Raises:
        NotFound: there is no such project.
    """
    with _snapshot(database) as session:
        get_project(session, project_id)
        files = sum(
            {
                _identity(path): path.stat().st_size
                for _, path in _files(session, storage, project_id, derived)
                if path.exists()
            }.values()
        )
        rows = sum(
            session.scalar(
                select(func.count()).select_from(rule.table).where(rule.belongs(project_id))
            )
            or 0
            for rule in _rules(derived)
        )
    return files + 100 * rows


@contextmanager
def _snapshot(database: Database) -> Iterator[Session]:
    """A session that sees one moment throughout."""
    with database.read() as session:
        if not database.is_sqlite:  # There a transaction sees one moment anyway.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def _rules(derived: bool) -> list[TableRule]:
    return [rule for rule in RULES if derived or not rule.derived]


def _hold(
    database: Database, storage: Storage, project_id: int, work: Path, derived: bool
) -> _Held:
    for number in range(_TRIES):
        folder = work / f"try-{number}"
        try:
            return _hold_once(database, storage, project_id, folder, derived)
        except FileNotFoundError:  # Of a scan or prediction that somebody deleted just then.
            shutil.rmtree(folder)
    with database.read() as session:
        raise ProjectChanges(get_project(session, project_id).name)


def _hold_once(
    database: Database, storage: Storage, project_id: int, folder: Path, derived: bool
) -> _Held:
    folder.mkdir()
    with _snapshot(database) as session:
        project = get_project(session, project_id)
        held = _Held(
            name=project.name,
            project_id=project_id,
            snapshot={"taken_at": iso_utc(utc_now())},
        )
        people: set[int] = set()
        seen: dict[str, set[int]] = {}
        for rule in _rules(derived):
            _write_rows(session, rule, held, folder, seen, people)
        for name in ("answer_event", "review_event"):
            held.snapshot[f"last_{name}"] = max(seen[name], default=0)
        held.snapshot["scans"] = len(seen["scan"])
        _write_people(session, people, held, folder)
        links = folder / "files"
        links.mkdir()
        first: dict[Path | tuple[int, int], str] = {}
        for number, (name, path) in enumerate(_files(session, storage, project_id, derived)):
            same = first.setdefault(_identity(path), name)
            if same != name:
                held.shared[name] = same
                continue
            held.members[name] = links / str(number)
            storage.link_or_copy(path, held.members[name])
    return held


def _identity(path: Path) -> Path | tuple[int, int]:
    """What all names of a file have in common."""
    found = path.stat()
    return (found.st_dev, found.st_ino) if found.st_nlink > 1 else path


def _write_rows(
    session: Session,
    rule: TableRule,
    held: _Held,
    folder: Path,
    seen: dict[str, set[int]],
    people: set[int],
) -> None:
    (key,) = rule.table.primary_key.columns
    mine = seen[rule.name] = set()
    refers = {column.name: _target(column) for column in rule.table.columns if column.foreign_keys}
    refers |= rule.refers
    chosen = select(rule.table).where(rule.belongs(held.project_id)).order_by(key)
    path = folder / f"{rule.name}.jsonl"
    with path.open("wb") as file:
        rows = session.execute(chosen, execution_options={"yield_per": _AT_ONCE})
        for found in rows.mappings():
            row = dict(found)
            mine.add(row[key.name])
            for name, table in refers.items():
                value = row[name]
                if value is None:
                    continue
                if table == "user_account":
                    people.add(value)
                elif value not in seen[table]:
                    assert rule.table.columns[name].nullable, f"{rule.name}.{name}"
                    row[name] = None  # Such as a checkpoint that was deleted since.
            if rule.name == "job" and row["state"] not in OVER_STATES:
                row |= {"state": "done", "progress": 1.0, "message": "Done"}
            file.write(to_line(row))
    held.rows[rule.name] = len(mine)
    held.members[ROWS[rule.name]] = path


def _target(column: Any) -> str:
    (key,) = column.foreign_keys
    return str(key.column.table.name)


def _write_people(session: Session, people: set[int], held: _Held, folder: Path) -> None:
    path = folder / PEOPLE
    known = session.execute(
        select(User.id, User.name, User.role, User.created_at).order_by(User.id)
    ).mappings()
    with path.open("wb") as file:
        for row in known:
            if row["id"] in people:
                file.write(to_line(dict(row)))
    held.members[PEOPLE] = path


def _files(
    session: Session, storage: Storage, project_id: int, derived: bool
) -> Iterator[tuple[str, Path]]:
    """Yield the names of members that are files, and the files."""
    for scan in session.scalars(
        select(Scan).where(Scan.project_id == project_id).order_by(Scan.id)
    ):
        yield from _scan_files(session, storage, scan, derived)
    mine = Checkpoint.project_id == project_id
    for checkpoint_id, job_id in session.execute(
        select(Checkpoint.id, Checkpoint.job_id).where(mine).order_by(Checkpoint.id)
    ):
        yield f"checkpoints/{checkpoint_id}.safetensors", storage.checkpoint_file(checkpoint_id)
        if job_id is not None and storage.job_losses(job_id).exists():
            yield f"jobs/{job_id}.losses", storage.job_losses(job_id)


def _scan_files(
    session: Session, storage: Storage, scan: Scan, derived: bool
) -> Iterator[tuple[str, Path]]:
    base = f"scans/{scan.id}"
    if scan.state != "ready":
        source = storage.scan_source(scan.id, scan.suffix)
        if scan.state != "failed" or source.exists():
            yield f"{base}/source", source
        return
    data = storage.scan_data(scan.id)
    if not data.is_dir():
        raise FileNotFoundError(data)
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if is_data_file(name):
            yield f"{base}/data/{name}", path
    for checkpoint_id in session.scalars(
        select(Prediction.checkpoint_id)
        .join(Checkpoint, Checkpoint.id == Prediction.checkpoint_id)
        .where(Prediction.scan_id == scan.id, Checkpoint.project_id == scan.project_id)
        .order_by(Prediction.checkpoint_id)
    ):
        folder = storage.prediction_folder(scan.id, checkpoint_id)
        yield f"{base}/predictions/{checkpoint_id}.npy", folder / SCAN_ORDER
    for import_id in session.scalars(
        select(GroundTruth.import_id)
        .where(GroundTruth.scan_id == scan.id)
        .order_by(GroundTruth.import_id)
    ):
        yield f"{base}/truth/{import_id}.npy", storage.truth_file(scan.id, import_id)
    if derived:
        yield from _derived_files(session, storage, scan, base)


def _derived_files(
    session: Session, storage: Storage, scan: Scan, base: str
) -> Iterator[tuple[str, Path]]:
    if scan.features_key is not None:
        superpoints = storage.superpoints_file(scan.id, scan.features_key)
        if superpoints.exists():
            yield f"{base}/superpoints.npz", superpoints
    facts = Facts.of(session, scan.id)
    for name in CHANNELS:
        path = channel_path(storage, facts, name)
        if path.exists():
            yield f"{base}/channels/{name}.bin", path


def _write(part: Path, held: _Held, derived: bool, progress: Progress) -> str:
    """Write the zip; return its SHA-256."""
    total = sum(path.stat().st_size for path in held.members.values()) or 1
    told: dict[str, Any] = {}
    done = 0
    with part.open("wb") as raw:
        file = _Hashed(raw)
        with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            for name, path in held.members.items():

                def advance(count: int) -> None:
                    nonlocal done
                    done += count
                    sizes = f"{readable_bytes(done)} of {readable_bytes(total)}"
                    progress(done / total, f"Packing {held.name}: {sizes}")

                with path.open("rb") as source:
                    told[name] = _add(archive, name, source, advance)
            for name, same in held.shared.items():
                told[name] = {**told[same], "same_as": same}
            manifest = {
                "format": FORMAT,
                "version": VERSION,
                "app_version": importlib.metadata.version("fewpoints"),
                "migration": newest_revision(),
                "made_at": iso_utc(utc_now()),
                "project": {"id": held.project_id, "name": held.name},
                "snapshot": held.snapshot,
                "derived": derived,
                "rows": held.rows,
                "members": told,
            }
            text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
            archive.writestr(_info(MANIFEST), text, compresslevel=6)
        raw.flush()
        os.fsync(raw.fileno())
    return file.digest.hexdigest()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, ZIP_TIME)
    text = name.endswith((".json", ".jsonl"))
    info.compress_type = zipfile.ZIP_DEFLATED if text else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    return info


def _add(
    archive: zipfile.ZipFile, name: str, source: BinaryIO, advance: Callable[[int], None]
) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with archive.open(_info(name), "w", force_zip64=True) as out:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            count += len(block)
            out.write(block)
            advance(len(block))
    return {"bytes": count, "sha256": digest.hexdigest()}


class _Hashed(io.RawIOBase):
    """A file that is written from its start to its end and hashed on the way.

    It cannot be sought, so a zip is written to it as to a pipe: sizes follow the members' bytes.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:  # Any: bytes, or a view of them.
        self.digest.update(block)
        return self._file.write(block)
