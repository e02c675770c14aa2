# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives that are damaged or made to do harm: one sentence, and nothing is left of them."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fewpoints.server.project_archives import following
from fewpoints.server.project_archives.errors import ArchiveTooNew, DamagedArchive
from fewpoints.server.storage import DiskFull
from tests.server.hostile_changes import CHANGES, named
from tests.server.project_archives import (
    Members,
    restore,
    write,
)
from tests.server.small_projects import Home, everything, good_members, small_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with small_home(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def good(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Members:
    return good_members(home, tmp_path_factory.mktemp("good"))


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
