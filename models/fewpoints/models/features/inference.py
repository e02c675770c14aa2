# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One pass of a Res16UNet over a voxel set of any size, in bounded memory and without seams.

The receptive field of the whole network (about 350 voxels, 7 m at 2 cm) is too wide to pad blocks
with, but almost all of it comes from the coarse grids, which are small. So the pass is split at a
grid `level`:

1. *down*: block by block, the stem and the stages above `level`. These few layers look at 9 voxels
   around a block at level 2; the halo is 16, and what is computed there is exact.
2. *middle*: the grids from `level` on, whole. At level 2 a scanned surface has about 1/16 of the
   voxels.
3. *up*: block by block again, the last stages, which look at 13 voxels around a block at level 2.

Every voxel sees exactly the neighbours it would see in one whole pass, so the result differs by
float32 rounding only: 1e-6 relative in the median, 3e-6 at most, with Res16UNet34C on a real iPad
scan and on the simulated room. Kept for the whole scan are the skip connections of the grids
between, not the finest one (its stem is one layer and computed again), and the middle.

Where even coarse grids are large, because the points lie further apart than the voxels are wide,
the split moves down, and at last each block runs the whole network by itself with the full
receptive field as its halo: that is affordable exactly then, since so few points lie in the halo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fewpoints.annotations.errors import AppError
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.engine.coords import ALIGNMENT_VOXELS, VoxelSet, voxel_set
from fewpoints.models.engine.kernel_map import halve
from fewpoints.models.engine.modules import SparseBatchNorm, StridedConv3d, TransposedConv3d
from fewpoints.models.engine.plan import PyramidPlan
from fewpoints.models.features.regions import Region, cut_into_regions
from fewpoints.models.nets.blocks import Stage, conv_norm
from fewpoints.models.nets.res_unet import DEPTH, Output, Res16UNet

_DOWN = ("conv1p1s2", "conv2p2s2", "conv3p4s2", "conv4p8s2")
_UP = ("convtr7p2s2", "convtr6p4s2", "convtr5p8s2", "convtr4p16s2")  # By the level they lead to.

# (voxel rows (V,) int64, their features and logits): called once per block with disjoint rows.
Consume = Callable[[NDArray[np.int64], Output], None]


@dataclass(frozen=True)
class Limits:
    """How many voxels are worked on at once.

    whole: a scan up to this is run in one piece; a voxel needs about 2.5 kB at the finest grid.
    block: voxels of the finest grid per block, without its halo.
    middle: voxels of the grid where the pass is split.
    """

    whole: int = 600_000
    block: int = 300_000
    middle: int = 800_000


class NoSuchDevice(AppError):
    """A device was asked for that this machine does not have."""

    status = 422
    code = "no_such_device"


def choose_device(device: str) -> torch.device:
    """Return the torch device; "auto" is the GPU if there is one.

    Raises:
        NoSuchDevice: it is not there.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise NoSuchDevice(
            f'The device "{device}" cannot be used on this machine. Use auto or cpu.'
        ) from error
    return chosen


@contextmanager
def evaluating(network: Res16UNet) -> Iterator[None]:
    """Use running statistics and no gradients; put the network back as it was afterwards."""
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        network.train(training)


def run_network(
    network: Res16UNet,
    coords: NDArray[np.int32],
    colours: NDArray[np.float32] | Callable[[NDArray[np.int64]], NDArray[np.float32]],
    consume: Consume,
    *,
    device: torch.device | None = None,
    limits: Limits | None = None,
    progress: Progress = no_progress,
) -> str:
    """Run the network in evaluation mode over all voxels and hand the results over block by block.

    Args:
        network: moved to `device`.
        coords: (V, 3) int32, distinct, x fastest then y then z (as `voxelise` sorts them).
        colours: (V, 3) network input, or a function that gives it for some voxel rows.
        consume: gets every voxel exactly once.
        limits: voxels at once.
        progress: may raise to cancel; called between blocks.

    Returns:
        How the pass was run, for logs: "whole", or "split at grid L, B blocks".
    """
    limits = limits or Limits()
    where = device or torch.device("cpu")
    network.to(where)
    given = colours if callable(colours) else _from_array(colours)
    scan = _Scan(network, torch.from_numpy(coords), given, where)
    with evaluating(network):
        if len(coords) == 0:
            return "whole"
        if len(coords) <= limits.whole:
            progress(0.0, f"Running the network on {len(coords):,} voxels")
            rows = np.arange(len(coords), dtype=np.int64)
            consume(rows, network(scan.batched(scan.coords), scan.input(rows)))
            progress(1.0, f"Ran the network on {len(coords):,} voxels")
            return "whole"
        levels = _coarser_grids(scan.batched(scan.coords))
        level = next((n for n in range(2, DEPTH + 1) if len(levels[n]) <= limits.middle), DEPTH + 1)
        regions = cut_into_regions(scan.coords, limits.block)
        if level > DEPTH:
            del levels
            _run_alone(scan, regions, consume, progress)
        else:
            _run_split(scan, regions, levels, level, consume, progress)
        return f"split at grid {level}, {len(regions)} blocks"


def down_halo(network: Res16UNet, level: int) -> int:
    """Voxels around a block that its stem and stages above grid `level` look at."""
    reach = network.stem_kernel_size // 2
    for stage in range(1, level):
        reach += 2 * len(_stage(network, stage)) << stage
    return _aligned(reach)


def up_halo(network: Res16UNet, level: int) -> int:
    """Voxels around a block that the up stages finer than grid `level` look at, and the stem."""
    reach = network.stem_kernel_size // 2
    for grid in range(level):
        reach += 2 * len(_stage(network, 2 * DEPTH - grid)) << grid
    return _aligned(reach)


def full_halo(network: Res16UNet) -> int:
    """Voxels around a block that the whole network looks at."""
    reach = network.stem_kernel_size // 2
    for stage in range(1, DEPTH + 1):
        reach += 2 * len(_stage(network, stage)) << stage
    for grid in range(DEPTH):
        reach += 2 * len(_stage(network, 2 * DEPTH - grid)) << grid
    return _aligned(reach)


def _aligned(reach: int) -> int:
    return -(-reach // ALIGNMENT_VOXELS) * ALIGNMENT_VOXELS


@dataclass
class _Scan:
    """What every block of one scan is cut from."""

    network: Res16UNet
    coords: Tensor  # (V, 3) int32, on the CPU.
    colours: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    device: torch.device

    def input(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self.colours(rows)).to(self.device)

    def batched(self, coords: Tensor) -> Tensor:
        return torch.nn.functional.pad(coords, (1, 0)).to(self.device)

    def rows_in(self, region: Region) -> Tensor:
        return region.mask(self.coords).nonzero().squeeze(1)


def _run_alone(scan: _Scan, regions: list[Region], consume: Consume, progress: Progress) -> None:
    halo = full_halo(scan.network)
    for index, region in enumerate(regions):
        progress(index / len(regions), f"Block {index + 1} of {len(regions)}")
        rows = scan.rows_in(region.grown(halo))
        core = region.mask(scan.coords[rows])
        out = scan.network(scan.batched(scan.coords[rows]), scan.input(rows.numpy()))
        inside = core.to(scan.device)
        consume(rows[core].numpy(), Output(out.features[inside], out.logits[inside]))
    progress(1.0, f"Ran {len(regions)} blocks")


def _run_split(
    scan: _Scan,
    regions: list[Region],
    levels: list[VoxelSet],
    level: int,
    consume: Consume,
    progress: Progress,
) -> None:
    network, device = scan.network, scan.device
    widths = [getattr(network, name).in_channels for name in _DOWN]
    skips: list[Tensor | None] = [None] + [
        torch.empty(len(levels[grid]), widths[grid], device=device) for grid in range(1, level)
    ]
    middle = torch.empty(len(levels[level]), widths[level - 1], device=device)

    report = part_of(progress, 0.0, 0.3)
    halo = down_halo(network, level)
    for index, region in enumerate(regions):
        report(index / len(regions), f"Going down, block {index + 1} of {len(regions)}")
        rows = scan.rows_in(region.grown(halo))
        plan = PyramidPlan(scan.batched(scan.coords[rows]), depth=level)
        features = _stem(network, plan, scan.input(rows.numpy()))
        for grid in range(level):
            if grid:
                _keep(features, plan.levels[grid], region, grid, levels[grid], skips[grid])
            features = _down(network, grid, features, plan)
            if grid + 1 < level:
                features = _stage(network, grid + 1)(features, plan.submanifold(grid + 1))
        _keep(features, plan.levels[level], region, level, levels[level], middle)

    progress(0.3, f"Coarse grid of {len(middle):,} voxels, whole")
    middle = _middle(network, levels[level], level, middle)

    report = part_of(progress, 0.4, 1.0)
    halo = up_halo(network, level)
    for index, region in enumerate(regions):
        report(index / len(regions), f"Going up, block {index + 1} of {len(regions)}")
        rows = scan.rows_in(region.grown(halo))
        plan = PyramidPlan(scan.batched(scan.coords[rows]), depth=level)
        finest = _stem(network, plan, scan.input(rows.numpy()))
        features = middle[_rows_of(plan.levels[level], levels[level])]
        for grid in range(level - 1, -1, -1):
            known = skips[grid]
            skip = finest if known is None else known[_rows_of(plan.levels[grid], levels[grid])]
            features = _up(network, grid, features, skip, plan.up(grid), plan.submanifold(grid))
        core = region.mask(scan.coords[rows])
        features = features[core.to(device)]
        consume(rows[core].numpy(), Output(features, network.final(features)))
    progress(1.0, f"Ran {len(regions)} blocks")


def _middle(network: Res16UNet, voxels: VoxelSet, level: int, features: Tensor) -> Tensor:
    """Everything from grid `level` on, over the whole scan."""
    plan = PyramidPlan(voxels.coords, depth=DEPTH - level)
    skips = []
    features = _stage(network, level)(features, plan.submanifold(0))
    for grid in range(level, DEPTH):
        skips.append(features)
        conv, norm = _pair(network, _DOWN[grid], f"bn{grid + 1}")
        features = conv_norm(conv, norm, features, plan.down[grid - level])
        features = _stage(network, grid + 1)(features, plan.submanifold(grid + 1 - level))
    for grid in range(DEPTH - 1, level - 1, -1):
        at = grid - level
        features = _up(network, grid, features, skips.pop(), plan.up(at), plan.submanifold(at))
    return features


def _stem(network: Res16UNet, plan: PyramidPlan, colours: Tensor) -> Tensor:
    stem_plan = plan.submanifold(0, network.stem_kernel_size)
    colours = plan.to_voxels(colours.to(network.conv0p1s1.kernel.dtype))
    return conv_norm(network.conv0p1s1, network.bn0, colours, stem_plan)


def _down(network: Res16UNet, grid: int, features: Tensor, plan: PyramidPlan) -> Tensor:
    conv, norm = _pair(network, _DOWN[grid], f"bn{grid + 1}")
    return conv_norm(conv, norm, features, plan.down[grid])


def _up(
    network: Res16UNet,
    grid: int,
    features: Tensor,
    skip: Tensor,
    up_plan: object,
    plan: object,
) -> Tensor:
    """From grid + 1 to `grid`, through its stage."""
    conv, norm = _pair(network, _UP[grid], f"bntr{2 * DEPTH - 1 - grid}")
    features = conv_norm(conv, norm, features, up_plan)  # type: ignore[arg-type]
    features = torch.cat([features, skip], dim=1)
    stage = _stage(network, 2 * DEPTH - grid)
    return stage(features, plan)  # type: ignore[no-any-return]


def _keep(
    features: Tensor,
    own: VoxelSet,
    region: Region,
    grid: int,
    everything: VoxelSet,
    into: Tensor | None,
) -> None:
    """Copy the rows of a block that are not halo to their place in the whole scan."""
    assert into is not None
    core = region.mask(own.coords[:, 1:], level=grid)
    into[_rows_of(own, everything)[core]] = features[core]


def _rows_of(own: VoxelSet, everything: VoxelSet) -> Tensor:
    """(v,) rows of a block's voxels in the set of the whole scan."""
    return torch.searchsorted(everything.keys, everything.packing.pack(own.coords))


def _coarser_grids(coords: Tensor) -> list[VoxelSet]:
    levels = [voxel_set(coords)]
    for _ in range(DEPTH):
        levels.append(halve(levels[-1])[0])
    return levels


def _pair(
    network: Res16UNet, conv_name: str, norm_name: str
) -> tuple[StridedConv3d | TransposedConv3d, SparseBatchNorm]:
    conv, norm = network.get_submodule(conv_name), network.get_submodule(norm_name)
    assert isinstance(conv, StridedConv3d | TransposedConv3d)
    assert isinstance(norm, SparseBatchNorm)
    return conv, norm


def _stage(network: Res16UNet, number: int) -> Stage:
    stage = network.get_submodule(f"block{number}")
    assert isinstance(stage, Stage)
    return stage


def _from_array(
    colours: NDArray[np.float32],
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    return lambda rows: colours[rows]
