# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Archives that lie: each is one sentence, soon, in little memory, and nothing stays on disk."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.archives.container import MOST_ENTRIES, opened
from fewpoints.annotations.scans.readers import reading_processes
from fewpoints.annotations.scans.readers.in_process import read_scan_in_process
from fewpoints.annotations.scans.readers.reading_limits import (
    ReaderCrashed,
    ReaderFailed,
    ReadingLimits,
)
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from tests.annotations.files import COLOURS, POINTS, RGB, XYZ, ply
from tests.annotations.scans.archives.zips import Entry, archive, files
from tests.annotations.scans.readers.mutations import assert_one_sentence, attacked, check, mutated

ROWS = [(*p, *c) for p, c in zip(POINTS, COLOURS, strict=True)]
ROOM = ply("binary_little_endian", [("vertex", [*XYZ, *RGB], ROWS)])
GOOD = Entry(b"room.ply", ROOM)
STORED = Entry(b"room.ply", ROOM, method=0)
MANY = [Entry(b"%06d.ply" % i, method=0) for i in range(MOST_ENTRIES + 1)]
LINK = 0o120777
DEVICE = 0o020600

ATTACKS: dict[str, tuple[bytes, str]] = {
    "zeros": (archive([Entry(b"a.xyz", bytes(200_000_000))]), "no scan compresses like that"),
    "claims zeros": (archive([Entry(b"a.ply", ROOM, size=10**12)]), "no scan compresses"),
    "nested": (archive([Entry(b"lib %d.zip" % i, files({"a.zip": b""})) for i in range(16)]),
               "unpack it first"),
    "overlapping": (archive([STORED, *(Entry(b"%d.ply" % i, ROOM, 0, at=0) for i in range(9))]),
                    "lies where another file does"),
    "beyond the end": (archive([Entry(b"a.ply", ROOM, 0, at=10**9)]), "beyond the end"),
    "in the list": (archive([Entry(b"a.ply", ROOM, 8, packed=10**6)]), "beyond the end"),
    "up": (archive([Entry(b"../../etc/a.ply", ROOM)]), "leads out of its folder"),
    "up in the middle": (archive([Entry(b"a/../../b.ply", ROOM)]), "leads out of its folder"),
    "up with backslashes": (archive([Entry(b"..\\..\\a.ply", ROOM)]), "leads out of its folder"),
    "absolute": (archive([Entry(b"/etc/a.ply", ROOM)]), "absolute path"),
    "share": (archive([Entry(b"\\\\server\\a.ply", ROOM)]), "absolute path"),
    "drive": (archive([Entry(b"C:\\a.ply", ROOM)]), "absolute path"),
    "second of two": (archive([GOOD, Entry(b"../b.ply", ROOM)]), "leads out of its folder"),
    "link": (archive([GOOD, Entry(b"b.ply", b"/etc/passwd", mode=LINK)]), "a link"),
    "device": (archive([Entry(b"b.ply", ROOM, mode=DEVICE)]), "a device"),
    "twice": (archive([GOOD, GOOD]), "is there twice"),
    "twice but for case": (archive([GOOD, Entry(b"Room.PLY", ROOM)]), "is also there as room.ply"),
    "file and folder": (archive([Entry(b"a.ply", ROOM), Entry(b"a.ply/b.ply", ROOM)]),
                        "a file and a folder"),
    "no name": (archive([Entry(b"", ROOM), GOOD]), "a name in the archive is none"),
    "nul": (archive([Entry(b"a\0.ply", ROOM)]), "control characters"),
    "long": (archive([Entry(b"a" * 300 + b".ply", ROOM)]), "too long"),
    "deep": (archive([Entry(b"a/" * 400 + b"b.ply", ROOM)]), "too long"),
    "not UTF-8": (archive([Entry(b"\xff\xfe.ply", ROOM)]), "no valid UTF-8"),
    "a million claimed": (archive([GOOD], count=1_000_000, zip64=True), "1,000,000 files"),
    "65535 claimed": (archive([GOOD], count=65535), "65,535 files"),
    "many": (archive(MANY), "files"),
    "many, one claimed": (archive(MANY, count=1), "more than 50,000 files"),
    "list too long": (archive([GOOD], list_bytes=2**31), "longer than it can be"),
    "list elsewhere": (archive([GOOD], list_at=2**62, zip64=True), "longer than it can be"),
    "zip64 size": (archive([Entry(b"a.ply", ROOM, size=2**63 - 1)]), "no scan compresses"),
    "stored, other size": (archive([Entry(b"a.ply", ROOM, 0, size=10)]), "two different sizes"),
    "wrong sum": (archive([Entry(b"room.ply", ROOM, crc=1)]), "checksum"),
    "longer than claimed": (archive([Entry(b"room.ply", ROOM, size=len(ROOM) - 9)]), "checksum"),
    "shorter than claimed": (archive([Entry(b"room.ply", ROOM, size=len(ROOM) + 9)]), "room.ply"),
    "encrypted": (archive([Entry(b"room.ply", ROOM, flags=0x801)]), "without a password"),
    "bzip2": (archive([Entry(b"room.ply", ROOM, method=12)]), "bzip2"),
    "unknown method": (archive([Entry(b"room.ply", ROOM, method=77)]), "method 77"),
    "no deflate": (archive([Entry(b"room.ply", ROOM, data_as_stored=b"\xff" * 99)]), "damaged"),
    "other name inside": (archive([Entry(b"room.ply", ROOM, local_name=b"seat.ply")]), "unpacked"),
    "empty": (archive([]), "it is empty"),
    "only folders": (archive([Entry(b"a/", mode=0o040755), Entry(b"b\\")]), "it is empty"),
    "no list": (archive([GOOD])[:-30], "cut short"),
    "half": (archive([GOOD])[:100], "cut short"),
    "split": (archive([GOOD]).replace(b"PK\5\6\0\0", b"PK\5\6\3\0"), "split archive"),
    "no scan": (files({"README.md": b"#", "a.docx": b"PK", "b.docx": b""}), "no scan is in it"),
    "one file of another kind": (files({"a.pdf": b"%PDF-1.4"}), "a.pdf: not a format"),
    "nested under another name": (files({"a.npz": files({"b.npz": b""})}), "unpack it first"),
    "damaged scan": (files({"room.ply": ROOM[:-5]}), "scan.zip, room.ply"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; empty at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module", autouse=True)
def processes() -> Iterator[None]:
    yield
    end_idle_processes()


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_is_one_sentence(
    attack: str, tmp_path: Path, nothing_left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, expected = ATTACKS[attack]
    path = tmp_path / "scan.zip"
    path.write_bytes(content)
    peaks: list[int] = []
    answer = reading_processes.ReadingProcess.answer

    def observed(
        self: reading_processes.ReadingProcess, name: str, limits: ReadingLimits, progress: Progress
    ) -> Any:
        try:
            return answer(self, name, limits, progress)
        finally:
            peaks.append(self.peak_bytes)

    monkeypatch.setattr(reading_processes.ReadingProcess, "answer", observed)
    start = time.monotonic()
    with pytest.raises((UnreadableScan, UnsupportedFormat)) as refused:
        read_scan_in_process(path)
    assert time.monotonic() - start < ReadingLimits().seconds
    assert not isinstance(refused.value, (ReaderCrashed, ReaderFailed))
    assert_one_sentence(refused.value, "scan.zip")
    assert expected in str(refused.value), refused.value
    assert list(nothing_left.iterdir()) == []
    assert {entry.name for entry in tmp_path.iterdir()} == {"scan.zip", "temporary"}
    if sys.platform == "linux":
        assert 0 < peaks[0] < ReadingLimits().memory_bytes


@pytest.mark.parametrize(
    ("raw", "flags", "shown"),
    [
        ("Büro.ply".encode(), 0, "Büro.ply"),
        ("办公室.ply".encode(), 0x800, "办公室.ply"),
        ("办公室.ply".encode("gbk"), 0, None),
        ("Büro.ply".encode("latin-1"), 0, None),
        (b"rooms\\office.ply", 0, "rooms/office.ply"),
        (b"./rooms//office.ply", 0x800, "rooms/office.ply"),
    ],
)
def test_names_of_other_systems_are_names(
    raw: bytes, flags: int, shown: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "scan.zip"
    path.write_bytes(archive([Entry(raw, ROOM, flags=flags)]))
    scan = read_scan_in_process(path)
    assert len(scan) == len(POINTS)
    assert shown is None or scan.details["archive"] == shown


def test_a_limit_on_what_files_have_together(tmp_path: Path) -> None:
    path = tmp_path / "scan.zip"
    path.write_bytes(archive([GOOD]))
    with opened(path, name="scan.zip", most_bytes=len(ROOM)):
        pass
    with (
        pytest.raises(UnreadableScan, match="FEWPOINTS_MAX_UPLOAD_BYTES"),
        opened(path, name="scan.zip", most_bytes=len(ROOM) - 1),
    ):
        pass


def test_a_comment_and_something_before_the_archive_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "scan.zip"
    path.write_bytes(archive([GOOD], comment=b"made by hand PK\5\6"[:15], zip64=True))
    assert len(read_scan_in_process(path)) == len(POINTS)


TWO = archive([GOOD, Entry(b"notes.md", b"none")])


@attacked
@given(content=st.one_of(mutated(TWO), mutated(archive([STORED], zip64=True))))
def test_mutations_are_the_room_or_one_sentence(content: bytes) -> None:
    check(content, "scan.zip")
