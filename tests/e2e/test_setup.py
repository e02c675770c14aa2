# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Setting a project up: classes by keyboard, files and folders that arrive whatever happens."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect

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


def scan_is_ready(page: Page) -> None:
    row = page.get_by_test_id("scan-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=MINUTES)


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
    (folder / "notes.md").write_text("Remember the cellar.")
    (folder / ".hidden").write_text("x")
    broken = (folder / "kitchen.ply").read_bytes()[:2000]
    (folder / "broken.ply").write_bytes(broken)
    open_new_project(page, server, "Flat")

    page.get_by_test_id("upload-folder-input").set_input_files(folder)
    expect(page.get_by_test_id("left-out")).to_contain_text("1 file is not uploaded")
    page.get_by_test_id("left-out").locator("summary").click()
    expect(page.get_by_test_id("left-out")).to_contain_text("flat/notes.md")
    rows = page.get_by_test_id("upload-row")
    expect(rows).to_have_count(1, timeout=MINUTES)
    expect(rows).to_have_attribute("data-state", "refused")
    expect(rows).to_contain_text("flat/broken.ply")
    expect(rows.get_by_role("alert")).to_contain_text("broken.ply")
    assert sorted(scan["name"] for scan in scans_of(page)) == ["bath.ply", "kitchen.ply"]
    page.get_by_role("button", name="Clear finished").click()
    expect(rows).to_have_count(0)
    expect(page.get_by_test_id("left-out")).to_have_count(0)

    # Dropped anywhere on the page.
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["Remember the attic."], "dropped.md"));
            for (const type of ["dragover", "drop"])
                document.body.dispatchEvent(
                    new DragEvent(type, { dataTransfer: transfer, bubbles: true })
                );
        }"""
    )
    expect(page.get_by_test_id("left-out")).to_contain_text("dropped.md")


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
    page.get_by_role("button", name="Leave out room.ply").click()
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
    hashes: list[str] = []
    page.on(
        "request",
        lambda request: (
            hashes.append(request.post_data or "") if request.url.endswith("/check") else None
        ),
    )
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
    # The browser hashed the whole file, also what was sent before the reload.
    assert json.loads(hashes[-1])["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_class_table_by_keyboard_and_as_a_file(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Own classes")
    page.get_by_label("Own list").check()
    page.get_by_label("Name of class 1", exact=True).click()
    page.keyboard.type("desk")
    page.keyboard.press("Enter")
    page.keyboard.type("wall")
    page.keyboard.press("Enter")  # A third row.
    page.keyboard.type("floor lamp")
    page.keyboard.press("Tab")
    page.keyboard.type("d")
    page.get_by_label("Key of desk").fill("d")
    expect(page.get_by_text("is the key of “desk” already")).to_be_visible()
    page.get_by_label("Key of desk").fill("k")
    expect(page.get_by_text("is the key of")).to_have_count(0)
    page.get_by_label("Group of floor lamp").fill("furniture")
    page.get_by_label("Description of floor lamp").press("Alt+ArrowUp")
    expect(page.get_by_label("Description of floor lamp")).to_be_focused()
    expect(page.get_by_label("Name of class 2", exact=True)).to_have_value("floor lamp")
    page.get_by_label("wall has instances").uncheck()
    page.get_by_label("Colour of wall as #rrggbb").fill("#123456")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    saved = json.loads(Path(download.value.path()).read_text())
    assert [(c["name"], c["key"], c["parent"]) for c in saved["classes"]] == [
        ("desk", "k", None),
        ("floor lamp", "d", "furniture"),
        ("wall", None, None),
    ]
    assert saved["classes"][2]["color"] == "#123456"
    assert [c["instanceable"] for c in saved["classes"]] == [True, True, False]

    saved["classes"].append({"name": "window", "color": "#zzz"})
    path = tmp_path / "classes.json"
    path.write_text(json.dumps(saved))
    page.get_by_test_id("classes-input").set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text('Entry 4, "window": color is "#zzz"')
    saved["classes"][3] = {"name": "window"}
    path.write_text(json.dumps(saved))
    page.get_by_test_id("classes-input").set_input_files(path)
    expect(page.get_by_label("Name of class 4", exact=True)).to_have_value("window")
    expect(page.get_by_role("alert")).to_have_count(0)

    # The plan speaks of what is in the fields.
    page.get_by_label("Points to ask for").fill("200")
    expect(page.get_by_test_id("plan")).to_contain_text("200 points per scan take about 10 min")
    page.get_by_label("How points are chosen").select_option("kmeans_features")
    expect(page.get_by_test_id("plan")).to_contain_text("86 % of the objects in real rooms")
    page.get_by_label("Hide predictions while answering").check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Own classes")).to_be_visible()
    project: dict[str, Any] = page.evaluate(
        "fetch(`api/v1/projects/${location.hash.split('/')[2]}`).then((answer) => answer.json())"
    )
    assert (project["budget"], project["strategy"]) == (200, "kmeans_features")
    assert project["hide_predictions"] is True
    kept = [{key: c[key] for key in saved["classes"][0]} for c in project["classes"][:3]]
    assert kept == saved["classes"][:3]


def test_settings_by_lead_and_by_annotator(
    page: Page, server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "room.ply"
    write_ply(path, small_room(2_000).scan)
    open_new_project(page, server, "Settings")
    page.get_by_test_id("upload-input").set_input_files(path)
    expect(page.get_by_test_id("scan-row")).to_have_attribute(
        "data-state", "ready", timeout=MINUTES
    )
    scan = scans_of(page)[0]
    page.evaluate(
        """(scan) => fetch(`api/v1/scans/${scan}/answers`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ client_id: crypto.randomUUID(), query_id: null, point_index: 0,
                reply: "class", class_index: 4, instance: null, seconds: 2,
                checkpoint_id: null }),
        }).then((answer) => answer.status)""",
        scan["id"],
    )
    page.get_by_test_id("tab-settings").click()
    page.get_by_label("Description").fill("The old flat")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    # A class with answers cannot be removed; another can, and be put back before it is saved.
    page.get_by_role("button", name="Edit…").click()
    expect(page.get_by_role("button", name="Remove chair")).to_be_disabled()
    page.get_by_role("button", name="Remove wall").click()
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_label("Name of class 1", exact=True)).to_have_value("wall")
    page.get_by_label("Name of class 5", exact=True).fill("armchair")
    page.get_by_role("button", name="Remove wall").click()
    page.get_by_role("button", name="Save classes").click()
    expect(page.get_by_role("heading", name="Classes 19")).to_be_visible()
    expect(page.get_by_text("armchair")).to_be_visible()

    page.get_by_role("button", name="Invite…").last.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Ann")
    dialog.get_by_role("button", name="Make a link").click()
    link = page.get_by_test_id("invitation-link").input_value()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_test_id("people")).to_contain_text("Ann")

    context = browser.new_context(viewport={"width": 1000, "height": 700})
    other = context.new_page()
    other.goto(link)
    other.get_by_role("link", name="Settings").click()
    other.get_by_test_id("tab-settings").click()
    expect(other.get_by_text("Only project leads can change this.")).to_be_visible()
    expect(other.get_by_text("The old flat").last).to_be_visible()
    expect(other.get_by_role("button", name="Edit…")).to_have_count(0)
    context.close()

    page.get_by_label("Name of the project to delete").fill("Settings")
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("No projects yet")).to_be_visible()
