# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which points of a labelled scan become answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.label_mapping import choice, counting
from fewpoints.annotations.label_mapping.choice import choose, mapped_blocks
from fewpoints.annotations.label_mapping.counting import count_scan
from fewpoints.annotations.label_mapping.mapping import ClassMapping, InstanceField
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import save_arrays

MAPPING = ClassMapping("label", {1: 0, 2: 1, 3: None}, instance=InstanceField("object"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """1,000 points in blocks of 64; every tenth has no place."""
    for module in (choice, counting):
        monkeypatch.setattr(module, "BLOCK_ROWS", 64)
    rng = np.random.default_rng(3)
    positions = rng.uniform(0, 5, (1000, 3))
    positions[::10] = np.nan
    labels = {"label": rng.integers(0, 4, 1000), "object": rng.integers(0, 9, 1000)}
    save_arrays(PointScan(positions=positions, labels=labels), tmp_path / "arrays")
    return tmp_path / "arrays"


def usable(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    labels = np.load(folder / "label-0.npy")
    return labels, np.isfinite(np.load(folder / "local.npy")).all(axis=1)


def test_all_points_that_have_a_class(folder: Path) -> None:
    found = choose(mapped_blocks(folder, MAPPING), None)
    labels, placed = usable(folder)
    expected = [row for row in range(1000) if placed[row] and labels[row] in (1, 2)]
    assert found.rows.tolist() == expected
    assert found.classes.tolist() == [labels[row] - 1 for row in expected]
    assert found.instances.tolist() == np.load(folder / "label-1.npy")[expected].tolist()


def test_some_of_each_class_always_the_same(folder: Path) -> None:
    ten = choose(mapped_blocks(folder, MAPPING), 10)
    assert np.bincount(ten.classes).tolist() == [10, 10]
    twenty = choose(mapped_blocks(folder, MAPPING), 20)
    assert set(ten.rows.tolist()) <= set(twenty.rows.tolist())
    # By the rule itself: the first ten in the order that looks random.
    labels, placed = usable(folder)
    for value in (1, 2):
        rows = np.flatnonzero(placed & (labels == value))
        first = sorted(rows.tolist(), key=lambda row: int(choice.order_of(np.array([row]))[0]))[:10]
        assert sorted(first) == ten.rows[ten.classes == value - 1].tolist()


def test_they_are_spread_over_the_file(folder: Path) -> None:
    rows = choose(mapped_blocks(folder, MAPPING), 100).rows
    assert 350 < rows.mean() < 650
    assert rows.min() < 100
    assert rows.max() > 900


def test_blocks_count_as_the_whole(folder: Path) -> None:
    counts = {one.name: one for one in count_scan(folder)}
    labels, placed = usable(folder)
    values, numbers = np.unique(labels[placed], return_counts=True)
    assert counts["label"].counts == dict(zip(values.tolist(), numbers.tolist(), strict=True))
    assert counts["label"].points == placed.sum()


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.int32, np.uint64])
def test_fields_of_every_width_are_counted(tmp_path: Path, kind: type[np.integer[Any]]) -> None:
    values = np.array([0, 2, 2, 9, 9, 9], kind)
    save_arrays(PointScan(positions=np.ones((6, 3)), labels={"label": values}), tmp_path / "arrays")
    (counted,) = count_scan(tmp_path / "arrays")
    assert counted.counts == {0: 1, 2: 2, 9: 3}
