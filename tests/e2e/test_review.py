# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A lead reviews what an annotator answered; what was sent back is answered again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Page, expect

from fewpoints.annotations.scans.writers import write_ply
from tests.e2e.conftest import RunningServer, wait_until
from tests.e2e.test_accessible import AXE, violations
from tests.e2e.test_live_labels import wait_for_classes
from tests.rooms import small_room

pytestmark = pytest.mark.browser
LOADED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"


@dataclass
class Team:
    """A lead and an annotator, each in a browser of their own, and a scan with four queries."""

    url: str
    lead: Page
    annotator: Page
    project_id: int
    scan_id: int

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the server as the lead."""
        response: APIResponse = self.lead.request.fetch(
            f"{self.url}api/v1{path}", method=method, data=body
        )
        assert response.ok, f"{path}: {response.status} {response.text()}"
        return response.json()


@pytest.fixture
def team(browser: Browser, server: RunningServer, tmp_path: Path) -> Iterator[Team]:
    contexts = [
        browser.new_context(viewport={"width": 1100, "height": 700}, reduced_motion="reduce")
        for _ in range(2)
    ]
    lead, annotator = (context.new_page() for context in contexts)
    problems: list[str] = []
    for page in (lead, annotator):
        page.on("pageerror", lambda error: problems.append(str(error)))
    lead.goto(server.sign_in_url)
    expect(lead.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    team = Team(server.url, lead, annotator, 0, 0)
    project = team.api("POST", "/projects", {"name": "Flat", "strategy": "random", "budget": 4})
    team.project_id = project["id"]
    path = tmp_path / "room.ply"
    write_ply(path, small_room(8000).scan)
    response = lead.request.post(
        f"{server.url}api/v1/projects/{team.project_id}/scans?name=room.ply",
        data=path.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    )
    assert response.ok, response.text()
    team.scan_id = response.json()["id"]
    deadline = time.monotonic() + 60
    while team.api("GET", f"/scans/{team.scan_id}")["queries"]["total"] < 4:
        assert time.monotonic() < deadline
        lead.wait_for_timeout(100)
    invitation = team.api("POST", "/invitations", {"name": "Ann", "role": "annotator"})
    annotator.goto(server.url.rstrip("/") + invitation["sign_in_path"])
    expect(annotator.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    yield team
    for context in contexts:
        context.close()
    assert problems == []


def answer_three(team: Team) -> None:
    """The annotator gives the first three queries the classes 0, 1 and 2."""
    page = team.annotator
    page.goto(f"{team.url}#/scans/{team.scan_id}")
    wait_until(page, LOADED)
    for number, key in enumerate("123", start=1):
        page.keyboard.press(key)
        expect(page.get_by_test_id("progress-text")).to_contain_text(f"{number}")
    deadline = time.monotonic() + 20
    while team.api("GET", f"/scans/{team.scan_id}")["answers"] < 3:
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def open_review(team: Team, query: str = "") -> None:
    """The lead goes through the answers, oldest first."""
    page = team.lead
    page.goto(f"{team.url}#/projects/{team.project_id}/review?sort=oldest{query}")
    expect(page.get_by_test_id("review-row")).to_have_count(3)
    page.get_by_role("link", name="Start reviewing").click()
    wait_until(page, LOADED)


def test_answers_are_sent_back_answered_again_corrected_and_approved(team: Team) -> None:
    answer_three(team)
    open_review(team)
    lead, annotator = team.lead, team.annotator
    position = lead.get_by_test_id("review-progress")
    expect(position).to_have_text("1 of 3")
    names = [c["name"] for c in team.api("GET", f"/projects/{team.project_id}")["classes"]]
    expect(lead.get_by_test_id("review-answer")).to_contain_text(names[0])

    lead.get_by_role("button", name="Labels", exact=True).click()
    wait_for_classes(lead, {0, 1, 2})

    # Send the first back, with a note; correct the second; approve the third: by keys alone.
    lead.keyboard.press("b")
    note = lead.get_by_label("What should be looked at again?")
    expect(note).to_be_focused()
    lead.keyboard.type("Is that not a wall? Look from the door.")
    lead.keyboard.press("Enter")
    expect(position).to_have_text("2 of 3")
    expect(lead.get_by_test_id("review-answer")).to_contain_text(names[1])
    lead.keyboard.press("5")
    expect(position).to_have_text("3 of 3")
    expect(lead.get_by_test_id("review-answer")).to_contain_text(names[2])
    wait_for_classes(lead, {2, 4})  # What verdicts did to the labels is seen at the next answer.
    lead.keyboard.press("a")
    expect(lead.get_by_test_id("review-done")).to_contain_text("3 verdicts given")

    # The annotator's page, open all the while, has the query open again, and the note.
    expect(annotator.get_by_test_id("progress-text")).to_contain_text("2")
    annotator.keyboard.press("Enter")
    while annotator.get_by_test_id("sent-back").count() == 0:
        annotator.keyboard.press("ArrowRight")
    sent = annotator.get_by_test_id("sent-back")
    expect(sent).to_contain_text("Is that not a wall? Look from the door.")
    expect(sent).to_contain_text(names[0])
    annotator.keyboard.press("4")
    expect(sent).to_have_count(0)

    # The lead sees the new answer as not reviewed, and approves it.
    lead.get_by_role("link", name="Back to the list").click()
    expect(lead.get_by_test_id("review-row")).to_have_count(1)
    expect(lead.get_by_test_id("review-row")).to_contain_text(names[3])
    lead.get_by_role("link", name=names[3]).click()
    wait_until(lead, LOADED)
    lead.keyboard.press("Enter")
    expect(lead.get_by_test_id("review-done")).to_be_visible()

    rows = exported_rows(team)
    assert sorted((row["class_name"], row["who"]) for row in rows) == sorted(
        [(names[3], "Ann"), (names[4], lead_name(team)), (names[2], "Ann")]
    )


def lead_name(team: Team) -> str:
    return str(team.api("GET", "/session")["name"])


def exported_rows(team: Team) -> list[dict[str, str]]:
    """The answers as an export writes them."""
    job = team.api("POST", f"/projects/{team.project_id}/exports", {"kind": "sparse_csv"})
    deadline = time.monotonic() + 30
    while job["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        team.lead.wait_for_timeout(100)
        job = team.api("GET", f"/jobs/{job['id']}")
    assert job["state"] == "done", json.dumps(job)
    content = team.lead.request.get(f"{team.url}api/v1/exports/{job['result']['export_id']}/file")
    return list(csv.DictReader(io.StringIO(content.text())))


def test_undo_bulk_approval_filters_and_reload(team: Team) -> None:
    answer_three(team)
    open_review(team)
    lead = team.lead
    position = lead.get_by_test_id("review-progress")
    lead.keyboard.press("a")
    expect(position).to_have_text("2 of 3")
    lead.keyboard.press("Control+z")
    expect(position).to_have_text("1 of 3")
    state = lead.get_by_test_id("review-state").first
    expect(state).to_have_attribute("data-state", "unreviewed")
    lead.keyboard.press("ArrowRight")
    expect(position).to_have_text("2 of 3")
    answer = lead.get_by_test_id("review-answer").get_attribute("data-answer")
    lead.reload()
    wait_until(lead, LOADED)
    expect(lead.get_by_test_id("review-answer")).to_have_attribute("data-answer", str(answer))
    expect(position).to_have_text("2 of 3")
    lead.keyboard.press("?")
    expect(lead.get_by_role("dialog")).to_contain_text("Send back with a note")
    # U is "unsure" on the label page, and free here.
    lead.get_by_test_id("change-keys").click()
    lead.get_by_test_id("keys-reviewPrevious").get_by_role("button", name="Add a key").click()
    lead.keyboard.press("u")
    expect(lead.get_by_test_id("keys-message")).to_contain_text("“Previous” has the key U now")
    expect(lead.get_by_test_id("keys-unsure")).to_contain_text("U")
    lead.keyboard.press("Escape")
    lead.keyboard.press("u")
    expect(position).to_have_text("1 of 3")
    lead.keyboard.press("?")
    expect(lead.get_by_test_id("help-reviewPrevious")).to_contain_text("U")
    lead.keyboard.press("Escape")

    lead.locator("a.back").click()
    expect(lead.get_by_test_id("review-total")).to_have_text("3 answers")
    lead.get_by_label("Class", exact=True).select_option("1")
    expect(lead.get_by_test_id("review-total")).to_have_text("1 answer")
    lead.reload()
    expect(lead.get_by_test_id("review-total")).to_have_text("1 answer")
    lead.get_by_role("button", name="Approve all…").click()
    lead.get_by_test_id("approve-all").click()
    expect(lead.get_by_text("1 answer approved")).to_be_visible()
    expect(lead.get_by_text("No answer meets the filter.")).to_be_visible()
    lead.get_by_role("button", name="Show all answers").click()
    expect(lead.get_by_test_id("review-row")).to_have_count(3)
    lead.locator("section").get_by_role("button", name="Undo").first.click()
    lead.get_by_label("Review", exact=True).select_option("unreviewed")
    expect(lead.get_by_test_id("review-row")).to_have_count(3)

    # Annotators may look, and have nothing to press.
    team.annotator.goto(f"{team.url}#/projects/{team.project_id}/review")
    expect(team.annotator.get_by_test_id("review-row")).to_have_count(3)
    team.annotator.get_by_role("link", name="Look through").click()
    expect(team.annotator.get_by_text("Project leads approve answers")).to_be_visible()
    team.annotator.keyboard.press("a")
    team.annotator.keyboard.press("1")
    assert [
        item["state"] for item in team.api("GET", f"/projects/{team.project_id}/reviews")["items"]
    ] == ["unreviewed"] * 3


def test_review_fits_a_narrow_screen(team: Team) -> None:
    answer_three(team)
    page = team.lead
    page.set_viewport_size({"width": 390, "height": 780})
    open_review(team)
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(wide)
    viewer = page.get_by_test_id("viewer").bounding_box()
    card = page.get_by_test_id("review-answer").bounding_box()
    assert viewer is not None
    assert card is not None
    assert viewer["y"] + viewer["height"] <= card["y"]
    page.get_by_test_id("approve").click()
    expect(page.get_by_test_id("review-progress")).to_have_text("2 of 3")
    page.locator("a.back").click()
    expect(page.get_by_test_id("review-row")).to_have_count(2)
    assert page.evaluate(wide)


def test_an_export_is_looked_at_made_described_and_deleted(team: Team) -> None:
    answer_three(team)
    lead = team.lead
    lead.goto(f"{team.url}#/projects/{team.project_id}/exports")
    shown = lead.get_by_test_id("preview")
    expect(lead.get_by_test_id("preview-file")).to_contain_text("room-sparse.csv")
    expect(lead.get_by_test_id("preview-rows")).to_have_text("3")
    expect(shown.get_by_role("columnheader", name="class_name")).to_be_visible()

    # What a reviewer does meanwhile is seen without a reload.
    answer = team.api("GET", f"/projects/{team.project_id}/reviews?sort=oldest")["items"][0]
    body = {"client_id": "6d1a53c1-6f0c-4d6c-9d80-111111111111", "verdict": "send_back"}
    team.api("POST", f"/answers/{answer['answer']['id']}/reviews", body)
    expect(lead.get_by_test_id("preview-rows")).to_have_text("2", timeout=15_000)
    expect(lead.get_by_test_id("left-out")).to_contain_text("1 answer that was sent back")

    lead.get_by_label("Only approved answers").check()
    expect(shown.get_by_role("status")).to_contain_text("is approved")
    expect(lead.get_by_test_id("export-start")).to_be_disabled()
    lead.get_by_label("Only approved answers").uncheck()
    lead.get_by_test_id("export-start").click()
    file = lead.get_by_test_id("export-file")
    expect(file).to_have_count(1, timeout=30_000)
    expect(file).to_contain_text("2 answers as of event")
    expect(file).to_contain_text("SHA-256")
    with lead.expect_download() as info:
        file.get_by_role("link", name="Manifest of room-sparse.csv").click()
    manifest = json.loads(Path(info.value.path()).read_text(encoding="utf-8"))
    with lead.expect_download() as info:
        file.get_by_role("link", name="room-sparse.csv", exact=True).click()
    content = Path(info.value.path()).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert manifest["left_out_answers"] == {"sent_back": 1}

    file.get_by_role("button", name="Same again: room-sparse.csv").click()
    expect(file).to_have_count(2, timeout=30_000)
    file.first.get_by_role("button", name="Delete room-sparse.csv").click()
    lead.get_by_test_id("delete-export").click()
    expect(file).to_have_count(1)

    lead.set_viewport_size({"width": 390, "height": 780})
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert lead.evaluate(wide)


def test_axe_finds_nothing_wrong_with_review_and_exports(team: Team) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make web-tools")
    axe = AXE.read_text(encoding="utf-8")
    answer_three(team)
    page = team.lead
    page.goto(f"{team.url}#/projects/{team.project_id}/review")
    expect(page.get_by_test_id("review-row")).to_have_count(3)
    assert violations(page, axe) == [], "list"
    page.get_by_role("button", name="Approve all…").click()
    assert violations(page, axe) == [], "approve all"
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Start reviewing").click()
    wait_until(page, LOADED)
    page.keyboard.press("b")
    assert violations(page, axe) == [], "walk"
    page.keyboard.press("Escape")
    page.goto(f"{team.url}#/projects/{team.project_id}/exports")
    expect(page.get_by_test_id("preview-rows")).to_have_text("3")
    assert violations(page, axe) == [], "exports"
