# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen convolution plans: everything that depends on where voxels are and not on features."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from fewpoints.models.engine.coords import OrderedVoxels, VoxelSet, order_voxels
from fewpoints.models.engine.kernel_map import (
    EMPTY,
    halve,
    neighbour_table,
    strided_table,
    transposed_table,
)

Kind = Literal["submanifold", "strided", "transposed"]


@dataclass(frozen=True, eq=False)
class ConvPlan:
    """One convolution's topology: which input row each tap of each output row reads.

    table: (T, U) int32, see `kernel_map`; -1 where there is no voxel.
    source, target: the voxel sets of the input rows and of the output rows.

    Backends keep what they derive from a plan in `derived`, under their own name, so that it is
    built once and lives as long as the plan.
    """

    kind: Kind
    kernel_size: int
    dilation: int
    table: Tensor
    source: VoxelSet
    target: VoxelSet
    derived: dict[str, object] = field(default_factory=dict, repr=False)
    _transpose: ConvPlan | weakref.ref[ConvPlan] | None = field(default=None, repr=False)

    @property
    def taps(self) -> int:
        """Number of kernel taps."""
        return self.table.shape[0]

    @cached_property
    def pair_count(self) -> int:
        """Number of (input voxel, tap, output voxel) triples, each one Cin x Cout product."""
        return int((self.table >= 0).sum())

    def pairs(self, tap: int) -> tuple[Tensor, Tensor]:
        """Return (P,) int64 input rows and output rows of one tap."""
        line = self.table[tap]
        out_rows = (line >= 0).nonzero().squeeze(1)
        return line[out_rows].long(), out_rows

    @property
    def transpose(self) -> ConvPlan:
        """The plan that carries outputs back to inputs tap by tap: its gradient, or an upsampling.

        Pair (i, tap, u) becomes (u, tap, i).
        """
        plan = self._transpose() if isinstance(self._transpose, weakref.ref) else self._transpose
        if plan is None:
            plan = ConvPlan(
                _TRANSPOSED[self.kind],
                self.kernel_size,
                self.dilation,
                self._transposed_table(),
                self.target,
                self.source,
            )
            self._keep_transpose(plan)
        return plan

    def _transposed_table(self) -> Tensor:
        if self.kind == "submanifold":
            # The mirror image of a tap is the tap counted from the other end.
            return self.table.flip(0)
        table = self.table.new_full((self.taps, len(self.source)), EMPTY)
        for tap in range(self.taps):
            in_rows, out_rows = self.pairs(tap)
            table[tap, in_rows] = out_rows.int()
        return table

    def _keep_transpose(self, plan: ConvPlan) -> None:
        # Weak on the way back: a cycle of big tensors would wait for the garbage collector.
        object.__setattr__(self, "_transpose", plan)
        object.__setattr__(plan, "_transpose", weakref.ref(self))


_TRANSPOSED: dict[Kind, Kind] = {
    "submanifold": "submanifold",
    "strided": "transposed",
    "transposed": "strided",
}


def submanifold_plan(voxels: VoxelSet, kernel_size: int, *, dilation: int = 1) -> ConvPlan:
    """Plan a convolution that keeps the voxel set. `kernel_size` is odd."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"A submanifold kernel has an odd size, not {kernel_size}.")
    if dilation < 1:
        raise ValueError(f"Dilation must be at least 1, not {dilation}.")
    table = neighbour_table(voxels, kernel_size, dilation=dilation)
    return ConvPlan("submanifold", kernel_size, dilation, table, voxels, voxels)


def strided_plan(fine: VoxelSet) -> ConvPlan:
    """Plan a 2x2x2 convolution at stride 2; its `transpose` upsamples to `fine` again."""
    coarse, parent, child = halve(fine)
    down = ConvPlan("strided", 2, 1, strided_table(len(coarse), parent, child), fine, coarse)
    up = ConvPlan("transposed", 2, 1, transposed_table(parent, child), coarse, fine)
    down._keep_transpose(up)
    return down


class PyramidPlan:
    """All plans of one U-Net pass over one voxel set; built when first asked for, then re-used.

    levels[i] is the grid of 2**i voxels. Give the same object to several passes over the same
    coordinates (training steps, several networks) and topology is worked out once.
    """

    def __init__(self, coords: Tensor, *, depth: int) -> None:
        """Sort `coords` (N, 4) int [batch, x, y, z] and build `depth` halved grids under them."""
        self.input: OrderedVoxels = order_voxels(coords)
        self.levels: list[VoxelSet] = [self.input.voxels]
        self.down: list[ConvPlan] = []
        for _ in range(depth):
            plan = strided_plan(self.levels[-1])
            self.down.append(plan)
            self.levels.append(plan.target)
        self._submanifold: dict[tuple[int, int, int], ConvPlan] = {}

    def up(self, level: int) -> ConvPlan:
        """Plan from grid `level + 1` back to grid `level`."""
        return self.down[level].transpose

    def submanifold(self, level: int, kernel_size: int = 3, dilation: int = 1) -> ConvPlan:
        """Plan of a submanifold convolution on grid `level`."""
        key = (level, kernel_size, dilation)
        plan = self._submanifold.get(key)
        if plan is None:
            plan = submanifold_plan(self.levels[level], kernel_size, dilation=dilation)
            self._submanifold[key] = plan
        return plan

    def to_voxels(self, rows: Tensor) -> Tensor:
        """Return the (V, C) voxel values of (N, C) given rows; the first of duplicates wins."""
        return rows if self.input.in_order else rows[self.input.first_row]

    def to_rows(self, voxels: Tensor) -> Tensor:
        """Return the (N, C) values of the given rows from (V, C) voxel values."""
        if self.input.in_order:
            return voxels
        return torch.index_select(voxels, 0, self.input.row_to_voxel)
