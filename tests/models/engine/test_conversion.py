# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch

from fewpoints.models.engine.conversion import (
    from_original,
    hybrid_offsets,
    hybrid_to_raster,
    is_block_kernel,
    raster_to_hybrid,
    strip_prefix,
    to_original,
)
from tests.oracles.dense_res_unet import STORED_OFFSETS


class TestKernelOrder:
    def test_construction_gives_the_stored_order(self) -> None:
        assert hybrid_offsets() == STORED_OFFSETS

    def test_permutation_puts_each_offset_at_its_raster_place(self) -> None:
        order = hybrid_to_raster()
        for place in range(27):
            offset = (place % 3 - 1, place // 3 % 3 - 1, place // 9 - 1)
            assert STORED_OFFSETS[order[place]] == offset

    def test_inverse(self) -> None:
        order, back = hybrid_to_raster(), raster_to_hybrid()
        assert [order[index] for index in back] == list(range(27))

    def test_only_block_kernels_move(self) -> None:
        kernel = torch.arange(27.0).view(27, 1, 1)
        state = {
            "block1.0.conv1.kernel": kernel,
            "block8.1.conv2.kernel": kernel,
            "conv0p1s1.kernel": kernel,
            "block2.0.downsample.0.kernel": torch.ones(2, 2),
            "conv1p1s2.kernel": torch.ones(8, 1, 1),
        }
        moved = from_original(state)
        assert moved["block1.0.conv1.kernel"].flatten().tolist() == hybrid_to_raster()
        assert moved["block8.1.conv2.kernel"].flatten().tolist() == hybrid_to_raster()
        for key in list(state)[2:]:
            assert moved[key] is state[key]
        back = to_original(moved)
        assert all(torch.equal(back[key], state[key]) for key in state)

    def test_block_kernels_are_recognised_by_name(self) -> None:
        assert is_block_kernel("module.block3.2.conv2.kernel")
        assert not is_block_kernel("block3.0.downsample.0.kernel")
        assert not is_block_kernel("conv0p1s1.kernel")


def test_prefixes_are_stripped_and_other_networks_left_out() -> None:
    kernel = torch.zeros(27, 3, 32)
    for prefix in ("", "module.", "encoder.", "backbone_net.net.", "module.backbone_net.net."):
        state = {f"{prefix}conv0p1s1.kernel": kernel, f"{prefix}final.bias": torch.zeros(1)}
        if prefix:
            state["pnet.conv.weight"] = torch.zeros(1)
        assert set(strip_prefix(state)) == {"conv0p1s1.kernel", "final.bias"}
