# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Setting a project up: classes by keyboard, files and folders that arrive whatever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer
from tests.rooms import small_room

pytestmark = pytest.mark.browser
MINUTES = 60_000


def scans_of(page: Page) -> list[dict[str, Any]]:
    """The scans that the server has of the project on screen."""
    found: list[dict[str, Any]] = page.evaluate(
        "fetch(`api/v1/projects/${location.hash.split('/')[2]}/scans`)"
        ".then((answer) => answer.json()).then((page) => page.items)"
    )
    return found


def open_new_project(page: Page, server: RunningServer, name: str) -> None:
    """A project that asks for few points without a network: imports take a second."""
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill(name)
    page.get_by_label("How points are chosen").select_option("random")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_folder_arrives_without_what_is_no_scan(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    folder = tmp_path / "flat"
    (folder / "upstairs").mkdir(parents=True)
    write_ply(folder / "kitchen.ply", small_room(2_000).scan)
    write_ply(folder / "upstairs" / "bath.ply", small_room(2_500).scan)
    (folder / "notes.txt").write_text("Remember the cellar.")
    (folder / ".hidden").write_text("x")
    broken = (folder / "kitchen.ply").read_bytes()[:2000]
    (folder / "broken.ply").write_bytes(broken)
    open_new_project(page, server, "Flat")

    page.get_by_test_id("upload-folder-input").set_input_files(folder)
    expect(page.get_by_test_id("left-out")).to_contain_text("1 file is not uploaded")
    page.get_by_test_id("left-out").locator("summary").click()
    expect(page.get_by_test_id("left-out")).to_contain_text("flat/notes.txt")
    rows = page.get_by_test_id("upload-row")
    expect(rows).to_have_count(1, timeout=MINUTES)
    expect(rows).to_have_attribute("data-state", "refused")
    expect(rows).to_contain_text("flat/broken.ply")
    expect(rows.get_by_role("alert")).to_contain_text("broken.ply")
    assert sorted(scan["name"] for scan in scans_of(page)) == ["bath.ply", "kitchen.ply"]
    page.get_by_role("button", name="Clear finished").click()
    expect(rows).to_have_count(0)


def test_the_check_is_shown_before_there_is_a_scan(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    path = tmp_path / "room.ply"
    write_ply(path, small_room(2_000).scan)
    open_new_project(page, server, "Careful")
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(row.get_by_test_id("preflight")).to_contain_text("2,000")
    assert scans_of(page) == []
    assert list((server.home / "scans").iterdir()) == []

    # A reload forgets nothing; what was sent need not be sent again.
    page.reload()
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    page.get_by_test_id("upload-go").click()
    expect(page.get_by_test_id("scan-row")).to_have_attribute(
        "data-state", "ready", timeout=MINUTES
    )
    expect(row).to_have_count(0)

    # The same file again is noticed before a byte of it is sent.
    page.get_by_test_id("upload-input").set_input_files(path)
    expect(row).to_contain_text("same name and size")
    page.get_by_role("button", name="Leave room.ply out").click()
    expect(row).to_have_count(0)
    assert len(scans_of(page)) == 1


def test_an_upload_that_is_cut_goes_on_also_after_a_reload(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    path = tmp_path / "large.ply"
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (400_000, 3), dtype=np.uint8)
    write_ply(path, PointScan(positions=rng.uniform(0, 5, (400_000, 3)), colours=colours))
    size = path.stat().st_size
    assert size > 2**23, "more than one piece"
    open_new_project(page, server, "Cut")
    cut = {"on": True, "pieces": 0}

    def second_piece_is_lost(route: Route) -> None:
        if cut["on"] and "offset=0" not in route.request.url:
            route.abort("connectionreset")
        else:
            cut["pieces"] += 1
            route.continue_()

    page.route("**/bytes?offset=*", second_piece_is_lost)
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "offline", timeout=MINUTES)
    page.reload()
    expect(row).to_have_attribute("data-state", "absent")
    expect(row).to_contain_text("Stopped at")

    cut["on"] = False
    page.get_by_test_id("upload-input").set_input_files(path)
    expect(page.get_by_test_id("scan-row")).to_have_count(1, timeout=MINUTES)
    expect(row).to_have_count(0)
    assert cut["pieces"] == -(-size // 2**23), "no piece was sent twice"
    assert scans_of(page)[0]["bytes"] == size
