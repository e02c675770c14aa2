# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the app as a new user meets it, taken in a real browser.

python scripts/picture.py               the README's pictures and animation, in docs/images
python scripts/picture.py --all FOLDER  every page, light and dark, at 1440, 1280 and 390 pixels

Starts `fewpoints quickstart` on an empty data folder, answers the 20 points with the classes that
the simulator knows, trains, answers some more, trains again, and photographs what is on the screen.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fewpoints.server.commands.serving import demo_room  # noqa: E402
from tests.e2e import chromium  # noqa: E402

IMAGES = ROOT / "docs" / "images"
KEYS = [*"1234567890", *(f"Shift+Digit{digit}" for digit in "1234567890")]
WIDE, LAPTOP, PHONE = (1440, 900), (1280, 720), (390, 844)
SCAN = "demo-room.ply"
FRAME_MS = 90


@contextmanager
def demo_server() -> Iterator[str]:
    """Yield the sign-in link of a server with the demo project."""
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
            yield next(line.strip() for line in server.stdout if "?token=" in line)
        finally:
            server.terminate()
            server.wait(30)


def wait_until(page: Page, expression: str, timeout_s: float = 180) -> None:
    """Poll from outside: the page's content security policy forbids Playwright's own way."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            sys.exit(f"not within {timeout_s:g} s: {expression}")
        page.wait_for_timeout(100)


def settled(page: Page) -> None:
    """Wait until the 3D view has nothing left to draw."""
    wait_until(page, "Boolean(window.__fewpoints?.ready && window.__fewpoints.settled)")


class Room:
    """The demo room: what the true class of each point is, as a key."""

    def __init__(self) -> None:
        self.classes = demo_room().classes

    def key(self, point: int) -> str:
        known = int(self.classes[point])
        return KEYS[known] if known < len(KEYS) else "u"

    def answer(self, page: Page) -> None:
        """Answer the query that is shown, as somebody who knows would."""
        point = page.evaluate("window.__fewpoints.currentQuery.point_index")
        page.keyboard.press(self.key(point))


def open_label_page(page: Page) -> None:
    page.get_by_test_id("tab-scans").click()
    page.get_by_role("link", name=f"Label {SCAN}").click()
    settled(page)


def train(page: Page, checkpoints: int) -> None:
    page.get_by_test_id("tab-models").click()
    page.get_by_test_id("train").click()
    page.get_by_test_id("checkpoint").nth(checkpoints - 1).wait_for(timeout=180_000)


def to_project(page: Page) -> None:
    page.get_by_role("link", name="Demo room").first.click()
    page.get_by_test_id("tab-scans").wait_for()


class Film:
    """An animated picture from shots of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def shot(self, milliseconds: int = FRAME_MS) -> None:
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.frames.append(picture.resize((960, 600), Image.Resampling.LANCZOS))
        self.durations.append(milliseconds)

    def save(self, path: Path) -> None:
        first, *rest = self.frames
        first.save(
            path,
            save_all=True,
            append_images=rest,
            duration=self.durations,
            loop=0,
            quality=60,
            method=6,
        )


def film_walk(page: Page, room: Room) -> None:
    """Twenty answers, a little slower than people give them."""
    film = Film(page)
    film.shot(900)
    for number in range(20):
        if number == 19:
            settled(page)
            page.screenshot(path=IMAGES / "label-page.png")
        room.answer(page)
        if number < 6:
            for _ in range(4):  # The flight.
                film.shot()
        settled(page)
        page.wait_for_timeout(300)
        film.shot(700 if number < 6 else 180)
    page.keyboard.press("Home")
    settled(page)
    page.wait_for_timeout(500)
    film.shot(2500)
    film.save(IMAGES / "walk-through.webp")


def readme_pictures(browser: Browser, link: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    viewport = {"width": 1280, "height": 800}
    page = browser.new_context(viewport=viewport, color_scheme="dark").new_page()  # type: ignore[arg-type]
    room = Room()
    page.goto(link)
    to_project(page)
    open_label_page(page)
    film_walk(page, room)
    to_project(page)
    train(page, 1)
    page.get_by_test_id("tab-dashboard").click()
    page.wait_for_timeout(3000)
    page.screenshot(path=IMAGES / "dashboard.png")
    page.get_by_test_id("tab-scans").click()
    page.wait_for_timeout(800)
    page.screenshot(path=IMAGES / "project-page.png")
    open_label_page(page)
    page.keyboard.press("Home")
    page.keyboard.press("Alt+3")
    page.wait_for_timeout(1000)
    settled(page)
    page.screenshot(path=IMAGES / "prediction.png")


def tab(name: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.get_by_test_id(f"tab-{name}").click()
        page.wait_for_timeout(2500)

    return show


def every_page(browser: Browser, link: str, folder: Path) -> None:
    """Photograph every page; what they look like is for people to judge."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    page = context.new_page()

    def photograph(name: str, *, reopened: bool = True) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width, height in (WIDE, LAPTOP, PHONE):
                page.set_viewport_size({"width": width, "height": height})
                if (width, height) == PHONE and reopened:
                    page.reload()  # What starts folded on a small screen does so when it is opened.
                    page.wait_for_timeout(2000)
                page.wait_for_timeout(700)
                if page.evaluate("Boolean(window.__fewpoints)"):
                    settled(page)
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})

    page.goto(link.split("?")[0])
    page.get_by_role("heading", level=1).wait_for()
    photograph("sign-in")
    page.goto(link)
    page.get_by_role("heading", name="Projects", exact=True).wait_for()
    photograph("projects")
    room = Room()
    to_project(page)
    for round_number in (1, 2):
        open_label_page(page)
        if round_number == 1:
            photograph("label-start")
        for _ in range(10):
            room.answer(page)
            page.wait_for_timeout(450)
        settled(page)
        if round_number == 1:
            photograph("label")
            page.keyboard.press("?")
            photograph("help", reopened=False)
            page.keyboard.press("Escape")
        to_project(page)
        train(page, round_number)
    for name in ("scans", "dashboard", "models", "review", "exports", "settings"):
        tab(name)(page)
        photograph(name)
    tab("review")(page)
    page.get_by_role("link", name="Start reviewing").click()
    settled(page)
    photograph("review-walk")
    to_project(page)
    tab("models")(page)
    page.get_by_test_id("compare").click()
    page.wait_for_timeout(2000)
    photograph("compare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    folder = parser.parse_args().all
    executable = chromium.find()
    if executable is None:
        sys.exit("There is no Chromium here; install one.")
    with demo_server() as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=chromium.FLAGS, chromium_sandbox=False
        )
        if folder is None:
            readme_pictures(browser, link)
        else:
            every_page(browser, link, folder)
        browser.close()


if __name__ == "__main__":
    main()
