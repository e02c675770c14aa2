# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.annotations.datasets.scannet_submission import (
    read_instances,
    read_semantic,
    write_instances,
    write_semantic,
)
from fewpoints.annotations.errors import UnreadableDataset

SCENE = "scene0707_00"
# Chair, table and otherfurniture; their NYU40 ids are 5, 7 and 39.
MASKS = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], bool)
CLASSES = np.array([4, 6, 19])
CONFIDENCE = np.array([0.98765, 1.0, 0.00004])


class TestSemantic:
    def test_a_vertex_is_a_line_with_its_nyu40_id(self, tmp_path: Path) -> None:
        path = write_semantic(tmp_path / "out", SCENE, np.array([0, 12, 255, 19, 1], np.uint8))
        assert path == tmp_path / "out" / f"{SCENE}.txt"
        assert path.read_bytes() == b"1\n14\n0\n39\n2\n"

    def test_a_second_result_replaces_the_first_and_leaves_nothing(self, tmp_path: Path) -> None:
        write_semantic(tmp_path, SCENE, np.array([0, 0, 0]))
        path = write_semantic(tmp_path, SCENE, np.array([2]))
        assert path.read_text() == "3\n"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_class_beyond_the_list_is_our_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(AssertionError):
            write_semantic(tmp_path, SCENE, np.array([20]))
        assert list(tmp_path.iterdir()) == []

    @settings(max_examples=30, deadline=None)
    @given(values=st.lists(st.sampled_from([*range(20), 255]), max_size=40))
    def test_what_is_written_is_read(
        self, tmp_path_factory: pytest.TempPathFactory, values: list[int]
    ) -> None:
        path = write_semantic(tmp_path_factory.mktemp("s"), SCENE, np.array(values, np.int64))
        assert read_semantic(path, points=len(values)).tolist() == values

    @pytest.mark.parametrize(
        ("content", "problem"),
        [("1\n2\n", "2 lines for 3"), ("1\nx\n2\n", "line 2: 'x' is no"), ("1\n-1\n2\n", "line 2")],
    )
    def test_other_content_is_refused(self, tmp_path: Path, content: str, problem: str) -> None:
        path = tmp_path / "scene.txt"
        path.write_text(content)
        with pytest.raises(UnreadableDataset, match=problem):
            read_semantic(path, points=3)


class TestInstances:
    def test_the_layout_is_that_of_the_benchmark(self, tmp_path: Path) -> None:
        path = write_instances(tmp_path, SCENE, MASKS, CLASSES, CONFIDENCE)
        assert path.read_text() == (
            f"predicted_masks/{SCENE}_000.txt 5 0.9877\n"
            f"predicted_masks/{SCENE}_001.txt 7 1.0000\n"
            f"predicted_masks/{SCENE}_002.txt 39 0.0000\n"
        )
        masks = sorted((tmp_path / "predicted_masks").iterdir())
        assert [mask.name for mask in masks] == [f"{SCENE}_00{i}.txt" for i in range(3)]
        assert [mask.read_bytes() for mask in masks] == [
            b"1\n1\n0\n0\n",
            b"0\n1\n1\n0\n",
            b"0\n0\n0\n0\n",
        ]

    def test_a_scene_without_objects_is_an_empty_file(self, tmp_path: Path) -> None:
        path = write_instances(tmp_path, SCENE, MASKS[:0], CLASSES[:0], CONFIDENCE[:0])
        assert path.read_bytes() == b""
        assert read_instances(path, points=4).masks.shape == (0, 4)

    @settings(max_examples=30, deadline=None)
    @given(data=st.data(), objects=st.integers(0, 5), points=st.integers(1, 9))
    def test_what_is_written_is_read(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        data: st.DataObject,
        objects: int,
        points: int,
    ) -> None:
        rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
        masks = rng.random((objects, points)) < 0.5
        classes, confidence = rng.integers(0, 20, objects), rng.random(objects)
        path = write_instances(tmp_path_factory.mktemp("i"), SCENE, masks, classes, confidence)
        back = read_instances(path, points=points)
        np.testing.assert_array_equal(back.masks, masks)
        np.testing.assert_array_equal(back.classes, classes)
        np.testing.assert_allclose(back.confidence, confidence, atol=0.5001e-4)

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("predicted_masks/m.txt 5", "line 1: a line is a mask"),
            ("predicted_masks/m.txt five 0.5", "line 1: a line is a mask"),
            ("predicted_masks/m.txt 5 nan", "line 1: the confidence is nan"),
            ("predicted_masks/m.txt 13 0.5", "line 1: 13 is the id of no class"),
            ("../m.txt 5 0.5", "line 1: the mask '../m.txt' lies outside"),
            ("/etc/passwd 5 0.5", "line 1: the mask '/etc/passwd' lies outside"),
            ("predicted_masks/none.txt 5 0.5", "none.txt: cannot be opened"),
            ("predicted_masks/m.txt 5 0.5", "m.txt: it has 3 lines for 4 vertices"),
            ("predicted_masks/odd.txt 5 0.5", "odd.txt, line 3: '2' is neither 0 nor 1"),
        ],
    )
    def test_other_content_is_refused(self, tmp_path: Path, line: str, problem: str) -> None:
        (tmp_path / "predicted_masks").mkdir()
        (tmp_path / "predicted_masks" / "m.txt").write_text("0\n1\n0\n")
        (tmp_path / "predicted_masks" / "odd.txt").write_text("0\n1\n2\n0\n")
        path = tmp_path / f"{SCENE}.txt"
        path.write_text(line + "\n")
        with pytest.raises(UnreadableDataset, match=problem):
            read_instances(path, points=4)
