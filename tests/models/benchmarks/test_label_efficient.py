# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.classes import ClassList
from fewpoints.models.benchmarks import label_efficient
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.label_efficient import (
    ALL_TOGETHER,
    Study,
    annotation_methods,
    learning_scenes,
    limited_scenes,
    run_limited_annotations,
    run_limited_scenes,
)
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.pages import learning_page
from fewpoints.models.benchmarks.runs import Key, open_run
from fewpoints.models.selection.files import write_points_pth
from fewpoints.models.training.finetune import (
    FinetuneConfig,
    FinetuneResult,
    LabelledScan,
    finetune,
)
from tests.models.benchmarks.rooms import room, rooms_dataset, setting


def study(tiny: str, *train: str, lists: Path | None = None) -> Study:
    dataset = rooms_dataset("test", *train)
    config = FinetuneConfig(variant="head")
    return Study(dataset, dataset, train, ("test",), config, setting(tiny), lists)


@pytest.fixture
def learned_from(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[LabelledScan]]:
    """What every call of `finetune` was given."""
    calls: list[Sequence[LabelledScan]] = []

    def recording(scans: Sequence[LabelledScan], *args: Any, **kwargs: Any) -> FinetuneResult:
        calls.append(scans)
        return finetune(scans, *args, **kwargs)

    monkeypatch.setattr(label_efficient, "finetune", recording)
    return calls


class TestLimitedAnnotations:
    EXTENT = Extent((ALL_TOGETHER,), ("pre-trained/random", "scratch/random"), (10, 20), (0, 1))

    def test_only_chosen_points_are_learned_from(
        self, tiny: str, tmp_path: Path, learned_from: list[Sequence[LabelledScan]]
    ) -> None:
        run = open_run(tmp_path / "run", {})
        wanted = study(tiny, "a", "bb")
        extent = Extent((ALL_TOGETHER,), ("pre-trained/random",), (10,), (3,))
        run_limited_annotations(run, wanted, extent)
        (scans,) = learned_from
        assert [scan.name for scan in scans] == ["a", "bb"]
        for scan in scans:
            truth = room(scan.name)
            rows = wanted.scene(scan.name).rows("random", 10, 3)
            assert scan.rows.tolist() == [r for r in rows.tolist() if truth.classes[r] != 255]
            assert scan.classes.tolist() == truth.classes[scan.rows].tolist()
        values = run.cells[Key(ALL_TOGETHER, "pre-trained/random", 10, 3)]
        assert values["labels"] == sum(len(scan.rows) for scan in scans)
        assert 0 <= values["mIoU voxels"] <= 1

    def test_a_run_that_was_stopped_ends_in_the_same_tables(
        self, tiny: str, tmp_path: Path
    ) -> None:
        class Stop(Exception):
            pass

        def stopping(fraction: float, sentence: str) -> None:
            if fraction > 0.7:
                raise Stop

        whole = open_run(tmp_path / "whole", {})
        run_limited_annotations(whole, study(tiny, "a", "bb"), self.EXTENT)
        cut = open_run(tmp_path / "cut", {})
        with pytest.raises(Stop):
            run_limited_annotations(cut, study(tiny, "a", "bb"), self.EXTENT, stopping)
        assert 0 < len(cut.cells) < 8
        # As if the kill had hit while the points of a scene were being written.
        (tmp_path / "cut" / "points" / "bb.npz").write_bytes(b"PK\x03\x04 half a file")
        resumed = open_run(tmp_path / "cut", {})
        run_limited_annotations(resumed, study(tiny, "a", "bb"), self.EXTENT)
        page = learning_page(whole.cells, self.EXTENT, scenes=False)
        assert learning_page(resumed.cells, self.EXTENT, scenes=False) == page
        assert not (tmp_path / "cut" / "learning").exists()

    def test_lists_take_the_place_of_a_choice(
        self, tiny: str, tmp_path: Path, learned_from: list[Sequence[LabelledScan]]
    ) -> None:
        truth = room("a")
        rows = np.flatnonzero(truth.classes != 255)[::300]
        write_points_pth(tmp_path / "points20", {"a": rows})
        run = open_run(tmp_path / "run", {})
        names = annotation_methods(["pre-trained"], ["listed"], lists=tmp_path)
        extent = Extent((ALL_TOGETHER,), names, (20,), (0,))
        run_limited_annotations(run, study(tiny, "a", lists=tmp_path), extent)
        assert learned_from[0][0].rows.tolist() == rows.tolist()

    def test_objects_are_learned_and_scored_where_they_are_wanted(
        self, tiny: str, tmp_path: Path, learned_from: list[Sequence[LabelledScan]]
    ) -> None:
        wanted = study(tiny, "a")
        config = FinetuneConfig(variant="head", instances=True, steps=2, max_voxels=2_000)
        run = open_run(tmp_path / "run", {})
        extent = Extent((ALL_TOGETHER,), ("pre-trained/diverse",), (20,), (0,))
        run_limited_annotations(run, replace(wanted, config=config), extent)
        scan = learned_from[0][0]
        assert scan.instances is not None
        assert scan.instances.tolist() == room("a").instances[scan.rows].tolist()
        assert 0 <= run.cells[extent.of_scene(ALL_TOGETHER)[0]]["AP50 voxels"] <= 1
        tables, _ = learning_page(run.cells, extent, scenes=False)
        assert [table.split(",")[0] for table in tables] == [
            "| mIoU of voxels",
            "| mIoU of points",
            "| AP50 of voxels",
            "| AP50 of points",
            "| labels learned from | 20 points |\n| --- | ---: |\n| pre-trained/diverse | "
            + f"{len(scan.rows)} |",
        ]

    def test_too_few_answers_are_one_sentence(self, tiny: str, tmp_path: Path) -> None:
        extent = Extent((ALL_TOGETHER,), ("pre-trained/random",), (2,), (0,))
        with pytest.raises(BadProtocol, match="2 labels in 1 scene are too little to learn"):
            run_limited_annotations(open_run(tmp_path / "run", {}), study(tiny, "a"), extent)

    def test_names_are_checked(self) -> None:
        with pytest.raises(BadProtocol, match='no method "listed"'):
            annotation_methods(["scratch"], ["listed"], lists=None)
        with pytest.raises(BadProtocol, match=r'no method "warm"\. Use any of: scratch'):
            annotation_methods(["warm"], ["random"], lists=None)


class TestLimitedScenes:
    def test_shares_are_the_papers(self) -> None:
        train = [f"{i:04d}" for i in range(1201)]
        sizes = [len(limited_scenes(train, percent, 0)) for percent in (1, 5, 10, 20)]
        assert sizes == [12, 60, 120, 240]
        assert limited_scenes(train, 1, 0) == limited_scenes(train, 1, 0)
        assert limited_scenes(train, 1, 0) != limited_scenes(train, 1, 1)
        assert len(limited_scenes(train[:8], 1, 0)) == 1
        with pytest.raises(BadProtocol, match="200 % of the scenes"):
            limited_scenes(train, 200, 0)

    def test_listed_scenes_take_the_place_of_random_ones(self, tmp_path: Path) -> None:
        (tmp_path / "5.txt").write_text("c\nmissing\na\n")
        assert limited_scenes(["a", "b", "c"], 5, 7, tmp_path) == ("c", "a")
        with pytest.raises(BadProtocol, match=r"None of the 3 scenes of 5\.txt"):
            limited_scenes(["b"], 5, 7, tmp_path)

    def test_one_point_of_every_voxel_that_agrees_is_learned_from(
        self, tiny: str, tmp_path: Path, learned_from: list[Sequence[LabelledScan]]
    ) -> None:
        run = open_run(tmp_path / "run", {})
        extent = Extent((ALL_TOGETHER,), ("pre-trained",), (50,), (0,))
        run_limited_scenes(run, study(tiny, "a", "bb"), extent)
        (scans,) = learned_from
        assert len(scans) == 1
        truth = room(scans[0].name)
        cells: dict[tuple[int, ...], list[int]] = {}
        for row, cell in enumerate(np.floor(truth.scan.positions / 0.08).astype(int).tolist()):
            cells.setdefault(tuple(cell), []).append(row)
        expected = [
            min(rows)
            for rows in cells.values()
            if len({truth.classes[row] for row in rows}) == 1 and truth.classes[rows[0]] != 255
        ]
        assert scans[0].rows.tolist() == sorted(expected)

    def test_few_labels_per_scene_are_some_of_all(
        self, tiny: str, tmp_path: Path, learned_from: list[Sequence[LabelledScan]]
    ) -> None:
        few = replace(study(tiny, "a"), labels_per_scene=50)
        extent = Extent((ALL_TOGETHER,), ("scratch",), (100,), (0,))
        run_limited_scenes(open_run(tmp_path / "run", {}), few, extent)
        assert len(learned_from[0][0].rows) == 50


class TestScenes:
    def test_splits_decide_where_there_are_some(self) -> None:
        dataset = rooms_dataset("v", "a", "b", "c")
        assert learning_scenes(dataset, None, train=None, test=None) == (("a", "b", "c"), ("v",))
        train, _ = learning_scenes(dataset, None, train=2, test=None)
        assert set(train) < {"a", "b", "c"}

    def test_without_splits_no_scene_is_in_both(self) -> None:
        dataset = replace(rooms_dataset(*"abcdefgh"), splits={})
        train, test = learning_scenes(dataset, None, train=None, test=None)
        assert len(test) == 2
        assert sorted(train + test) == list("abcdefgh")

    def test_another_data_set_can_be_scored_on(self) -> None:
        source, target = (replace(rooms_dataset(*names), splits={}) for names in ("ab", "xyz"))
        assert learning_scenes(source, target, train=None, test=2)[0] == ("a", "b")
        assert len(learning_scenes(source, target, train=None, test=2)[1]) == 2

    def test_one_scene_is_too_few(self) -> None:
        with pytest.raises(BadProtocol, match="there is no scene to train on"):
            learning_scenes(replace(rooms_dataset("a"), splits={}), None, train=None, test=None)

    def test_data_sets_with_other_classes_do_not_fit(self, tiny: str) -> None:
        dataset = rooms_dataset("a")
        other = replace(dataset, classes=ClassList.from_names(["wall", "floor"]))
        with pytest.raises(BadProtocol, match="have different classes"):
            Study(dataset, other, ("a",), ("a",), FinetuneConfig(), setting(tiny))
