# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A scan opened by its address is drawn before the app around it is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.conftest import RunningServer, wait_until
from tests.e2e.test_engine import SETTLED, open_scan, sparse_scan

pytestmark = pytest.mark.browser
DRAWN = "window.__fewpoints?.pointsLoaded === 6000 && window.__fewpoints.frames > 0"


class Gate:
    """Requests that wait until it is opened; later ones pass."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._held: list[Route] | None = []
        page.route(pattern, self._arrived)

    def _arrived(self, route: Route) -> None:
        if self._held is None:
            route.continue_()
        else:
            self._held.append(route)

    def open(self) -> None:
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


def test_points_are_drawn_first_and_the_page_takes_the_view_over(
    page: Page, server: RunningServer
) -> None:
    seeded = open_scan(page, server, sparse_scan(6000), tile_points=1500)
    gate = Gate(page, "**/api/v1/session")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.partition("?")[0]))
    page.reload()
    wait_until(page, DRAWN)
    assert page.locator("canvas.viewer-canvas").count() == 1
    assert page.get_by_test_id("viewer").count() == 0
    assert page.evaluate("window.__fewpoints.ready") is False
    early = page.locator("canvas.viewer-canvas").bounding_box()
    page.evaluate("window.firstCanvas = document.querySelector('canvas.viewer-canvas')")
    gate.open()
    wait_until(page, SETTLED)
    assert page.evaluate(
        "document.querySelector('main > canvas.viewer-canvas') === window.firstCanvas"
    )
    assert page.locator("canvas.viewer-canvas").count() == 1
    assert page.locator(".early-view").count() == 0
    assert sum(url.endswith(f"/scans/{seeded.scan_id}/root.bin") for url in fetched) == 1
    # It did not move.
    assert page.locator("canvas.viewer-canvas").bounding_box() == early
    # It is the page's now: a click finds points, and the first query is in view.
    assert page.evaluate("window.__fewpoints.currentQuery.id") == seeded.query_ids[0]
    found = page.evaluate(
        """() => {
            const hooks = window.__fewpoints;
            const { x, y } = hooks.project([4, 3, 1.5]);
            return hooks.pick(x, y) !== null;
        }"""
    )
    assert found


def test_another_address_before_the_page_is_there_takes_the_view_away(
    page: Page, server: RunningServer
) -> None:
    open_scan(page, server, sparse_scan(6000), tile_points=1500)
    gate = Gate(page, "**/api/v1/session")
    page.reload()
    wait_until(page, DRAWN)
    page.evaluate("location.hash = '#/'")
    wait_until(page, "document.querySelectorAll('canvas').length === 0")
    gate.open()
    page.get_by_role("button", name="New project").first.wait_for()
    assert page.locator(".early-view").count() == 0


def test_nothing_of_a_scan_is_shown_to_who_is_signed_out(page: Page, server: RunningServer) -> None:
    open_scan(page, server, sparse_scan(6000), tile_points=1500)
    page.context.clear_cookies()
    page.reload()
    page.get_by_role("heading", name="Sign in to fewpoints").wait_for()
    page.wait_for_timeout(300)
    assert page.locator("canvas").count() == 0
    assert page.locator(".early-view").count() == 0
