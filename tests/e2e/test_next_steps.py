# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What comes after the last query: one more point, or the scan worth going on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.models.densify.rooms import boxes_room

pytestmark = pytest.mark.browser
MINUTES = 60_000


def test_after_the_last_answer_comes_one_more_point_or_the_next_scan(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    names = ["first.ply", "second.ply"]
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Boxes")
    page.get_by_role("button", name="Create").click()
    for name, step in zip(names, (0.04, 0.042), strict=True):  # The same file twice is asked about.
        write_ply(tmp_path / name, boxes_room(step=step)[0])
        page.get_by_test_id("upload-input").set_input_files(tmp_path / name)
        expect(page.get_by_role("link", name=f"Label {name}")).to_be_visible(timeout=MINUTES)
    expect(page.get_by_test_id("scan-progress")).to_have_text(["0/20"] * 2, timeout=3 * MINUTES)
    page.get_by_role("link", name="Label first.ply").click()
    wait_until(page, "window.__fewpoints?.ready === true")
    for number in range(20):
        page.keyboard.press("1")
        expect(page.get_by_test_id("progress-text")).to_contain_text(f"{number + 1} of 20")

    expect(page.get_by_test_id("next-scan-reason")).to_have_text(
        "second.ply: 20 points wait for an answer."
    )
    page.get_by_test_id("one-more").click()
    expect(page.get_by_test_id("progress-text")).to_contain_text("20 of 21")
    expect(page.get_by_test_id("query-title")).to_contain_text("Query 21")
    expect(page.get_by_test_id("next-steps")).to_have_count(0)
    page.keyboard.press("2")
    expect(page.get_by_test_id("progress-text")).to_contain_text("21 of 21")

    page.get_by_role("link", name="Next scan: second.ply").click()
    expect(page.get_by_test_id("progress-text")).to_contain_text("0 of 20")
