# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import pickletools
from pathlib import Path

import numpy as np
import pytest
import torch

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.selection.files import (
    UnreadablePoints,
    read_labels_pth,
    read_points_pth,
    write_labels_pth,
    write_points_csv,
    write_points_pth,
)

SCENES = {"scene0000_00": np.array([5, 3, 99]), "scene0001_00": np.array([], np.int64)}


def test_csv_keeps_every_digit_of_the_file_frame(tmp_path: Path) -> None:
    positions = np.random.default_rng(0).uniform(6e6, 7e6, (20, 3))
    rows = np.array([7, 0, 19])
    write_points_csv(tmp_path / "points.csv", PointScan(positions=positions), rows)
    text = (tmp_path / "points.csv").read_text()
    assert text.splitlines()[0] == "index,x,y,z"
    table = list(csv.DictReader(text.splitlines()))
    assert [int(line["index"]) for line in table] == rows.tolist()
    back = np.array([[float(line[axis]) for axis in "xyz"] for line in table])
    np.testing.assert_array_equal(back, positions[rows])


@pytest.mark.filterwarnings("ignore:numpy.core:DeprecationWarning")
def test_pth_is_read_as_the_original_code_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "points20"
    write_points_pth(path, SCENES)
    # The original calls torch.load, which at its time unpickled anything.
    loaded = torch.load(path, weights_only=False)
    assert type(loaded) is dict
    assert loaded["scene0000_00"].dtype == np.int64
    np.testing.assert_array_equal(loaded["scene0000_00"], [5, 3, 99])
    assert len(loaded["scene0001_00"]) == 0


def test_pth_names_nothing_that_numpy_1_or_python_37_lack(tmp_path: Path) -> None:
    path = tmp_path / "points20"
    write_points_pth(path, SCENES)
    content = path.read_bytes()
    assert b"numpy._core" not in content
    assert b"numpy.core.multiarray\n_reconstruct" in content
    assert not content.startswith(b"PK")
    # The file is several pickles in a row; the objects are in the fourth.
    with path.open("rb") as file:
        protocols = [
            argument
            for _ in range(4)
            for opcode, argument, _ in pickletools.genops(file)
            if opcode.name == "PROTO"
        ]
    assert set(protocols) == {2}


def test_pth_round_trip_runs_no_code(tmp_path: Path) -> None:
    path = tmp_path / "points20"
    write_points_pth(path, SCENES)
    back = read_points_pth(path)
    assert list(back) == list(SCENES)
    for name, rows in SCENES.items():
        np.testing.assert_array_equal(back[name], rows)


def test_files_of_current_and_old_torch_are_read(tmp_path: Path) -> None:
    for zipped in (True, False):
        path = tmp_path / f"points{zipped}"
        torch.save(SCENES, path, _use_new_zipfile_serialization=zipped)
        np.testing.assert_array_equal(read_points_pth(path)["scene0000_00"], [5, 3, 99])


def test_labels_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "labels.pth"
    scenes = {
        "room": {
            "points": np.array([4, 1]),
            "classes": np.array([0, 19], np.uint8),
            "instances": np.array([-1, 3], np.int32),
        }
    }
    write_labels_pth(path, scenes)
    back = read_labels_pth(path)
    for key, values in scenes["room"].items():
        np.testing.assert_array_equal(back["room"][key], values)
        assert back["room"][key].dtype == np.int64
    np.testing.assert_array_equal(read_points_pth(path)["room"], [4, 1])


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("never"),)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"PK\x03\x04 half a zip"], ids=["empty", "garbage", "zip"]
)
def test_damaged_files_get_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "points20"
    path.write_bytes(content)
    with pytest.raises(UnreadablePoints, match="points20 is not a file of chosen points"):
        read_points_pth(path)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points20"
    torch.save({"scene": _Evil()}, path)
    with pytest.raises(UnreadablePoints):
        read_points_pth(path)


@pytest.mark.parametrize("value", [[1, 2], {"scene": np.zeros((2, 2))}, {"scene": "rows"}])
def test_other_content_is_refused(tmp_path: Path, value: object) -> None:
    path = tmp_path / "points20"
    torch.save(value, path)
    with pytest.raises(UnreadablePoints):
        read_points_pth(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("old")
    with pytest.raises(IndexError):
        write_points_csv(path, PointScan(positions=np.zeros((2, 3))), np.array([0, 5]))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
