# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark … --project`: scans with a ground truth, without a server or a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fewpoints.annotations.scans.writers import write_ply
from tests.rooms import small_room
from tests.server.commands.test_commands import SMALL, Run, run
from tests.server.test_file_labels import NYU40, POINTS, labelled_file

__all__ = ["run"]  # A fixture.

FEW = ("--points", "5,20", "--seeds", "1", "--scenes", "0", *SMALL)


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWPOINTS_ARCH", "Res16UNet14A")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labelled rooms, one with points that have no class, as a data set of one's own."""
    root = tmp_path / "rooms"
    root.mkdir()
    labelled_file(root)
    (root / "room.ply").rename(root / "whole.ply")
    labelled_file(root, kept=1500)
    (root / "room.ply").rename(root / "part.ply")
    classes: list[str | None] = [None] * (int(NYU40.max()) + 1)
    for index, value in enumerate(NYU40.tolist()):
        classes[value] = f"class {index}"
    config = {"class_field": "label", "object_field": "object_id", "classes": classes}
    (root / "dataset.json").write_text(json.dumps(config))
    return root


@pytest.fixture
def project(run: Run, folder: Path, tmp_path: Path) -> str:
    """A project of the same rooms with their labels as truth, and of a room without labels."""
    bare = tmp_path / "bare.ply"
    write_ply(bare, small_room(POINTS).scan)
    files = (folder / "whole.ply", folder / "part.ply", bare)
    assert run("import", *files, "--project", "Flat")[0] == 0
    _, out, _ = run("labels", "mapping", folder / "whole.ply")
    mapping = tmp_path / "class_mapping.json"
    mapping.write_text(out, encoding="utf-8")
    code, _, err = run("labels", "import", "Flat", "--mapping", mapping, "--as", "truth")
    assert code == 0, err
    return "Flat"


def figures(run_folder: Path) -> dict[tuple[Any, ...], dict[str, float]]:
    """By scene without its suffix, method, points and seed; without how long they took."""
    found = {}
    for line in (run_folder / "cells.jsonl").read_text().splitlines():
        cell = json.loads(line)
        values = {k: v for k, v in cell["values"].items() if k != "seconds"}
        key = (cell["scene"].removesuffix(".ply"), cell["method"], cell["budget"], cell["seed"])
        found[key] = values
    return found


def test_a_project_gives_the_figures_of_its_scans_in_a_folder(
    run: Run, folder: Path, project: str, tmp_path: Path
) -> None:
    kinds = (
        ("densify", "random/nearest,diverse/dense,mixed/dense"),
        ("coverage", "random,diverse"),
    )
    for kind, methods in kinds:
        expected, out = tmp_path / f"{kind}-folder", tmp_path / f"{kind}-project"
        code, _, err = run("benchmark", kind, folder, "--out", expected, "--methods", methods, *FEW)
        assert code == 0, err
        code, printed, err = run(
            *("benchmark", kind, "--project", project, "--out", out, "--methods", methods, *FEW)
        )
        assert code == 0, err
        assert 'Project "Flat", 2 scenes (part.ply, whole.ply)' in printed
        found = figures(out)
        assert len(found) == 2 * 2 * len(methods.split(","))
        assert found == figures(expected)
        some = next(iter(found.values()))
        assert some["mIoU"] > 0.05 if kind == "densify" else some["all objects"] > 3
    # All of a project's scans, unless it is said how many; they are drawn as those of a folder.
    again = ("benchmark", "coverage", "--project", "1", "--points", "5", "--seeds", "1", *SMALL)
    code, printed, _ = run(*again, "--methods", "random", "--out", tmp_path / "all")
    assert (code, "2 scenes" in printed) == (0, True)
    code, printed, _ = run(
        *again, "--methods", "random", "--out", tmp_path / "one", "--scenes", "1"
    )
    assert (code, "1 scene (" in printed) == (0, True)


def test_a_mistake_is_one_sentence(run: Run, folder: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out", *SMALL)
    for wrong in ((), (folder, "--project", "Flat")):
        code, _, err = run("benchmark", "densify", *wrong, *out)
        assert (code, "one of them" in err) == (2, True)
    code, _, err = run("benchmark", "densify", folder, "--home", tmp_path, *out)
    assert (code, "--home is for --project" in err) == (2, True)
    code, _, err = run("benchmark", "densify", "--project", "Flat", *out)
    assert (code, 'There is no project "Flat"' in err) == (2, True)
    assert run("import", folder / "whole.ply", "--project", "Flat")[0] == 0
    code, _, err = run("benchmark", "densify", "--project", "Flat", *out)
    assert code == 2
    assert 'No scan of the project "Flat" has a ground truth. Make one' in err
    assert not (tmp_path / "out").exists()
