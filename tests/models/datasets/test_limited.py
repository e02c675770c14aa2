# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.datasets.limited import keep_listed_points
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.models.datasets.limited import read_box_lists
from fewpoints.models.datasets.registry import open_dataset
from fewpoints.models.selection.files import read_points_pth
from tests.annotations.datasets.folders import scannet_root


def test_boxes_are_pairs_of_rows_and_objects(tmp_path: Path) -> None:
    path = tmp_path / "boxes2"
    content = {
        "scene0000_00": (np.array([4, 0]), np.array([7, 1], np.int32)),
        "scene0001_00": [[2], [3]],
        "scene0002_00": (np.array([]), np.array([])),
    }
    torch.save(content, path)
    lists = read_box_lists(path)
    assert list(lists) == list(content)
    assert lists["scene0000_00"].rows.tolist() == [4, 0]
    assert lists["scene0000_00"].instances.tolist() == [7, 1]
    assert lists["scene0001_00"].instances.tolist() == [3]
    assert len(lists["scene0002_00"].rows) == 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ([1, 2], "boxes2: not a torch-saved dictionary of scenes and boxes: it holds a list"),
        ({"s": np.array([1, 2])}, 'boxes2: scene "s" is not a pair'),
        ({"s": (np.array([1, 2]), np.array([1]))}, 'boxes2: scene "s" is not a pair'),
        ({"s": (np.array([0.5]), np.array([1]))}, 'boxes2: scene "s" is not a pair'),
        ({"s": ("a", "b")}, 'boxes2: scene "s" is not a pair'),
        ({"s": Path("never")}, "boxes2: not a torch-saved dictionary of scenes and boxes: Unpick"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: object, problem: str) -> None:
    path = tmp_path / "boxes2"
    torch.save(content, path)
    with pytest.raises(UnreadableDataset, match=problem):
        read_box_lists(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match=r"boxes2: .*No such file"):
        read_box_lists(tmp_path / "boxes2")


def test_a_list_of_points_applies_to_its_scene(tmp_path: Path) -> None:
    torch.save({"scene0000_00": np.array([0, 11, 5])}, tmp_path / "points20")
    truth = open_dataset(scannet_root(tmp_path / "scannet")).read("scene0000_00")
    few = keep_listed_points(truth, read_points_pth(tmp_path / "points20"), name="points20")
    assert np.flatnonzero(few.classes != 255).tolist() == [0, 5]
    assert np.flatnonzero(few.instances).tolist() == [0, 5, 11]
