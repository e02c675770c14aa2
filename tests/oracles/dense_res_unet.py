# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The original Res16UNet evaluated on a dense, masked grid from its *stored* state dict.

Written from the published layout alone: kernels in the stored orders (blocks centre-first, the rest
raster), batch normalisation with running statistics. Only torch is imported; float64.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

# The original's order of the taps of a block's 3x3x3 kernel, as (x, y, z).
STORED_OFFSETS = [
    *((0, 0, 0), (-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (-1, -1, 0), (-1, 1, 0)),
    *((1, -1, 0), (1, 1, 0), (0, 0, -1), (0, 0, 1), (-1, 0, -1), (-1, 0, 1), (1, 0, -1)),
    *((1, 0, 1), (0, -1, -1), (0, -1, 1), (0, 1, -1), (0, 1, 1), (-1, -1, -1), (-1, -1, 1)),
    *((-1, 1, -1), (-1, 1, 1), (1, -1, -1), (1, -1, 1), (1, 1, -1), (1, 1, 1)),
]
_DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
_UP = ("convtr4p16s2", "convtr5p8s2", "convtr6p4s2", "convtr7p2s2")


def dense_res_unet(
    state: Mapping[str, Tensor], coords: Tensor, colours: Tensor
) -> tuple[Tensor, Tensor]:
    """Return features (N, C) and logits (N, out) of rows [batch, x, y, z] without duplicates."""
    low = coords[:, 1:].amin(0) // 16 * 16
    size = (coords[:, 1:].amax(0) - low) // 16 * 16 + 16
    b, x, y, z = (coords - F.pad(low, (1, 0))).long().unbind(1)
    nx, ny, nz = size.tolist()
    batches = int(b.max()) + 1
    grid = torch.zeros(batches, colours.shape[1], nz, ny, nx, dtype=torch.float64)
    grid[b, :, z, y, x] = colours.double()
    mask = torch.zeros(batches, 1, nz, ny, nx, dtype=torch.float64)
    mask[b, :, z, y, x] = 1
    masks = [mask]
    for _ in _DOWN:
        masks.append(F.max_pool3d(masks[-1], 2))
    net = _Net(state)
    out = net.norm("bn0", net.raster3("conv0p1s1", grid), masks[0]).relu()
    skips = [out]
    for level, name in enumerate(_DOWN):
        kernel = net.raster(name, 2).permute(4, 3, 0, 1, 2)
        out = F.conv3d(out, kernel, stride=2)
        out = net.norm(f"bn{level + 1}", out, masks[level + 1]).relu()
        out = net.stage(level + 1, out, masks[level + 1])
        skips.append(out)
    skips.pop()
    for step, name in enumerate(_UP):
        here = masks[3 - step]
        out = F.conv_transpose3d(out, net.raster(name, 2).permute(3, 4, 0, 1, 2), stride=2)
        out = net.norm(f"bntr{step + 4}", out, here).relu()
        out = net.stage(step + 5, torch.cat([out, skips.pop()], 1), here)
    features = out[b, :, z, y, x]
    logits = features @ net.get("final.kernel") + net.get("final.bias")
    return features, logits


class _Net:
    def __init__(self, state: Mapping[str, Tensor]) -> None:
        self.state = state

    def get(self, key: str) -> Tensor:
        return self.state[key].double()

    def raster(self, name: str, size: int) -> Tensor:
        """(z, y, x, Cin, Cout)."""
        kernel = self.get(f"{name}.kernel")
        return kernel.reshape(size, size, size, *kernel.shape[1:])

    def raster3(self, name: str, grid: Tensor) -> Tensor:
        return F.conv3d(grid, self.raster(name, 3).permute(4, 3, 0, 1, 2), padding=1)

    def stored3(self, name: str, grid: Tensor) -> Tensor:
        stored = self.get(f"{name}.kernel")
        kernel = torch.zeros(stored.shape[2], stored.shape[1], 3, 3, 3, dtype=torch.float64)
        for tap, (x, y, z) in enumerate(STORED_OFFSETS):
            kernel[:, :, z + 1, y + 1, x + 1] = stored[tap].t()
        return F.conv3d(grid, kernel, padding=1)

    def norm(self, name: str, grid: Tensor, mask: Tensor) -> Tensor:
        out = F.batch_norm(
            grid,
            self.get(f"{name}.bn.running_mean"),
            self.get(f"{name}.bn.running_var"),
            self.get(f"{name}.bn.weight"),
            self.get(f"{name}.bn.bias"),
            eps=1e-5,
        )
        return out * mask

    def stage(self, number: int, grid: Tensor, mask: Tensor) -> Tensor:
        block = 0
        while f"block{number}.{block}.conv1.kernel" in self.state:
            name = f"block{number}.{block}"
            hidden = self.norm(f"{name}.norm1", self.stored3(f"{name}.conv1", grid), mask).relu()
            hidden = self.norm(f"{name}.norm2", self.stored3(f"{name}.conv2", hidden), mask)
            if f"{name}.downsample.0.kernel" in self.state:
                matrix = self.get(f"{name}.downsample.0.kernel")
                grid = torch.einsum("bczyx,co->bozyx", grid, matrix)
                grid = self.norm(f"{name}.downsample.1", grid, mask)
            grid = (hidden + grid).relu()
            block += 1
        return grid
