# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints labels`: a mapping is suggested, and applied to a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.annotations.files import DATA, needs_data
from tests.server.commands.test_commands import Run, run
from tests.server.test_file_labels import POINTS, labelled_file

__all__ = ["run"]  # A fixture.


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    labelled_file(tmp_path)
    return tmp_path / "room.ply"


def test_a_mapping_is_printed_and_applied(
    run: Run, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")
    code, out, err = run("labels", "mapping", labelled)
    assert code == 0, err
    assert "It could also be" not in err or "--rule" in err
    suggested = json.loads(out)
    assert {e["value"]: e["class"] for e in suggested["values"]}[5] == "chair"
    assert suggested["instance"] == {"field": "object_id", "none": 0}
    file = tmp_path / "class_mapping.json"
    file.write_text(out, encoding="utf-8")

    assert run("import", labelled, "--project", "Flat")[0] == 0
    apply = ("labels", "import", "Flat", "--mapping", file)
    code, out, err = run(*apply, "--per-class", 1, "--json")
    assert code == 0, err
    made = json.loads(out)
    assert made["answers"] == len(suggested["values"])
    code, out, err = run(*apply, "--per-class", 1, "--json")
    assert json.loads(out)["answers"] == 0
    code, out, err = run(*apply, "--as", "truth", "--json")
    assert json.loads(out)["points"] == POINTS

    code, _, err = run(*apply, "--as", "gospel")
    assert (code, "answers or truth" in err) == (2, True)
    file.write_text('{"version": 1, "field": "label", "values": []}', encoding="utf-8")
    code, _, err = run(*apply)
    assert code == 2
    assert "ignores every value" in err


def test_what_cannot_be_suggested_is_said(run: Run, labelled: Path) -> None:
    code, _, err = run("labels", "mapping", labelled, "--field", "segment")
    assert code == 2
    assert "it has label, object_id" in err
    code, _, err = run("labels", "mapping", labelled, "--rule", "asprs")
    assert code == 2
    assert "what fits is" in err


@needs_data
def test_codes_of_a_real_airborne_scan(run: Run) -> None:
    path = DATA / "las-pdal" / "sample_c.las"
    code, out, err = run("labels", "mapping", path, "--preset", "las_airborne")
    assert code == 0, err
    assert "asprs" in err
    found = {entry["value"]: entry["class"] for entry in json.loads(out)["values"]}
    assert found[6] == "building"
    assert found[31] is None
