# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A table with words in it: shown with what is left out, and a column of words made a label."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningServer
from tests.e2e.test_setup import MINUTES, open_new_project

pytestmark = pytest.mark.browser


def test_words_are_left_out_and_can_be_made_a_label(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    rows = [
        f'{i % 40}.5,{i // 40}.25,{i % 3},{("wall", "floor")[i % 2]},"room {i}, left"'
        for i in range(900)
    ]
    (tmp_path / "words.csv").write_text("\n".join(["x,y,z,kind,place", *rows]) + "\n")
    open_new_project(page, server, "Words")
    page.get_by_label("Import at once").uncheck()
    page.get_by_test_id("upload-input").set_input_files(tmp_path / "words.csv")
    row = page.get_by_test_id("upload-row")
    expect(row).to_have_attribute("data-state", "asking", timeout=MINUTES)
    expect(row).to_contain_text('Column 4 "kind" holds words and is left out.')
    row.get_by_test_id("text-table").locator("summary").press("Enter")
    table = row.get_by_role("table")
    expect(table.get_by_role("cell", name="room 0, left")).to_be_visible()
    kind = row.get_by_label("kind")
    expect(kind).to_have_value("skip")

    kind.select_option("label")
    expect(row.get_by_role("status")).to_have_text("Read like this, it has 900 points.")
    expect(row.get_by_test_id("preflight")).not_to_contain_text('"kind" holds words')

    row.get_by_label("x", exact=True).select_option("skip")
    kind.select_option("x")
    expect(row).to_contain_text("'wall' is not a number, but column 4 is to be x.")
    expect(kind).to_have_value("x")
