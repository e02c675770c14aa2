# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Pages point at what exists and name the commands that the program has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from fewpoints.server.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^fewpoints (\w+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_named_commands_exist() -> None:
    group = typer.main.get_command(app)
    known = set(getattr(group, "commands"))  # noqa: B009 - click's type does not say so
    blocks = [block for page in PAGES for block in BLOCK.findall(page.read_text())]
    named = {name for block in blocks for name in COMMAND.findall(block)}
    assert named
    assert named <= known
