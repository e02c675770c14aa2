# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints benchmark` on a folder of one's own scans, as a user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.writers import write_ply
from fewpoints.server import cli
from tests.models.benchmarks.rooms import room

Run = Callable[..., tuple[int, str, str]]
SMALL = ("--voxel-size", "0.08", "--arch", "Res16UNet14A", "--device", "cpu")
CLASSES = ["floor", "wall", "red", "blue"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `fewpoints benchmark ...` in this process: (exit code, stdout, stderr)."""

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fewpoints", "benchmark", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        out, err = capsys.readouterr()
        return (code if isinstance(code, int) else 0 if code is None else 1), out, err

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield command
    torch.set_num_threads(before)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Three rooms as labelled PLY files."""
    root = tmp_path / "rooms"
    root.mkdir()
    for name in ("hall", "attic", "cellar"):
        truth = room(name)
        fields = {
            "class": truth.classes.astype(np.int32),
            "object": truth.instances.astype(np.int32),
        }
        write_ply(root / f"{name}.ply", truth.scan, extra=fields)
    (root / "dataset.json").write_text(json.dumps({"classes": CLASSES}))
    return root


def test_densify_writes_a_page_and_goes_on_where_it_was(
    run: Run, scans: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    common = ("densify", scans, "--out", out, "--seeds", "1", "--methods", "random", *SMALL)
    code, printed, err = run(*common, "--scenes", "1", "--points", "5")
    assert code == 0, err
    assert "| random/dense |" in printed
    assert "Labelled scans, 1 scene (" in printed
    assert (out / "chart.svg").read_text().startswith("<svg")
    page = (out / "report.md").read_text()
    assert printed.strip() in page
    code, printed, _ = run(*common, "--scenes", "2", "--points", "8,5")
    assert code == 0
    assert "5 points | 8 points" in printed
    assert len((out / "cells.jsonl").read_text().splitlines()) == 8


def test_coverage_counts_the_objects_of_all_scenes(run: Run, scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    methods = ("--methods", "random,diverse", "--points", "5,20", "--seeds", "2")
    code, printed, err = run("coverage", scans, "--out", out, "--scenes", "0", *methods, *SMALL)
    assert code == 0, err
    assert "| objects touched, of 12 |" in printed  # Four in each room; walls do not count.
    assert "*paper: k-means with features*" in printed


def test_la_and_lr_learn_and_score(run: Run, scans: Path, tmp_path: Path) -> None:
    common = (scans, "--scenes", "1", "--seeds", "1", *SMALL)
    code, printed, err = run(
        "la", *common, "--out", tmp_path / "la", "--points", "10", "--methods", "random"
    )
    assert code == 0, err
    assert "| pre-trained/random |" in printed
    assert "2 scenes to learn from; scored on Labelled scans, 1 scene (" in printed
    assert sorted(p.name for p in (tmp_path / "la" / "features").iterdir())
    code, printed, err = run(
        "lr", *common, "--out", tmp_path / "lr", "--percent", "50,100", "--labels-per-scene", "200"
    )
    assert code == 0, err
    assert "| pre-trained | 200 | 400 |" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("densify", "--points", "20;50"), '--points "20;50": give whole numbers'),
        (("densify", "--points", ""), '--points "": give whole numbers'),
        (("densify", "--points", "9000000"), "fewer than the 9,000,000 to be chosen"),
        (("densify", "--methods", "best"), 'There is no method "best". Use any of: random'),
        (("coverage", "--split", "val"), 'there is no split "val"; there are: none'),
        (("coverage", "--voxel-size", "-1"), "--voxel-size -1.0: it must be greater than 0"),
        (("la", "--variant", "tail"), "--variant tail"),
        (("la", "--starts", "warm"), 'There is no method "warm"'),
        (("la", "--lists", "nowhere"), "--lists nowhere: there is no such folder"),
        (("lr", "--percent", "0"), '--percent "0": give whole numbers from 1'),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_no_page(
    run: Run, scans: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    name, *options = arguments
    given = [*SMALL, *options]  # The later of two counts.
    code, _, err = run(name, scans, "--out", tmp_path / "run", *given)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "run" / "report.md").exists()


def test_partitions_pre_trains_on_what_it_is_given(run: Run, scans: Path, tmp_path: Path) -> None:
    common = ("partitions", scans, "--out", tmp_path / "run", "--device", "cpu")
    code, _, err = run(*common, scans / "hall.ply", "--partitions", "3")
    assert code == 2
    assert "There are no 3 partitions. Use any of: 1, 2, 4" in err
    code, _, err = run(*common, scans / "hall.ply", "--points", "1")
    assert code == 2
    assert "a contrast needs at least 2 matches" in err
    code, _, err = run(*common, scans / "nothing.ply", "--voxel-size", "0.08")
    assert code == 2
    assert "nothing.ply: there is no such file or folder" in err
    assert not list((tmp_path / "run").glob("*.md"))


def test_other_weights_are_another_run(run: Run, scans: Path, tmp_path: Path) -> None:
    common = ("coverage", scans, "--out", tmp_path / "run", "--scenes", "1", "--seeds", "1")
    methods = ("--methods", "random", "--points", "5")
    assert run(*common, *methods, *SMALL)[0] == 0
    code, _, err = run(*common, *methods, *SMALL, "--max-points", "900")
    assert code == 2
    assert "The run in run has most points none, not 900." in err
    code, _, err = run("densify", *common[1:], "--points", "5", *SMALL)
    assert code == 2
    assert "benchmark coverage, not densify" in err
    (tmp_path / "file").touch()
    code, _, err = run("coverage", scans, "--out", tmp_path / "file")
    assert "is a file; name a folder" in err
