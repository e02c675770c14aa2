# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.dataset import countable_instances
from fewpoints.annotations.datasets.s3dis import CLASSES, open_s3dis, read_s3dis_room
from fewpoints.annotations.errors import AppError
from tests.annotations.datasets.folders import OFFICE, s3dis_room

NAME = "Area_1/office_3"


def room(tmp_path: Path, objects: dict[str, str] | None = None) -> Path:
    return s3dis_room(tmp_path / NAME, OFFICE if objects is None else objects)


class TestRoom:
    def test_objects_follow_each_other_by_class_and_number(self, tmp_path: Path) -> None:
        truth = read_s3dis_room(room(tmp_path), NAME)
        assert truth.name == NAME
        # ceiling_1, chair_2, chair_10, stairs_1, wall_1
        names = ["ceiling", "chair", "chair", "chair", None, "wall", "wall"]
        found = [None if c == 255 else CLASSES[c].name for c in truth.classes.tolist()]
        assert found == names
        assert truth.instances.tolist() == [1, 2, 3, 3, 4, 5, 5]
        np.testing.assert_array_equal(
            truth.scan.positions[:, 0], [5.0, 4.0, 1.0, 1.1, 7.0, -22.5, 0.0]
        )
        assert truth.scan.colours is not None
        assert truth.scan.colours[[0, -2, -1]].tolist() == [
            [200, 201, 202],
            [103, 103, 104],
            [255, 0, 255],
        ]

    def test_stairs_are_said_to_have_no_class(self, tmp_path: Path) -> None:
        truth = read_s3dis_room(room(tmp_path), NAME)
        assert truth.scan.notes == ("Without a class, as it is none of the 13: stairs.",)

    def test_ceilings_and_walls_do_not_count_as_instances(self, tmp_path: Path) -> None:
        truth = read_s3dis_room(room(tmp_path), NAME)
        assert countable_instances(truth, CLASSES).tolist() == [0, 2, 3, 3, 0, 0, 0]

    def test_a_room_without_annotations_is_its_own_file(self, tmp_path: Path) -> None:
        folder = tmp_path / "Area_6" / "copyRoom_1"
        folder.mkdir(parents=True)
        # One room of the release has its file misspelt.
        (folder / "copy_Room_1.txt").write_text("1 2 3 4 5 6\n\n-1 -2 -3 0 0 0\n")
        truth = open_s3dis(tmp_path).read("Area_6/copyRoom_1")
        assert truth.classes.tolist() == [255, 255]
        assert truth.instances.tolist() == [0, 0]
        assert truth.scan.positions[1].tolist() == [-1, -2, -3]

    @pytest.mark.parametrize(
        ("line", "row"),
        [
            ("1 2 3 185\x10187 4", [1, 2, 3, 185, 187, 4]),
            ("1 2 3 103.0\x100000 7 8", [1, 2, 3, 103, 7, 8]),
        ],
    )
    def test_a_stray_control_character_is_mended_and_noted(
        self, tmp_path: Path, line: str, row: list[int]
    ) -> None:
        folder = room(tmp_path, {"wall_1.txt": f"0 0 0 0 0 0\n{line}\n0 0 0 1 1 1\n"})
        truth = read_s3dis_room(folder, NAME)
        assert truth.scan.colours is not None
        assert [*truth.scan.positions[1], *truth.scan.colours[1]] == row
        assert len(truth.scan) == 3
        assert truth.scan.notes == (
            f"{NAME}/Annotations/wall_1.txt, line 2: a stray control character was replaced.",
        )


class TestAreas:
    def root(self, tmp_path: Path) -> Path:
        for name in ("Area_1/office_3", "Area_1/hallway_1", "Area_5/office_3", "Area_6/lobby_1"):
            s3dis_room(tmp_path / name, OFFICE)
        (tmp_path / "Area_1" / ".DS_Store").write_bytes(b"\0")
        (tmp_path / "Area_1" / "office_3" / "Annotations" / ".DS_Store").write_bytes(b"\0")
        (tmp_path / "Area_1_alignmentAngle").mkdir()
        return tmp_path

    def test_the_fifth_area_is_for_testing(self, tmp_path: Path) -> None:
        dataset = open_s3dis(self.root(tmp_path))
        assert dataset.scenes("area1") == ("Area_1/hallway_1", "Area_1/office_3")
        assert dataset.scenes("test") == ("Area_5/office_3",)
        assert dataset.scenes("train") == ("Area_1/hallway_1", "Area_1/office_3", "Area_6/lobby_1")
        assert [len(t.scan) for t in dataset.truths("test")] == [7]
        assert len(dataset.classes) == 13

    def test_any_area_can_be_for_testing(self, tmp_path: Path) -> None:
        dataset = open_s3dis(self.root(tmp_path), test_area=1)
        assert dataset.scenes("test") == dataset.scenes("area1")
        assert dataset.scenes("train") == ("Area_5/office_3", "Area_6/lobby_1")

    def test_lists_say_what_an_area_has(self, tmp_path: Path) -> None:
        root = self.root(tmp_path)
        (root / "splits").mkdir()
        (root / "splits" / "area1.txt").write_text("Area_1/office_3.pth\n")
        (root / "splits" / "area5.txt").write_text("Area_5/office_3.pth\n")
        dataset = open_s3dis(root)
        assert dataset.scenes("train") == ("Area_1/office_3",)
        assert len(dataset.names) == 4


class TestDamage:
    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("1 2 3 4 5", "line 2: 5 values where x y z r g b are expected"),
            ("1 2 3 4 5 6 7", "line 2: 7 values"),
            ("1 2 3 4 5 256", "line 2: the colour 4 5 256 is not"),
            ("1 2 3 4 5.5 6", "line 2: the colour 4 5.5 6 is not"),
            ("1 2 3 4 nan 6", "line 2: the colour 4 nan 6 is not"),
            ("1 2 three 4 5 6", "line 2: 'three' is not a number"),
            # Which digit of a coordinate is missing cannot be known.
            ("19.302 -9.1\x100 1.785 146 137 106", "line 2: a stray control character"),
            ("1 2 3 4 5\x10", "line 2: a stray control character"),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path: Path, line: str, problem: str) -> None:
        folder = room(tmp_path, {"chair_1.txt": f"1 2 3 4 5 6\n{line}\n"})
        with pytest.raises(AppError) as caught:
            read_s3dis_room(folder, NAME)
        assert caught.value.message.startswith(f"{NAME}/Annotations/chair_1.txt, {problem}")

    @pytest.mark.parametrize("content", ["", " \n\n"])
    def test_an_object_without_points(self, tmp_path: Path, content: str) -> None:
        folder = room(tmp_path, {"chair_1.txt": content})
        with pytest.raises(AppError, match=r"chair_1\.txt: the file holds no points"):
            read_s3dis_room(folder, NAME)

    def test_an_object_named_otherwise(self, tmp_path: Path) -> None:
        folder = room(tmp_path, {"chair.txt": "1 2 3 4 5 6\n"})
        with pytest.raises(AppError, match=r"chair\.txt: an object's file is named like"):
            read_s3dis_room(folder, NAME)

    def test_a_room_without_objects(self, tmp_path: Path) -> None:
        with pytest.raises(AppError, match="Annotations: there is no object"):
            read_s3dis_room(room(tmp_path, {}), NAME)

    def test_no_rooms_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(AppError, match="S3DIS: there is no room"):
            open_s3dis(tmp_path)
