# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.simulated import open_simulated
from fewpoints.annotations.datasets.simulator.files import write_scene
from fewpoints.annotations.datasets.simulator.scene import simulate_scene
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply


def write_scan(folder: Path, **fields: list[int]) -> None:
    folder.mkdir(parents=True)
    columns = {name: np.array(values, np.int32) for name, values in fields.items()}
    write_ply(folder / "scan.ply", PointScan(np.zeros((2, 3))), extra=columns)


def test_a_simulated_scene_comes_back(tmp_path: Path) -> None:
    scene = simulate_scene(3, rooms=["bathroom"], frames=2, size=(64, 48))
    write_scene(tmp_path / "rooms" / "000003", scene)
    (tmp_path / "rooms" / "notes").mkdir()
    dataset = open_simulated(tmp_path / "rooms")
    assert dataset.names == ("000003",)
    truth = dataset.read("000003")
    assert truth.name == "000003"
    np.testing.assert_array_equal(truth.scan.positions, scene.scan.positions)
    np.testing.assert_array_equal(truth.classes, scene.classes)
    np.testing.assert_array_equal(truth.instances, scene.instances)


def test_scenes_come_in_the_order_of_names_or_alone(tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        write_scan(tmp_path / name, label=[255, 19], instance=[0, 7])
    assert open_simulated(tmp_path).names == ("a", "b", "c")
    alone = open_simulated(tmp_path / "b")
    assert alone.names == ("b",)
    assert alone.read("b").instances.tolist() == [0, 7]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"label": [0, 1]}, 'room/scan.ply: the points have no field "instance"'),
        ({"instance": [0, 1]}, 'room/scan.ply: the points have no field "label"'),
        ({"label": [0, 20], "instance": [0, 1]}, "the label 20 is none of the 20 classes"),
        ({"label": [0, -1], "instance": [0, 1]}, "the label -1 is none"),
    ],
)
def test_a_scan_of_another_kind_is_refused(
    tmp_path: Path, fields: dict[str, list[int]], problem: str
) -> None:
    write_scan(tmp_path / "room", **fields)
    with pytest.raises(UnreadableDataset, match=problem):
        open_simulated(tmp_path).read("room")


def test_a_folder_without_scenes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match=r"there is no scan\.ply"):
        open_simulated(tmp_path)
