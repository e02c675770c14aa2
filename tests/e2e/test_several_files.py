# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Several files of one scan are sent as one archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningServer
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_setup import MINUTES, open_new_project, scans_of

__all__ = ["axe"]  # A fixture.

pytestmark = pytest.mark.browser


def drop_of_two_scans(folder: Path) -> Path:
    """A sweep with its labels, a room as arrays, and what is neither."""
    generator = np.random.default_rng(3)
    sequence, room = folder / "drop" / "08", folder / "drop" / "räume" / "kitchen"
    for place in (sequence / "velodyne", sequence / "labels", room):
        place.mkdir(parents=True)
    sweep = generator.uniform(-20, 20, (1500, 4)).astype("<f4")
    sweep[:, 3] = generator.uniform(0, 1, 1500)
    sweep.tofile(sequence / "velodyne" / "000007.bin")
    generator.integers(0, 5, 1500).astype("<u4").tofile(sequence / "labels" / "000007.label")
    (sequence / "calib.txt").write_text("P0: 1 0 0 0")
    np.save(room / "coord.npy", generator.uniform(0, 4, (1200, 3)).astype(np.float32))
    np.save(room / "color.npy", generator.integers(0, 256, (1200, 3)).astype(np.uint8))
    np.save(room / "segment.npy", generator.integers(0, 13, 1200))
    return folder / "drop"


def test_files_of_one_scan_arrive_as_one_archive(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    folder = drop_of_two_scans(tmp_path)
    open_new_project(page, server, "Several")
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-folder-input").set_input_files(folder)
    rows = page.get_by_test_id("upload-row")
    expect(rows).to_have_count(2)
    for i in range(2):
        expect(rows.nth(i)).to_have_attribute("data-state", "asking", timeout=MINUTES)
    page.get_by_test_id("left-out").locator("summary").click()
    expect(page.get_by_test_id("left-out")).to_contain_text("calib.txt")
    expect(page.get_by_test_id("left-out")).to_contain_text("Not needed beside")
    parts = rows.nth(0).get_by_test_id("upload-parts")
    parts.locator("summary").click()
    expect(parts.get_by_role("listitem")).to_have_count(2)
    expect(parts).to_contain_text("drop/08/labels/000007.label")
    assert violations(page, axe) == []

    # What arrived is what was dropped, as another reader of archives has it.
    sent: dict[str, bytes] = {}
    for path in (server.home / "partial").glob("*/*"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == sorted(archive.namelist())
            assert all(entry.compress_type == 0 for entry in archive.infolist())
            sent |= {name: archive.read(name) for name in archive.namelist()}
    dropped = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "calib.txt"
    }
    assert sent == dropped

    page.get_by_role("button", name="Import all 2 files").click()
    ready = page.get_by_test_id("scan-row")
    expect(ready).to_have_count(2, timeout=MINUTES)
    for i in range(2):
        expect(ready.nth(i)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    assert sorted(scan["points"] for scan in scans_of(page)) == [1200, 1500]
