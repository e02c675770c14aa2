# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""spconv on CUDA. The only file that imports it.

Its CPU build is refused: with more than one thread it was measured to return wrong rows that differ
from run to run.

spconv works out topology itself, from coordinates [batch, z, y, x] that are not negative, and
orders coarse voxels as its hash table likes. What it found is kept with the plan, together with the
permutation from its rows to ours.
"""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from fewpoints.models.engine.backends.base import ConvCase
from fewpoints.models.engine.coords import VoxelSet
from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.plan import ConvPlan

_KEY = "plan"


class SpconvBackend:
    """See the module's docstring."""

    name = "spconv"

    def accepts(self, case: ConvCase) -> str | None:
        """CUDA, float32 or float16."""
        if case.device.type != "cuda":
            return (
                "it is used on CUDA only; its CPU build gives wrong, varying results with more than"
                " one thread"
            )
        if case.dtype not in (torch.float32, torch.float16):
            return f"it computes in float32 or float16, not {case.dtype}"
        try:
            _library()
        except Exception as error:  # a build for another CUDA fails in every way there is
            return f"it cannot be imported ({type(error).__name__}: {error})"
        return None

    def convolve(
        self,
        features: Tensor,
        weight: Tensor,
        plan: ConvPlan,
        *,
        epilogue: Epilogue | None = None,
    ) -> Tensor:
        """See `Backend.convolve`."""
        if len(plan.source) == 0:
            out = features @ weight[0]  # (0, Cout), with a gradient
        else:
            out = _run(features, weight, plan)
        return out if epilogue is None else epilogue.of(out)


@lru_cache(maxsize=1)
def _library() -> Any:  # spconv has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("spconv.pytorch")


@dataclass(frozen=True)
class _Grid:
    """One voxel set as spconv wants it: indices (V, 4) int32 [batch, z, y, x] from 0."""

    indices: Tensor
    shape: list[int]  # z, y, x
    batches: int


@dataclass(frozen=True)
class _Halving:
    """spconv's own idea of a strided plan.

    grid: the coarse voxels in spconv's order. ours: (coarse,) int64, our row of each of its rows.
    """

    grid: _Grid
    ours: Tensor
    indice_dict: dict[str, Any]  # spconv's own objects


def _run(features: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
    training = torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad)
    k = plan.kernel_size
    # (taps, Cin, Cout), x fastest, to (Cout, z, y, x, Cin).
    kernel = weight.reshape(k, k, k, *weight.shape[1:]).permute(4, 0, 1, 2, 3).contiguous()
    conv = _module(plan.kind, k, plan.dilation, weight.shape[1], weight.shape[2], training)
    if plan.kind == "submanifold":
        # Topology made for inference lacks what the backward pass needs.
        key = f"spconv {'training' if training else 'inference'}"
        known = plan.derived.get(key) or (_grid(plan.source), {})
        grid, found = cast("tuple[_Grid, dict[str, Any]]", known)
        out = _apply(conv, kernel, features, grid, found)
        plan.derived[key] = (grid, out.indice_dict)
        return cast(Tensor, out.features)
    if plan.kind == "strided":
        out = _apply(conv, kernel, features, _grid(plan.source), {})
        halving = plan.derived["spconv"] = _halving(plan, out)
        back = torch.empty_like(halving.ours)
        back[halving.ours] = torch.arange(len(back), device=back.device)
        return cast(Tensor, out.features[back])
    down = plan.transpose
    if "spconv" not in down.derived:
        down.derived["spconv"] = _halving_of_nothing(down)
    halving = cast(_Halving, down.derived["spconv"])
    spread = _apply(conv, kernel, features[halving.ours], halving.grid, halving.indice_dict)
    return cast(Tensor, spread.features)


def _apply(
    conv: nn.Module, kernel: Tensor, features: Tensor, grid: _Grid, found: dict[str, Any]
) -> Any:  # a SparseConvTensor
    given = _library().SparseConvTensor(
        features, grid.indices, grid.shape, grid.batches, indice_dict=found
    )
    return functional_call(conv, {"weight": kernel}, (given,))


@lru_cache(maxsize=256)
def _module(
    kind: str,
    kernel_size: int,
    dilation: int,
    in_channels: int,
    out_channels: int,
    training: bool,
) -> nn.Module:
    """Return a module without storage: `functional_call` gives it the weight of the moment."""
    library = _library()
    common = {"bias": False, "indice_key": _KEY}
    with torch.device("meta"):
        if kind == "submanifold":
            conv = library.SubMConv3d(
                in_channels, out_channels, kernel_size, dilation=dilation, **common
            )
        elif kind == "strided":
            conv = library.SparseConv3d(in_channels, out_channels, 2, stride=2, **common)
        else:
            conv = library.SparseInverseConv3d(in_channels, out_channels, 2, **common)
    return cast(nn.Module, conv.train(training))


def _halving(plan: ConvPlan, out: Any) -> _Halving:  # a SparseConvTensor
    """Keep what a strided convolution found out about the coarse voxels."""
    low = _low(plan.source)
    batch, z, y, x = out.indices.long().unbind(1)
    halved = [value // 2 for value in low[1:]]
    coords = torch.stack([batch + low[0], x + halved[0], y + halved[1], z + halved[2]], dim=1)
    ours = torch.searchsorted(plan.target.keys, plan.target.packing.pack(coords))
    shape = [int(size) for size in out.spatial_shape]
    return _Halving(_Grid(out.indices, shape, out.batch_size), ours, out.indice_dict)


def _halving_of_nothing(plan: ConvPlan) -> _Halving:
    """Upsampling without a strided convolution before it: convolve ones to find the grid."""
    ones = torch.ones(len(plan.source), 1, device=plan.source.device)
    kernel = torch.ones(1, 2, 2, 2, 1, device=plan.source.device)
    with torch.no_grad():
        conv = _module("strided", 2, 1, 1, 1, False)
        return _halving(plan, _apply(conv, kernel, ones, _grid(plan.source), {}))


def _grid(voxels: VoxelSet) -> _Grid:
    low = _low(voxels)
    batch, x, y, z = voxels.coords.unbind(1)
    indices = torch.stack([batch - low[0], z - low[3], y - low[2], x - low[1]], dim=1).int()
    high = [int(value) + 1 for value in indices.amax(0).tolist()]
    # Even, so that halving it loses no voxel at the far end.
    return _Grid(indices.contiguous(), [size + size % 2 for size in high[1:]], high[0])


def _low(voxels: VoxelSet) -> list[int]:
    """Return the smallest batch, x, y, z; even for x, y, z so that halving keeps its phase."""
    batch, *axes = voxels.coords.amin(0).tolist()
    return [batch, *(value - value % 2 for value in axes)]
