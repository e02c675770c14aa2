# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The web app groups files before it sends them: this search finds the same groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fewpoints.annotations.scans.archives.groups import groups

CASES = json.loads((Path(__file__).parents[3] / "fixtures" / "files_of_scans.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["what"]))
def test_the_groups_that_the_web_app_makes_are_found(case: dict[str, Any]) -> None:
    found = groups(case["files"]).groups
    several = [
        {"kind": group.kind, "files": sorted(group.members)}
        for group in found
        if group.kind != "file"
    ]
    assert sorted(several, key=lambda group: group["files"][0]) == case["groups"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["groups"]], ids=lambda case: str(case["what"])
)
def test_each_group_by_itself_is_one_scan(case: dict[str, Any]) -> None:
    for wanted in case["groups"]:
        (only,) = groups(wanted["files"]).groups
        assert only.kind == wanted["kind"]
        assert sorted(only.members) == wanted["files"]
