# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every point takes on a class after each answer, with no training at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.models.densify.rooms import BLUE, FLOOR, RED, WALL, boxes_room

pytestmark = pytest.mark.browser
MINUTES = 60_000
# Keys of classes of the default list whose colours differ from each other and from the scan's own:
# chair (olive), refrigerator (orange).
OLIVE, ORANGE = ("5", 4, (188, 189, 34)), ("Shift+Digit5", 14, (255, 127, 14))
LABELS = """[...Array(window.__fewpoints.pointsTotal).keys()]
    .map((record) => window.__fewpoints.recordLabel(record))"""


@pytest.fixture
def scan_file(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.ply"
    write_ply(path, boxes_room()[0])
    return path


def open_new_scan(page: Page, server: RunningServer, scan_file: Path) -> None:
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name").first.fill("Boxes")
    page.get_by_role("button", name="Create").click()
    page.get_by_test_id("upload-input").set_input_files(scan_file)
    expect(page.get_by_test_id("scan-progress")).to_have_text("0/20", timeout=2 * MINUTES)
    page.get_by_role("link", name=f"Label {scan_file.name}").click()
    wait_until(page, "window.__fewpoints?.ready === true && window.__fewpoints.settled")


def labels_of(page: Page) -> np.ndarray:
    """(R, 2) class and confidence of every record, as the view holds them."""
    return np.array(page.evaluate(LABELS))


def classes_of(page: Page) -> set[int]:
    return {int(value) for value in np.unique(labels_of(page)[:, 0])}


def wait_for_classes(page: Page, classes: set[int]) -> None:
    wanted = sorted(classes)
    wait_until(
        page,
        f"JSON.stringify([...new Set({LABELS}.map((label) => label[0]))].sort((a, b) => a - b))"
        f" === '{wanted}'.replaceAll(' ', '')",
    )


def answer_two_things(page: Page) -> tuple[tuple[int, int], tuple[int, int]]:
    """Answer a query on the floor and one on a wall; return their point indices and classes."""
    kinds = boxes_room()[1]
    given: dict[int, tuple[int, int]] = {}
    for _ in range(20):
        point = int(page.evaluate("window.__fewpoints.currentQuery.point_index"))
        kind = int(kinds[point])
        if kind in (FLOOR, WALL) and kind not in given:
            key, index, _ = OLIVE if kind == FLOOR else ORANGE
            given[kind] = (point, index)
            page.keyboard.press(key)
            if len(given) == 2:
                break
        else:
            page.keyboard.press("ArrowRight")
    return given[FLOOR], given[WALL]


def colour_at(page: Page, position: list[float]) -> np.ndarray:
    """Mean colour of some pixels around a point of the scan, 0-255."""
    place: dict[str, Any] = page.evaluate(f"window.__fewpoints.project({position})")
    picture = Image.open(io.BytesIO(page.locator("canvas").screenshot())).convert("RGB")
    pixels = np.asarray(picture, np.float64)
    x, y = round(place["x"]), round(place["y"])
    return np.asarray(pixels[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(axis=0))


def hue_towards(colour: np.ndarray, other: tuple[int, ...]) -> float:
    """Cosine between two colours without their grey."""
    a, b = (np.asarray(value, float) - np.mean(value) for value in (colour, other))
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))


def test_two_answers_colour_the_scan(page: Page, server: RunningServer, scan_file: Path) -> None:
    scan, kinds = boxes_room()
    open_new_scan(page, server, scan_file)
    assert page.evaluate("window.__fewpoints.mode") == "labels"
    assert classes_of(page) == {255}
    note = page.get_by_test_id("labels-note")
    expect(note).to_contain_text("Answer a query")

    answer_two_things(page)
    wait_for_classes(page, {OLIVE[1], ORANGE[1]})
    expect(note).to_contain_text("Labels from 2 answers")
    # What was asked for is what a script would get: most of the floor is floor, of the walls wall.
    order = np.array(
        page.evaluate(
            f"fetch('{server.url}api/v1/scans/1/order.bin').then((r) => r.arrayBuffer())"
            ".then((b) => [...new Uint32Array(b)])"
        )
    )
    found = labels_of(page)
    for kind, (_, index, _) in ((FLOOR, OLIVE), (WALL, ORANGE)):
        assert (found[kinds[order] == kind, 0] == index).mean() > 0.8
    assert set(kinds) == {FLOOR, WALL, RED, BLUE}

    # A place on the floor, far from the marks, in the picture of the whole scan.
    page.keyboard.press("Home")
    wait_until(page, "window.__fewpoints.settled")
    floor = np.flatnonzero(kinds[order] == FLOOR)
    sure = floor[found[floor, 1] > 180]
    spots = page.evaluate(
        f"""{sure[:: max(1, len(sure) // 60)].tolist()}
        .map((record) => [record, window.__fewpoints.recordPosition(record)])
        .filter(([record, position]) => {{
            const {{ x, y }} = window.__fewpoints.project(position);
            return window.__fewpoints.pick(x, y)?.record === record;
        }}).map(([record, position]) => position)"""
    )
    assert spots, "some of the floor is in view"
    shown = np.mean([colour_at(page, spot) for spot in spots[:6]], axis=0)
    page.keyboard.press("Alt+1")
    wait_until(page, "window.__fewpoints.mode === 'rgb' && window.__fewpoints.settled")
    plain = np.mean([colour_at(page, spot) for spot in spots[:6]], axis=0)
    assert scan.colours is not None
    assert hue_towards(shown, OLIVE[2]) > hue_towards(plain, OLIVE[2])
    assert np.abs(shown - plain).max() > 30

    # Undo takes the classes back, one answer after the other, to none at all.
    page.keyboard.press("l")
    wait_until(page, "window.__fewpoints.mode === 'labels'")
    for left in (1, 0):
        page.keyboard.press("Control+z")
        expect(page.get_by_test_id("progress-text")).to_contain_text(f"{left} of 20")
    wait_for_classes(page, {255})
    expect(note).to_contain_text("Answer a query")


def test_old_labels_stay_until_the_new_ones_are_there(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server, scan_file)
    page.keyboard.press(OLIVE[0])
    wait_for_classes(page, {OLIVE[1]})
    held: list[Route] = []
    page.route("**/dense.bin*", lambda route: held.append(route))
    with page.expect_request("**/dense.bin*"):
        page.keyboard.press(ORANGE[0])
    wait_until(page, "window.__fewpoints.settled")
    assert len(held) == 1, "one request asks for newer labels and brings them"
    assert classes_of(page) == {OLIVE[1]}
    page.unroute("**/dense.bin*")  # What was held back goes on, too.
    wait_for_classes(page, {OLIVE[1], ORANGE[1]})
    # The legend counts the points of the whole scan.
    entries = page.get_by_test_id("legend").locator("li")
    expect(entries).to_have_count(2)
    classes = labels_of(page)[:, 0]
    for index in (OLIVE[1], ORANGE[1]):
        share = f"{(classes == index).mean():.1%}".replace("%", " %")
        expect(entries.filter(has_text=share)).to_have_count(1)


def test_answers_of_others_arrive_by_themselves(
    page: Page, browser: Browser, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server, scan_file)
    other = browser.new_context(storage_state=page.context.storage_state())
    try:
        colleague = other.new_page()
        colleague.goto(page.url)
        wait_until(colleague, "window.__fewpoints?.ready === true")
        assert classes_of(colleague) == {255}
        answer_two_things(page)
        wait_for_classes(colleague, {OLIVE[1], ORANGE[1]})
        # Who looks at the plain colours is left alone, and finds the newest labels when back.
        colleague.keyboard.press("Alt+1")
        for left in (1, 0):
            page.keyboard.press("Control+z")
            expect(page.get_by_test_id("progress-text")).to_contain_text(f"{left} of 20")
        wait_for_classes(page, {255})
        expect(colleague.get_by_test_id("progress-text")).to_contain_text("0 of 20")
        assert classes_of(colleague) == {OLIVE[1], ORANGE[1]}
        colleague.keyboard.press("Alt+2")
        wait_for_classes(colleague, {255})
    finally:
        other.close()


def test_labels_come_back(page: Page, server: RunningServer, scan_file: Path) -> None:
    """After a reload, and where what they are made from was lost."""
    open_new_scan(page, server, scan_file)
    answer_two_things(page)
    wait_for_classes(page, {OLIVE[1], ORANGE[1]})
    before = labels_of(page)
    (superpoints,) = server.home.glob("scans/*/superpoints/*.npz")
    superpoints.unlink()
    for _ in range(2):  # The server may have kept in memory what the file held.
        page.reload()
        wait_until(page, "window.__fewpoints?.ready === true")
        wait_for_classes(page, {OLIVE[1], ORANGE[1]})
        np.testing.assert_array_equal(labels_of(page), before)
    assert superpoints.exists()
