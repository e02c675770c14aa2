# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives that are damaged or made to do harm: one sentence, and nothing is left of them."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from fewpoints.models.superpoints.files import save_superpoints
from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.project_archives import restoring
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.projects.tables import LabelClassRow
from fewpoints.server.settings import Settings
from fewpoints.server.storage import DiskFull, Storage
from fewpoints.server.training.predictions import write_prediction
from fewpoints.server.training.tables import Checkpoint, Prediction, Snapshot
from fewpoints.server.users.service import ensure_owner
from tests.server.databases import database_url
from tests.server.project_archives import (
    Members,
    members_of,
    pack,
    restore,
    rows_of,
    with_rows,
    write,
)
from tests.server.seeding import plain_superpoints, seed_scan, seed_superpoints

POINTS = 200
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


def safetensors() -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0" * 4


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


Change = Callable[[Members], Members]


def row(name: str, /, **values: Any) -> Change:
    """The first row of a table with other values."""

    def change(members: Members) -> Members:
        return with_rows(members, name, lambda rows: rows[0].update(values))

    return change


def replaced(name: str, content: bytes) -> Change:
    """Another member in place of one."""
    return lambda members: {**_without(members, name), name: content}


def _without(members: Members, name: str) -> Members:
    assert name in members, sorted(members)
    return {key: content for key, content in members.items() if key != name}


def without(part: str) -> Change:
    """No member whose name ends so."""

    def change(members: Members) -> Members:
        kept = {name: content for name, content in members.items() if not name.endswith(part)}
        assert len(kept) < len(members)
        return kept

    return change


def array(name: str, values: Any) -> Change:
    """Another array in place of a member whose name ends so."""

    def change(members: Members) -> Members:
        (found,) = [member for member in members if member.endswith(name)]
        if isinstance(values, bytes):
            return {**members, found: values}
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=True)
        return {**members, found: buffer.getvalue()}

    return change


def manifest(**values: Any) -> Change:
    """Other values in the manifest."""

    def change(members: Members) -> Members:
        told = {**json.loads(members["manifest.json"]), **values}
        return {**members, "manifest.json": json.dumps(told).encode()}

    return change


def added(name: str) -> Change:
    """One more member."""
    return lambda members: {**members, name: b"x"}


ANSWERS, SCANS = "tables/answer_event.jsonl", "tables/scan.jsonl"
HUGE = {"a": 1}
for _ in range(40):
    HUGE = {"a": HUGE}  # type: ignore[dict-item]

CHANGES: dict[str, tuple[Change, str]] = {
    # Names.
    "a path that leads out": (added("../../etc/cron.d/evil"), "does not belong"),
    "a path from the root": (added("/etc/passwd"), "does not belong"),
    "a path with a backslash": (added("scans\\1\\data\\tiles.bin"), "does not belong"),
    "a path out of a scan": (added("scans/1/data/arrays/../../../../x.npy"), "does not belong"),
    "a scan that has no row": (added("scans/999/data/tiles.bin"), "no row of its tables"),
    "a checkpoint that has no row": (added("checkpoints/999.safetensors"), "no row"),
    "a source of a scan that is ready": (
        lambda members: {**members, f"scans/{_scan_id(members)}/source": b"x"},
        "no row of its tables",
    ),
    # The manifest.
    "a newer format": (manifest(version=2), "Update this installation"),
    "newer tables": (manifest(migration="9999"), "Update this installation"),
    "another format": (manifest(format="something else"), "manifest.json"),
    "an odd manifest": (manifest(made_at=7), "made_at"),
    "more in the manifest": (manifest(extra=7), "extra"),
    "a manifest that is no JSON": (replaced("manifest.json", b"\xff{"), "manifest.json"),
    # Rows.
    "an unknown column": (row(ANSWERS, is_admin=True), 'no column "is_admin"'),
    "an unknown table": (manifest(rows={"project": 1, "user_account": 1}), "user_account"),
    "no table": (without("project.json"), "project.json is missing"),
    "a text for a number": (row(SCANS, points="200"), "points cannot be '200'"),
    "a truth for a number": (row(ANSWERS, instance=True), "instance cannot be True"),
    "a number that is too large": (row(SCANS, bytes=2**70), "bytes cannot be"),
    "a text that is too long": (row(ANSWERS, author="x" * 101), "author cannot be"),
    "a NUL": (row(ANSWERS, note="a\x00b"), "note cannot be"),
    "half a character": (row(ANSWERS, note="a\ud800b"), "note cannot be"),
    "null where there must be something": (row(ANSWERS, author=None), "author must not be null"),
    "a missing column": (
        lambda members: with_rows(members, ANSWERS, lambda rows: rows[0].pop("author")),
        "author is missing",
    ),
    "a time that is none": (row(ANSWERS, answered_at="yesterday"), "answered_at cannot be"),
    "a time without a zone": (row(ANSWERS, answered_at="2026-01-01T00:00:00"), "answered_at"),
    "an unknown kind": (row(ANSWERS, kind="delete"), "kind cannot be 'delete'"),
    "an unknown reply": (row(ANSWERS, reply="maybe"), "reply cannot be"),
    "a class without the reply": (row(ANSWERS, reply="unsure"), "class_id belongs"),
    "a point that is not there": (row(ANSWERS, point_index=POINTS), "there is no point 200"),
    "a point before the first": (row(ANSWERS, point_index=-1), "point_index cannot be"),
    "a class that is not there": (row(ANSWERS, class_id=4711), "class_id 4711 is not in"),
    "a scan that is not there": (row(ANSWERS, scan_id=4711), "scan_id 4711 is not in"),
    "a person who is not there": (row(ANSWERS, user_id=4711), "user_id 4711 is not in"),
    "an answer that takes back": (row(ANSWERS, undoes_id=1), "undoes_id 1 is not in"),
    "a position of two numbers": (row(ANSWERS, position=[1.0, 2.0]), "position cannot be"),
    "a position that is not finite": (
        lambda members: {
            **members,
            ANSWERS: members[ANSWERS]
            .replace(b"[1.0, 2.0", b"[NaN, 2.0")
            .replace(b"[1.0,2.0", b"[NaN,2.0"),
        },
        "it is not JSON",
    ),
    "the same uuid twice": (
        lambda members: with_rows(
            members, ANSWERS, lambda rows: rows[1].update(client_id=rows[0]["client_id"])
        ),
        "contradict each other",
    ),
    "ids that go back": (
        lambda members: with_rows(members, "tables/query.jsonl", lambda rows: rows.reverse()),
        "is not larger than the one before",
    ),
    "two projects": (
        lambda members: with_rows(
            members, "project.json", lambda rows: rows.append({**rows[0], "id": 10**6})
        ),
        "exactly one project",
    ),
    "a line that is no JSON": (replaced(ANSWERS, b"{\n"), "line 1: it is not JSON"),
    "a line that is no object": (replaced(ANSWERS, b"[]\n"), "line 1: it is not a JSON object"),
    "JSON that is very deep": (replaced(ANSWERS, b"[" * 5_000 + b"\n"), "it is not JSON"),
    "JSON that is deep in a column": (
        row("tables/checkpoint.jsonl", metrics=HUGE),
        "metrics cannot be",
    ),
    "a number of thousands of digits": (
        replaced(ANSWERS, b'{"id":' + b"9" * 5_000 + b"}\n"),
        ANSWERS,
    ),
    "a colour that is none": (row("tables/label_class.jsonl", color="red"), "color cannot be"),
    "a key that a class must not have": (row("tables/label_class.jsonl", key=" "), "label_class"),
    "a place that a class must not have": (
        row("tables/label_class.jsonl", position=3),
        "positions of classes",
    ),
    "a suffix that leads out": (row(SCANS, suffix="/../../x"), "suffix cannot be"),
    "a scan's odd state": (row(SCANS, state="gone"), "state cannot be"),
    "a scan without points": (row(SCANS, points=None), "points is missing"),
    "options of an import that are none": (
        row(SCANS, import_options={"version": 1, "fixes": {"unit": "parsecs"}}),
        "import_options cannot be",
    ),
    "a project with an odd strategy": (row("project.json", strategy="psychic"), "strategy cannot"),
    "a project without a name": (row("project.json", name="  "), "name cannot be"),
    "a person with an odd role": (row("people.jsonl", role="root"), "role cannot be used"),
    "a person with a secret": (row("people.jsonl", token_hash="00"), "it must have id, name"),
    # Files.
    "no tiles": (without("tiles.bin"), "is missing"),
    "no weights": (without(".safetensors"), "is missing"),
    "no prediction": (without("predictions/1.npy"), "is missing"),
    "tiles that are cut short": (array("tiles.bin", b"x" * 12), "tiles.bin is of another length"),
    "an order beyond the points": (
        array("order.bin", b"\xff" * 4 * (POINTS - 1)),
        "points that are not there",
    ),
    "tiles.json that is no JSON": (array("tiles.json", b"{"), "cannot be read"),
    "tiles.json of another scan": (array("tiles.json", b'{"tiles": []}'), "cannot be read"),
    "positions of another length": (array("positions.npy", np.zeros((9, 3))), "cannot be read"),
    "positions of another shape": (array("positions.npy", np.zeros(POINTS)), "cannot be read"),
    "positions that are texts": (
        array("positions.npy", np.array([["a", "b", "c"]] * POINTS)),
        "cannot be read",
    ),
    "a pickle": (array("colours.npy", np.array([{"a": 1}], object)), "cannot be read"),
    "an array that claims to be huge": (
        array(
            "local.npy",
            b"\x93NUMPY\x01\x00v\x00"
            + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 3), }".ljust(117)
            + b"\n",
        ),
        "cannot be read",
    ),
    "superpoints that are none": (array("superpoints.npz", b"PK"), "cannot be read"),
    "superpoints of another scan": (
        lambda members: {**members, _named(members, "superpoints.npz"): _superpoints(9)},
        "it is of another scan",
    ),
    "superpoints that are a bomb": (
        lambda members: {**members, _named(members, "superpoints.npz"): _bomb()},
        "it is compressed",
    ),
    "a prediction of another length": (
        array("predictions/1.npy", np.zeros((9, 2), np.uint8)),
        "does not fit",
    ),
    "other weights": (array(".safetensors", safetensors()[:-1] + b"x"), "trained as"),
}


def _scan_id(members: Members) -> int:
    return int(rows_of(members, SCANS)[0]["id"])


def _named(members: Members, end: str) -> str:
    (found,) = [name for name in members if name.endswith(end)]
    return found


def _superpoints(points: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some.npz"
        made = plain_superpoints(np.zeros(points, np.int32), np.zeros((2, 3)))
        save_superpoints(path, made, None)
        return path.read_bytes()


def _bomb() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, of_point=np.zeros(10**6, np.int32))
    return buffer.getvalue()


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
        name = _named(good, "tiles.bin")
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
        name = _named(good, "tiles.bin")
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

        monkeypatch.setattr(restoring, "read_checkpoints", fail)
        before = everything(home)
        with pytest.raises(OSError, match="lights"):
            restore(home.database, home.storage, write(tmp_path / "good.zip", good))
        assert everything(home) == before
