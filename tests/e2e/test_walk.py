# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The walk from query to query: by keyboard alone, over reloads, without a network, in two tabs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.models.densify.rooms import boxes_room

pytestmark = pytest.mark.browser
MINUTES = 60_000
API = "fetch('api/v1{path}').then((r) => r.json())"


@dataclass
class RestartableServer:
    """A server that can be killed and started again on the same port and home."""

    home: Path
    port: int = 0
    url: str = ""
    sign_in_url: str = ""
    process: subprocess.Popen[str] | None = field(default=None)

    def start(self) -> None:
        env = {
            name: value for name, value in os.environ.items() if not name.startswith("FEWPOINTS_")
        }
        env |= {"FEWPOINTS_ARCH": "Res16UNet14A", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "fewpoints.server.cli", "serve"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--home", str(self.home)],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        link = next((line.strip() for line in self.process.stdout if "?token=" in line), None)
        assert link is not None, self.process.communicate()[1]
        self.sign_in_url, self.url = link, link.split("?")[0]
        self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=30)


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[RestartableServer]:
    server = RestartableServer(tmp_path / "home")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def scan_file(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.ply"
    write_ply(path, boxes_room()[0])
    return path


def open_new_scan(page: Page, sign_in_url: str, scan_file: Path) -> None:
    page.goto(sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Boxes")
    page.get_by_role("button", name="Create").click()
    page.get_by_test_id("upload-input").set_input_files(scan_file)
    expect(page.get_by_role("link", name=f"Label {scan_file.name}")).to_be_visible(timeout=MINUTES)
    deadline = time.monotonic() + 120
    while get(page, "/scans/1")["queries"]["total"] < 20:
        assert time.monotonic() < deadline
        page.wait_for_timeout(200)
    page.get_by_role("link", name=f"Label {scan_file.name}").click()
    wait_for_label_page(page)


def wait_for_label_page(page: Page) -> None:
    wait_until(page, "window.__fewpoints?.ready === true && window.__fewpoints.settled")
    expect(page.get_by_test_id("query-title")).to_be_visible()


def get(page: Page, path: str) -> Any:
    return page.evaluate(API.replace("{path}", path))


def shown_query(page: Page) -> int:
    return int(page.evaluate("window.__fewpoints.currentQuery.id"))


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def say(page: Page, key: str, expected: str) -> None:
    """Press a key and wait until the live region says what came of it."""
    page.keyboard.press(key)
    expect(page.get_by_test_id("spoken")).to_contain_text(expected)


def test_a_walk_by_keyboard_alone(page: Page, server: RunningServer, scan_file: Path) -> None:
    open_new_scan(page, server.sign_in_url, scan_file)
    page.mouse.move(5, 5)
    first = shown_query(page)
    say(page, "5", "Answered: chair. Query 2 of 20, open.")
    say(page, "u", "Answered: unsure. Query 3 of 20")
    say(page, "x", "Answered: not listed. Query 4 of 20")
    say(page, "Space", "Answered: skipped. Query 5 of 20")

    # A note by itself, and one that an answer takes along.
    page.keyboard.press("e")
    expect(page.get_by_test_id("note-field")).to_be_focused()
    page.keyboard.type("1 chair behind another")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("note-field")).to_have_count(0)
    expect(page.get_by_test_id("notes")).to_contain_text("1 chair behind another")
    expect(page.get_by_test_id("query-state")).to_have_attribute("data-state", "open")
    say(page, "Shift+Digit5", "Answered: refrigerator. Query 6 of 20")

    # The same object as the last one: the last one gets the number that it lacked.
    say(page, "5", "Answered: chair. Query 7 of 20")
    say(page, "s", "Answered: chair 1. Query 8 of 20")
    say(page, "s", "Answered: chair 1. Query 9 of 20")
    saved(page)
    answers = get(page, "/scans/1/answers")
    chairs = [a["instance"] for a in answers if a["reply"] == "class" and a["class_index"] == 4]
    assert chairs == [None, 1, 1, 1]
    noted = [a for a in answers if a["note"]]
    assert [(a["class_index"], a["note"]) for a in noted] == [(14, "1 chair behind another")]

    # Keys that answer do so while the camera flies.
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("3")
    expect(page.get_by_test_id("query-title")).to_contain_text("Query 12")
    saved(page)
    assert [a["class_index"] for a in get(page, "/scans/1/answers")][-3:] == [0, 1, 2]
    assert get(page, "/scans/1/answers")[0]["query_id"] == first
    counts = get(page, "/scans/1")["queries"]
    assert (counts["unsure"], counts["skipped"], counts["unlisted"]) == (1, 1, 1)


def test_undo_and_redo_over_a_reload_and_in_a_second_tab(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server.sign_in_url, scan_file)
    for key in "123":
        page.keyboard.press(key)
    saved(page)
    page.reload()
    wait_for_label_page(page)
    say(page, "Control+z", "Taken back: cabinet.")
    expect(page.get_by_test_id("query-title")).to_contain_text("Query 3")

    second = page.context.new_page()
    second.goto(page.url)
    wait_for_label_page(second)
    say(second, "Backspace", "Taken back: floor.")
    expect(second.get_by_test_id("query-title")).to_contain_text("Query 2")
    expect(page.get_by_test_id("progress-text")).to_contain_text("1 of 20")
    say(second, "Control+Shift+Z", "Given again: floor.")
    saved(second)
    second.reload()
    wait_for_label_page(second)
    say(second, "Control+y", "Given again: cabinet.")
    saved(second)
    second.keyboard.press("Control+y")
    expect(second.get_by_text("There is nothing to give again")).to_be_visible()
    expect(page.get_by_test_id("progress-text")).to_contain_text("3 of 20")
    assert [a["class_index"] for a in get(page, "/scans/1/answers")] == [0, 1, 2]


def test_one_is_where_one_left(page: Page, server: RunningServer, scan_file: Path) -> None:
    open_new_scan(page, server.sign_in_url, scan_file)
    page.keyboard.press("1")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+1")
    page.keyboard.press("]")
    page.keyboard.press("]")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    wait_until(page, "window.__fewpoints.settled")
    there = shown_query(page)
    pose = page.evaluate("window.__fewpoints.camera")

    def check() -> None:
        wait_for_label_page(page)
        assert shown_query(page) == there
        assert page.evaluate("window.__fewpoints.mode") == "rgb"
        expect(page.get_by_label("Instance", exact=True)).to_have_value("2")
        now = page.evaluate("window.__fewpoints.camera")
        for name in ("eye", "target"):
            assert now[name] == pytest.approx(pose[name], abs=1e-3)

    page.reload()
    check()
    page.get_by_role("link", name="Boxes").click()
    page.get_by_role("link", name="Continue labelling").click()
    check()

    # Somebody else answers it meanwhile: the next open one comes.
    page.get_by_role("link", name="Boxes").click()
    expect(page.get_by_role("link", name="Continue labelling")).to_be_visible()
    query = next(q for q in get(page, "/scans/1/queries") if q["id"] == there)
    page.evaluate(
        """(point) => fetch("api/v1/scans/1/answers", {method: "POST",
        headers: {"Content-Type": "application/json"}, body: JSON.stringify({
        client_id: "12345678-1234-4234-8234-123456789abc", point_index: point, reply: "skip"})})""",
        query["point_index"],
    )
    page.get_by_role("link", name="Continue labelling").click()
    wait_for_label_page(page)
    expect(page.get_by_test_id("query-title")).to_contain_text("Query 6")


def test_answers_survive_a_killed_server_and_a_closed_tab(
    browser: Browser, restartable: RestartableServer, scan_file: Path
) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    open_new_scan(page, restartable.sign_in_url, scan_file)
    page.keyboard.press("1")
    saved(page)
    asked = page.evaluate(API.replace("{path}", "/scans/1/queries"))
    restartable.kill()
    for number, key in enumerate("23456"):
        page.keyboard.press(key)
        expect(page.get_by_test_id("progress-text")).to_contain_text(f"{number + 2} of 20")
    indicator = page.get_by_test_id("save-state")
    expect(indicator).to_have_attribute("data-state", "offline")
    expect(indicator).to_contain_text("5 answers waiting")
    page.close()

    restartable.start()
    page = context.new_page()
    page.goto(f"{restartable.url}#/scans/1")
    wait_for_label_page(page)
    expect(page.get_by_test_id("progress-text")).to_contain_text("6 of 20")
    saved(page)
    answers = get(page, "/scans/1/answers")
    assert [a["class_index"] for a in answers] == [0, 1, 2, 3, 4, 5]
    assert [a["query_id"] for a in answers] == [q["id"] for q in asked[:6]]
    rows = log_of(restartable.home)
    assert len(rows) == 6
    context.close()


def log_of(home: Path) -> list[Any]:
    """Every event in the store, read without the app."""
    import sqlite3

    (database,) = home.glob("*.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return connection.execute("SELECT id, kind, client_id FROM answer_event").fetchall()


def test_two_tabs_without_a_server_lose_and_double_nothing(
    browser: Browser, restartable: RestartableServer, scan_file: Path
) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    one = context.new_page()
    open_new_scan(one, restartable.sign_in_url, scan_file)
    two = context.new_page()
    two.goto(one.url)
    wait_for_label_page(two)
    # Each tab answers queries of its own.
    for _ in range(10):
        two.keyboard.press("ArrowRight")
    restartable.kill()
    for key in "123":
        one.bring_to_front()
        one.keyboard.press(key)
        two.bring_to_front()
        two.keyboard.press(key)
    for page in (one, two):
        expect(page.get_by_test_id("progress-text")).to_contain_text("6 of 20")
        expect(page.get_by_test_id("save-state")).to_contain_text("6 answers waiting")
    one.close()
    restartable.start()
    saved(two)
    assert len(get(two, "/scans/1/answers")) == 6
    assert [kind for _, kind, _ in log_of(restartable.home)] == ["answer"] * 6
    context.close()


def test_a_browser_that_stores_nothing_is_said(
    browser: Browser, server: RunningServer, scan_file: Path
) -> None:
    context: BrowserContext = browser.new_context(viewport={"width": 1000, "height": 700})
    context.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    page = context.new_page()
    open_new_scan(page, server.sign_in_url, scan_file)
    page.route("**/answers", lambda route: route.abort() if is_post(route) else route.continue_())
    page.keyboard.press("1")
    expect(page.get_by_test_id("save-state")).to_contain_text("1 answer only in this tab")
    expect(page.get_by_role("alert").filter(has_text="keeps no data")).to_be_visible()
    page.unroute("**/answers")
    saved(page)
    assert len(get(page, "/scans/1/answers")) == 1
    context.close()


def is_post(route: Any) -> bool:
    return bool(route.request.method == "POST")


def test_keys_are_changed_by_pressing_them(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server.sign_in_url, scan_file)
    page.keyboard.press("F1")
    page.get_by_test_id("change-keys").click()
    message = page.get_by_test_id("keys-message")

    # One that is free, one of another action, one of a class, one of the browser.
    add_key(page, "skip", "k")
    expect(message).to_contain_text("“Skip this query” has the key K now")
    add_key(page, "unlisted", "u")
    expect(message).to_contain_text(
        "U belongs to “Unsure”. Use it for “Not in the list of classes”"
    )
    page.get_by_role("button", name="Use it here").press("Enter")
    expect(page.get_by_test_id("keys-unsure")).to_contain_text("none")
    add_key(page, "unsure", "1")
    expect(message).to_contain_text("1 is the key of the class “wall”")
    page.get_by_role("button", name="Use it here").press("Enter")
    expect(page.get_by_text("The class “wall” has lost its key 1 to “Unsure”.")).to_be_visible()
    add_key(page, "note", "Control+w")
    expect(message).to_contain_text("needs Ctrl W for itself")
    page.keyboard.press("Escape")
    expect(message).to_have_text("")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    say(page, "k", "Answered: skipped.")
    say(page, "u", "Answered: not listed.")
    say(page, "1", "Answered: unsure.")
    expect(page.get_by_test_id("unsure")).to_have_attribute("title", "I cannot tell (1)")
    expect(page.get_by_test_id("class-0").locator("kbd")).to_have_count(0)
    page.reload()
    wait_for_label_page(page)
    say(page, "k", "Answered: skipped.")
    page.keyboard.press("?")
    expect(page.get_by_test_id("help-skip")).to_contain_text("K")
    page.get_by_test_id("change-keys").click()
    with page.expect_download() as info:
        page.get_by_role("button", name="Export…").click()
    kept = json.loads(Path(info.value.path()).read_text(encoding="utf-8"))
    assert kept["fewpoints_keys"]["unlisted"] == ["X", "U"]
    page.get_by_test_id("reset-keys").click()
    expect(page.get_by_test_id("keys-unsure")).to_contain_text("U")
    page.get_by_test_id("keys-input").set_input_files(info.value.path())
    expect(page.get_by_test_id("keys-unsure")).to_contain_text("1")


def add_key(page: Page, action: str, key: str) -> None:
    page.get_by_test_id(f"keys-{action}").get_by_role("button", name="Add a key").press("Enter")
    page.keyboard.press(key)


def test_a_class_is_found_by_typing(page: Page, server: RunningServer, scan_file: Path) -> None:
    open_new_scan(page, server.sign_in_url, scan_file)
    page.evaluate(
        """(classes) => fetch("api/v1/projects/1/classes", {method: "PUT",
        headers: {"Content-Type": "application/json"}, body: JSON.stringify(classes)})""",
        [
            {
                "name": f"thing {k}",
                "parent": "furniture" if k % 2 else "building",
                "description": "long and thin" if k == 37 else "",
            }
            for k in range(40)
        ],
    )
    page.reload()
    wait_for_label_page(page)
    expect(page.get_by_role("heading", name="furniture")).to_be_visible()
    page.keyboard.press("/")
    field = page.get_by_test_id("class-finder")
    expect(field).to_be_focused()
    options = page.get_by_role("option")
    expect(options).to_have_count(40)
    page.keyboard.type("thin")
    expect(options.first).to_contain_text("thing 0")
    page.keyboard.type("g 3")
    expect(options.first).to_contain_text("thing 3")
    page.keyboard.press("ArrowDown")
    active = page.locator(f"[id='{field.get_attribute('aria-activedescendant')}']")
    expect(active).to_contain_text("thing 30")
    expect(active).to_have_attribute("aria-selected", "true")
    say(page, "Enter", "Answered: thing 30. Query 2 of 20")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("Control+k")
    page.keyboard.type("long and")
    expect(options).to_have_count(1)
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(page.get_by_test_id("query-title")).to_contain_text("Query 2")
    page.keyboard.press("/")
    page.keyboard.type("thing 37")
    say(page, "Enter", "Answered: thing 37. Query 3 of 20")
    saved(page)
    assert [a["class_index"] for a in get(page, "/scans/1/answers")] == [30, 37]


def test_without_motion_the_camera_is_there_at_once(
    browser: Browser, server: RunningServer, scan_file: Path
) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    page = context.new_page()
    open_new_scan(page, server.sign_in_url, scan_file)
    for key in ("ArrowRight", "1", "f"):
        page.keyboard.press(key)
        view = page.evaluate("window.__fewpoints.currentQuery.view")
        now = page.evaluate("window.__fewpoints.camera")
        assert now["eye"] == pytest.approx(view["eye"], abs=1e-3)
    context.close()
