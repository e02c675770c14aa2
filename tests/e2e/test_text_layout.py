# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is laid out is shown, said otherwise by keyboard, and imported so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.annotations.scans.archives.zips import files
from tests.e2e.conftest import RunningServer
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_setup import MINUTES, open_new_project, scan_is_ready, scans_of
from tests.server.rooms import room_file

__all__ = ["axe"]  # A fixture.

pytestmark = pytest.mark.browser


def odd_columns(folder: Path) -> tuple[Path, np.ndarray]:
    """A CSV of id; y; x; z with decimal commas; and its (N, 3) points."""
    generator = np.random.default_rng(5)
    points = np.round(generator.uniform(0, (4, 9, 2), (500, 3)), 3)
    points[:2] = (0, 0, 0), (4, 9, 2)
    path = folder / "odd.csv"
    rows = [f"{i * 7 % 500};{y};{x};{z}" for i, (x, y, z) in enumerate(points.tolist())]
    path.write_text("\n".join(rows).replace(".", ",") + "\n")
    return path, points


def choose(field: Locator, key: str) -> None:
    """Choose from a list as somebody without a mouse does."""
    field.focus()
    field.press(key)


def imported_points(page: Page, server: RunningServer, scan_id: int) -> np.ndarray:
    """(N, 3) the points of a scan in the frame and rows of its file, from its tiles."""
    path = f"{server.url}api/v1/scans/{scan_id}"
    manifest = page.request.get(f"{path}/tiles.json").json()
    records = np.frombuffer(page.request.get(f"{path}/tiles.bin").body(), "<u2").reshape(-1, 6)
    order = np.frombuffer(page.request.get(f"{path}/order.bin").body(), "<u4")
    local = np.empty((len(records), 3))
    for tile in manifest["tiles"]:
        rows = slice(tile["base"], tile["base"] + tile["count"])
        local[order[rows]] = tile["lo"] + np.array(tile["scale"]) * records[rows, :3]
    shift = page.request.get(path).json()["shift"]
    local += shift
    return local


def test_columns_are_told_by_keyboard_and_imported_so(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    path, points = odd_columns(tmp_path)
    open_new_project(page, server, "Columns")
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    extent = row.get_by_test_id("preflight").locator("dd").nth(2)
    expect(extent).to_contain_text("499 × 9 × 4")
    summary = row.get_by_test_id("text-table").locator("summary")
    summary.focus()
    summary.press("Enter")
    expect(row).to_contain_text("columns 1 to 3 are taken as x, y and z")
    expect(row.get_by_label("Decimal mark")).to_have_value("comma")
    table = row.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(1 + 6)
    assert violations(page, axe) == []

    choose(row.get_by_label("Column 1"), "End")  # Leave out.
    expect(row.get_by_role("alert")).to_have_text("No column is x. Say which one is.")
    expect(row.get_by_test_id("upload-go")).to_be_disabled()
    choose(row.get_by_label("Column 2"), "y")
    choose(row.get_by_label("Column 3"), "x")
    choose(row.get_by_label("Column 4"), "z")
    expect(row.get_by_role("status")).to_have_text("Read like this, it has 500 points.")
    expect(extent).to_contain_text("4 × 9 × 2")
    expect(row.get_by_role("alert")).to_have_count(0)
    expect(row.get_by_label("Column 4"), "the check took nothing away").to_be_focused()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == [], scheme

    page.keyboard.press("Shift+Tab")
    row.get_by_test_id("upload-go").press("Enter")
    scan_is_ready(page)
    scan = scans_of(page)[0]
    assert scan["options"]["text"]["columns"] == ["skip", "y", "x", "z"]
    found = imported_points(page, server, scan["id"])
    np.testing.assert_allclose(found, points, atol=1e-3)


def test_files_that_nobody_could_read_are_told_all_at_once(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    remarks = "".join(f"Remark {i} of the surveyor\n" for i in range(25))
    points = "".join(f"{i % 20 / 2},{i // 20},{i % 7}\n" for i in range(400))
    paths = []
    for name, far in (("one", "1.5,2.5,3.5\n"), ("two", "2.5,3.5,1.5\n")):
        paths.append(tmp_path / f"{name}.txt")
        paths[-1].write_text(remarks + far + points)
    open_new_project(page, server, "Remarks")
    page.get_by_test_id("upload-input").set_input_files(paths)
    rows = page.get_by_test_id("upload-row")
    expect(rows).to_have_count(2)
    first, second = rows.nth(0), rows.nth(1)
    for row in (first, second):
        expect(row).to_have_attribute("data-state", "refused", timeout=MINUTES)
        expect(row).to_contain_text("no table of points was found")
        expect(row.get_by_label("Lines before the first point")).to_be_visible()
    assert violations(page, axe) == []

    first.get_by_label("Lines before the first point").fill("25")
    expect(first.get_by_label("Columns parted by")).to_have_value("comma", timeout=MINUTES)
    expect(first.get_by_label("Column 3")).to_have_value("z", timeout=MINUTES)
    expect(first).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(first.get_by_role("status")).to_have_text("Read like this, it has 401 points.")
    expect(second).to_have_attribute("data-state", "refused")
    first.get_by_role("button", name="Use for 1 file like this").click()
    expect(second).to_have_attribute("data-state", "asking", timeout=MINUTES)
    page.get_by_role("button", name="Import all 2 files").click()
    ready = page.get_by_test_id("scan-row")
    expect(ready).to_have_count(2, timeout=MINUTES)
    for i in range(2):
        expect(ready.nth(i)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    assert [scan["points"] for scan in scans_of(page)] == [401, 401]


def test_tables_in_an_archive_are_told_together(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    path, points = odd_columns(tmp_path)
    odd = path.read_bytes()
    archive = tmp_path / "site.zip"
    content = {"a.csv": odd, "b.csv": b"A remark\n" + odd, "room.ply": room_file().content}
    archive.write_bytes(files(content))
    open_new_project(page, server, "Tables")
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-input").set_input_files(archive)
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(row.get_by_test_id("text-table")).to_have_count(1)
    summary = row.get_by_test_id("text-table").locator("summary")
    expect(summary).to_contain_text("2 tables like a.csv.")
    summary.focus()
    summary.press("Enter")
    assert violations(page, axe) == []
    choose(row.get_by_label("Column 1"), "End")  # Leave out.
    choose(row.get_by_label("Column 2"), "y")
    choose(row.get_by_label("Column 3"), "x")
    choose(row.get_by_label("Column 4"), "z")
    expect(row.get_by_role("status")).to_have_text("Read like this, it has 1,000 points.")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == [], scheme

    # Kept over a reload, until it is imported.
    page.reload()
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(summary).to_contain_text("– y x z")
    row.get_by_test_id("upload-go").click()
    ready = page.get_by_test_id("scan-row")
    expect(ready).to_have_count(3, timeout=MINUTES)
    for i in range(3):
        expect(ready.nth(i)).to_have_attribute("data-state", "ready", timeout=MINUTES)
    by_name = {scan["name"]: scan for scan in scans_of(page)}
    for name in ("a.csv", "b.csv"):
        found = imported_points(page, server, by_name[name]["id"])
        np.testing.assert_allclose(found, points, atol=1e-3)
    assert by_name["room.ply"]["options"]["text"] is None
