# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fewpoints.annotations.datasets.scannet import open_scannet
from fewpoints.annotations.errors import UnreadableDataset, UnsupportedFormat
from fewpoints.models.datasets.prepared import (
    open_prepared_s3dis,
    open_prepared_scannet,
    read_prepared_s3dis,
    read_prepared_scannet,
)
from fewpoints.models.datasets.registry import open_dataset
from tests.annotations.datasets.folders import OFFICE, VERTICES, s3dis_room, scannet_root

SCENE = "scene0000_00"
# As the preparation of the scene in `folders` makes it: NYU40 ids, 0 where there is none.
NYU40 = [1, 1, 1, 7, 7, 5, 5, 5, 5, 0, 40, 40]
INSTANCES = [1, 1, 1, 3, 3, 2, 2, 2, 2, 0, 4, 4]


def scene(**changed: Any) -> tuple[Any, ...]:  # Any: arrays, or what a test puts in their place.
    parts: dict[str, Any] = {
        "xyz": np.array([v[:3] for v in VERTICES], np.float32),
        "rgb": np.array([v[3:6] for v in VERTICES], np.uint8),
        "semantic": np.array(NYU40, np.float64),
        "instance": np.array(INSTANCES, np.float64),
    }
    return tuple((parts | changed).values())


# x y z r g b class instance; ids as in the original: 4 ceiling, 5 chair, 10 stairs, 0 clutter.
ROOM = np.array(
    [
        [0.5, 1.5, 2.75, 200, 201, 202, 4, 0],
        [1.0, 2.0, 0.5, 10, 20, 30, 5, 1],
        [1.25, 2.0, 0.5, 11, 21, 31, 5, 2],
        [7.0, 7.0, 7.0, 7, 7, 7, 10, 3],
        [1.0, 2.0, 0.25, 0, 0, 0, 255, 1],
        [3.0, 2.0, 0.25, 255, 255, 255, 0, 4],
    ]
)


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


class TestScanNet:
    @pytest.mark.parametrize("zipped", [True, False])
    def test_a_scene_has_classes_of_its_nyu40_ids(self, tmp_path: Path, zipped: bool) -> None:
        path = tmp_path / f"{SCENE}.pth"
        torch.save(scene(), path, _use_new_zipfile_serialization=zipped)
        truth = read_prepared_scannet(path)
        assert truth.name == SCENE
        assert truth.classes.tolist() == [0, 0, 0, 6, 6, 4, 4, 4, 4, 255, 255, 255]
        assert truth.instances.tolist() == INSTANCES
        np.testing.assert_array_equal(truth.scan.positions, [v[:3] for v in VERTICES])
        assert truth.scan.colours is not None
        np.testing.assert_array_equal(truth.scan.colours, [v[3:6] for v in VERTICES])

    @pytest.mark.parametrize("convert", [np.float32, np.int32, np.int64, np.uint16, torch.tensor])
    def test_other_number_types_are_read_alike(self, tmp_path: Path, convert: Any) -> None:
        path = tmp_path / f"{SCENE}.pth"
        changed = {"semantic": convert(NYU40), "instance": convert(INSTANCES)}
        rgb = np.array([v[3:6] for v in VERTICES], np.float32)
        torch.save(scene(rgb=rgb, **changed), path)
        truth = read_prepared_scannet(path)
        assert truth.classes.tolist() == [0, 0, 0, 6, 6, 4, 4, 4, 4, 255, 255, 255]
        assert truth.instances.tolist() == INSTANCES

    def test_the_prepared_scene_equals_the_one_it_is_made_of(self, tmp_path: Path) -> None:
        torch.save(scene(), tmp_path / f"{SCENE}.pth")
        prepared = open_prepared_scannet(tmp_path).read(SCENE)
        raw = open_scannet(scannet_root(tmp_path / "raw")).read(SCENE)
        np.testing.assert_array_equal(prepared.classes, raw.classes)
        np.testing.assert_array_equal(prepared.instances, raw.instances)
        np.testing.assert_array_equal(prepared.scan.positions, raw.scan.positions)

    def test_splits_are_those_of_the_folder(self, tmp_path: Path) -> None:
        torch.save(scene(), tmp_path / f"{SCENE}.pth")
        (tmp_path / "splits").mkdir()
        (tmp_path / "splits" / "scannetv2_train.txt").write_text(f"{SCENE}\n")
        dataset = open_prepared_scannet(tmp_path)
        assert dataset.names == dataset.scenes("train") == (SCENE,)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (scene()[:3], "not four arrays"),
            ({"xyz": 1}, "not four arrays"),
            (scene(xyz=np.zeros((12, 2))), r"positions are not \(N, 3\)"),
            (scene(xyz="xyz"), r"positions are not \(N, 3\)"),
            (scene(xyz=np.zeros((0, 3))), r"positions are not \(N, 3\)"),
            (scene(rgb=np.zeros((11, 3))), r"colours are not \(12, 3\)"),
            (scene(rgb=np.full((12, 3), -0.5)), "colours go from -0.5 to -0.5 instead of 0 to 255"),
            (scene(semantic=np.zeros(11)), "NYU40 ids are not one whole number for each of 12"),
            (scene(semantic=np.full(12, 0.5)), "NYU40 ids are not one whole number"),
            (scene(semantic=np.full(12, np.nan)), "NYU40 ids are not one whole number"),
            (scene(semantic=np.full(12, 1e300)), "NYU40 ids are not one whole number"),
            (scene(semantic=np.full(12, -100)), "NYU40 ids have -100"),
            (scene(semantic=np.full(12, 41)), "NYU40 ids have 41"),
            (scene(instance=np.full(12, -1)), "instances have -1"),
            (scene(instance=None), "instances are not one whole number"),
        ],
    )
    def test_other_content_is_refused(self, tmp_path: Path, content: object, problem: str) -> None:
        path = tmp_path / f"{SCENE}.pth"
        torch.save(content, path)
        with pytest.raises(UnreadableDataset, match=f"{SCENE}.pth: .*{problem}"):
            read_prepared_scannet(path)

    @pytest.mark.parametrize("zipped", [True, False])
    def test_a_truncated_file_is_refused(self, tmp_path: Path, zipped: bool) -> None:
        path = tmp_path / f"{SCENE}.pth"
        torch.save(scene(), path, _use_new_zipfile_serialization=zipped)
        content = path.read_bytes()
        for size in (0, 3, len(content) // 3, len(content) - 40):
            path.write_bytes(content[:size])
            with pytest.raises(UnreadableDataset, match=f"{SCENE}.pth: not a prepared scene"):
                read_prepared_scannet(path)

    @pytest.mark.parametrize("zipped", [True, False])
    def test_code_in_a_file_does_not_run(self, tmp_path: Path, zipped: bool) -> None:
        path, made = tmp_path / f"{SCENE}.pth", tmp_path / "made"
        parts = scene(instance=Evil(made))
        torch.save(parts, path, _use_new_zipfile_serialization=zipped)
        with pytest.raises(UnreadableDataset, match=f"{SCENE}.pth: not a prepared scene"):
            read_prepared_scannet(path)
        assert not made.exists()

    def test_objects_inside_an_array_do_not_run(self, tmp_path: Path) -> None:
        path, made = tmp_path / f"{SCENE}.pth", tmp_path / "made"
        torch.save(scene(instance=np.array([Evil(made)] * 12, object)), path)
        with pytest.raises(UnreadableDataset):
            read_prepared_scannet(path)
        assert not made.exists()

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableDataset, match=f"{SCENE}.pth: .*No such file"):
            read_prepared_scannet(tmp_path / f"{SCENE}.pth")


class TestS3DIS:
    NAME = "Area_1/office_3"

    def written(self, tmp_path: Path, content: object) -> Path:
        path = tmp_path / f"{self.NAME}.pth"
        path.parent.mkdir(parents=True)
        torch.save(content, path)
        return path

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_rows_are_positions_colours_class_and_object(
        self, tmp_path: Path, dtype: type[np.floating[Any]]
    ) -> None:
        path = self.written(tmp_path, ROOM.astype(dtype))
        truth = read_prepared_s3dis(path, self.NAME)
        # ceiling 0, chair 8, stairs none, a cell of several classes none, clutter 12.
        assert truth.classes.tolist() == [0, 8, 8, 255, 255, 12]
        assert truth.instances.tolist() == [1, 2, 3, 4, 0, 5]
        np.testing.assert_array_equal(truth.scan.positions, ROOM[:, :3])
        assert truth.scan.colours is not None
        np.testing.assert_array_equal(truth.scan.colours, ROOM[:, 3:6])

    def test_areas_become_splits(self, tmp_path: Path) -> None:
        self.written(tmp_path, ROOM)
        (tmp_path / "Area_5").mkdir()
        torch.save(ROOM, tmp_path / "Area_5" / "hallway_6.pth")
        dataset = open_prepared_s3dis(tmp_path)
        assert dataset.scenes("train") == ("Area_1/office_3",)
        assert dataset.scenes("test") == ("Area_5/hallway_6",)
        assert [truth.name for truth in dataset.truths("test")] == ["Area_5/hallway_6"]

    @pytest.mark.parametrize(
        ("column", "value", "problem"),
        [
            (6, 14, "its class id 14 is none of 0 to 13 and 255"),
            (6, -1, "class ids have -1"),
            (6, 0.5, "class ids are not one whole number"),
            (7, -2, "instances have -2"),
            (3, 256, "colours go from 0 to 256"),
            (3, np.nan, "colours go from nan"),
        ],
    )
    def test_other_values_are_refused(
        self, tmp_path: Path, column: int, value: float, problem: str
    ) -> None:
        table = ROOM.copy()
        table[1, column] = value
        path = self.written(tmp_path, table)
        with pytest.raises(UnreadableDataset, match=f"{self.NAME}.pth: .*{problem}"):
            read_prepared_s3dis(path, self.NAME)

    @pytest.mark.parametrize(
        ("content", "problem"),
        [(ROOM[:, :7], r"of shape \(6, 7\), not \(N, 8\)"), ([ROOM], "no table of numbers")],
    )
    def test_other_tables_are_refused(self, tmp_path: Path, content: object, problem: str) -> None:
        path = self.written(tmp_path, content)
        with pytest.raises(UnreadableDataset, match=problem):
            read_prepared_s3dis(path, self.NAME)


def test_every_layout_is_told_by_its_folder(tmp_path: Path) -> None:
    scannet_root(tmp_path / "a")
    s3dis_room(tmp_path / "b" / "Area_2" / "office_3", OFFICE)
    (tmp_path / "c").mkdir()
    torch.save(scene(), tmp_path / "c" / f"{SCENE}.pth")
    (tmp_path / "d" / "Area_1").mkdir(parents=True)
    torch.save(ROOM, tmp_path / "d" / "Area_1" / "office_3.pth")
    names = [open_dataset(tmp_path / name).names[0] for name in "abcd"]
    assert names == [SCENE, "Area_2/office_3", SCENE, "Area_1/office_3"]
    with pytest.raises(UnsupportedFormat, match="prepared S3DIS"):
        open_dataset(tmp_path)
