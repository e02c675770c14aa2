# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Upload, twenty answers by keyboard, training, prediction, export: in a real browser."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.rooms import SmallRoom, small_room

pytestmark = pytest.mark.browser
MINUTES = 60_000
# Class index -> key: digits for the first ten, Shift for the next ten.
KEYS = [*"1234567890", *(f"Shift+Digit{digit}" for digit in "1234567890")]


@pytest.fixture
def room() -> SmallRoom:
    return small_room(20_000)


@pytest.fixture
def scan_file(room: SmallRoom, tmp_path: Path) -> Path:
    path = tmp_path / "small-room.ply"
    write_ply(path, room.scan)
    return path


def create_project_and_upload(page: Page, server: RunningServer, scan_file: Path) -> None:
    page.goto(server.sign_in_url)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    assert "token" not in page.url, "the one-time token must leave the address bar"
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Flat 4")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Flat 4")).to_be_visible()
    page.get_by_test_id("upload-input").set_input_files(scan_file)
    row = page.get_by_test_id("scan-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=MINUTES)
    expect(page.get_by_test_id("scan-progress")).to_have_text("0/20", timeout=2 * MINUTES)


def open_label_page(page: Page, scan_file: Path) -> None:
    page.get_by_role("link", name=f"Label {scan_file.name}").click()
    wait_until(page, "window.__fewpoints?.ready === true")


def current_point(page: Page) -> int:
    return int(page.evaluate("window.__fewpoints.currentQuery.point_index"))


def answer_all(page: Page, room: SmallRoom) -> dict[int, int]:
    """Answer each query with the class that the simulator gave the point, by its key."""
    given: dict[int, int] = {}
    for number in range(20):
        point = current_point(page)
        assert point not in given, "an answered query comes back"
        given[point] = int(room.classes[point])
        page.keyboard.press(KEYS[given[point]])
        expect(page.get_by_test_id("progress-text")).to_contain_text(f"{number + 1} of 20")
    expect(page.get_by_test_id("save-state")).to_contain_text("Saved", timeout=MINUTES)
    return given


def test_upload_answer_train_predict_export(
    page: Page, server: RunningServer, room: SmallRoom, scan_file: Path, tmp_path: Path
) -> None:
    create_project_and_upload(page, server, scan_file)
    open_label_page(page, scan_file)
    expect(page.get_by_test_id("mode-prediction")).to_be_disabled()
    given = answer_all(page, room)

    # The last answer is taken back and given again: undo is an event, and the end is the same.
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("progress-text")).to_contain_text("19 of 20")
    page.keyboard.press(KEYS[given[current_point(page)]])
    expect(page.get_by_test_id("progress-text")).to_contain_text("20 of 20")
    expect(page.get_by_test_id("save-state")).to_contain_text("Saved", timeout=MINUTES)

    # A reload finds everything where it was.
    page.reload()
    wait_until(page, "window.__fewpoints?.ready === true")
    expect(page.get_by_test_id("progress-text")).to_contain_text("20 of 20")

    page.get_by_role("link", name="Flat 4").click()
    page.get_by_test_id("tab-models").click()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("checkpoint")).to_have_count(1, timeout=3 * MINUTES)

    page.get_by_test_id("tab-scans").click()
    open_label_page(page, scan_file)
    page.get_by_test_id("mode-prediction").click()
    wait_until(page, "window.__fewpoints.settled")
    assert page.evaluate("window.__fewpoints.mode") == "prediction"

    page.get_by_role("link", name="Flat 4").click()
    page.get_by_test_id("tab-exports").click()
    check_sparse_export(page, given)
    check_dense_export(page, room, tmp_path)


def test_a_scan_opens_every_time(page: Page, server: RunningServer, scan_file: Path) -> None:
    """Parts of the tiles come at the same time; the browser's cache must hold none of them back."""
    page.set_viewport_size({"width": 1440, "height": 900})
    create_project_and_upload(page, server, scan_file)
    for _ in range(4):
        open_label_page(page, scan_file)
        wait_until(page, "window.__fewpoints.pointsLoaded === window.__fewpoints.pointsTotal")
        page.get_by_role("link", name="Flat 4").click()
        expect(page.get_by_test_id("scan-row")).to_be_visible()


def download(page: Page, kind: str, number: int, *, source: str = "answers") -> bytes:
    page.get_by_test_id(f"export-{kind}").check()
    if source != "answers":
        page.get_by_test_id("export-source").select_option(source)
    page.get_by_test_id("export-start").click()
    files = page.get_by_test_id("export-file")
    expect(files).to_have_count(number, timeout=MINUTES)
    with page.expect_download() as info:
        files.first.get_by_role("link").first.click()
    return Path(info.value.path()).read_bytes()


def check_sparse_export(page: Page, given: dict[int, int]) -> None:
    rows = list(csv.DictReader(io.StringIO(download(page, "sparse_csv", 1).decode())))
    assert {int(row["index"]): int(row["class"]) for row in rows} == given
    assert all(row["strategy"] == "mixed" for row in rows)
    assert all(float(row["seconds"]) >= 0 and row["who"] and row["when"] for row in rows)


def check_dense_export(page: Page, room: SmallRoom, folder: Path) -> None:
    path = folder / "exported.ply"
    path.write_bytes(download(page, "ply", 2, source="prediction"))
    scan = read_scan(path)
    assert len(scan) == len(room.scan)
    np.testing.assert_array_equal(scan.positions, room.scan.positions)
    predicted = set(scan.labels["class"].tolist())
    assert predicted <= set(range(20))
    assert len(predicted) > 1
