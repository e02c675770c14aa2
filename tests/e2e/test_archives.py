# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A zip archive of several scans is shown scan by scan, and each becomes one."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.annotations.scans.archives.zips import files
from tests.annotations.scans.readers.test_kitti import sweep
from tests.e2e.conftest import RunningServer
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_setup import MINUTES, open_new_project, scans_of
from tests.server.rooms import room_file

__all__ = ["axe"]  # A fixture.

pytestmark = pytest.mark.browser


def test_each_scan_of_an_archive_is_shown_and_imported(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    room = room_file().content
    path = tmp_path / "site.zip"
    content = {
        "rooms/office.ply": room,
        "rooms/broken.ply": room[:-40],
        "seq/velodyne/000000.bin": sweep(2000),
        "seq/labels/000000.label": struct.pack("<2000I", *(i % 20 for i in range(2000))),
        "README.md": b"# The site",
    }
    path.write_bytes(files(content))
    open_new_project(page, server, "Site")
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(row).to_contain_text("3 scans are in it; 1 of them cannot be read and is left out.")
    shown = row.get_by_test_id("archive-scan")
    expect(shown).to_have_count(3)
    expect(shown.filter(has_text="office.ply")).to_contain_text("3,000 points")
    expect(shown.filter(has_text="000000.bin")).to_contain_text("Sweep with labels")
    expect(shown.filter(has_text="broken.ply")).to_contain_text("site.zip, rooms/broken.ply")
    row.get_by_text("1 file belongs to no scan").click()
    expect(row).to_contain_text("README.md: a document")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == []

    row.get_by_test_id("upload-go").press("Enter")
    ready = page.get_by_test_id("scan-row")
    expect(ready).to_have_count(2, timeout=MINUTES)
    for i in range(2):
        expect(ready.nth(i)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    assert {(scan["name"], scan["points"]) for scan in scans_of(page)} == {
        ("office.ply", 3000),
        ("000000.bin", 2000),
    }
