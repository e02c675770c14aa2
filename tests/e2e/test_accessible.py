# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every page passes axe-core, light and dark, and keeps still for those who ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.rooms import small_room

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "webui" / "node_modules" / "axe-core" / "axe.min.js"
MINUTES = 60_000
# With one rule that is off by default: who says the words on a button aloud means that button.
RUN = "axe.run({ rules: { 'label-content-name-mismatch': { enabled: true } } })"


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make web-tools")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def still_page(browser: Browser) -> Iterator[Page]:
    """A page of somebody who asked for less motion."""
    context = browser.new_context(
        viewport={"width": 1024, "height": 700}, reduced_motion="reduce", color_scheme="light"
    )
    yield context.new_page()
    context.close()


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong with the page as it is now, in both colour schemes."""
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
        # Evaluated, not added as a script: the page's content security policy forbids that.
        page.evaluate(axe)
        result: dict[str, Any] = page.evaluate(RUN)
        found += [
            f"{scheme}: {violation['id']} at {node['target']}: {node['failureSummary']}"
            for violation in result["violations"]
            for node in violation["nodes"]
        ]
    return found


def test_no_page_has_violations(
    still_page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    page = still_page
    scan_file = tmp_path / "small-room.ply"
    write_ply(scan_file, small_room(20_000).scan)

    page.goto(server.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page, axe) == [], "sign-in"

    page.goto(server.sign_in_url)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    assert violations(page, axe) == [], "projects"

    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Flat 4")
    assert violations(page, axe) == [], "new project"
    page.get_by_role("button", name="Start an own list from these").click()
    page.get_by_label("Name of class 2", exact=True).fill("wall")
    expect(page.get_by_text("is there twice")).to_be_visible()
    assert violations(page, axe) == [], "class table with a problem"
    page.get_by_label("ScanNet").check()
    page.get_by_role("button", name="Create").click()
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-input").set_input_files(scan_file)
    expect(page.get_by_test_id("preflight")).to_be_visible()
    assert violations(page, axe) == [], "an upload that asks"
    page.get_by_test_id("upload-go").click()
    row = page.get_by_test_id("scan-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=MINUTES)
    expect(page.get_by_test_id("scan-progress")).to_have_text("0/20", timeout=2 * MINUTES)
    assert violations(page, axe) == [], "project"
    for tab in ("dashboard", "models", "review", "exports", "settings"):
        page.get_by_test_id(f"tab-{tab}").click()
        expect(page.get_by_test_id(f"tab-{tab}")).to_have_attribute("aria-current", "page")
        assert violations(page, axe) == [], tab
    page.get_by_test_id("tab-scans").click()
    page.get_by_role("button", name=f"Details of {scan_file.name}").click()
    expect(page.get_by_text("Extent")).to_be_visible()
    assert violations(page, axe) == [], "details of a scan"
    page.keyboard.press("Escape")

    page.get_by_role("link", name=f"Label {scan_file.name}").click()
    wait_until(page, "window.__fewpoints?.ready === true && window.__fewpoints.settled")
    assert violations(page, axe) == [], "label"
    page.keyboard.press("Shift+V")
    page.get_by_test_id("clip").check()
    page.get_by_test_id("bookmark-add").click()
    page.get_by_test_id("mode-more").click()
    assert violations(page, axe) == [], "settings and modes of the view"
    page.keyboard.press("Escape")
    page.get_by_test_id("clip").uncheck()
    page.keyboard.press("Shift+V")
    page.keyboard.press("e")
    page.keyboard.type("a note")
    assert violations(page, axe) == [], "writing a note"
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type("ch")
    assert violations(page, axe) == [], "finding a class"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page, axe) == [], "help"
    page.get_by_test_id("change-keys").click()
    page.get_by_test_id("keys-skip").get_by_role("button", name="Add a key").click()
    page.keyboard.press("u")
    assert violations(page, axe) == [], "changing keys"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    check_no_flight(page)

    page.goto(f"{server.url}#/scans/999")
    expect(page.get_by_role("heading", name="This scan cannot be shown")).to_be_visible()
    assert violations(page, axe) == [], "a scan that is not there"


def check_no_flight(page: Page) -> None:
    """The camera is where it goes at once."""
    before = page.evaluate("window.__fewpoints.camera.eye")
    page.keyboard.press("Home")
    at_once = page.evaluate("window.__fewpoints.camera.eye")
    page.wait_for_timeout(600)
    assert at_once != before
    assert page.evaluate("window.__fewpoints.camera.eye") == at_once
