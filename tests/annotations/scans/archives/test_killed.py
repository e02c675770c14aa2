# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is unpacked goes when the reading is stopped half-way, whoever is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fewpoints.annotations.scans.import_options import NOTHING
from fewpoints.annotations.scans.readers import reading_processes
from fewpoints.annotations.scans.readers.in_process import read_scan_in_process
from fewpoints.annotations.scans.readers.reading_limits import ReadingLimits, ReadingTooSlow
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from tests.annotations.scans.archives.zips import Entry, archive

# 60 MB of text that takes seconds to read, and is unpacked within one.
LONG = archive([Entry(b"rooms/long.xyz", b"1.234567 2.345678 3.456789 10 20 30\n" * 1_700_000)])


def test_past_its_time_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = tmp_path / "long.zip"
    path.write_bytes(LONG)
    seen: set[int] = set()

    def progress(fraction: float, sentence: str) -> None:
        seen.add(sum(file.stat().st_size for file in temporary.rglob("*.xyz")))
        if max(seen) > 10_000_000:
            raise ReadingTooSlow("long.zip", 1)

    limits = ReadingLimits(60, 2_000_000_000)
    with pytest.raises(ReadingTooSlow):
        read_scan_in_process(path, limits=limits, progress=progress)
    assert max(seen) > 10_000_000, "it was unpacked there meanwhile"
    assert list(temporary.iterdir()) == []
    end_idle_processes()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_nothing_is_left_when_the_one_who_asked_is_gone(tmp_path: Path) -> None:
    path, scratch = tmp_path / "long.zip", tmp_path / "scratch"
    path.write_bytes(LONG)
    request = {
        "path": str(path),
        "name": "long.zip",
        "folder": None,
        "scratch": str(scratch),
        "then": "inspect",
        "options": NOTHING.to_json(),
        "seconds": 60,
        "memory_bytes": 2_000_000_000,
    }
    with subprocess.Popen(
        [sys.executable, "-m", reading_processes.CHILD_MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        until = time.monotonic() + 60
        while not scratch.exists():
            assert time.monotonic() < until, "nothing was unpacked"
            time.sleep(0.01)
        child.stdin.close()  # As the system does for a process that was killed.
        assert child.wait(60) != 0
    assert not scratch.exists()
