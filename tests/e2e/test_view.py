# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The 3D view: what colours show, what is cut away, where the camera can go."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.e2e.test_live_labels import open_new_scan
from tests.models.densify.rooms import boxes_room

pytestmark = pytest.mark.browser
SETTLED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"


@pytest.fixture
def scan_file(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.ply"
    write_ply(path, boxes_room(step=0.06)[0])
    return path


def picture(page: Page) -> np.ndarray:
    """A part of the canvas that nothing lies over; 0-255."""
    canvas = page.locator(".viewer-canvas").bounding_box()
    assert canvas is not None
    area = {
        "x": canvas["x"] + canvas["width"] * 0.15,
        "y": canvas["y"] + canvas["height"] * 0.35,
        "width": canvas["width"] * 0.4,
        "height": canvas["height"] * 0.4,
    }
    shot = Image.open(io.BytesIO(page.screenshot(clip=area))).convert("RGB")  # type: ignore[arg-type]
    return np.asarray(shot, np.float64)


def visible_records(page: Page, *, most: int = 12) -> list[int]:
    """Records that a click on their place finds, spread over the scan."""
    found: list[int] = page.evaluate(
        """() => {
        const f = window.__fewpoints, found = [];
        for (let record = 0; record < f.pointsTotal && found.length < 200; record += 7) {
            const at = f.project(f.recordPosition(record));
            if (at && f.pick(at.x, at.y)?.record === record) found.push(record);
        }
        return found;
    }"""
    )
    assert len(found) > 5, "some records can be picked"
    return found[:: max(1, len(found) // most)]


def answer_with_numbers(page: Page, count: int) -> None:
    """Answer queries as chairs, each another object."""
    for _ in range(count):
        before = page.get_by_test_id("progress-text").text_content()
        page.keyboard.press("n")
        page.keyboard.press("5")
        expect(page.get_by_test_id("progress-text")).not_to_have_text(before or "")


def test_every_mode_shows_something_else(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server, scan_file)
    page.get_by_test_id("mode-more").click()
    objects = page.get_by_test_id("mode-instances")
    expect(objects).to_be_disabled()
    expect(objects).to_contain_text("No answer has an instance number")
    expect(page.get_by_test_id("mode-intensity")).to_be_disabled()
    expect(page.get_by_test_id("mode-intensity")).to_contain_text("no intensity")
    page.keyboard.press("Escape")
    answer_with_numbers(page, 3)
    page.keyboard.press("2")
    wait_until(page, "window.__fewpoints.recordLabel(0)[0] !== 255")
    page.keyboard.press("Home")

    modes = ["rgb", "labels", "uncertainty", "instances", "height", "normals", "features"]
    pictures: dict[str, np.ndarray] = {}
    for mode in modes:
        if mode in ("rgb", "labels"):
            page.get_by_test_id(f"mode-{mode}").click()
        else:
            page.get_by_test_id("mode-more").click()
            page.get_by_test_id(f"mode-{mode}").click()
        # Normals are estimated by a job first.
        wait_until(page, f"window.__fewpoints.mode === '{mode}' && {SETTLED}")
        pictures[mode] = picture(page)
        if mode != "rgb":
            expect(page.get_by_test_id(f"{mode}-note")).to_be_visible()
            expect(page.get_by_test_id("legend")).to_be_visible()
    for i, one in enumerate(modes):
        for other in modes[i + 1 :]:
            apart = np.abs(pictures[one] - pictures[other]).max(axis=2)
            assert (apart > 12).mean() > 0.05, f"{one} looks like {other}"
    expect(page.get_by_test_id("legend")).to_contain_text("Alike colours")

    # A held key shows the plain colours in every mode.
    page.keyboard.down("p")
    wait_until(page, f"window.__fewpoints.mode === 'rgb' && {SETTLED}")
    assert np.abs(picture(page) - pictures["rgb"]).mean() < 12
    page.keyboard.up("p")
    wait_until(page, f"window.__fewpoints.mode === 'features' && {SETTLED}")
    # A class never hides the scan's own colours: less strength is nearer to them.
    page.keyboard.press("Alt+2")
    wait_until(page, f"window.__fewpoints.mode === 'labels' && {SETTLED}")
    strong = np.abs(picture(page) - pictures["rgb"]).mean()
    page.keyboard.press("Shift+V")
    page.get_by_test_id("strength").fill("0.2")
    wait_until(page, SETTLED)
    assert np.abs(picture(page) - pictures["rgb"]).mean() < 0.6 * strong


def test_cuts_hide_and_cannot_be_picked(page: Page, server: RunningServer, scan_file: Path) -> None:
    open_new_scan(page, server, scan_file)
    page.keyboard.press("Home")
    wait_until(page, SETTLED)
    records = visible_records(page)
    places = {r: page.evaluate(f"window.__fewpoints.recordPosition({r})") for r in records}
    page.keyboard.press("Shift+V")
    page.get_by_test_id("clip").check()
    page.get_by_test_id("clip-x-max").fill("2")
    wait_until(page, SETTLED)
    cut_at = page.evaluate("Number(document.querySelector('[data-testid=clip-x-max]').value)")
    assert cut_at == pytest.approx(2, abs=0.02)
    picked = picks(page, places)
    inside = [r for r in records if places[r][0] < cut_at]
    assert inside, "some of the scan is left"
    assert any(places[r][0] > cut_at for r in records), "some of it was cut away"
    for record, found in picked.items():
        assert found is None or found["position"][0] <= cut_at + 1e-3, (record, found)
    assert all(picked[r] is not None and picked[r]["record"] == r for r in inside)

    # The ceiling is another cut, and both are there again after a reload.
    page.get_by_test_id("clip").uncheck()
    page.get_by_test_id("ceiling-cut").check()
    page.get_by_test_id("ceiling").fill("0.2")
    wait_until(page, SETTLED)
    height = page.evaluate("Number(document.querySelector('[data-testid=ceiling]').value)")
    for found in picks(page, places).values():
        assert found is None or found["position"][2] <= height + 1e-3
    page.reload()
    wait_until(page, SETTLED)
    page.keyboard.press("Home")
    wait_until(page, SETTLED)
    found = [f for f in picks(page, places).values() if f is not None]
    assert found
    assert max(f["position"][2] for f in found) <= height + 1e-3
    page.keyboard.press("Shift+C")
    wait_until(page, SETTLED)
    assert max(f["position"][2] for f in picks(page, places).values() if f) > height


def picks(page: Page, places: dict[int, list[float]]) -> dict[int, Any]:
    """What a click at the place of each record finds."""
    found: dict[int, Any] = {}
    for record, place in places.items():
        found[record] = page.evaluate(
            f"""() => {{
            const {{ x, y }} = window.__fewpoints.project({place});
            return window.__fewpoints.pick(x, y);
        }}"""
        )
    return found


def test_projections_sides_bookmarks_map_and_pictures(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server, scan_file)
    page.keyboard.press("Shift+T")
    wait_until(page, SETTLED)
    camera = page.evaluate("window.__fewpoints.camera")
    across = np.array(camera["eye"]) - np.array(camera["target"])
    assert abs(across[2]) > 100 * np.hypot(across[0], across[1]), "from straight above"
    perspective = [page.evaluate(f"window.__fewpoints.project([0, 0, {z}])") for z in (0, 2)]
    assert abs(perspective[0]["x"] - perspective[1]["x"]) > 5
    # In parallel projection what is above each other is in one place, and clicks still find it.
    page.keyboard.press("Shift+O")
    page.keyboard.press("Shift+T")
    wait_until(page, SETTLED)
    parallel = [page.evaluate(f"window.__fewpoints.project([0, 0, {z}])") for z in (0, 2)]
    assert abs(parallel[0]["x"] - parallel[1]["x"]) < 0.5
    assert abs(parallel[0]["y"] - parallel[1]["y"]) < 0.5
    for record in visible_records(page):
        at = page.evaluate(
            f"window.__fewpoints.project(window.__fewpoints.recordPosition({record}))"
        )
        found = page.evaluate(f"window.__fewpoints.pick({at['x']}, {at['y']})")
        assert found["record"] == record
    # The wheel keeps what is under the cursor where it is.
    canvas = page.locator(".viewer-canvas").bounding_box()
    assert canvas is not None
    spot = page.evaluate("window.__fewpoints.recordPosition(40)")
    before = page.evaluate(f"window.__fewpoints.project({spot})")
    page.mouse.move(canvas["x"] + before["x"], canvas["y"] + before["y"])
    page.mouse.wheel(0, -300)
    wait_until(page, SETTLED)
    after = page.evaluate(f"window.__fewpoints.project({spot})")
    assert after["x"] == pytest.approx(before["x"], abs=1.5)
    assert after["y"] == pytest.approx(before["y"], abs=1.5)

    # A bookmark is there after a reload, with its projection.
    page.keyboard.press("Shift+B")
    kept = page.evaluate("window.__fewpoints.camera")
    page.keyboard.press("Shift+V")
    page.get_by_role("button", name="Rename “View 1”").click()
    page.get_by_test_id("bookmark-name").fill("From above")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+O")
    page.reload()
    wait_until(page, SETTLED)
    page.keyboard.press("Shift+V")
    expect(page.get_by_test_id("parallel")).not_to_be_checked()
    page.get_by_role("button", name="From above", exact=True).click()
    wait_until(page, SETTLED)
    there = page.evaluate("window.__fewpoints.camera")
    np.testing.assert_allclose(there["eye"], kept["eye"], atol=1e-3)
    np.testing.assert_allclose(there["target"], kept["target"], atol=1e-3)
    expect(page.get_by_test_id("parallel")).to_be_checked()

    page.keyboard.press("Shift+V")
    # A click on the map moves the camera there without turning it.
    box = page.get_by_test_id("minimap").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    wait_until(page, SETTLED)
    moved = page.evaluate("window.__fewpoints.camera")
    step = np.array(moved["eye"]) - np.array(there["eye"])
    np.testing.assert_allclose(
        np.array(moved["target"]) - np.array(there["target"]), step, atol=1e-4
    )
    assert np.hypot(step[0], step[1]) > 0.3
    assert abs(step[2]) < 1e-6

    with page.expect_download() as download:
        page.keyboard.press("Shift+I")
    assert download.value.suggested_filename.endswith(".png")
    saved = Image.open(download.value.path())
    assert saved.format == "PNG"
    assert saved.size == (round(canvas["width"]), round(canvas["height"]))
    middle = np.asarray(saved.convert("RGB"), np.float64)[200:-200, 100:-100]
    assert middle.std() > 10, "the scan is in the picture"


def test_guesses_are_hidden_until_one_has_answered(
    page: Page, server: RunningServer, scan_file: Path
) -> None:
    open_new_scan(page, server, scan_file)
    page.keyboard.press("5")
    wait_until(page, "window.__fewpoints.recordLabel(0)[0] !== 255")
    assert page.evaluate("window.__fewpoints.mode") == "labels"
    page.evaluate(
        """fetch('/api/v1/projects/1', { method: 'PATCH', body: '{"hide_predictions": true}',
            headers: { 'Content-Type': 'application/json' } })"""
    )
    wait_until(page, f"window.__fewpoints.mode === 'rgb' && {SETTLED}")
    expect(page.get_by_test_id("guesses-hidden")).to_be_visible()
    for mode in ("labels", "prediction", "uncertainty", "instances"):
        if mode in ("uncertainty", "instances"):
            page.get_by_test_id("mode-more").click()
        expect(page.get_by_test_id(f"mode-{mode}")).to_be_disabled()
        page.get_by_test_id(f"mode-{mode}").click(force=True)
        assert page.evaluate("window.__fewpoints.mode") == "rgb"
        page.keyboard.press("Escape")
    # Back at the query that was answered they may be seen, at the next one not.
    page.keyboard.press("ArrowLeft")
    wait_until(page, f"window.__fewpoints.mode === 'labels' && {SETTLED}")
    expect(page.get_by_test_id("guesses-hidden")).not_to_be_visible()
    page.keyboard.press("ArrowRight")
    wait_until(page, f"window.__fewpoints.mode === 'rgb' && {SETTLED}")
    page.keyboard.press("Alt+6")
    wait_until(page, f"window.__fewpoints.mode === 'height' && {SETTLED}")
