# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project is packed while scans wait to be taken out of the one file that they came in."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.project_archives.errors import DamagedArchive
from fewpoints.server.project_archives.packing import estimated_bytes
from fewpoints.server.projects.schemas import ProjectCreate
from fewpoints.server.projects.service import create_project
from fewpoints.server.scans.service import ArchivedScan, add_archived_scans
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import DiskFull
from fewpoints.server.users.service import ensure_owner
from tests.server.project_archives import Members, members_of, pack, restore, write
from tests.server.small_projects import Home, everything, small_home

CONTENT = os.urandom(300_000)
NAMES = ("a.ply", "b.ply", "c.ply")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with small_home(tmp_path / "home") as made:
        yield made


@pytest.fixture
def project_id(home: Home, tmp_path: Path) -> int:
    """A project of three scans that share an archive, and one with a file of its own."""
    upload = tmp_path / "rooms.zip"
    with home.database.write() as session:
        user_id = ensure_owner(session, "Somebody").id
        project = create_project(session, ProjectCreate(name="Rooms"))
        for content, names in ((CONTENT, NAMES), (b"another", ("d.ply",))):
            upload.write_bytes(content)
            add_archived_scans(
                session,
                home.storage,
                project_id=project.id,
                user_id=user_id,
                upload=upload,
                suffix=".zip",
                scans=[ArchivedScan(name, 1000, ImportOptions(member=name)) for name in names],
            )
            upload.unlink()
        return project.id


def sources(home: Home, project_id: int) -> list[Path]:
    """The source of each scan, in the order in which they came."""
    with home.database.read() as session:
        scans = session.scalars(
            select(Scan).where(Scan.project_id == project_id).order_by(Scan.id)
        ).all()
        return [home.storage.scan_source(scan.id, scan.suffix) for scan in scans]


def test_what_they_share_is_packed_once_and_shared_again(
    home: Home, project_id: int, tmp_path: Path
) -> None:
    archive = tmp_path / "rooms.fewpoints.zip"
    packed = pack(home.database, home.storage, project_id, archive)
    assert len(CONTENT) < packed.bytes < 1.2 * len(CONTENT)
    estimated = estimated_bytes(home.database, home.storage, project_id, derived=True)
    assert len(CONTENT) < estimated < 1.2 * len(CONTENT)
    with small_home(tmp_path / "elsewhere") as elsewhere:
        made = restore(elsewhere.database, elsewhere.storage, archive)
        found = sources(elsewhere, made.project_id)
        assert [path.read_bytes() for path in found] == [CONTENT] * 3 + [b"another"]
        assert [path.stat().st_nlink for path in found] == [3, 3, 3, 1]
        elsewhere.storage.remove_scan(int(found[0].parent.name))
        assert [path.exists() for path in found] == [False, True, True, True]


def test_on_a_disk_without_links_each_has_a_copy(
    home: Home, project_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "rooms.fewpoints.zip"
    pack(home.database, home.storage, project_id, archive)

    def link(*_: Any) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    made = restore(home.database, home.storage, archive)
    found = sources(home, made.project_id)
    assert [path.read_bytes() for path in found] == [CONTENT] * 3 + [b"another"]
    assert {path.stat().st_nlink for path in found} == {1}
    # Copies are packed one by one: nothing says that they are the same.
    packed = pack(home.database, home.storage, made.project_id, archive)
    assert packed.bytes > 3 * len(CONTENT)


def test_copies_need_room(
    home: Home, project_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "rooms.fewpoints.zip"
    pack(home.database, home.storage, project_id, archive)

    def link(*_: Any) -> None:
        raise OSError(31, "Too many links")

    monkeypatch.setattr(os, "link", link)
    room = 400_000
    used = [0]

    def free(folder: Path | None = None) -> int:
        return room - used[0]

    def copied(path: Path, other: Path) -> None:
        used[0] += path.stat().st_size
        other.write_bytes(path.read_bytes())

    monkeypatch.setattr(home.storage, "free_bytes", free)
    monkeypatch.setattr(shutil, "copyfile", copied)
    before = everything(home)
    with pytest.raises(DiskFull):
        restore(home.database, home.storage, archive)
    assert everything(home) == before


def told(members: Members) -> dict[str, Any]:
    entries: dict[str, Any] = json.loads(members["manifest.json"])["members"]
    return entries


def with_entry(members: Members, name: str, **values: Any) -> Members:
    """The members with another entry in their manifest."""
    manifest = json.loads(members["manifest.json"])
    entry = {**manifest["members"].get(name, {}), **values}
    manifest["members"][name] = entry
    return {**members, "manifest.json": json.dumps(manifest).encode()}


@pytest.mark.parametrize(
    "what", ["itself", "a share", "nothing", "rows", "a name outside", "other bytes", "other hash"]
)
def test_what_cannot_be_shared_is_refused(
    what: str, home: Home, project_id: int, tmp_path: Path
) -> None:
    archive = tmp_path / "rooms.fewpoints.zip"
    pack(home.database, home.storage, project_id, archive)
    good = members_of(archive)
    shares = {name: entry for name, entry in told(good).items() if entry.get("same_as")}
    one, other = shares
    first = shares[one]["same_as"]
    rows = {**told(good)["project.json"], "same_as": "project.json"}
    changed = {
        "itself": with_entry(good, one, same_as=one),
        "a share": with_entry(good, one, same_as=other),
        "nothing": with_entry(good, one, same_as="scans/4711/source"),
        "rows": with_entry(good, one, **rows),
        "a name outside": with_entry(good, "../../source", **{**shares[one], "same_as": first}),
        "other bytes": with_entry(good, one, bytes=len(CONTENT) + 1),
        "other hash": with_entry(good, one, sha256="0" * 64),
    }[what]
    before = everything(home)
    with pytest.raises(DamagedArchive, match="cannot be the same as"):
        restore(home.database, home.storage, write(archive, changed, honest=False))
    assert everything(home) == before


def test_a_share_is_no_reason_to_trust_the_bytes(
    home: Home, project_id: int, tmp_path: Path
) -> None:
    archive = tmp_path / "rooms.fewpoints.zip"
    pack(home.database, home.storage, project_id, archive)
    good = members_of(archive)
    first = next(entry["same_as"] for entry in told(good).values() if entry.get("same_as"))
    changed = {**good, first: good[first][:-1] + b"?"}
    with pytest.raises(DamagedArchive, match="SHA-256"):
        restore(home.database, home.storage, write(archive, changed, honest=False))
    with home.database.read() as session:
        assert len(session.execute(select(metadata.tables["project"])).all()) == 1
