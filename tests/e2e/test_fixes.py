# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the check of a file finds is decided in the browser, and made and shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_setup import MINUTES, open_new_project, scans_of
from tests.rooms import small_room

__all__ = ["axe"]  # A fixture.


def test_fixes_are_offered_decided_for_all_alike_and_made(
    page: Page,
    server: RunningServer,
    axe: str,
    tmp_path: Path,
) -> None:
    scan = small_room(2_000).scan
    lying = np.roll(scan.positions, 2, axis=1) * 1000  # Millimetres, y up.
    paths = []
    for name in ("one", "two"):
        paths.append(tmp_path / f"{name}.ply")
        write_ply(paths[-1], dataclasses.replace(scan, positions=lying))
        lying = lying + 10.0
    open_new_project(page, server, "Fixes")
    page.get_by_test_id("upload-input").set_input_files(paths)
    rows = page.get_by_test_id("upload-row")
    expect(rows.nth(0)).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(rows.nth(1)).to_have_attribute("data-state", "asking", timeout=MINUTES)
    first, second = rows.nth(0), rows.nth(1)
    expect(first.get_by_label("Convert millimetres to metres")).to_be_checked()
    first.get_by_label("Up in the file").select_option("+y")
    expect(first.get_by_label("Unit of the file")).to_have_value("millimetres")
    expect(first).to_contain_text("Exports have the rows and coordinates of the file")
    assert violations(page, axe) == []
    first.get_by_role("button", name="Decide the same").click()
    expect(second.get_by_label("Up in the file")).to_have_value("+y")
    second.get_by_label("Convert millimetres to metres").uncheck()
    expect(second.get_by_label("Unit of the file")).to_have_value("")
    first.get_by_role("button", name="Decide the same").click()
    expect(second.get_by_label("Convert millimetres to metres")).to_be_checked()

    page.get_by_role("button", name="Import all 2 files").click()
    ready = page.get_by_test_id("scan-row")
    expect(ready).to_have_count(2, timeout=MINUTES)
    expect(ready.nth(0)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    expect(ready.nth(1)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    for found in scans_of(page):
        assert (found["unit"], found["up"]) == ("metres", [0, 0, 1])
        assert found["options"]["fixes"]["unit"] == "millimetres"
        height = found["bounds"]["max"][2] - found["bounds"]["min"][2]
        assert height < 10
