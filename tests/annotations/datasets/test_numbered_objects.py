# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.datasets.numbered_objects import read_numbered_objects
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply


def test_objects_are_their_own_classes_and_the_background_is_no_object(tmp_path: Path) -> None:
    positions = np.zeros((6, 3))
    positions[5] = np.nan
    numbers = np.array([1, 7, 0, 7, 4, 4], np.int32)
    write_ply(tmp_path / "table.ply", PointScan(positions), extra={"label": numbers})
    truth = read_numbered_objects(tmp_path / "table.ply", background=1)
    assert truth.classes.tolist() == [0, 2, 255, 2, 1, 255]
    assert truth.instances.tolist() == [0, 7, 0, 7, 4, 0]


def test_a_scan_without_numbers_is_refused(tmp_path: Path) -> None:
    write_ply(tmp_path / "table.ply", PointScan(np.zeros((2, 3))))
    with pytest.raises(UnreadableDataset, match=r'table\.ply: the points have no field "label"'):
        read_numbered_objects(tmp_path / "table.ply", background=0)
