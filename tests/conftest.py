# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What every test shares: where real scans lie, second tries and loud words of browser tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.server.databases import drop_schemas

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--browser-reruns",
        type=int,
        default=0,
        help="how often a failed test that drives a browser is run again, anew with its fixtures",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Threads of torch sleep while they wait for each other, here and in the servers of tests.

    By default they turn in circles, which takes the cores from other tests: three times the
    processor time for networks on two cores that are shared. Benchmarks measure what users get.
    """
    if config.option.markexpr == "not benchmark":
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


# What takes a minute or more lies here; the other files take seconds.
LONG = {"contracts", "e2e", "server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files come first, so that all workers end together, and browsers beside other tests.

    Browsers on a busy machine get another try, and nothing else does.
    """
    # By file name: that mixes the folders.
    items.sort(key=lambda i: (LONG.isdisjoint(i.path.parts), i.path.name, str(i.path)))
    reruns = config.getoption("--browser-reruns")
    if not reruns:
        return
    # One timer covers all tries of a test: after it went off, nothing would end a second try.
    again = pytest.mark.flaky(reruns=reruns, rerun_except=r"Failed: Timeout \(>")
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(again)


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
