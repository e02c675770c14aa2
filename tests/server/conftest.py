# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A running server for each test module, and people who are signed in to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fewpoints.server.settings import Settings
from tests.server.databases import database_url
from tests.server.running import RunningServer, Visitor
from tests.server.seeding import Seeded, seed_scan


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with real workers on an own home folder."""
    with RunningServer(quick_settings(tmp_path_factory.mktemp("home"))) as running:
        yield running


@pytest.fixture(scope="module")
def lead(server: RunningServer) -> Visitor:
    """A lead."""
    return server.visitor("Lea", "lead")


@pytest.fixture(scope="module")
def annotator(server: RunningServer) -> Visitor:
    """An annotator."""
    return server.visitor("Ann", "annotator")


@pytest.fixture(scope="module")
def bob(server: RunningServer) -> Visitor:
    """Another annotator."""
    return server.visitor("Bob", "annotator")


@pytest.fixture(scope="module")
def project(lead: Visitor) -> dict[str, Any]:
    """A project that asks for no points by itself."""
    return lead.project(auto_select=False)


@pytest.fixture
def seeded(server: RunningServer) -> Seeded:
    """A small scan that is ready, in a project of its own."""
    return seed_scan(server.app.state.database, server.app.state.storage)


def quick_settings(home: Path) -> Settings:
    """Settings with which jobs take seconds: the smallest network, on the processor."""
    return Settings(
        home=home,
        database_url=database_url(home),
        port=0,
        device="cpu",
        arch="Res16UNet14A",
        min_free_bytes=0,
        cancel_grace_s=1.0,
    )
