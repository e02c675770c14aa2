# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives that are damaged or made to do harm: one sentence, and nothing is left of them."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.project_archives import following
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.settings import Settings
from fewpoints.server.storage import DiskFull, Storage
from fewpoints.server.training.predictions import write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from fewpoints.server.users.service import ensure_owner
from tests.server.databases import database_url
from tests.server.hostile_changes import CHANGES, POINTS, named, safetensors
from tests.server.project_archives import (
    Members,
    members_of,
    pack,
    restore,
    write,
)
from tests.server.seeding import seed_scan, seed_superpoints

NOW = utc_now()


@dataclass(frozen=True)
class Home:
    """A data folder with its database; no server runs on it."""

    database: Database
    storage: Storage


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    settings = Settings(home=folder, database_url=database_url(folder), min_free_bytes=0)
    storage = Storage(settings)
    storage.prepare()
    database = Database(settings.resolved_database_url)
    upgrade(database.engine)
    with database.write() as session:
        ensure_owner(session, "Somebody")
    yield Home(database, storage)
    database.close()


@pytest.fixture(scope="module")
def good(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Members:
    """The members of a small project with every kind of row and file."""
    seeded = seed_scan(home.database, home.storage, queries=3, points=POINTS)
    of_point = np.arange(POINTS, dtype=np.int32) % 5
    of_point[7] = -1
    seed_superpoints(home.database, home.storage, seeded, of_point, np.zeros((5, 3)))
    order = home.storage.scan_file(seeded.scan_id, "order.bin")
    with home.database.write() as session:
        user = ensure_owner(session, "Somebody")
        classes = session.scalars(
            select(LabelClassRow).where(LabelClassRow.project_id == seeded.project_id)
        ).all()
        answer = {
            "scan_id": seeded.scan_id,
            "user_id": user.id,
            "author": user.name,
            "position": [1.0, 2.0, 3.0],
            "answered_at": NOW,
            "created_at": NOW,
        }
        for number in range(3):
            session.execute(
                insert(AnswerEvent),
                {
                    **answer,
                    "client_id": f"00000000-0000-4000-8000-00000000000{number}",
                    "kind": "answer",
                    "point_index": 10 * number,
                    "reply": "class",
                    "class_id": classes[number].id,
                },
            )
        newest = session.scalar(select(func.max(AnswerEvent.id)))
        session.execute(
            insert(AnswerEvent),
            {
                **answer,
                "client_id": "00000000-0000-4000-8000-000000000009",
                "kind": "undo",
                "undoes_id": newest,
            },
        )
        snapshot = Snapshot(
            project_id=seeded.project_id,
            last_event_id=newest or 0,
            rows=[[newest, seeded.scan_id, 20, 2]],
            classes=[{"id": classes[0].id, "name": classes[0].name, "color": "#000000"}],
        )
        session.add(snapshot)
        session.flush()
        weights = safetensors()
        checkpoint = Checkpoint(
            project_id=seeded.project_id,
            snapshot_id=snapshot.id,
            name="First",
            arch="Res16UNet14A",
            variant="head",
            bytes=len(weights),
            sha256=hashlib.sha256(weights).hexdigest(),
            metrics={},
            config={},
            shown=True,
        )
        session.add(checkpoint)
        session.flush()
        session.add(Prediction(scan_id=seeded.scan_id, checkpoint_id=checkpoint.id))
        file = home.storage.checkpoint_file(checkpoint.id)
        file.parent.mkdir(parents=True)
        file.write_bytes(weights)
        folder = home.storage.prediction_folder(seeded.scan_id, checkpoint.id)
        classes_of = np.zeros(POINTS, np.uint8)
        folder.parent.mkdir(parents=True)
        write_prediction(folder, classes_of, classes_of, order)
    target = tmp_path_factory.mktemp("good") / "good.zip"
    pack(home.database, home.storage, seeded.project_id, target)
    return members_of(target)


def everything(home: Home) -> tuple[dict[str, int], list[str]]:
    """How many rows each table has, and every file and folder."""
    with home.database.read() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
    ours = ("scans", "checkpoints", "logs", "exports", "partial", "uploads", "work")
    files = [
        str(path.relative_to(home.storage.home))
        for name in ours
        for path in (home.storage.home / name).rglob("*")
    ]
    return counts, sorted(files)


def refused(home: Home, archive: Path) -> str:
    """Import an archive, which must leave nothing; return the sentence."""
    before = everything(home)
    with pytest.raises((DamagedArchive, ArchiveTooNew)) as caught:
        restore(home.database, home.storage, archive)
    assert everything(home) == before
    message = caught.value.message
    assert archive.name in message
    assert len(message) < 500
    return message


def test_the_good_one_is_imported(home: Home, good: Members, tmp_path: Path) -> None:
    made = restore(home.database, home.storage, write(tmp_path / "good.zip", good))
    assert (made.scans, made.answers) == (1, 4)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_one_sentence(what: str, home: Home, good: Members, tmp_path: Path) -> None:
    change, expected = CHANGES[what]
    changed = change(good)
    message = refused(home, write(tmp_path / "changed.zip", changed, honest=_is_json(changed)))
    assert expected in message


def _is_json(members: Members) -> bool:
    try:
        json.loads(members["manifest.json"])
    except ValueError:
        return False
    return True


class TestTheFileItself:
    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
    def test_cut_short(self, share: float, home: Home, good: Members, tmp_path: Path) -> None:
        content = write(tmp_path / "good.zip", good).read_bytes()
        cut = tmp_path / "cut.zip"
        cut.write_bytes(content[: int(share * len(content))])
        refused(home, cut)

    def test_flipped_bits_are_found_wherever_they_are(
        self, home: Home, good: Members, tmp_path: Path
    ) -> None:
        content = write(tmp_path / "good.zip", good).read_bytes()
        rng = np.random.default_rng(0)
        flipped = tmp_path / "flipped.zip"
        found = 0
        for _ in range(60):
            place, bit = int(rng.integers(len(content))), int(rng.integers(8))
            other = bytearray(content)
            other[place] ^= 1 << bit
            flipped.write_bytes(other)
            before = everything(home)
            try:
                restore(home.database, home.storage, flipped)
            except (DamagedArchive, ArchiveTooNew):
                assert everything(home) == before
                found += 1
        assert found > 40  # The others are in times and such, which say nothing.

    def test_a_checksum_that_does_not_fit(self, home: Home, good: Members, tmp_path: Path) -> None:
        name = named(good, "tiles.bin")
        content = bytearray(good[name])
        content[5] ^= 1
        changed = {**good, name: bytes(content)}
        assert "SHA-256" in refused(home, write(tmp_path / "x.zip", changed, honest=False))

    def test_a_scan_is_no_archive(self, home: Home, tmp_path: Path) -> None:
        path = tmp_path / "room.ply"
        path.write_bytes(b"ply\n" + bytes(100))
        assert "no archive of a project" in refused(home, path)

    def test_any_zip_is_no_archive(self, home: Home, tmp_path: Path) -> None:
        path = write(tmp_path / "holiday.zip", {"beach.jpg": b"x"}, honest=False)
        assert "no archive of a project" in refused(home, path)

    def test_a_link(self, home: Home, good: Members, tmp_path: Path) -> None:
        path = tmp_path / "link.zip"
        with zipfile.ZipFile(path, "w") as file:
            for name, content in good.items():
                info = zipfile.ZipInfo(name)
                if name.endswith("tiles.bin"):
                    info.external_attr = (stat.S_IFLNK | 0o777) << 16
                    content = b"/etc/passwd"
                file.writestr(info, content)
        assert "is a link" in refused(home, path)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_member_twice(self, home: Home, good: Members, tmp_path: Path) -> None:
        path = write(tmp_path / "twice.zip", good)
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("people.jsonl", good["people.jsonl"])
        assert "twice" in refused(home, path)

    def test_a_bomb(self, home: Home, good: Members, tmp_path: Path) -> None:
        name = named(good, "tiles.bin")
        changed = {**good, name: bytes(10**8)}
        assert "absurdly large" in refused(home, write(tmp_path / "bomb.zip", changed))

    def test_more_than_the_disk_holds(
        self, home: Home, good: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(home.storage, "free_bytes", lambda: 10)
        before = everything(home)
        with pytest.raises(DiskFull):
            restore(home.database, home.storage, write(tmp_path / "good.zip", good))
        assert everything(home) == before

    def test_a_failure_after_the_files_are_in_place(
        self, home: Home, good: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError("the lights went out")

        monkeypatch.setattr(following, "read_checkpoints", fail)
        before = everything(home)
        with pytest.raises(OSError, match="lights"):
            restore(home.database, home.storage, write(tmp_path / "good.zip", good))
        assert everything(home) == before
