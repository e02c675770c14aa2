# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`simulate` makes scenes that the other commands read; `fuse` makes a scan of a recording."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.server.cli import app


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "scenes"
    simulate(out)
    return out


def simulate(out: Path) -> list[str]:
    command = ["simulate", "--out", str(out), "--scenes", "2", "--seed", "7"]
    result = CliRunner().invoke(
        app, [*command, "--frames", "4", "--rooms", "1", "--json"], catch_exceptions=False
    )
    folders: list[str] = json.loads(result.stdout)["folders"]
    return folders


def test_scenes_are_recordings_and_labelled_scans(scenes: Path) -> None:
    assert sorted(path.name for path in scenes.iterdir()) == ["scene-000007", "scene-000008"]
    for folder in scenes.iterdir():
        assert len(read_frames(folder)) == 4
        scan = read_scan(folder / "scan.ply")
        assert len(np.unique(scan.labels["label"])) > 3
        assert json.loads((folder / "boxes.json").read_text())["boxes"]


def test_a_run_goes_on_where_it_ended(scenes: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in scenes.iterdir()}
    removed = scenes / "scene-000008"
    content = (removed / "scan.ply").read_bytes()
    for path in sorted(removed.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    removed.rmdir()
    assert simulate(scenes) == [str(path) for path in sorted(before)]
    assert (scenes / "scene-000007").stat().st_mtime_ns == before[scenes / "scene-000007"]
    assert (removed / "scan.ply").read_bytes() == content


def test_a_file_is_no_folder_for_scenes(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(AppError, match="is a file"):
        CliRunner().invoke(
            app, ["simulate", "--out", str(tmp_path / "out")], catch_exceptions=False
        )


@pytest.mark.skipif(find_spec("open3d") is None, reason="the extra `fusion` is not installed")
def test_fuse_makes_a_scan(scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "fused.ply"
    result = CliRunner().invoke(
        app,
        ["fuse", str(scenes / "scene-000007"), "--out", str(out), "--voxel-size", "0.03", "--json"],
        catch_exceptions=False,
    )
    assert json.loads(result.stdout)["points"] == len(read_scan(out)) > 500
