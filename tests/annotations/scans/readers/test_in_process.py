# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a file does to the process that reads it stays there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.import_options import NOTHING
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers import reading_processes
from fewpoints.annotations.scans.readers.in_process import inspect_in_process, read_scan_in_process
from fewpoints.annotations.scans.readers.reading_limits import (
    ReaderCrashed,
    ReaderFailed,
    ReadingLimits,
    ReadingTooLarge,
    ReadingTooSlow,
)
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import COLOURS, POINTS, RGB, XYZ, ply
from tests.annotations.scans.readers.plain_e57 import Column, write

ROWS = [(*p, *c, 7) for p, c in zip(POINTS, COLOURS, strict=True)]
ROOM = ply("binary_little_endian", [("vertex", [*XYZ, *RGB, ("label", "int")], ROWS)])
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; empty at the end, with no process about."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    end_idle_processes()


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    end_idle_processes()
    monkeypatch.setattr(
        reading_processes, "CHILD_MODULE", "tests.annotations.scans.readers.odd_child"
    )


def file(folder: Path, name: str, content: bytes = ROOM) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def ends(pid: int) -> bool:
    """Whether a process ends; one that was killed may take a moment on a busy machine."""
    until = time.monotonic() + 20
    while not gone(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie is gone as well: whoever inherited it has not asked for it yet.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_the_scan_is_that_of_reading_directly(tmp_path: Path) -> None:
    path = file(tmp_path, "room.ply")
    here, there = read_scan(path), read_scan_in_process(path)
    for name in ("positions", "colours", "global_shift"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))
        assert getattr(there, name).dtype == getattr(here, name).dtype
    assert list(there.labels) == ["label"]
    np.testing.assert_array_equal(there.labels["label"], [7] * 4)
    for name in ("fields", "source_format", "details", "notes", "normals", "intensity"):
        assert getattr(there, name) == getattr(here, name)


def test_the_preflight_is_that_of_inspecting_directly(tmp_path: Path) -> None:
    path = file(tmp_path, "room.ply")
    found = inspect_in_process(path, name="My room.ply")
    assert found == inspect_scan(read_scan(path), name="My room.ply").to_dict()


def test_a_folder_of_ones_own_keeps_the_arrays(tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    read_scan_in_process(file(tmp_path, "room.ply"), folder=folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"positions.npy", "local.npy", "colours.npy", "label-0.npy", "scan.json"}


def test_refusals_say_what_they_say_without_a_process(tmp_path: Path) -> None:
    short = file(tmp_path, "short.ply", ROOM[:-3])
    with pytest.raises(UnreadableScan) as here:
        read_scan(short, name="sent as.ply")
    with pytest.raises(UnreadableScan) as there:
        read_scan_in_process(short, name="sent as.ply", folder=tmp_path / "arrays")
    assert str(there.value) == str(here.value)
    assert there.value.where == here.value.where != ""
    assert not (tmp_path / "arrays").exists()
    with pytest.raises(UnsupportedFormat, match=r"room\.zzz: not a format"):
        read_scan_in_process(file(tmp_path, "room.zzz", b"\0\1\2"))
    with pytest.raises(UnreadableScan, match=r"none\.ply: cannot be opened"):
        read_scan_in_process(tmp_path / "none.ply")


@pytest.mark.usefixtures("odd")
class TestOddReaders:
    def test_one_that_hangs_is_ended_in_time(self, tmp_path: Path) -> None:
        path = file(tmp_path, "hangs.ply")
        start = time.monotonic()
        with pytest.raises(ReadingTooSlow, match=r"hangs\.ply: reading it took more than 0\.5 s"):
            read_scan_in_process(path, limits=ReadingLimits(seconds=0.5))
        assert time.monotonic() - start < 10

    @linux
    def test_one_that_wants_too_much_memory_does_not_get_it(self, tmp_path: Path) -> None:
        with pytest.raises(ReadingTooLarge, match=r"takes more than 1 GB of memory"):
            read_scan_in_process(file(tmp_path, "allocates.ply"))

    def test_one_that_crashes(self, tmp_path: Path) -> None:
        with pytest.raises(ReaderCrashed, match=r"crashes\.ply: its reader .*SIGABRT"):
            read_scan_in_process(file(tmp_path, "crashes.ply"))

    def test_one_that_panics_outside_exception(self, tmp_path: Path) -> None:
        with pytest.raises(ReaderFailed, match=r"panics\.ply: its reader failed") as caught:
            read_scan_in_process(file(tmp_path, "panics.ply"))
        assert "\n" not in str(caught.value)

    def test_a_mistake_of_the_reader_is_logged(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(ReaderFailed, match="ValueError: list index out of range"):
            read_scan_in_process(file(tmp_path, "fails.ply"))
        assert "odd_child.py" in caplog.text

    def test_what_it_prints_is_no_answer(self, tmp_path: Path) -> None:
        assert len(read_scan_in_process(file(tmp_path, "prints.ply"))) == 4

    def test_progress_comes_through(self, tmp_path: Path) -> None:
        told: list[tuple[float, str]] = []
        path = file(tmp_path, "tells.ply")
        read_scan_in_process(path, progress=lambda fraction, text: told.append((fraction, text)))
        assert (0.45, "Half of it") in told

    def test_who_asked_can_stop_one_that_hangs(self, tmp_path: Path) -> None:
        class Enough(Exception):
            pass

        def progress(fraction: float, sentence: str) -> None:
            raise Enough

        path = file(tmp_path, "hangs.ply")
        start = time.monotonic()
        with pytest.raises(Enough):
            read_scan_in_process(path, folder=tmp_path / "arrays", progress=progress)
        assert time.monotonic() - start < 5
        assert not (tmp_path / "arrays").exists()

    @linux
    def test_what_it_started_ends_with_it(self, tmp_path: Path) -> None:
        path = file(tmp_path, "starts_another.ply")
        with pytest.raises(ReadingTooSlow):
            read_scan_in_process(path, limits=ReadingLimits(seconds=4))
        assert ends(int(path.with_suffix(".pid").read_text()))

    @linux
    @pytest.mark.parametrize("name", ["starts_another.ply", "hangs.ply"])
    def test_it_ends_when_nobody_watches_any_more(self, name: str, tmp_path: Path) -> None:
        path = file(tmp_path, name)
        arrays = tmp_path / "arrays"
        arrays.mkdir()
        child = subprocess.Popen(
            [sys.executable, "-m", reading_processes.CHILD_MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        with child:
            assert child.stdin is not None
            assert child.stdout is not None
            # -4.5 s: the system allows each core 5 s more.
            limits = {"seconds": -4.5, "memory_bytes": 1_000_000_000}
            request = {
                "path": str(path),
                "name": name,
                "folder": str(arrays),
                "scratch": str(tmp_path / "scratch"),
                "then": "save",
                "options": NOTHING.to_json(),
            }
            child.stdin.write(json.dumps(request | limits).encode() + b"\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline()) == {"started": True}
            if name == "hangs.ply":  # No other thread of it runs: the system ends it.
                assert child.wait(60) == -signal.SIGXCPU
                return
            pid = path.with_suffix(".pid")
            until = time.monotonic() + 60
            while not pid.exists() or not pid.read_text():
                assert time.monotonic() < until, "the reader started nothing"
                time.sleep(0.02)
        assert child.returncode == -signal.SIGKILL
        assert not arrays.exists()
        assert ends(int(pid.read_text()))


def test_a_process_stays_for_the_next_file(tmp_path: Path) -> None:
    path = file(tmp_path, "room.ply")
    read_scan_in_process(path)
    (first,) = reading_processes._idle
    inspect_in_process(path)
    assert reading_processes._idle == [first]
    with pytest.raises(UnreadableScan):
        read_scan_in_process(file(tmp_path, "short.ply", ROOM[:-3]))
    assert reading_processes._idle == [first]
    columns = [Column(f"cartesian{axis}", "double", [1.0, 2.0]) for axis in "XYZ"]
    broken = bytearray(write(tmp_path / "sound.e57", [columns]).read_bytes())
    broken[100] ^= 1
    with pytest.raises(UnreadableScan, match="cannot be decoded"):
        read_scan_in_process(file(tmp_path, "broken.e57", bytes(broken)))
    assert reading_processes._idle == []  # The decoder may have harmed it.
    assert ends(first._child.pid)


def test_one_that_ended_while_it_waited_is_replaced(tmp_path: Path) -> None:
    path = file(tmp_path, "room.ply")
    read_scan_in_process(path)
    (first,) = reading_processes._idle
    first._child.kill()
    assert len(read_scan_in_process(path)) == 4
    assert reading_processes._idle != [first]


def test_larger_files_may_take_more() -> None:
    small, large = ReadingLimits().for_file(10_000_000), ReadingLimits().for_file(100_000_000)
    assert small == ReadingLimits().for_file(0) == ReadingLimits(10, 1_000_000_000)
    assert large == ReadingLimits(100, 10_000_000_000)
    assert large.at_most(60).patient(6) == ReadingLimits(360, 10_000_000_000)


def test_the_process_knows_no_torch() -> None:
    code = f"import sys, {reading_processes.CHILD_MODULE}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
