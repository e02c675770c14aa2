# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Take the pictures of docs/images: the demo as a new user meets it, in a real browser.

Starts `fewpoints quickstart` on an empty data folder, answers the 20 points with the classes that
the simulator knows, trains, and photographs what is on the screen.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fewpoints.server.commands.serving import demo_room  # noqa: E402
from tests.e2e import chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
KEYS = [*"1234567890", *(f"Shift+Digit{digit}" for digit in "1234567890")]


def main() -> None:
    executable = chromium.find()
    if executable is None:
        sys.exit("There is no Chromium here; install one.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "fewpoints.server.cli", "quickstart", "--port", "0"]
        server = subprocess.Popen(
            [*command, "--home", home],
            stdout=subprocess.PIPE,
            text=True,
            cwd=home,
            env={**os.environ, "LOGNAME": "Ada"},  # Whose name the pictures show.
        )
        try:
            assert server.stdout is not None
            link = next(line.strip() for line in server.stdout if "?token=" in line)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=executable, args=chromium.FLAGS, chromium_sandbox=False
                )
                options = {"width": 1280, "height": 800}
                page = browser.new_context(viewport=options, color_scheme="dark").new_page()  # type: ignore[arg-type]
                photograph(page, link)
                browser.close()
        finally:
            server.terminate()
            server.wait(30)


def wait_until(page: Page, expression: str, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            sys.exit(f"not within {timeout_s:g} s: {expression}")
        page.wait_for_timeout(100)


def photograph(page: Page, link: str) -> None:
    room = demo_room()
    page.goto(link)
    page.get_by_role("link", name="Demo room").first.click()
    page.get_by_role("link", name="Label demo-room.ply").click()
    wait_until(page, "window.__fewpoints?.ready && window.__fewpoints.settled")
    for number in range(20):
        if number == 19:
            wait_until(page, "window.__fewpoints.settled")
            page.screenshot(path=IMAGES / "label-page.png")
        point = page.evaluate("window.__fewpoints.currentQuery.point_index")
        known = int(room.classes[point])
        page.keyboard.press(KEYS[known] if known < len(KEYS) else "u")
        page.wait_for_timeout(600)
    page.get_by_role("link", name="Demo room").click()
    page.get_by_test_id("tab-models").click()
    page.get_by_test_id("train").click()
    page.get_by_test_id("checkpoint").first.wait_for(timeout=180_000)
    page.get_by_test_id("tab-scans").click()
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "project-page.png")
    page.get_by_role("link", name="Label demo-room.ply").click()
    wait_until(page, "window.__fewpoints?.ready && window.__fewpoints.settled")
    page.keyboard.press("Home")
    page.get_by_test_id("mode-prediction").click()
    page.wait_for_timeout(1000)
    wait_until(page, "window.__fewpoints.settled")
    page.screenshot(path=IMAGES / "prediction.png")


if __name__ == "__main__":
    main()
