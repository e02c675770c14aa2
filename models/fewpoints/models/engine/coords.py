# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Voxel coordinates: quantising points, packing coordinates into sortable keys, duplicates.

Letters used in shapes: N points, V voxels. A voxel coordinate is an integer triple x, y, z; in the
engine it is a row [batch, x, y, z] (int32, may be negative). Rows of a `VoxelSet` are sorted with
x running fastest, then y, z and batch, so voxels that are neighbours along x lie next to each
other in memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fewpoints.models.engine.errors import InvalidVoxelSize, VoxelGridTooLarge

# The coarsest stride of the networks. Shifting a scan by whole multiples of it keeps every
# coarser grid in phase, so features do not depend on where the block or the scan starts.
ALIGNMENT_VOXELS = 16

# Beyond this float64 cannot tell neighbouring voxel indices apart.
_LARGEST_INDEX = 2.0**52
_KEY_LIMIT = 2**62
_INT32_LIMIT = 2**31 - 2 * ALIGNMENT_VOXELS
# Room around the outermost voxels, so that a neighbour's key never wraps into the next line.
_MARGIN_VOXELS = 4


@dataclass(frozen=True)
class Voxels:
    """The occupied voxels of one scan.

    coords: (V, 3) int32, x y z, sorted with x fastest; relative to `shift_voxels`.
    point_to_voxel: (N,) int64, voxel row of each point; -1 for points that are not finite.
    first_point: (V,) int64, the first point of the voxel in file order: its colour is the input.
    shift_voxels: (3,) int64, whole multiples of 16; coords + shift = floor(position / size).
    voxel_size_m: edge length in the unit of the positions.
    """

    coords: npt.NDArray[np.int32]
    point_to_voxel: npt.NDArray[np.int64]
    first_point: npt.NDArray[np.int64]
    shift_voxels: npt.NDArray[np.int64]
    voxel_size_m: float

    def __len__(self) -> int:
        return len(self.coords)


def voxelise(positions: npt.NDArray[np.float64], voxel_size_m: float) -> Voxels:
    """Quantise positions to the grid floor(position / voxel size) of the file's own frame.

    Args:
        positions: (N, 3) float64, in the file's frame and unit. Rows that are not finite take no
            part and get voxel -1.
        voxel_size_m: edge of a voxel, in the same unit.

    Raises:
        InvalidVoxelSize: the size is not positive and finite.
        VoxelGridTooLarge: the extent does not fit the keys.
    """
    if not (math.isfinite(voxel_size_m) and voxel_size_m > 0):
        raise InvalidVoxelSize(voxel_size_m)
    positions = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    rows = np.flatnonzero(np.isfinite(positions).all(axis=1))
    point_to_voxel = np.full(len(positions), -1, np.int64)
    if not len(rows):
        return Voxels(
            np.zeros((0, 3), np.int32),
            point_to_voxel,
            np.zeros(0, np.int64),
            np.zeros(3, np.int64),
            voxel_size_m,
        )
    columns: list[npt.NDArray[np.int64]] = []
    shift = np.zeros(3, np.int64)
    sizes: list[int] = []
    for axis in range(3):
        with np.errstate(over="ignore"):
            cells = np.floor(positions[rows, axis] / voxel_size_m)
        low, high = float(cells.min()), float(cells.max())
        if max(abs(low), abs(high)) > _LARGEST_INDEX or high - low > _INT32_LIMIT:
            raise VoxelGridTooLarge(
                f"The scan spans {low * voxel_size_m:.6g} to {high * voxel_size_m:.6g} along"
                f" {'xyz'[axis]}, too far for voxels of {voxel_size_m:g}."
                " Check the unit, remove stray points or choose a larger voxel size."
            )
        shift[axis] = math.floor(low / ALIGNMENT_VOXELS) * ALIGNMENT_VOXELS
        columns.append(cells.astype(np.int64) - shift[axis])
        sizes.append(int(columns[-1].max()) + 1)
    x, y, z = columns
    if sizes[0] * sizes[1] * sizes[2] >= _KEY_LIMIT:
        raise VoxelGridTooLarge(_too_large(sizes))
    keys = (z * sizes[1] + y) * sizes[0] + x
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=starts[1:])
    point_to_voxel[rows[order]] = np.cumsum(starts) - 1
    unique = keys[starts]
    line, x = np.divmod(unique, sizes[0])
    z, y = np.divmod(line, sizes[1])
    return Voxels(
        np.stack([x, y, z], axis=1).astype(np.int32),
        point_to_voxel,
        rows[order[starts]],
        shift,
        voxel_size_m,
    )


@dataclass(frozen=True)
class KeyPacking:
    """How a coordinate row becomes one int64: mixed radix, x fastest, a margin on every side."""

    low: tuple[int, int, int, int]  # batch, x, y, z of key 0
    size: tuple[int, int, int, int]

    @classmethod
    def around(cls, coords: Tensor, *, margin: int = _MARGIN_VOXELS) -> KeyPacking:
        """Return the packing that holds `coords` (V, 4) and everything within `margin` voxels.

        Raises:
            VoxelGridTooLarge: the box has more cells than an int64 can number.
        """
        if not len(coords):
            return cls((0, 0, 0, 0), (1, 1, 1, 1))
        low = coords.amin(0).tolist()
        high = coords.amax(0).tolist()
        around = (0, margin, margin, margin)
        size = [h - lo + 1 + 2 * m for lo, h, m in zip(low, high, around, strict=True)]
        if math.prod(size) >= _KEY_LIMIT:
            raise VoxelGridTooLarge(_too_large(size[1:]))
        return cls(
            (low[0], low[1] - margin, low[2] - margin, low[3] - margin),
            (size[0], size[1], size[2], size[3]),
        )

    def pack(self, coords: Tensor) -> Tensor:
        """Return (V,) int64 keys of (V, 4) integer coordinates."""
        batch, x, y, z = coords.long().unbind(1)
        _, x_size, y_size, z_size = self.size
        keys = (batch - self.low[0]) * z_size + (z - self.low[3])
        keys = keys * y_size + (y - self.low[2])
        return keys * x_size + (x - self.low[1])

    def unpack(self, keys: Tensor) -> Tensor:
        """Return (V, 4) int32 coordinates of (V,) keys."""
        _, x_size, y_size, z_size = self.size
        line = torch.div(keys, x_size, rounding_mode="floor")
        plane = torch.div(line, y_size, rounding_mode="floor")
        batch = torch.div(plane, z_size, rounding_mode="floor")
        columns = (
            batch + self.low[0],
            keys - line * x_size + self.low[1],
            line - plane * y_size + self.low[2],
            plane - batch * z_size + self.low[3],
        )
        return torch.stack(columns, dim=1).int()

    def step(self, offset: tuple[int, int, int]) -> int:
        """Return what moving by `offset` (x, y, z) voxels adds to a key."""
        x, y, z = offset
        return (z * self.size[2] + y) * self.size[1] + x


@dataclass(frozen=True)
class VoxelSet:
    """Distinct voxels of one grid, sorted by key.

    coords: (V, 4) int32 rows [batch, x, y, z], in units of this grid's own voxels.
    keys: (V,) int64, strictly ascending.
    """

    coords: Tensor
    keys: Tensor
    packing: KeyPacking

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def device(self) -> torch.device:
        """Where the coordinates are."""
        return self.keys.device


@dataclass(frozen=True)
class OrderedVoxels:
    """Coordinates as given by a caller, and the sorted set they fill.

    row_to_voxel: (N,) int64; first_row: (V,) int64, the first given row of each voxel (it wins).
    `in_order` says that given rows and sorted voxels are the same, so that nothing need be moved.
    """

    voxels: VoxelSet
    row_to_voxel: Tensor
    first_row: Tensor
    in_order: bool


def order_voxels(coords: Tensor) -> OrderedVoxels:
    """Sort coordinate rows (N, 4) [batch, x, y, z] and merge duplicates.

    Raises:
        VoxelGridTooLarge: the extent does not fit an int64 key.
    """
    if coords.ndim != 2 or coords.shape[1] != 4:
        raise ValueError(f"Coordinates must be (N, 4) [batch, x, y, z], not {tuple(coords.shape)}.")
    if coords.is_floating_point():
        coords = coords.floor()
    coords = coords.long()
    packing = KeyPacking.around(coords)
    keys = packing.pack(coords)
    rows = torch.arange(len(keys), device=keys.device)
    if len(keys) < 2 or bool((keys[1:] > keys[:-1]).all()):
        return OrderedVoxels(VoxelSet(coords.int(), keys, packing), rows, rows, True)
    keys, order = torch.sort(keys, stable=True)
    starts = torch.ones_like(keys, dtype=torch.bool)
    torch.ne(keys[1:], keys[:-1], out=starts[1:])
    row_to_voxel = torch.empty_like(order)
    row_to_voxel[order] = torch.cumsum(starts, 0) - 1
    first_row = order[starts]
    voxels = VoxelSet(coords[first_row].int(), keys[starts], packing)
    return OrderedVoxels(voxels, row_to_voxel, first_row, False)


def voxel_set(coords: Tensor) -> VoxelSet:
    """Return the sorted set of the coordinate rows (N, 4), without duplicates."""
    return order_voxels(coords).voxels


def _too_large(sizes: list[int]) -> str:
    spans = " × ".join(str(size) for size in sizes)
    return (
        f"The scan spans {spans} voxels, more than can be numbered."
        " Check the unit, remove stray points or choose a larger voxel size."
    )
