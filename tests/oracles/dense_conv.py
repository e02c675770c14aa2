# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sparse convolutions worked out on dense grids with torch.nn.functional.conv3d.

Only torch is imported. Coordinates are rows [batch, x, y, z]; weights are (taps, Cin, Cout) with x
fastest. Computed in float64 and differentiable.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def dense_submanifold(
    coords: Tensor, features: Tensor, weight: Tensor, *, kernel_size: int, dilation: int = 1
) -> Tensor:
    """Return (V, Cout): a 'same' convolution of the dense grid, read at the given voxels."""
    low, shape = _box(coords, align=1)
    grid = _scatter(coords, features, low, shape)
    kernel = _kernel(weight, kernel_size)
    out = F.conv3d(grid, kernel, padding=(kernel_size // 2) * dilation, dilation=dilation)
    return _read(out, coords, low)


def dense_strided(coords: Tensor, features: Tensor, weight: Tensor, coarse: Tensor) -> Tensor:
    """Return (U, Cout): 2x2x2 at stride 2, read at coarse voxels (units of the coarse grid)."""
    low, shape = _box(coords, align=2)
    out = F.conv3d(_scatter(coords, features, low, shape), _kernel(weight, 2), stride=2)
    return _read(out, coarse, _halved(low))


def dense_transposed(coarse: Tensor, features: Tensor, weight: Tensor, fine: Tensor) -> Tensor:
    """Return (V, Cout): transposed 2x2x2 at stride 2, read at fine voxels."""
    low, shape = _box(fine, align=2)
    half = [size // 2 for size in shape]
    grid = _scatter(coarse, features, _halved(low), half)
    kernel = _kernel(weight, 2).transpose(0, 1)
    return _read(F.conv_transpose3d(grid, kernel, stride=2), fine, low)


def brute_neighbours(coords: Tensor, kernel_size: int, dilation: int = 1) -> list[list[int]]:
    """Return [tap][row] -> row of the neighbour or -1, by looking every one up in a dict."""
    rows = [tuple(row) for row in coords.tolist()]
    where = {row: index for index, row in enumerate(rows)}
    half = kernel_size // 2
    span = [step * dilation for step in range(-half, half + 1)]
    return [
        [where.get((b, x + dx, y + dy, z + dz), -1) for b, x, y, z in rows]
        for dz in span
        for dy in span
        for dx in span
    ]


def _box(coords: Tensor, *, align: int) -> tuple[list[int], list[int]]:
    low = [v // align * align for v in coords[:, 1:].amin(0).tolist()]
    high = [-(-(v + 1) // align) * align for v in coords[:, 1:].amax(0).tolist()]
    return low, [h - lo for lo, h in zip(low, high, strict=True)]


def _halved(low: list[int]) -> list[int]:
    return [value // 2 for value in low]


def _scatter(coords: Tensor, features: Tensor, low: list[int], shape: list[int]) -> Tensor:
    batches = int(coords[:, 0].max()) + 1
    nx, ny, nz = shape
    grid = features.new_zeros((batches, nz, ny, nx, features.shape[1]), dtype=torch.float64)
    b, x, y, z = coords.long().unbind(1)
    grid[b, z - low[2], y - low[1], x - low[0]] = features.double()
    return grid.permute(0, 4, 1, 2, 3)


def _read(grid: Tensor, coords: Tensor, low: list[int]) -> Tensor:
    b, x, y, z = coords.long().unbind(1)
    return grid[b, :, z - low[2], y - low[1], x - low[0]]


def _kernel(weight: Tensor, size: int) -> Tensor:
    """Return (Cout, Cin, z, y, x)."""
    taps = weight.double().reshape(size, size, size, weight.shape[1], weight.shape[2])
    return taps.permute(4, 3, 0, 1, 2)
