# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Kernel orders and key names of other libraries' checkpoints.

MinkowskiEngine 0.4, with which the original weights were trained, lists the offsets of the 3x3x3
kernels inside residual blocks in an order of its own ("hybrid": the centre first). The stem and all
2x2x2 kernels are in raster order. The engine here uses raster order everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from fewpoints.models.engine.kernel_map import kernel_offsets

_BLOCK_KERNEL = re.compile(r"(^|\.)block\d+\.\d+\.conv[12]\.kernel$")


def hybrid_offsets() -> list[tuple[int, int, int]]:
    """Return the 27 (x, y, z) offsets in hybrid order.

    Built as the original does: start with the centre; for x, then y, then z, append a copy of every
    offset so far with that coordinate at -1 and one with it at +1.
    """
    offsets = [(0, 0, 0)]
    for axis in range(3):
        for offset in list(offsets):
            for step in (-1, 1):
                moved = list(offset)
                moved[axis] = step
                offsets.append((moved[0], moved[1], moved[2]))
    return offsets


def hybrid_to_raster() -> list[int]:
    """Return p such that raster[j] = hybrid[p[j]]."""
    stored = {offset: index for index, offset in enumerate(hybrid_offsets())}
    return [stored[offset] for offset in kernel_offsets(3)]


def raster_to_hybrid() -> list[int]:
    """Return p such that hybrid[i] = raster[p[i]]."""
    raster = {offset: index for index, offset in enumerate(kernel_offsets(3))}
    return [raster[offset] for offset in hybrid_offsets()]


def is_block_kernel(key: str) -> bool:
    """Return whether the original stores this entry in hybrid order."""
    return _BLOCK_KERNEL.search(key) is not None


def from_original(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state dict with the original's block kernels in raster order.

    Only 27-tap kernels are touched; entries of any other shape are passed on for the loader to
    complain about.
    """
    return _reorder(state, hybrid_to_raster())


def to_original(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state dict with block kernels in the original's hybrid order."""
    return _reorder(state, raster_to_hybrid())


def strip_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the network's own entries, without what wrappers put in front of their names.

    Known wrappers: `module.` (data parallel), `encoder.`, `backbone_net.net.` (VoteNet, whose
    detection layers are left out). The prefix is found at the stem's kernel.
    """
    stems = [key for key in state if key == "conv0p1s1.kernel" or key.endswith(".conv0p1s1.kernel")]
    if not stems:
        return dict(state)
    prefix = min(stems, key=len).removesuffix("conv0p1s1.kernel")
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def _reorder(state: Mapping[str, Tensor], order: list[int]) -> dict[str, Tensor]:
    index = torch.tensor(order)
    return {
        key: value[index.to(value.device)]
        if is_block_kernel(key) and value.ndim == 3 and value.shape[0] == 27
        else value
        for key, value in state.items()
    }
