# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which voxel each tap of a kernel reads: neighbour tables, in plain PyTorch on any device.

A table is (T, U) int32, T taps of the kernel, U output voxels: the input row that tap t of output
u reads, or -1 where that voxel is empty. Taps are in raster order, x fastest, then y, then z.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fewpoints.models.engine.coords import KeyPacking, VoxelSet

EMPTY = -1


def kernel_offsets(kernel_size: int) -> list[tuple[int, int, int]]:
    """Return the (x, y, z) offsets of a kernel in raster order.

    Odd kernels are centred; even ones start at 0, so a 2x2x2 kernel at stride 2 reads exactly the
    eight children of a voxel.
    """
    low = -(kernel_size // 2) if kernel_size % 2 else 0
    span = range(low, low + kernel_size)
    return [(x, y, z) for z in span for y in span for x in span]


def neighbour_table(voxels: VoxelSet, kernel_size: int, *, dilation: int = 1) -> Tensor:
    """Return the (kernel_size**3, V) table of a submanifold convolution with an odd kernel.

    Only half of the taps are searched: if tap k of voxel u reads v, the mirrored tap of v reads u.
    """
    taps = kernel_size**3
    centre = taps // 2
    count = len(voxels)
    device = voxels.device
    table = torch.full((taps, count), EMPTY, dtype=torch.int32, device=device)
    rows = torch.arange(count, dtype=torch.int32, device=device)
    table[centre] = rows
    if count < 2:
        return table
    reach = (kernel_size // 2) * dilation
    packing, keys = voxels.packing, voxels.keys
    if reach > 4:  # More than the margin of the set's own keys.
        packing = KeyPacking.around(voxels.coords.long(), margin=reach)
        keys = packing.pack(voxels.coords)
    # One more key than any voxel has, so that a position past the end is a plain miss.
    ended = torch.cat([keys, keys.new_full((1,), 2**62)])
    position = rows.long()
    for tap, (x, y, z) in enumerate(kernel_offsets(kernel_size)[:centre]):
        wanted = keys + packing.step((x * dilation, y * dilation, z * dilation))
        if dilation > 1 or tap % kernel_size == 0:
            position = torch.searchsorted(keys, wanted)
        # else: the next voxel along x, if present, directly follows the one before.
        found = ended[position] == wanted
        out = found.nonzero().squeeze(1)
        source = position[out]
        table[tap, out] = source.int()
        table[taps - 1 - tap, source] = out.int()
        if dilation == 1:
            position = position + found
    return table


def halve(fine: VoxelSet) -> tuple[VoxelSet, Tensor, Tensor]:
    """Return the grid of twice the voxel size, with who is whose child.

    Returns:
        The coarse set; parent (V,) int64, coarse row of each fine voxel; child (V,) int64, which
        of the eight children it is: x parity + 2 * y parity + 4 * z parity.
    """
    coords = fine.coords
    child = (coords[:, 1] & 1) + 2 * (coords[:, 2] & 1) + 4 * (coords[:, 3] & 1)
    # An arithmetic shift is a true floor, for negative coordinates too.
    halved = torch.cat([coords[:, :1], coords[:, 1:] >> 1], dim=1)
    packing = KeyPacking.around(halved)
    keys, parent = torch.unique(packing.pack(halved), return_inverse=True)
    return VoxelSet(packing.unpack(keys), keys, packing), parent, child.long()


def strided_table(coarse_count: int, parent: Tensor, child: Tensor) -> Tensor:
    """Return the (8, coarse) table of a 2x2x2 convolution at stride 2."""
    table = torch.full((8, coarse_count), EMPTY, dtype=torch.int32, device=parent.device)
    table[child, parent] = torch.arange(len(parent), dtype=torch.int32, device=parent.device)
    return table


def transposed_table(parent: Tensor, child: Tensor) -> Tensor:
    """Return the (8, fine) table of a transposed 2x2x2 convolution at stride 2."""
    table = torch.full((8, len(parent)), EMPTY, dtype=torch.int32, device=parent.device)
    table[child, torch.arange(len(parent), device=parent.device)] = parent.int()
    return table
