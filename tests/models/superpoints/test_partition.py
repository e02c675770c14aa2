# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from tests.models.densify.rooms import FLOOR, WALL, boxes_room


@pytest.fixture(scope="module")
def room() -> tuple[PointScan, np.ndarray, Superpoints]:
    scan, kinds = boxes_room()
    positions = scan.positions.copy()
    positions[5::100] = np.nan
    scan = replace(scan, positions=positions)
    return scan, kinds, cut_into_superpoints(scan, voxel_size_m=0.04)


def test_superpoints_keep_things_apart(room: tuple[PointScan, np.ndarray, Superpoints]) -> None:
    scan, kinds, found = room
    assert 5 < len(found) < 200
    placed = found.of_point >= 0
    np.testing.assert_array_equal(placed, scan.finite)
    table = np.zeros((len(found), 4), int)
    np.add.at(table, (found.of_point[placed], kinds[placed]), 1)
    assert table.max(axis=1).sum() / table.sum() > 0.97


def test_descriptions_are_those_of_the_members(
    room: tuple[PointScan, np.ndarray, Superpoints],
) -> None:
    scan, kinds, found = room
    assert scan.colours is not None
    assert found.colours is not None
    assert found.sizes.sum() == len(found.of_cell) == len(found.cell_points)
    np.testing.assert_array_equal(found.of_point[found.cell_points], found.of_cell)
    for superpoint in range(len(found)):
        rows = found.cell_points[found.of_cell == superpoint]
        places = scan.positions[rows]
        assert len(rows) == found.sizes[superpoint]
        np.testing.assert_allclose(found.centres[superpoint], places.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(found.extents[superpoint], np.ptp(places, axis=0), atol=1e-9)
    large = np.argsort(-found.sizes)[:3]
    of = [np.bincount(kinds[found.of_point == s]).argmax() for s in large]
    assert set(of) == {FLOOR, WALL}
    for superpoint, kind in zip(large, of, strict=True):
        assert abs(found.upright[superpoint] - (kind == FLOOR)) < 0.1
        assert found.colours[superpoint, 0] == pytest.approx(
            [120, 230][int(kind == WALL)] / 255, abs=0.02
        )


def test_touching_pairs_touch_and_come_once(
    room: tuple[PointScan, np.ndarray, Superpoints],
) -> None:
    scan, _, found = room
    assert (found.touching[:, 0] < found.touching[:, 1]).all()
    assert len(np.unique(found.touching, axis=0)) == len(found.touching)
    assert found.contacts.min() >= 1
    for one, two in found.touching.tolist():
        a, b = (scan.positions[found.cell_points[found.of_cell == s]] for s in (one, two))
        assert np.linalg.norm(a[:, None] - b[None], axis=2).min() < 0.3


def test_the_unit_and_the_place_of_the_file_do_not_matter() -> None:
    scan, _ = boxes_room()
    far = replace(scan, positions=scan.positions * 1000 + np.array([640_000.0, 5_120_000, 0]))
    here = cut_into_superpoints(scan, voxel_size_m=0.04)
    there = cut_into_superpoints(far, voxel_size_m=40)
    same = here.of_point == there.of_point
    assert same.mean() > 0.95


def test_mean_directions_are_means_of_directions(
    room: tuple[PointScan, np.ndarray, Superpoints], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, found = room
    monkeypatch.setattr("fewpoints.models.superpoints.look._STEP", 1000)
    rng = np.random.default_rng(0)
    features = rng.uniform(0, 9, (len(found.of_point), 5)).astype(np.float32)
    means = mean_directions(found, features)
    for superpoint in (0, len(found) - 1):
        rows = features[found.cell_points[found.of_cell == superpoint]].astype(float)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        np.testing.assert_allclose(means[superpoint], rows.mean(axis=0), atol=1e-6)


def test_looks_weigh_as_said(room: tuple[PointScan, np.ndarray, Superpoints]) -> None:
    _, _, found = room
    features = np.random.default_rng(0).uniform(0, 1, (len(found), 8)).astype(np.float32)
    rows = looks(found, features)
    share = found.sizes / found.sizes.sum()
    np.testing.assert_allclose(share @ rows, 0, atol=1e-9)
    total = (share @ rows**2).cumsum()
    assert total[7] == pytest.approx(1)
    assert total[-1] == pytest.approx(1 + 0.25 + 0.25 + 0.09 + 0.09)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_points(count: int) -> None:
    scan = PointScan(positions=np.zeros((count, 3)))
    found = cut_into_superpoints(scan, voxel_size_m=0.02)
    assert len(found) == min(count, 1)
    assert looks(found, None).shape[0] == len(found)
    nowhere = cut_into_superpoints(PointScan(positions=np.full((4, 3), np.nan)), voxel_size_m=1)
    assert nowhere.of_point.tolist() == [-1] * 4
