# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import pytest

from fewpoints.models.benchmarks.coverage import run_coverage, scene_coverage
from fewpoints.models.benchmarks.measuring import Extent, wanted_cells
from fewpoints.models.benchmarks.methods import METHOD_NAMES, prepare_scene
from fewpoints.models.benchmarks.pages import coverage_page
from fewpoints.models.benchmarks.runs import Key, open_run
from tests.models.benchmarks.rooms import CLASSES, room, rooms_dataset, setting


def test_every_method_touches_what_a_loop_over_its_points_finds(tiny: str) -> None:
    truth = room("a")
    scene = prepare_scene(truth, setting(tiny), largest_budget=30, title="rooms")
    for method in METHOD_NAMES:
        found = scene_coverage(scene, Key("a", method, 30, 1), CLASSES)
        objects, classes = set(), set()
        for row in scene.rows(method, 30, 1).tolist():
            if truth.classes[row] in (2, 3):  # Floor and wall are no objects.
                objects.add(truth.instances[row])
            if truth.classes[row] != 255:
                classes.add(truth.classes[row])
        assert (found["objects"], found["all objects"]) == (len(objects), 4)
        assert (found["classes"], found["all classes"]) == (len(classes), 4)


def test_a_run_that_was_stopped_ends_in_the_same_tables(tiny: str, tmp_path: Path) -> None:
    dataset = rooms_dataset("a", "bb")
    extent = Extent(("a", "bb"), ("random", "kmeans_color", "diverse"), (5, 10), (0, 1))

    class Stop(Exception):
        pass

    def stopping(fraction: float, sentence: str) -> None:
        if fraction > 0.6:
            raise Stop

    whole = open_run(tmp_path / "whole", {})
    run_coverage(whole, dataset, extent, setting(tiny))
    cut = open_run(tmp_path / "cut", {})
    with pytest.raises(Stop):
        run_coverage(cut, dataset, extent, setting(tiny), stopping)
    assert 0 < len(cut.cells) < 24
    cells = tmp_path / "cut" / "cells.jsonl"
    cells.write_bytes(cells.read_bytes()[:-9])  # As a kill in the middle of a line.
    resumed = open_run(tmp_path / "cut", {})
    run_coverage(resumed, dataset, extent, setting(tiny))
    tables, chart = coverage_page(wanted_cells(whole, extent), extent)
    assert coverage_page(wanted_cells(resumed, extent), extent) == (tables, chart)
    assert len(wanted_cells(resumed, extent)) == 24
    assert "objects touched, %" in tables[0]
    assert tables[1].startswith("| objects touched, of 8 |")


def test_more_seeds_keep_the_figures_that_are_there(tiny: str, tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", {})
    dataset = rooms_dataset("a")
    run_coverage(run, dataset, Extent(("a",), ("random",), (5,), (0,)), setting(tiny))
    before = (tmp_path / "run" / "cells.jsonl").read_text()
    run_coverage(run, dataset, Extent(("a",), ("random",), (5,), (0, 1)), setting(tiny))
    after = (tmp_path / "run" / "cells.jsonl").read_text()
    assert after.startswith(before)
    assert after.count("\n") == 2
