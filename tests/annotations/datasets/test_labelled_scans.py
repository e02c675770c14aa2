# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.labelled_scans import open_labelled_scans
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply


def write_scan(path: Path, **fields: list[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: np.array(values, np.int32) for name, values in fields.items()}
    count = len(next(iter(columns.values())))
    write_ply(path, PointScan(np.arange(3.0 * count).reshape(count, 3)), extra=columns)


def configure(root: Path, content: object) -> None:
    (root / "dataset.json").write_text(json.dumps(content))


def test_classes_and_objects_are_read_by_their_usual_names(tmp_path: Path) -> None:
    write_scan(tmp_path / "Kitchen.PLY", **{"class": [0, 7, 255, -1], "object_id": [3, 0, -1, 9]})
    dataset = open_labelled_scans(tmp_path)
    truth = dataset.read("Kitchen")
    assert truth.classes.tolist() == [0, 7, 255, 255]
    assert truth.instances.tolist() == [3, 0, 0, 9]
    assert dataset.classes.names[7] == "class 7"
    assert dataset.splits == {}


def test_named_fields_and_classes_win(tmp_path: Path) -> None:
    write_scan(tmp_path / "a.ply", label=[0, 1, 2, 3], segment=[1, 3, 0, 255])
    configure(tmp_path, {"class_field": "segment", "classes": ["wall", "door", None, "chair"]})
    dataset = open_labelled_scans(tmp_path)
    assert dataset.classes.names == ["wall", "door", "chair"]
    assert dataset.read("a").classes.tolist() == [1, 2, 0, 255]
    assert dataset.read("a").instances.tolist() == [0, 0, 0, 0]


def test_objects_alone_are_their_own_classes(tmp_path: Path) -> None:
    write_scan(tmp_path / "a.ply", label=[40, 1, 0, 7, 40])
    configure(tmp_path, {"object_field": "label", "background": [1]})
    truth = open_labelled_scans(tmp_path).read("a")
    assert truth.classes.tolist() == [2, 0, 255, 1, 2]
    assert truth.instances.tolist() == [40, 0, 0, 7, 40]


def test_folders_are_splits_unless_lists_name_them(tmp_path: Path) -> None:
    for name in ("lobby", "train/hall", "train/attic", "val/hall"):
        write_scan(tmp_path / f"{name}.ply", label=[0, 1])
    dataset = open_labelled_scans(tmp_path)
    assert dataset.names == ("lobby", "train/attic", "train/hall", "val/hall")
    assert dataset.splits == {"train": ("train/attic", "train/hall"), "val": ("val/hall",)}
    assert dataset.read("val/hall").name == "val/hall"
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits" / "small.txt").write_text("lobby\n")
    assert open_labelled_scans(tmp_path).splits == {"small": ("lobby",)}


def test_a_point_without_a_place_has_no_class(tmp_path: Path) -> None:
    positions = np.array([[0.0, 0, 0], [np.nan, 0, 0]])
    extra = {"label": np.array([1, 1], np.int32)}
    write_ply(tmp_path / "a.ply", PointScan(positions), extra=extra)
    assert open_labelled_scans(tmp_path).read("a").classes.tolist() == [1, 255]


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"class_field": "class"}, 'a.ply: the points have no label field "class"'),
        ({"classes": ["wall", None]}, "a.ply, field label: the class 2 is not in dataset.json"),
        ({"classes": "wall"}, "classes must be a list of names"),
        ({"background": [1.5]}, "background must be a list of whole numbers"),
        ({"object_field": 3}, "object_field must be the name of a field"),
        ({"class": "label"}, 'there is no entry "class"; there are: class_field, object_field'),
        ([], "this is no JSON object"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, config: object, problem: str) -> None:
    write_scan(tmp_path / "a.ply", label=[0, 1, 2])
    configure(tmp_path, config)
    with pytest.raises(UnreadableDataset) as caught:
        open_labelled_scans(tmp_path).read("a")
    assert problem in caught.value.message


def test_a_scan_without_label_fields_is_refused(tmp_path: Path) -> None:
    write_ply(tmp_path / "a.ply", PointScan(np.zeros((2, 3))))
    with pytest.raises(UnreadableDataset, match=r"no field of classes or objects .*none"):
        open_labelled_scans(tmp_path).read("a")


def test_values_beyond_what_a_class_list_holds_are_refused(tmp_path: Path) -> None:
    write_scan(tmp_path / "a.ply", label=[0, 251])
    with pytest.raises(UnreadableDataset, match="the class 251 is not 0 to 249"):
        open_labelled_scans(tmp_path).read("a")
    write_scan(tmp_path / "b.ply", instance=list(range(1, 300)))
    with pytest.raises(UnreadableDataset, match="299 objects; as classes, 250 are possible"):
        open_labelled_scans(tmp_path).read("b")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    write_scan(tmp_path / "a.ply", label=[0])
    (tmp_path / "a.pcd").write_bytes((tmp_path / "a.ply").read_bytes())
    with pytest.raises(UnreadableDataset, match=r'a\.pcd and a\.ply would both be the scene "a"'):
        open_labelled_scans(tmp_path)


def test_a_damaged_config_is_named(tmp_path: Path) -> None:
    write_scan(tmp_path / "a.ply", label=[0])
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(UnreadableDataset, match=r"dataset\.json: this is no JSON"):
        open_labelled_scans(tmp_path)
