# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every point of a scan is exported as LAS, and the page says how to read it."""

from __future__ import annotations

import io
import time
from pathlib import Path

import laspy
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessible import AXE, violations
from tests.e2e.test_review import Team, team

__all__ = ["team"]  # A fixture.
pytestmark = pytest.mark.browser


def test_formats_stand_in_groups_and_las_has_the_answers(team: Team) -> None:
    deadline = time.monotonic() + 60
    points = [q["point_index"] for q in team.api("GET", f"/scans/{team.scan_id}/queries")]
    for number, point in enumerate(points):
        body = {"client_id": f"0f9c2a51-6f0c-4d6c-9d80-{number:012d}", "query_id": None,
                "point_index": point, "reply": "class", "class_index": number, "instance": None,
                "seconds": 1.0, "checkpoint_id": None}  # fmt: skip
        team.api("POST", f"/scans/{team.scan_id}/answers", body)
    page = team.lead
    while team.api("GET", f"/jobs?project_id={team.project_id}&active=true")["total"]:
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    page.goto(f"{team.url}#/projects/{team.project_id}/exports")
    for group in ("Answers", "Every point", "Objects"):
        expect(page.get_by_role("group", name=group)).to_be_visible()
    page.get_by_test_id("export-boxes_json").check()
    expect(page.get_by_test_id("left-out")).to_contain_text("number no object")
    page.get_by_test_id("export-las").check()
    expect(page.get_by_test_id("preview-file")).to_contain_text("room-labels.las")
    expect(page.get_by_test_id("preview-rows")).to_have_text("8,000")
    page.get_by_test_id("export-source").select_option("prediction")
    expect(page.get_by_role("status").filter(has_text="no prediction")).to_be_visible()
    page.get_by_test_id("export-source").select_option("answers")
    page.get_by_test_id("export-start").click()
    file = page.get_by_test_id("export-file")
    expect(file).to_have_count(1, timeout=60_000)
    file.get_by_text("How to read it").click()
    expect(file.get_by_test_id("loader")).to_contain_text('laspy.read("room-labels.las")')
    expect(file).to_contain_text("LAS 1.4")
    with page.expect_download() as info:
        file.get_by_role("link", name="room-labels.las", exact=True).click()
    las = laspy.read(io.BytesIO(Path(info.value.path()).read_bytes()))
    assert np.asarray(las.label)[points].tolist() == list(range(len(points)))
    if AXE.exists():
        assert violations(page, AXE.read_text(encoding="utf-8")) == []
    page.set_viewport_size({"width": 390, "height": 780})
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(wide)
