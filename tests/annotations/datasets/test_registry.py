# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.registry import open_dataset
from fewpoints.annotations.errors import UnreadableDataset, UnsupportedFormat
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from tests.annotations.datasets.folders import OFFICE, s3dis_room, scannet_root


def test_a_folder_is_told_by_what_is_in_it(tmp_path: Path) -> None:
    scannet_root(tmp_path / "a")
    s3dis_room(tmp_path / "b" / "Area_2" / "office_3", OFFICE)
    (tmp_path / "c" / "room").mkdir(parents=True)
    fields = {"label": np.array([4], np.int32), "instance": np.array([1], np.int32)}
    write_ply(tmp_path / "c" / "room" / "scan.ply", PointScan(np.zeros((1, 3))), extra=fields)
    (tmp_path / "d").mkdir()
    write_ply(tmp_path / "d" / "kitchen.ply", PointScan(np.zeros((1, 3))), extra=fields)
    titles = [open_dataset(tmp_path / name).title for name in "abcd"]
    assert titles == ["ScanNet", "S3DIS", "Simulated rooms", "Labelled scans"]


def test_another_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "picture.png").touch()
    with pytest.raises(UnsupportedFormat, match=r"holiday: no data set .* ScanNet \(.*; S3DIS \("):
        open_dataset(tmp_path / "holiday")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDataset, match="nothing: there is no such folder"):
        open_dataset(tmp_path / "nothing")
