# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A real server process and a real Chromium."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e import chromium
from tests.server import warm

# What a page shows is checked, never how fast: busy machines need longer than Playwright's 5 s.
expect.set_options(timeout=60_000)

STOP_S = 30


@dataclass(frozen=True)
class RunningServer:
    """A server started as a user starts it."""

    url: str
    sign_in_url: str
    home: Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "home") as running:
        yield running


@contextmanager
def running_server(home: Path, **settings: str) -> Iterator[RunningServer]:
    """A server on a home folder; `settings` are environment variables without FEWPOINTS_."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("FEWPOINTS_")}
    # The smallest network: these tests are about the path, not about the quality of the labels.
    env |= {"FEWPOINTS_ARCH": "Res16UNet14A", "PYTHONUNBUFFERED": "1"}
    env |= {f"FEWPOINTS_{name}": value for name, value in settings.items()}
    log = home.parent / f"{home.name}.log"
    told = ("serve", "--port", "0", "--home", str(home))
    with log.open("ab") as errors:
        process = warm.start("fewpoints.server.cli", *told, env=env, stderr=errors)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        try:
            lines = (line.decode().strip() for line in process.stdout)
            link = next((line for line in lines if "?token=" in line), None)
            assert link is not None, f"the server printed no link: {log.read_text()}"
            yield RunningServer(url=link.split("?")[0], sign_in_url=link, home=home)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            finally:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium.find()
    if executable is None:
        assert not os.environ.get("CI"), "CI must have a Chromium"
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        # A sandboxed Chromium does not start as root, as which containers run their tests.
        browser = playwright.chromium.launch(
            executable_path=executable, args=chromium.FLAGS, chromium_sandbox=False
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in which an uncaught error or a request to another host fails the test."""
    if "server" in request.fixturenames:
        request.getfixturevalue("server")  # So that it ends after the page.
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "pageerror", lambda error: problems.append(f"uncaught on {page.url}: {error} {error.stack}")
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("http://127.0.0.1", "data:", "blob:"))
            else problems.append(f"request to {request.url}")
        ),
    )
    yield page
    context.cookies()  # The answer comes after all that the page has said before.
    found = list(problems)  # What closing cuts off, such as a style sheet on its way, is none.
    context.close()
    assert found == []


def wait_until(page: Page, expression: str, *, timeout_s: float = 60) -> None:
    """Poll from outside: the page's content security policy forbids Playwright's own way, eval."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {expression}"
        page.wait_for_timeout(50)
