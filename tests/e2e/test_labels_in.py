# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that came with a file are mapped, become answers, and are taken back, in the browser."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer
from tests.e2e.test_accessible import axe, violations
from tests.e2e.test_setup import MINUTES, open_new_project, scans_of
from tests.rooms import small_room

__all__ = ["axe"]  # A fixture.
pytestmark = pytest.mark.browser


def test_labels_become_answers_and_are_taken_back(
    page: Page, server: RunningServer, axe: str, tmp_path: Path
) -> None:
    room = small_room(2_000)
    nyu40 = np.array([c.external_id for c in PRESETS["scannet20"].classes])
    labels = nyu40[room.classes]
    labels[:3] = 13  # Blinds are none of the classes.
    sizes = np.bincount(room.classes[3:], minlength=20)
    path = tmp_path / "labelled.ply"
    write_ply(
        path,
        PointScan(
            positions=room.scan.positions,
            colours=room.scan.colours,
            labels={"label": labels, "object_id": np.asarray(room.instances, np.int64)},
        ),
    )
    open_new_project(page, server, "Labels in")
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("scan-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=MINUTES)

    page.get_by_role("button", name="Labels from files…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Label field", exact=True)).to_have_value("label")
    expect(dialog.get_by_label("What the numbers are")).to_have_value("nyu40")
    expect(dialog.get_by_label("Objects are numbered by")).to_have_value("object_id")
    expect(dialog.get_by_label("Class of the value 5", exact=True)).to_have_value("chair")
    blinds = dialog.get_by_label("Class of the value 13", exact=True)
    expect(blinds).to_have_value("")
    named = page.get_by_label("Class of the value 13", exact=True)
    expect(dialog.get_by_role("row").filter(has=named)).to_contain_text("blinds")
    dialog.get_by_label("Points of each class", exact=True).fill("4")
    expected = sum(min(4, int(size)) for size in sizes)
    plan = dialog.get_by_test_id("labels-plan")
    expect(plan).to_contain_text(f"{expected} answers in 1 scan")
    expect(dialog.get_by_test_id("labels-details")).to_contain_text("3 points are ignored")
    assert violations(page, axe) == []

    # The mapping goes out, is changed by hand, and comes in again.
    with page.expect_download() as downloading:
        dialog.get_by_role("button", name="Download mapping").click()
    mapping = json.loads(downloading.value.path().read_text(encoding="utf-8"))
    for entry in mapping["values"]:
        if entry["value"] == 13:
            entry["class"] = "window"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(mapping), encoding="utf-8")
    dialog.get_by_test_id("mapping-input").set_input_files(changed)
    expect(blinds).to_have_value("window")
    expect(dialog.get_by_label("What the numbers are")).to_have_value("own")
    mapping["values"][0]["class"] = "spaceship"
    changed.write_text(json.dumps(mapping), encoding="utf-8")
    dialog.get_by_test_id("mapping-input").set_input_files(changed)
    expect(dialog.get_by_role("alert")).to_contain_text('"spaceship", but the classes are')
    dialog.get_by_label("What the numbers are").select_option("nyu40")
    expect(blinds).to_have_value("")

    expect(plan).to_contain_text(f"{expected} answers in 1 scan")
    dialog.get_by_test_id("labels-start").click()
    done = dialog.get_by_test_id("label-import")
    expect(done).to_have_attribute("data-state", "done", timeout=MINUTES)
    expect(done).to_contain_text(f"{expected} answers in 1 scan from label")
    assert scans_of(page)[0]["answers"] == expected
    assert violations(page, axe) == []

    done.get_by_role("button", name="Undo").click()
    expect(done).to_have_attribute("data-state", "undone")
    assert scans_of(page)[0]["answers"] == 0

    # As the truth it labels nothing, and stands with the scan and on the dashboard.
    dialog.get_by_label("Ground truth").check()
    expect(plan).to_contain_text("The class of 1,997 points in 1 scan")
    dialog.get_by_test_id("labels-start").click()
    expect(done.first).to_have_attribute("data-state", "done", timeout=MINUTES)
    expect(done.first).to_contain_text("Ground truth of 1,997 points")
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("dialog").get_by_test_id("truth")).to_contain_text(
        "nothing to compare with it yet"
    )
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_test_id("truth")).to_be_visible(timeout=MINUTES)
    assert violations(page, axe) == []


def test_a_file_without_labels_says_so(page: Page, server: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "bare.ply"
    write_ply(path, small_room(2_000).scan)
    open_new_project(page, server, "Bare")
    page.get_by_test_id("upload-input").set_input_files(path)
    row = page.get_by_test_id("scan-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=MINUTES)
    page.get_by_role("button", name="Labels from files…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The file of this scan has no label field.")
    expect(dialog.get_by_test_id("labels-start")).to_be_disabled()
