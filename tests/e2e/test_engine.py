# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What draws the scan: records in tile order, their channel and picking, in a real browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.db.engine import Database
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.e2e.conftest import RunningServer, wait_until
from tests.server.seeding import Seeded, seed_scan

pytestmark = pytest.mark.browser
SETTLED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"


def sparse_scan(points: int, *, seed: int = 0) -> PointScan:
    """Points all over a box of 8 m x 6 m x 3 m."""
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 1, (points, 3)) * (8, 6, 3)
    return PointScan(positions=positions, colours=rng.integers(0, 256, (points, 3), np.uint8))


def open_scan(page: Page, server: RunningServer, scan: PointScan, *, tile_points: int) -> Seeded:
    """Put a scan of several tiles into the store of a running server and show it."""
    settings = Settings(home=server.home)
    database = Database(settings.resolved_database_url)
    seeded = seed_scan(database, Storage(settings), scan=scan, tile_points=tile_points)
    database.close()
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.wait_for()
    page.goto(f"{server.url}#/scans/{seeded.scan_id}")
    wait_until(page, SETTLED)
    return seeded


def test_a_channel_reaches_every_record_and_the_picture(page: Page, server: RunningServer) -> None:
    scan = sparse_scan(12_000)
    open_scan(page, server, scan, tile_points=1500)
    page.evaluate(
        """() => {
            window.asked = [];
            const answer = (shift) => ({
                fetch: async (from, to) => {
                    window.asked.push([from, to]);
                    const bytes = new Uint8Array((to - from) * 4);
                    for (let record = from; record < to; record++)
                        bytes.set(
                            [record & 255, (record >> 8) & 255, shift, 255 - (record & 255)],
                            (record - from) * 4,
                        );
                    return bytes;
                },
            });
            window.first = answer(0);
            window.second = answer(200);
            window.__fewpoints.viewer.setMode("features");
            window.__fewpoints.viewer.setChannel(window.first);
        }"""
    )
    records = "[...Array(12000).keys()].map((k) => window.__fewpoints.viewer.channelOf(k))"
    k = np.arange(12_000)

    def expected(shift: int) -> np.ndarray:
        return np.stack([k & 255, k >> 8, np.full_like(k, shift), 255 - (k & 255)], axis=1)

    wait_until(page, SETTLED)
    assert np.array_equal(page.evaluate(records), expected(0))
    covered = np.zeros(12_000, int)
    for start, stop in page.evaluate("window.asked"):
        covered[start:stop] += 1
    assert (covered == 1).all()
    # In the picture itself: red, green and blue of a point that nothing hides are its first bytes.
    assert blue_of(page) < 20
    page.evaluate("window.__fewpoints.viewer.setChannel(window.second)")
    wait_until(page, SETTLED)
    assert np.array_equal(page.evaluate(records), expected(200))
    assert blue_of(page) > 150
    page.evaluate("window.__fewpoints.viewer.setChannel(null)")
    wait_until(page, SETTLED)
    assert page.evaluate("window.__fewpoints.viewer.channelOf(5)") is None


def blue_of(page: Page) -> float:
    """Mean of blue in the middle of the canvas, where points are."""
    shot = Image.open(io.BytesIO(page.locator("canvas.viewer-canvas").screenshot())).convert("RGB")
    pixels = np.asarray(shot)
    height, width, _ = pixels.shape
    middle = pixels[height // 2 - 60 : height // 2 + 60, width // 2 - 60 : width // 2 + 60]
    return float(np.median(middle[..., 2]))
