# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project's numbers: live, as pictures, as tables, and to take away."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.e2e.test_accessible import AXE, violations
from tests.rooms import small_room

pytestmark = pytest.mark.browser
MINUTES = 60_000


@pytest.fixture
def scan_file(tmp_path: Path) -> Path:
    path = tmp_path / "room.ply"
    write_ply(path, small_room(4000).scan)
    return path


def open_dashboard(page: Page, server: RunningServer, scan_file: Path) -> None:
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Rooms")
    page.get_by_role("button", name="Create").click()
    page.get_by_test_id("tab-dashboard").click()
    expect(page.get_by_test_id("dashboard")).to_be_visible()
    expect(page.get_by_test_id("chart-states")).to_contain_text("No scans yet")
    expect(page.get_by_test_id("chart-activity")).to_contain_text("No answers in this time span")
    page.get_by_test_id("tab-scans").click()
    page.get_by_test_id("upload-input").set_input_files(scan_file)
    expect(page.get_by_text("0/20")).to_be_visible(timeout=2 * MINUTES)
    page.get_by_test_id("tab-dashboard").click()


def fetched(page: Page, path: str) -> Any:
    """What the server says to a script of the page."""
    return json.loads(page.evaluate(f"fetch('api/v1{path}').then((r) => r.text())"))


def saved_csv(page: Page, chart: Locator) -> list[list[str]]:
    with page.expect_download() as download:
        chart.get_by_test_id("csv").click()
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def saved_png(page: Page, chart: Locator) -> Image.Image:
    with page.expect_download() as download:
        chart.get_by_test_id("png").click()
    assert download.value.suggested_filename.endswith(".png")
    picture = Image.open(Path(download.value.path()))
    picture.load()
    return picture


def colours_of(picture: Image.Image) -> tuple[int, list[int]]:
    """How many colours a picture has, and the one that most of it has."""
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return len(colours), colours[counts.argmax()].tolist()


def test_numbers_move_while_others_answer(
    page: Page, browser: Browser, server: RunningServer, scan_file: Path
) -> None:
    open_dashboard(page, server, scan_file)
    answers = page.get_by_test_id("number-answers")
    expect(answers.get_by_role("strong")).to_have_text("0")
    expect(page.get_by_test_id("advice")).to_contain_text("Nothing to advise yet")
    other = browser.new_context(storage_state=page.context.storage_state())
    try:
        colleague = other.new_page()
        colleague.goto(f"{server.url}#/scans/1")
        wait_until(colleague, "window.__fewpoints?.ready === true")
        for given, key in enumerate("112", start=1):
            colleague.keyboard.press(key)
            expect(answers.get_by_role("strong")).to_have_text(str(given))
        note = page.get_by_test_id("coverage-note")
        expect(note).to_contain_text("Up to date", timeout=20_000)
        reached = fetched(page, "/projects/1/dashboard/coverage")["reached"]
        assert 0 < reached < 1
        coverage = page.get_by_test_id("chart-coverage")
        expect(coverage).to_contain_text(f"{reached:.0%}")
        expect(page.get_by_test_id("advice")).to_contain_text("at least 40 answers")
        expect(page.get_by_test_id("scan-figures")).to_contain_text("Too early")
        states = page.get_by_test_id("chart-states")
        expect(states.get_by_role("link", name="Begun", exact=True)).to_be_visible()
        colleague.keyboard.press("Control+z")
        expect(answers).to_contain_text("1 undone")
        expect(page.get_by_test_id("chart-classes").get_by_role("listitem").first).to_contain_text(
            "wall"
        )
    finally:
        other.close()


def test_every_chart_is_a_table_and_can_be_taken_away(
    page: Page, browser: Browser, server: RunningServer, scan_file: Path
) -> None:
    open_dashboard(page, server, scan_file)
    page.evaluate(
        """Promise.all([...Array(12).keys()].map((n) => fetch("api/v1/scans/1/answers", {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({
                client_id: crypto.randomUUID(), point_index: 300 * n, reply: "class",
                class_index: n % 4, seconds: 2 + n,
            }),
        })))"""
    )
    classes, activity = page.get_by_test_id("chart-classes"), page.get_by_test_id("chart-activity")
    answers = page.get_by_test_id("number-answers")
    expect(answers.get_by_role("strong")).to_have_text("12")
    line = page.get_by_test_id("scan-figures").get_by_role("row").filter(has_text="room.ply")
    expect(line.get_by_role("cell").first).to_have_text("12", timeout=20_000)
    expect(page.get_by_test_id("coverage-note")).to_contain_text("Up to date", timeout=20_000)

    # By keys alone: the table is there, with a caption, and holds what the server says.
    toggle = classes.get_by_test_id("as-table")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    table = classes.get_by_role("table", name="Answers by class")
    expect(table.get_by_role("row")).to_have_count(5)

    told = [c for c in fetched(page, "/projects/1/dashboard/classes")["classes"] if c["answers"]]
    rows = saved_csv(page, classes)
    assert rows[0] == ["Class", "Answers", "Share of labelled points"]
    assert [row[:2] for row in rows[1:]] == [[c["name"], str(c["answers"])] for c in told]
    assert [float(row[2]) for row in rows[1:]] == [c["share"] for c in told]

    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    path = f"/projects/1/dashboard/activity?days=7&time_zone={zone}"
    found = fetched(page, path)
    rows = saved_csv(page, activity)
    assert rows[0] == ["From", found["people"][0]["name"]]
    assert [row[0] for row in rows[1:]] == found["starts"]
    assert [int(row[1]) for row in rows[1:]] == found["counts"]
    assert sum(found["counts"]) == 12

    # Pictures are opaque, and not of one colour.
    for chart in (activity, page.get_by_test_id("chart-coverage")):
        picture = saved_png(page, chart).convert("RGBA")
        assert np.asarray(picture)[..., 3].min() == 255
        count, ground = colours_of(picture)
        assert count > 10
        assert ground == [255, 255, 255]

    # A curve appears once there are ten answers, and is redrawn in the dark.
    curve = page.get_by_test_id("chart-curve")
    expect(curve.locator("canvas")).to_be_visible(timeout=20_000)
    told_curve = fetched(page, "/scans/1/learning-curve")
    rows = saved_csv(page, curve)
    assert [int(row[0]) for row in rows[1:]] == [p["answers"] for p in told_curve["points"]]
    assert [row[1] for row in rows[1:]][-1] == ""
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(100)
    assert sum(colours_of(saved_png(page, curve))[1]) < 120

    if AXE.exists():
        assert violations(page, AXE.read_text(encoding="utf-8")) == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
