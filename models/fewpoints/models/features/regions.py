# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Cutting a voxel set into boxes that hold about the same number of voxels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fewpoints.models.engine.coords import ALIGNMENT_VOXELS

_SHIFT = ALIGNMENT_VOXELS.bit_length() - 1


@dataclass(frozen=True)
class Region:
    """A box of voxels, low <= coordinate < high per axis, in voxels of the finest grid.

    Both corners are multiples of 16, so a voxel of any coarser grid of the network is either
    inside or outside as a whole.
    """

    low: tuple[int, int, int]
    high: tuple[int, int, int]

    def grown(self, halo: int) -> Region:
        """Return the box with `halo` voxels more on every side."""
        low, high = self.low, self.high
        return Region(
            (low[0] - halo, low[1] - halo, low[2] - halo),
            (high[0] + halo, high[1] + halo, high[2] + halo),
        )

    def mask(self, coords: Tensor, *, level: int = 0) -> Tensor:
        """(V,) which of (V, 3) coordinates of grid `level` (voxels of 2**level) are inside."""
        inside = torch.ones(len(coords), dtype=torch.bool, device=coords.device)
        for axis in range(3):
            column = coords[:, axis]
            inside &= column >= self.low[axis] >> level
            inside &= column < self.high[axis] >> level
        return inside


def cut_into_regions(coords: Tensor, most: int) -> list[Region]:
    """Cut voxels into boxes of at most `most` voxels (or of one 16-voxel cell, the smallest box).

    Args:
        coords: (V, 3) integer coordinates of the finest grid.
        most: voxels per box.

    Returns:
        Disjoint boxes that together hold every voxel; deterministic.
    """
    if not len(coords):
        return []
    cells, counts = torch.unique(coords >> _SHIFT, dim=0, return_counts=True)
    regions: list[Region] = []
    pending = [(cells.cpu(), counts.cpu())]
    while pending:
        group, weight = pending.pop()
        low, high = group.amin(0), group.amax(0) + 1
        axis = int((high - low).argmax())
        if int(weight.sum()) <= most or int(high[axis] - low[axis]) == 1:
            regions.append(_region(low, high))
            continue
        # The plane along the longest side that comes nearest to halving the voxels.
        column = (group[:, axis] - low[axis]).long()
        lines = torch.bincount(column, weights=weight.double())
        before = torch.cumsum(lines, 0)[:-1]
        cut = int((before - before.new_tensor(float(weight.sum()) / 2)).abs().argmin()) + 1
        left = column < cut
        pending += [(group[~left], weight[~left]), (group[left], weight[left])]
    return regions


def _region(low: Tensor, high: Tensor) -> Region:
    x0, y0, z0 = (int(v) << _SHIFT for v in low)
    x1, y1, z1 = (int(v) << _SHIFT for v in high)
    return Region((x0, y0, z0), (x1, y1, z1))
