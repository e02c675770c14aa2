# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings started, watched, cancelled; versions chosen, handled, compared: in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import wait_until
from tests.e2e.test_accessible import AXE, violations
from tests.server.conftest import quick_settings
from tests.server.rooms import room_file
from tests.server.running import RunningServer, Visitor

pytestmark = pytest.mark.browser
MINUTES = 60_000
POINTS = 3000


@dataclass(frozen=True)
class Flat:
    """A project with one answered room and two versions, and who leads it."""

    server: RunningServer
    lead: Visitor
    project_id: int
    scan_id: int
    versions: tuple[int, int]

    def pairs(self, version: int) -> NDArray[np.uint8]:
        """(R, 2) class and confidence by record."""
        path = f"/scans/{self.scan_id}/prediction.bin"
        content = self.lead.get(path, params={"checkpoint": version}).content
        return np.frombuffer(content, np.uint8).reshape(-1, 2)

    @property
    def url(self) -> str:
        return f"{self.server.address}/#/projects/{self.project_id}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with RunningServer(quick_settings(tmp_path_factory.mktemp("home"))) as running:
        yield running


@pytest.fixture(scope="module")
def lead(server: RunningServer) -> Visitor:
    return server.visitor("Lea", "lead")


def answer(lead: Visitor, scan_id: int, queries: list[dict[str, Any]]) -> None:
    truth = room_file(POINTS).classes
    for query in queries:
        point = query["point_index"]
        lead.answer(scan_id, query_id=query["id"], point_index=point, class_index=int(truth[point]))


def train(lead: Visitor, project_id: int, **body: Any) -> int:
    job = lead.post_json(f"/projects/{project_id}/trainings", body, status=202)
    done = lead.finished(job)
    assert done["state"] == "done", done
    return int(done["result"]["checkpoint_id"])


@pytest.fixture(scope="module")
def flat(server: RunningServer, lead: Visitor) -> Flat:
    """Versions after 8 and after 30 answers."""
    project = lead.project(name="Flat 4", strategy="kmeans_features", budget=30)
    scan = lead.ready_scan(project["id"], room_file(POINTS).content, "living room.ply")
    queries = lead.get_json(f"/scans/{scan['id']}/queries")
    answer(lead, scan["id"], queries[:8])
    old = train(lead, project["id"])
    answer(lead, scan["id"], queries[8:])
    new = train(lead, project["id"])
    return Flat(server, lead, project["id"], scan["id"], (old, new))


@pytest.fixture
def page(browser: Browser, server: RunningServer, lead: Visitor) -> Iterator[Page]:
    """A page of the lead; an uncaught error fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, reduced_motion="reduce", color_scheme="light"
    )
    cookies = [
        {"name": cookie.name, "value": cookie.value or "", "url": server.address}
        for cookie in lead.cookies.jar
    ]
    context.add_cookies(cookies)  # type: ignore[arg-type] # Dicts of the keys that it wants.
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    yield page
    context.close()
    assert problems == []


def test_too_few_answers_are_refused_with_the_reason(page: Page, lead: Visitor) -> None:
    project = lead.project(name="Empty", auto_select=False)
    server = str(lead.base_url).split("/api")[0]
    page.goto(f"{server}/#/projects/{project['id']}/models")
    expect(page.get_by_test_id("train")).to_be_disabled()
    reasons = page.get_by_test_id("train-reasons")
    expect(reasons).to_contain_text("Training needs at least 5 labelled points; there are 0.")
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_a_training_is_started_watched_and_chosen(page: Page, flat: Flat) -> None:
    page.goto(f"{flat.url}/models")
    expect(page.get_by_test_id("readiness")).to_contain_text("30 labelled points")
    page.get_by_label("Last stage").check()
    page.get_by_text("Advanced").click()
    page.get_by_label("Steps", exact=True).fill("4")
    page.get_by_label("Seed").fill("7")
    page.get_by_test_id("train").click()
    watch = page.get_by_test_id("training")
    log = page.get_by_test_id("job-log")
    expect(log).to_contain_text("30 answers of", timeout=MINUTES)
    step = re.compile(r"Step [1-4] of 4")  # Those that come fast are left out of a log.
    expect(log).to_contain_text(step, timeout=MINUTES)
    expect(page.get_by_test_id("chart-loss")).to_be_visible(timeout=MINUTES)
    # A reload goes on where the page was.
    page.reload()
    expect(log).to_contain_text(step)
    expect(watch).to_have_attribute("data-state", "done", timeout=MINUTES)
    expect(log).to_contain_text(re.compile(r"Checkpoint \d+ written"))
    page.get_by_role("button", name="Show as table").click()
    rows = page.get_by_test_id("chart-loss").locator("tbody tr")
    expect(rows).to_have_count(4)
    job = flat.lead.get_json("/jobs", project_id=flat.project_id)["items"][0]
    losses = flat.lead.get_json(f"/jobs/{job['id']}/losses")["losses"]
    shown = float(rows.last.locator("td").first.inner_text())
    assert shown == pytest.approx(losses[-1], rel=0.01)

    made = page.get_by_test_id("checkpoint").first
    expect(made.get_by_text("Shown", exact=True)).to_be_visible()
    made.get_by_text("Where it comes from").click()
    provenance = made.get_by_test_id("provenance")
    expect(provenance).to_contain_text("Seed 7")
    expect(provenance).to_contain_text("steps: 4")
    expect(provenance).to_contain_text("Lea")
    # The one before is chosen again, by keyboard.
    before = page.get_by_test_id("checkpoint").nth(1)
    before.get_by_test_id("show").focus()
    page.keyboard.press("Enter")
    expect(before.get_by_text("Shown", exact=True)).to_be_visible()
    project = flat.lead.get_json(f"/projects/{flat.project_id}")
    assert project["shown_checkpoint_id"] == flat.versions[1]


def test_the_quick_way_says_why_it_has_no_curve(page: Page, flat: Flat) -> None:
    page.goto(f"{flat.url}/models")
    count = page.get_by_test_id("checkpoint").count()
    expect(page.get_by_test_id("checkpoint").first).to_be_visible()
    count = page.get_by_test_id("checkpoint").count()
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("checkpoint")).to_have_count(count + 1, timeout=MINUTES)
    expect(page.get_by_test_id("no-curve")).to_be_visible()
    expect(page.get_by_test_id("training").get_by_test_id("figures")).to_contain_text("Accuracy")
    expect(page.get_by_test_id("chart-loss")).to_have_count(0)


def test_a_running_training_is_cancelled_and_publishes_nothing(page: Page, flat: Flat) -> None:
    total = flat.lead.get_json(f"/projects/{flat.project_id}/checkpoints")["total"]
    page.goto(f"{flat.url}/models")
    page.get_by_label("Whole network").check()
    page.get_by_text("Advanced").click()
    page.get_by_label("Steps", exact=True).fill("100000")
    page.get_by_test_id("train").click()
    message = page.get_by_test_id("training-message")
    expect(message).to_contain_text("Step", timeout=MINUTES)
    expect(page.get_by_test_id("train")).to_be_disabled()
    log = page.get_by_test_id("job-log")
    expect(log).to_contain_text(re.compile(r"Step \d+ of"), timeout=MINUTES)
    # Who scrolled up is not taken to the end; a button leads there.
    log.evaluate("(box) => { box.style.height = '50px'; box.scrollTop = box.scrollHeight; }")
    page.wait_for_timeout(200)
    log.evaluate("(box) => { box.scrollTop = 0; }")
    end = page.get_by_role("button", name="To the end")
    expect(end).to_be_visible()
    lines = log.locator("div").count()
    expect(log.locator("div").nth(lines)).to_be_attached(timeout=MINUTES)
    assert log.evaluate("(box) => box.scrollTop") == 0
    end.click()
    expect(end).to_have_count(0)
    page.get_by_test_id("cancel-training").click()
    expect(page.get_by_test_id("training")).to_have_attribute(
        "data-state", "cancelled", timeout=MINUTES
    )
    expect(log).to_contain_text(re.compile(r"Step \d+ of"))
    assert flat.lead.get_json(f"/projects/{flat.project_id}/checkpoints")["total"] == total
    expect(page.get_by_test_id("train")).to_be_enabled()


def test_versions_are_renamed_and_deleted_but_not_the_shown_one(page: Page, flat: Flat) -> None:
    made = train(flat.lead, flat.project_id, variant="head")
    flat.lead.patch(f"/projects/{flat.project_id}", json={"shown_checkpoint_id": flat.versions[1]})
    page.goto(f"{flat.url}/models")
    item = page.get_by_test_id("checkpoint").first
    item.get_by_role("button", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("To be gone")
    page.get_by_role("button", name="Save").click()
    item = page.get_by_role("article", name="To be gone")
    expect(item).to_be_visible()
    with page.expect_download() as info:
        item.get_by_role("link", name="Download").click()
    assert info.value.suggested_filename == "To be gone.safetensors"
    size = Path(info.value.path()).stat().st_size
    listed = flat.lead.get_json(f"/projects/{flat.project_id}/checkpoints")["items"]
    assert {entry["id"]: entry["bytes"] for entry in listed}[made] == size
    item.get_by_role("button", name="Delete").click()
    page.get_by_test_id("delete-confirm").click()
    expect(item).to_have_count(0)
    assert flat.lead.get(f"/checkpoints/{made}/file").status_code == 404
    shown = page.get_by_test_id("checkpoint").filter(has=page.get_by_text("Shown", exact=True))
    expect(shown.get_by_role("button", name="Delete")).to_have_count(0)


def open_comparison(page: Page, flat: Flat) -> None:
    page.goto(f"{flat.url}/compare/{flat.versions[0]}/{flat.versions[1]}")
    expect(page.get_by_test_id("flip-view")).to_have_attribute("data-ready", "true")
    wait_until(page, "window.__fewpoints?.ready === true && window.__fewpoints.settled")


def test_two_versions_are_compared(page: Page, flat: Flat) -> None:
    page.goto(f"{flat.url}/models")
    page.get_by_test_id("compare-first").select_option(str(flat.versions[0]))
    page.get_by_test_id("compare-second").select_option(str(flat.versions[1]))
    page.get_by_test_id("compare").click()
    expect(page.get_by_role("heading", name="Compare versions")).to_be_visible()
    open_comparison(page, flat)
    one, two = (flat.pairs(version) for version in flat.versions)
    flips = one[:, 0] != two[:, 0]
    assert 0 < flips.sum() < POINTS
    expect(page.get_by_test_id("compare-summary")).to_contain_text(
        f"{int(flips.sum()):,} flipped of {POINTS:,}"
    )

    # The table holds every point once: its counts, read from the page, are those of the arrays.
    matrix = page.get_by_test_id("matrix")
    matrix.get_by_label("Percent of each row").uncheck()
    shown_counts = matrix.locator("tbody td > *").evaluate_all(
        "(cells) => cells.map((cell) => cell.lastChild?.textContent ?? '')"
    )
    cells = [text.strip().replace(",", "") for text in shown_counts]
    assert sum(int(text) for text in cells if text) == POINTS

    # What is drawn: flipped points with the class of the second version, all others without.
    records = np.linspace(0, POINTS - 1, 200).astype(int).tolist()
    drawn = page.evaluate(
        "(records) => records.map((r) => window.__fewpoints.recordLabel(r))", records
    )
    for record, (shown, confidence) in zip(records, drawn, strict=True):
        expected = (int(two[record, 0]), 255) if flips[record] else (255, 0)
        assert (shown, confidence) == expected
    page.get_by_test_id("side-first").check(force=True)
    wait_until(page, "window.__fewpoints.mode === 'first' && window.__fewpoints.settled")
    drawn = page.evaluate(
        "(records) => records.map((r) => window.__fewpoints.recordLabel(r))", records
    )
    assert [shown for shown, _ in drawn] == one[records, 0].tolist()


def test_a_patch_is_flown_to_and_its_point_tells_both_classes(page: Page, flat: Flat) -> None:
    open_comparison(page, flat)
    one, two = (flat.pairs(version) for version in flat.versions)
    names = [
        entry["name"] for entry in flat.lead.get_json(f"/projects/{flat.project_id}")["classes"]
    ]
    path = f"/projects/{flat.project_id}/comparisons/{flat.versions[0]}/{flat.versions[1]}"
    patches = flat.lead.get_json(f"{path}/scans/{flat.scan_id}/patches")
    first = patches["items"][0]
    page.get_by_test_id("next-patch").click()
    words = page.get_by_test_id("patch-words")
    expect(words).to_contain_text(f"1 of {patches['total']}")
    expect(words).to_contain_text(f"{names[first['from_class']]} → {names[first['to_class']]}")
    wait_until(page, "window.__fewpoints.settled")
    at = page.evaluate("(p) => window.__fewpoints.project(p)", first["position"])
    box = page.get_by_test_id("flip-view").bounding_box()
    assert box is not None
    assert abs(at["x"] - box["width"] / 2) < 2, "the patch is in the middle"
    hit = page.evaluate("([x, y]) => window.__fewpoints.pick(x, y)", [at["x"], at["y"]])
    record = hit["record"]
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"])
    picked = page.get_by_test_id("picked-words")
    for pairs in (one, two):
        index, confidence = int(pairs[record, 0]), int(pairs[record, 1])
        share = confidence / 255
        text = "100 %" if share >= 0.9995 else f"{share:.1%}".replace("%", " %")
        expect(picked).to_contain_text(f"{names[index]} {text}")

    # A cell, found by keyboard, leaves only its points.
    table = page.get_by_test_id("matrix")
    cell = table.locator("button[tabindex='0']").first
    cell.focus()
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.dataset.cell")
    row, column = (int(part) for part in focused.split("-"))
    expect(page.get_by_test_id("cell-words")).to_contain_text(names[row])
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("clear-cell")).to_be_visible()
    of_cell = (one[:, 0] == row) & (two[:, 0] == column)
    expect(page.get_by_test_id("compared-scans")).to_contain_text(f"{int(of_cell.sum()):,}")
    wait_until(page, "window.__fewpoints.settled")
    records = list(range(0, POINTS, 7))
    drawn = page.evaluate(
        "(records) => records.map((r) => window.__fewpoints.recordLabel(r)[0])", records
    )
    assert [label != 255 for label in drawn] == of_cell[records].tolist()


def test_versions_without_a_common_scan_say_what_to_do(page: Page, flat: Flat) -> None:
    """A scan that came later is predicted by the shown version alone, until one asks for it."""
    lead = flat.lead
    project = lead.project(name="Two", strategy="random", budget=12)
    path = f"/projects/{project['id']}"
    scan = lead.ready_scan(project["id"], room_file(POINTS).content)
    answer(lead, scan["id"], lead.get_json(f"/scans/{scan['id']}/queries"))
    old = train(lead, project["id"])
    new = train(lead, project["id"], variant="head")
    lead.ready_scan(project["id"], room_file(2000).content, "late.ply")
    page.goto(f"{flat.server.address}/#{path}/models")
    item = page.get_by_test_id("checkpoint").nth(1)
    expect(item).to_contain_text("1 scan has no prediction by it")
    page.goto(f"{flat.server.address}/#{path}/compare/{old}/{new}")
    expect(page.get_by_text("lacks predictions of 1 scan")).to_be_visible()
    scans = page.get_by_test_id("compared-scans").locator("li")
    expect(scans).to_have_count(1)
    page.get_by_role("button", name="Predict 1 scan").click()
    expect(scans).to_have_count(2, timeout=MINUTES)
    expect(page.get_by_text("lacks predictions of 1 scan")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_have_no_violations(page: Page, flat: Flat, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make web-tools")
    axe = AXE.read_text(encoding="utf-8")
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(f"{flat.url}/models")
    item = page.get_by_test_id("checkpoint").first
    expect(item).to_be_visible()
    for summary in item.locator("summary").all():
        summary.click()
    assert violations(page, axe) == [], "models"
    assert no_sideways(page)
    open_comparison(page, flat)
    page.get_by_test_id("matrix").locator("button[tabindex='0']").first.click()
    page.get_by_test_id("next-patch").click()
    expect(page.get_by_test_id("patch-words")).to_contain_text("1 of")
    assert violations(page, axe) == [], "compare"
    assert no_sideways(page)


def no_sideways(page: Page) -> bool:
    """The page fits the width of the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
