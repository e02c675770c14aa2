# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Leads look at the ground truth and at where labels are wrong; annotators do not."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_live_labels import labels_of
from tests.e2e.test_setup import MINUTES, open_new_project, scan_is_ready, scans_of
from tests.rooms import small_room

__all__ = ["axe"]  # A fixture.
pytestmark = pytest.mark.browser
POINTS = 3_000


def labelled_file(folder: Path) -> Path:
    """A room whose file numbers classes as the default class list does, but for its floor."""
    room = small_room(POINTS)
    labels = room.classes.astype(np.int64)
    labels[labels == 1] = 99
    path = folder / "labelled.ply"
    write_ply(
        path,
        PointScan(
            positions=room.scan.positions, colours=room.scan.colours, labels={"label": labels}
        ),
    )
    return path


def take_labels(page: Page, server: RunningServer, scan: dict[str, Any], **how: Any) -> None:
    """Have the labels of the scan's file taken in, class by index."""
    base = f"{server.url}api/v1/projects/{scan['project_id']}"
    classes = page.request.get(base).json()["classes"]
    values = [{"value": c["index"], "class": c["name"]} for c in classes]
    mapping = {"format": "class_mapping", "version": 1, "field": "label", "values": values}
    body = {"mapping": mapping, "client_id": str(uuid.uuid4()), **how}
    answer = page.request.post(f"{base}/label-imports", data=body)
    assert answer.ok, answer.text()
    for _ in range(600):
        (newest, *_rest) = page.request.get(f"{base}/label-imports").json()["items"]
        if newest["state"] == "done":
            return
        page.wait_for_timeout(100)
    raise AssertionError(newest)


def test_the_truth_and_what_is_wrong_are_seen_by_leads_alone(
    page: Page, browser: Browser, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    path = labelled_file(tmp_path)
    open_new_project(page, server, "Truth")
    page.get_by_test_id("upload-input").set_input_files(path)
    scan_is_ready(page)
    (scan,) = scans_of(page)
    take_labels(page, server, scan, target="truth")
    take_labels(page, server, scan, target="answers", per_class=2)
    invitation = page.request.post(
        f"{server.url}api/v1/invitations", data={"name": "Ann", "role": "annotator"}
    )
    page.get_by_role("link", name=f"Label {path.name}").click()
    wait_until(page, "window.__fewpoints?.ready === true && window.__fewpoints.settled")

    page.get_by_test_id("mode-more").click()
    page.get_by_test_id("mode-truth").click()
    settled = "window.__fewpoints.settled && window.__fewpoints.recordLabel(0) !== null"
    wait_until(page, f"window.__fewpoints.mode === 'truth' && {settled}")
    order = np.frombuffer(
        page.request.get(f"{server.url}api/v1/scans/{scan['id']}/order.bin").body(), "<u4"
    )
    truth = small_room(POINTS).classes[order].astype(int)
    truth[truth == 1] = 255
    np.testing.assert_array_equal(labels_of(page)[:, 0], truth)
    legend = page.get_by_test_id("legend")
    expect(legend).to_contain_text("No ground truth")
    expect(legend).to_contain_text("wall")
    assert violations(page, axe) == []

    page.keyboard.press("Shift+W")
    wait_until(
        page, f"window.__fewpoints.mode === 'agreement' && {settled}", timeout_s=2 * MINUTES / 1000
    )
    dense = page.request.get(f"{server.url}api/v1/scans/{scan['id']}/dense.bin").body()
    found = np.frombuffer(dense, np.uint8).reshape(-1, 2)[:, 0]
    np.testing.assert_array_equal(labels_of(page), np.column_stack((truth, found)))
    right = int(np.sum((truth == found) & (truth != 255)))
    expect(legend).to_contain_text(f"· {right:,} points")
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == [], scheme

    context = browser.new_context(viewport={"width": 1000, "height": 700})
    other = context.new_page()
    other.goto(server.url.rstrip("/") + invitation.json()["sign_in_path"])
    expect(other.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    other.goto(f"{server.url}#/scans/{scan['id']}")
    wait_until(other, "window.__fewpoints?.ready === true && window.__fewpoints.settled")
    other.get_by_test_id("mode-more").click()
    expect(other.get_by_test_id("mode-features")).to_be_visible()
    expect(other.get_by_test_id("mode-truth")).to_have_count(0)
    expect(other.get_by_test_id("mode-agreement")).to_have_count(0)
    other.keyboard.press("Escape")
    other.keyboard.press("Alt+0")
    expect(other.get_by_text("Only leads see the ground truth")).to_be_visible()
    refused = other.request.get(f"{server.url}api/v1/scans/{scan['id']}/truth.bin")
    assert refused.status == 403
    context.close()
