# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every file of the collection, through the process in which the server reads files."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.readers import reading_processes
from fewpoints.annotations.scans.readers.in_process import read_scan_in_process
from fewpoints.annotations.scans.readers.reading_limits import (
    ReaderCrashed,
    ReaderFailed,
    ReadingLimits,
)
from fewpoints.annotations.scans.readers.reading_processes import end_idle_processes
from fewpoints.annotations.scans.scan import PointScan
from tests.annotations.files import DATA, needs_data
from tests.annotations.scans.readers.mutations import assert_one_sentence

LIMITS = ReadingLimits()


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The most memory that the process held, file by file."""
    found: list[int] = []
    answer = reading_processes.ReadingProcess.answer

    def observed(
        self: reading_processes.ReadingProcess, name: str, limits: ReadingLimits, progress: Progress
    ) -> Any:
        try:
            return answer(self, name, limits, progress)
        finally:
            found.append(self.peak_bytes)

    monkeypatch.setattr(reading_processes.ReadingProcess, "answer", observed)
    yield found
    end_idle_processes()


def read(path: Path) -> PointScan | AppError:
    try:
        return read_scan_in_process(path)
    except AppError as error:
        return error


@needs_data
@pytest.mark.parametrize("folder", ["valid", "invalid", "derived"])
def test_each_is_a_cloud_or_one_sentence(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peaks: list[int]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = sorted(path for path in (DATA / "zoo" / folder).iterdir() if path.is_file())
    assert files
    for path in files:
        start = time.monotonic()
        found = read(path)
        if isinstance(found, AppError):
            # A crash or a mistake of a reader would be contained; here there is none.
            assert not isinstance(found, (ReaderCrashed, ReaderFailed)), found
            assert_one_sentence(found, path.name)
        else:
            assert not path.name.startswith("bad_"), path.name
            assert np.isfinite(found.local_positions()[found.finite]).all()
        # The limit is on the reading; a process may have had to start before it.
        assert time.monotonic() - start < LIMITS.seconds + reading_processes.START_S
        assert list(tmp_path.iterdir()) == [], path.name
    assert len(peaks) == len(files)
    if sys.platform == "linux":
        assert 0 < max(peaks) < LIMITS.memory_bytes
