# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""MinkowskiEngine 0.5, where the user has it. The only file that imports it.

The library is no longer maintained and its last release does not import on Python 3.10 or newer, so
it is never picked automatically. Its coordinate maps order voxels as they like; what it found is
kept with the plan, together with the permutation from its rows to ours.
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


class MinkowskiBackend:
    """See the module's docstring."""

    name = "minkowski"

    def accepts(self, case: ConvCase) -> str | None:
        """Whatever the installed build supports: CPU, and CUDA if it was compiled with it."""
        try:
            library = _library()
        except Exception as error:  # an outdated extension fails in every way there is
            return f"it cannot be imported ({type(error).__name__}: {error})"
        if case.device.type == "cuda" and not library.is_cuda_available():
            return "the installed MinkowskiEngine was built without CUDA"
        if case.dtype not in (torch.float32, torch.float64):
            return f"it computes in float32 or float64, not {case.dtype}"
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
def _library() -> Any:  # MinkowskiEngine has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("MinkowskiEngine")


@dataclass(frozen=True)
class _Maps:
    """Coordinate maps of one plan: keys in a manager, and where each of its rows is in ours."""

    manager: Any  # the library's own objects
    in_key: Any
    out_key: Any
    in_ours: Tensor
    out_ours: Tensor


def _run(features: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
    library = _library()
    maps = plan.derived.get("minkowski")
    if maps is None:
        maps = plan.derived["minkowski"] = _make_maps(plan)
    maps = cast(_Maps, maps)
    conv = _module(plan.kind, plan.kernel_size, plan.dilation, weight.shape[1], weight.shape[2])
    given = library.SparseTensor(
        features[maps.in_ours],
        coordinate_map_key=maps.in_key,
        coordinate_manager=maps.manager,
    )
    out = functional_call(conv, {"kernel": weight}, (given, maps.out_key)).F
    back = torch.empty_like(maps.out_ours)
    back[maps.out_ours] = torch.arange(len(back), device=back.device)
    return cast(Tensor, out[back])


@lru_cache(maxsize=256)
def _module(
    kind: str, kernel_size: int, dilation: int, in_channels: int, out_channels: int
) -> nn.Module:
    """Return a module whose own kernel is never used: `functional_call` gives the real one."""
    library = _library()
    if kind == "transposed":
        conv = library.MinkowskiConvolutionTranspose(
            in_channels, out_channels, kernel_size=2, stride=2, dimension=3
        )
    else:
        conv = library.MinkowskiConvolution(
            in_channels,
            out_channels,
            kernel_size=kernel_size,
            stride=2 if kind == "strided" else 1,
            dilation=dilation,
            dimension=3,
        )
    return cast(nn.Module, conv)


def _make_maps(plan: ConvPlan) -> _Maps:
    library = _library()
    fine = plan.target if plan.kind == "transposed" else plan.source
    seed = library.SparseTensor(
        torch.ones(len(fine), 1, device=fine.device), coordinates=fine.coords.contiguous()
    )
    manager, fine_key = seed.coordinate_manager, seed.coordinate_map_key
    if plan.kind == "submanifold":
        ours = _rows_in(fine, manager.get_coordinates(fine_key), 1)
        return _Maps(manager, fine_key, fine_key, ours, ours)
    coarse = plan.source if plan.kind == "transposed" else plan.target
    coarse_key = manager.stride(fine_key, 2)
    fine_ours = _rows_in(fine, manager.get_coordinates(fine_key), 1)
    coarse_ours = _rows_in(coarse, manager.get_coordinates(coarse_key), 2)
    if plan.kind == "strided":
        return _Maps(manager, fine_key, coarse_key, fine_ours, coarse_ours)
    return _Maps(manager, coarse_key, fine_key, coarse_ours, fine_ours)


def _rows_in(voxels: VoxelSet, theirs: Tensor, stride: int) -> Tensor:
    """Return (V,) int64, our row of each of their coordinates, which are multiples of stride."""
    coords = theirs.long().clone()
    coords[:, 1:] = torch.div(coords[:, 1:], stride, rounding_mode="floor")
    return torch.searchsorted(voxels.keys, voxels.packing.pack(coords.to(voxels.device)))
