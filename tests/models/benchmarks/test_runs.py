# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from fewpoints.models.benchmarks.errors import BenchmarkDamaged, BenchmarkMismatch
from fewpoints.models.benchmarks.runs import Key, open_run

COURSE: dict[str, Any] = {"benchmark": "coverage", "weights": "abc", "scenes": ["a", "b"]}
FIRST, SECOND = Key("küche", "random", 20, 0), Key("küche", "random", 20, 1)


def test_figures_are_there_when_the_folder_is_opened_again(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", COURSE)
    run.add(FIRST, {"mIoU": 0.25, "share": math.nan})
    again = open_run(tmp_path / "run", COURSE)
    assert again.missing([FIRST, SECOND]) == [SECOND]
    assert again.cells[FIRST]["mIoU"] == 0.25
    assert math.isnan(again.cells[FIRST]["share"])


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_was_cut_short_is_measured_again(tmp_path: Path, cut: int) -> None:
    run = open_run(tmp_path / "run", COURSE)
    run.add(FIRST, {"mIoU": 0.25})
    run.add(SECOND, {"mIoU": 0.5})
    path = tmp_path / "run" / "cells.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    again = open_run(tmp_path / "run", COURSE)
    assert again.missing([FIRST, SECOND]) == [SECOND]
    again.add(SECOND, {"mIoU": 0.75})
    third = open_run(tmp_path / "run", COURSE)
    assert {key: values["mIoU"] for key, values in third.cells.items()} == {
        FIRST: 0.25,
        SECOND: 0.75,
    }


def test_a_figure_of_a_truth_that_was_replaced_is_measured_again(tmp_path: Path) -> None:
    other = Key("bad", "random", 20, 0)
    run = open_run(tmp_path / "run", COURSE, {"küche": "7/1"})
    run.add(FIRST, {"mIoU": 0.25})
    run.add(other, {"mIoU": 0.5})
    replaced = open_run(tmp_path / "run", COURSE, {"küche": "7/2"})
    assert replaced.missing([FIRST, other]) == [FIRST]
    replaced.add(FIRST, {"mIoU": 0.75})
    for version, expected in (("7/2", 0.75), ("7/1", 0.25)):  # The new one was taken back.
        cells = open_run(tmp_path / "run", COURSE, {"küche": version}).cells
        assert (cells[FIRST]["mIoU"], cells[other]["mIoU"]) == (expected, 0.5)


def test_other_options_are_refused_and_named(tmp_path: Path) -> None:
    open_run(tmp_path / "run", COURSE)
    with pytest.raises(BenchmarkMismatch) as caught:
        open_run(tmp_path / "run", {**COURSE, "weights": "xyz", "scenes": list("abcdef")})
    assert caught.value.message == (
        "The run in run has scenes a, b, not a, b, c and 3 more; weights abc, not xyz. Run it with "
        "the same options, or choose another folder."
    )


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(BenchmarkMismatch, match="holds files, but no benchmark"):
        open_run(tmp_path, COURSE)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 1}', '{"version": 1, "course": 3}']
)
def test_a_damaged_config_is_one_sentence(tmp_path: Path, content: str) -> None:
    open_run(tmp_path / "run", COURSE)
    (tmp_path / "run" / "config.json").write_text(content)
    with pytest.raises(BenchmarkDamaged, match=r"run/config\.json is damaged"):
        open_run(tmp_path / "run", COURSE)


@pytest.mark.parametrize(
    "line", ["nonsense", "{}", json.dumps({**FIRST._asdict(), "values": [1]}), "3"]
)
def test_a_strange_line_is_named(tmp_path: Path, line: str) -> None:
    run = open_run(tmp_path / "run", COURSE)
    run.add(FIRST, {"mIoU": 0.25})
    with (tmp_path / "run" / "cells.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BenchmarkDamaged, match=r"cells\.jsonl, line 2: this is no figure"):
        open_run(tmp_path / "run", COURSE)
