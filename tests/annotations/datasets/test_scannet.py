# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import countable_instances
from fewpoints.annotations.datasets.scannet import (
    open_scannet,
    read_axis_alignment,
    read_categories,
    read_scannet_scene,
    read_splits,
)
from fewpoints.annotations.errors import AppError, UnreadableDataset, UnreadableScan
from tests.annotations.datasets.folders import (
    CATEGORIES,
    OBJECTS,
    SEGMENTS,
    VERTICES,
    scannet_root,
    scannet_scene,
)

NYU40 = {"wall": 1, "chair": 5, "dining table": 7, "ceiling fan": 40}
SCENE = "scene0000_00"
SEGS = f"{SCENE}_vh_clean_2.0.010000.segs.json"


class TestScene:
    def test_vertices_get_class_and_object_of_their_segment(self, tmp_path: Path) -> None:
        truth = read_scannet_scene(scannet_scene(tmp_path / SCENE), NYU40)
        assert truth.name == SCENE
        # By hand: wall 0, table 6 takes segment 7 from it, chair 4, nothing, and NYU40's 40.
        assert truth.classes.tolist() == [0, 0, 0, 6, 6, 4, 4, 4, 4, 255, 255, 255]
        assert truth.instances.tolist() == [1, 1, 1, 3, 3, 2, 2, 2, 2, 0, 4, 4]

    def test_positions_are_the_vertices_unaligned_in_file_order(self, tmp_path: Path) -> None:
        scan = read_scannet_scene(scannet_scene(tmp_path / SCENE), NYU40).scan
        np.testing.assert_array_equal(scan.positions, [v[:3] for v in VERTICES])
        assert scan.colours is not None
        np.testing.assert_array_equal(scan.colours, [v[3:6] for v in VERTICES])

    def test_walls_and_objects_without_class_do_not_count_as_instances(
        self, tmp_path: Path
    ) -> None:
        dataset = open_scannet(scannet_root(tmp_path))
        found = countable_instances(dataset.read(SCENE), dataset.classes)
        assert found.tolist() == [0, 0, 0, 3, 3, 2, 2, 2, 2, 0, 0, 0]

    def test_unknown_categories_have_no_class_and_are_named(self, tmp_path: Path) -> None:
        objects = [*OBJECTS[:1], {**OBJECTS[1], "label": "chiar"}]
        truth = read_scannet_scene(scannet_scene(tmp_path / SCENE, objects=objects), NYU40)
        assert truth.classes.tolist() == [0] * 5 + [255] * 7
        assert truth.instances.tolist() == [1] * 5 + [2] * 4 + [0] * 3
        assert any('"chiar"' in note for note in truth.scan.notes)

    def test_the_other_name_of_the_aggregation_is_read(self, tmp_path: Path) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        old = folder / f"{SCENE}.aggregation.json"
        old.rename(folder / f"{SCENE}_vh_clean.aggregation.json")
        assert read_scannet_scene(folder, NYU40).classes[0] == 0

    def test_a_scene_without_annotation_has_no_classes(self, tmp_path: Path) -> None:
        truth = read_scannet_scene(scannet_scene(tmp_path / SCENE, annotated=False), None)
        assert set(truth.classes.tolist()) == {255}
        assert set(truth.instances.tolist()) == {0}
        assert "not annotated" in truth.scan.notes[-1]

    def test_axis_alignment_is_row_by_row(self, tmp_path: Path) -> None:
        matrix = read_axis_alignment(scannet_scene(tmp_path / SCENE))
        assert matrix is not None
        assert matrix[0].tolist() == [0.6, -0.8, 0, 1.5]
        assert (matrix @ [1, 0, 0, 1]).tolist() == pytest.approx([2.1, -1.2, -0.25, 1])

    def test_a_scene_may_lack_its_alignment(self, tmp_path: Path) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        (folder / f"{SCENE}.txt").write_text("sceneType = Bathroom\n")
        assert read_axis_alignment(folder) is None
        (folder / f"{SCENE}.txt").write_text("a = 1\naxisAlignment = 1 0 0\n")
        with pytest.raises(UnreadableDataset, match=f"{SCENE}.txt, line 2: .* 16 numbers"):
            read_axis_alignment(folder)


class TestRandomScenes:
    @pytest.mark.parametrize("seed", range(20))
    def test_any_scene_equals_the_loop_over_its_objects(self, tmp_path: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        segments = rng.choice([2, 5, 8, 900, 10**9], len(SEGMENTS)).tolist()
        there = sorted(set(segments))
        objects = []
        for number in range(int(rng.integers(0, 6))):
            some = rng.choice(there, int(rng.integers(0, len(there) + 1)), replace=False).tolist()
            label = str(rng.choice([*NYU40, "lamp"]))
            objects.append({"objectId": number, "segments": some, "label": label})
        folder = scannet_scene(tmp_path / SCENE, segments=segments, objects=objects)
        truth = read_scannet_scene(folder, NYU40)
        index = {"wall": 0, "chair": 4, "dining table": 6}
        for vertex, segment in enumerate(segments):
            owner = [o for o in objects if segment in o["segments"]]
            category = str(owner[-1]["label"]) if owner else ""
            assert truth.classes[vertex] == index.get(category, 255)
            assert truth.instances[vertex] == (owner[-1]["objectId"] + 1 if owner else 0)


class TestFolder:
    def test_splits_and_scenes(self, tmp_path: Path) -> None:
        dataset = open_scannet(scannet_root(tmp_path))
        assert dataset.names == (SCENE, "scene0011_00", "scene0707_00")
        assert dataset.scenes("train") == (SCENE, "scene0001_00")
        assert dataset.scenes("trainval") == (SCENE, "scene0001_00", "scene0011_00")
        assert dataset.scenes("test") == ("scene0707_00",)
        assert [truth.name for truth in dataset.truths("val")] == ["scene0011_00"]
        assert set(dataset.read("scene0707_00").classes.tolist()) == {255}
        assert len(dataset.classes) == 20

    def test_the_published_name_of_the_splits_folder_wins(self, tmp_path: Path) -> None:
        scannet_root(tmp_path)
        (tmp_path / "splits").mkdir()
        (tmp_path / "splits" / "scannetv2_train.txt").write_text("scene0005_00\r\n\r\n")
        assert read_splits(tmp_path) == {"train": ("scene0005_00",)}

    def test_the_folder_of_scans_is_enough(self, tmp_path: Path) -> None:
        dataset = open_scannet(scannet_root(tmp_path) / "scans")
        assert dataset.names == (SCENE, "scene0011_00")
        assert dataset.read(SCENE).classes[0] == 0
        with pytest.raises(UnreadableDataset, match='no split "train"; there are: none'):
            dataset.scenes("train")

    def test_a_listed_scene_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        dataset = open_scannet(scannet_root(tmp_path))
        with pytest.raises(UnreadableDataset, match='no scene "scene0001_00" among the 3'):
            dataset.read("scene0001_00")

    def test_a_scene_to_learn_from_must_be_annotated(self, tmp_path: Path) -> None:
        root = scannet_root(tmp_path)
        (root / "scans" / SCENE / f"{SCENE}.aggregation.json").unlink()
        with pytest.raises(UnreadableDataset, match=f"{SCENE}.aggregation.json: cannot be opened"):
            open_scannet(root).read(SCENE)

    def test_an_empty_folder_says_what_was_looked_for(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableDataset, match=r"_vh_clean_2\.ply in"):
            open_scannet(tmp_path)


class TestCategories:
    def test_columns_are_found_by_their_names(self, tmp_path: Path) -> None:
        path = tmp_path / "labels.tsv"
        path.write_text("nyu40id\tx\traw_category\n39\t0\tpotted plant\n")
        assert read_categories(path) == {"potted plant": 39}
        path.write_text(CATEGORIES)
        assert read_categories(path) == NYU40

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("raw_category\tid\n", "line 1: there is no column nyu40id"),
            ("", "no column raw_category and no column nyu40id"),
            ("raw_category\tnyu40id\nlamp\t35\nsofa\tsix\n", "line 3: the nyu40id 'six'"),
            ("raw_category\tnyu40id\nlamp\n", "line 2: the nyu40id ''"),
        ],
    )
    def test_a_damaged_table_is_refused(self, tmp_path: Path, content: str, problem: str) -> None:
        path = tmp_path / "labels.tsv"
        path.write_text(content)
        with pytest.raises(UnreadableDataset, match=problem):
            read_categories(path)

    def test_a_missing_table_is_named(self, tmp_path: Path) -> None:
        root = scannet_root(tmp_path)
        (root / "scannetv2-labels.combined.tsv").unlink()
        with pytest.raises(UnreadableDataset, match=r"labels\.combined\.tsv: cannot be"):
            open_scannet(root).read(SCENE)


class TestDamage:
    def refused(self, folder: Path) -> str:
        with pytest.raises(AppError) as caught:
            read_scannet_scene(folder, NYU40)
        assert str(folder.parent) not in caught.value.message
        return caught.value.message

    def test_segments_of_another_mesh(self, tmp_path: Path) -> None:
        folder = scannet_scene(tmp_path / SCENE, segments=SEGMENTS[:-1])
        assert self.refused(folder) == f"{SEGS}: it has 11 segIndices for 12 vertices."

    def test_objects_of_another_mesh(self, tmp_path: Path) -> None:
        objects = [*OBJECTS, {"objectId": 4, "segments": [12, 13], "label": "wall"}]
        folder = scannet_scene(tmp_path / SCENE, objects=objects)
        assert "object 4: segment 13 is no segment of" in self.refused(folder)

    @pytest.mark.parametrize("name", [SEGS, f"{SCENE}.aggregation.json"])
    def test_a_truncated_file_is_named_with_the_place(self, tmp_path: Path, name: str) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        content = (folder / name).read_bytes()
        for size in (0, 1, len(content) // 2, len(content) - 1):
            (folder / name).write_bytes(content[:size])
            assert self.refused(folder).startswith(f"{name}, line 1, column ")

    def test_a_truncated_mesh(self, tmp_path: Path) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        path = folder / f"{SCENE}_vh_clean_2.ply"
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(UnreadableScan, match=f"{SCENE}_vh_clean_2.ply"):
            read_scannet_scene(folder, NYU40)

    @pytest.mark.parametrize("name", [SEGS, f"{SCENE}_vh_clean_2.ply"])
    def test_a_missing_file(self, tmp_path: Path, name: str) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        (folder / name).unlink()
        assert self.refused(folder).startswith(f"{name}: cannot be opened")

    @pytest.mark.parametrize(
        "content",
        [
            *([], {}, {"segIndices": 5}, {"segIndices": ["1"] * 12}, {"segIndices": [0.5] * 12}),
            *({"segIndices": [[1], [1, 2]]}, {"segIndices": [10**30] * 12}),
        ],
    )
    def test_odd_segments(self, tmp_path: Path, content: object) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        (folder / SEGS).write_text(json.dumps(content))
        assert self.refused(folder).startswith(SEGS)

    @pytest.mark.parametrize(
        "group",
        [
            *(5, {}, {"objectId": "0", "segments": [3], "label": "wall"}),
            {"objectId": -1, "segments": [3], "label": "wall"},
            {"objectId": 2**70, "segments": [3], "label": "wall"},
            {"objectId": 0, "segments": [3], "label": None},
            {"objectId": 0, "segments": "3", "label": "wall"},
        ],
    )
    def test_odd_objects(self, tmp_path: Path, group: object) -> None:
        folder = scannet_scene(tmp_path / SCENE)
        path = folder / f"{SCENE}.aggregation.json"
        path.write_text(json.dumps({"segGroups": [OBJECTS[0], group]}))
        assert self.refused(folder).startswith(f"{path.name}, segGroups[1]: ")
