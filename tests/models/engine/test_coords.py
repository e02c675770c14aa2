# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch

from fewpoints.models.engine.coords import KeyPacking, order_voxels, voxel_set, voxelise
from fewpoints.models.engine.errors import InvalidVoxelSize, VoxelGridTooLarge


def loops(positions: npt.NDArray[np.float64], size: float) -> dict[tuple[int, ...], list[int]]:
    """Voxel index in the file's frame -> its points, one point at a time."""
    voxels: dict[tuple[int, ...], list[int]] = {}
    for row, point in enumerate(positions.tolist()):
        if all(math.isfinite(value) for value in point):
            voxels.setdefault(tuple(math.floor(value / size) for value in point), []).append(row)
    return voxels


@pytest.fixture
def positions() -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.5, 0.5, (500, 3))
    points[17, 1] = np.nan
    points[40] = np.inf
    return points


class TestVoxelise:
    @pytest.mark.parametrize("offset", [0.0, -7.3, 512_345.678])
    def test_equals_a_loop_over_points(
        self, positions: npt.NDArray[np.float64], offset: float
    ) -> None:
        positions = np.add(positions, offset)
        voxels = voxelise(positions, 0.1)
        expected = loops(positions, 0.1)
        assert len(voxels) == len(expected)
        for row, cell in enumerate((voxels.coords + voxels.shift_voxels).tolist()):
            members = expected[tuple(cell)]
            assert np.flatnonzero(voxels.point_to_voxel == row).tolist() == members
            assert voxels.first_point[row] == members[0]

    def test_points_that_are_not_finite_have_no_voxel(
        self, positions: npt.NDArray[np.float64]
    ) -> None:
        assert np.flatnonzero(voxelise(positions, 0.1).point_to_voxel == -1).tolist() == [17, 40]

    def test_shift_is_a_multiple_of_the_coarsest_stride(
        self, positions: npt.NDArray[np.float64]
    ) -> None:
        voxels = voxelise(np.subtract(positions, 123.4, dtype=np.float64), 0.02)
        assert (voxels.shift_voxels % 16 == 0).all()
        assert (voxels.coords.min(0) >= 0).all()
        assert (voxels.coords.min(0) < 16).all()

    def test_moving_by_sixteen_voxels_changes_only_the_shift(self) -> None:
        cells = np.random.default_rng(1).integers(-40, 40, (200, 3)).astype(np.float64)
        positions = cells * 0.25 + 0.125
        here, there = voxelise(positions, 0.25), voxelise(np.add(positions, 4.0), 0.25)
        assert (here.coords == there.coords).all()
        assert (there.shift_voxels - here.shift_voxels == 16).all()

    def test_rows_are_sorted_with_x_fastest(self, positions: npt.NDArray[np.float64]) -> None:
        coords = voxelise(positions, 0.1).coords
        assert coords.dtype == np.int32
        assert np.lexsort(coords.T).tolist() == list(range(len(coords)))

    def test_no_finite_point_gives_no_voxel(self) -> None:
        voxels = voxelise(np.full((3, 3), np.nan), 0.02)
        assert len(voxels) == 0
        assert voxels.point_to_voxel.tolist() == [-1, -1, -1]
        assert len(voxelise(np.zeros((0, 3)), 0.02)) == 0

    @pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
    def test_unusable_size_is_named(self, size: float) -> None:
        with pytest.raises(InvalidVoxelSize, match="positive"):
            voxelise(np.zeros((1, 3)), size)

    @pytest.mark.parametrize("far", [1e9, 1e300, -1e308])
    def test_a_stray_point_far_away_is_a_clear_error(self, far: float) -> None:
        with pytest.raises(VoxelGridTooLarge, match="stray points"):
            voxelise(np.array([[0.0, 0, 0], [0, far, 0]]), 0.02)

    def test_a_box_with_too_many_cells_is_a_clear_error(self) -> None:
        corners = np.array([[0.0, 0, 0], [2e6, 2e6, 2e6]])
        with pytest.raises(VoxelGridTooLarge, match="larger voxel size"):
            voxelise(corners, 0.5)


class TestVoxelSet:
    def test_duplicates_merge_onto_the_first_row(self) -> None:
        rows = torch.tensor([[1, 0, 0, 0], [0, -5, 2, 3], [1, 0, 0, 0], [0, -6, 2, 3]])
        ordered = order_voxels(rows)
        assert ordered.voxels.coords.tolist() == [[0, -6, 2, 3], [0, -5, 2, 3], [1, 0, 0, 0]]
        assert ordered.row_to_voxel.tolist() == [2, 1, 2, 0]
        assert ordered.first_row.tolist() == [3, 1, 0]
        assert not ordered.in_order

    def test_sorted_rows_are_recognised(self) -> None:
        rows = torch.tensor([[0, -6, 2, 3], [0, -5, 2, 3], [1, 0, 0, 0]], dtype=torch.int32)
        assert order_voxels(rows).in_order

    def test_keys_unpack_to_the_coordinates(self) -> None:
        torch.manual_seed(0)
        coords = torch.randint(-(10**5), 10**5, (300, 4))
        coords[:, 0] %= 3
        voxels = voxel_set(coords)
        assert (voxels.keys[1:] > voxels.keys[:-1]).all()
        assert torch.equal(voxels.packing.unpack(voxels.keys), voxels.coords)

    def test_neighbours_never_wrap_into_the_next_line(self) -> None:
        coords = torch.tensor([[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]])
        packing = KeyPacking.around(coords)
        moved = coords + torch.tensor([0, 4, -4, 4])
        assert torch.equal(packing.pack(moved), packing.pack(coords) + packing.step((4, -4, 4)))

    def test_too_many_cells_is_a_clear_error(self) -> None:
        ends = torch.tensor([[0, 0, 0, 0], [0, 2**30, 2**30, 2**30]])
        with pytest.raises(VoxelGridTooLarge, match="voxels"):
            voxel_set(ends)

    def test_coordinates_of_another_shape_are_refused(self) -> None:
        with pytest.raises(ValueError, match="batch, x, y, z"):
            voxel_set(torch.zeros(3, 3, dtype=torch.int32))
