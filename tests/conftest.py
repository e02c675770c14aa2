# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What every test shares: where real scans lie, and a loud word about skipped browser tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.server.databases import drop_schemas

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real scans: FEWPOINTS_TEST_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("FEWPOINTS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real scans at {folder}; set FEWPOINTS_TEST_DATA to test on them")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report.nodeid
        for report in terminalreporter.stats.get("skipped", [])
        if "browser" in getattr(report, "keywords", {})
    ]
    if skipped:
        terminalreporter.section("BROWSER TESTS SKIPPED: no Chromium could be had", sep="!")
        for nodeid in skipped:
            terminalreporter.line(nodeid)


def pytest_sessionfinish() -> None:
    drop_schemas()
