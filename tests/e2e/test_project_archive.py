# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A project is taken from one installation to another in the browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, running_server
from tests.e2e.test_accessible import AXE, violations
from tests.rooms import small_room

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def picture(page: Page, name: str) -> None:
    """Keep pictures where FEWPOINTS_PICTURES asks for them, in both schemes and on a phone."""
    folder = os.environ.get("FEWPOINTS_PICTURES")
    if folder is None:
        return
    size = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 720), (390, 780)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=f"{folder}/{name}-{scheme}-{width}.png", full_page=True)
    assert size is not None
    page.set_viewport_size(size)


def looks_right(page: Page, name: str) -> None:
    """axe-core finds nothing, and a phone shows all of it."""
    picture(page, name)
    if AXE.exists():
        assert violations(page, AXE.read_text(encoding="utf-8")) == []
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 780})
    assert page.evaluate(WIDE)
    assert size is not None
    page.set_viewport_size(size)


def test_a_project_moves_to_another_installation(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    scan = tmp_path / "room.ply"
    write_ply(scan, small_room(6_000).scan)
    page.goto(server.sign_in_url)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    api = page.context.request
    made = api.post(
        f"{server.url}api/v1/projects",
        data={"name": "Office", "strategy": "kmeans_color", "budget": 3},
        headers={"Origin": server.url.rstrip("/")},
    )
    project = made.json()["id"]
    api.post(
        f"{server.url}api/v1/projects/{project}/scans?name=room.ply",
        data=scan.read_bytes(),
        headers={"Origin": server.url.rstrip("/"), "Content-Type": "application/octet-stream"},
    )
    page.goto(f"{server.url}#/projects/{project}")
    expect(page.get_by_test_id("scan-row")).to_contain_text("room.ply", timeout=60_000)
    expect(page.get_by_test_id("scan-progress")).to_have_text("0/3", timeout=60_000)
    page.goto(f"{server.url}#/projects/{project}/settings")
    card = page.get_by_test_id("move-card")
    expect(card.get_by_test_id("archive-size")).to_contain_text("about")
    card.get_by_test_id("pack").click()
    file = card.get_by_test_id("archive")
    expect(file).to_have_count(1, timeout=60_000)
    looks_right(page, "settings")
    with page.expect_download() as info:
        file.get_by_role("link", name="Office.fewpoints.zip").click()
    target = tmp_path / "Office.fewpoints.zip"
    info.value.save_as(target)
    file.get_by_role("button", name="Delete Office.fewpoints.zip").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(file).to_have_count(0)

    with running_server(tmp_path / "elsewhere") as other:
        page.goto(other.sign_in_url)
        page.get_by_role("button", name="Import a project…").click()
        dialog = page.get_by_role("dialog", name="Import a project")
        expect(dialog.get_by_role("button", name="Choose a file…")).to_be_visible()
        page.get_by_test_id("archive-input").set_input_files(scan)
        expect(dialog.get_by_role("alert")).to_contain_text(
            "room.ply: It is no archive of a project"
        )
        looks_right(page, "import")
        page.get_by_test_id("archive-input").set_input_files(target)
        expect(page.get_by_role("heading", name="Office")).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("scan-row")).to_contain_text("room.ply")
        expect(page.get_by_test_id("scan-progress")).to_have_text("0/3")
        page.goto(f"{other.url}#/")
        expect(page.get_by_role("heading", name="Office")).to_be_visible()
        picture(page, "projects")
