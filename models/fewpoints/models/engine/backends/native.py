# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Plain PyTorch: gather, multiply, scatter-add. CPU and CUDA, forward and backward, no compiler.

Work goes through the pieces of `schedule` in blocks small enough that the gathered rows and their
product are still in cache when they are used. The two scratch buffers are re-used for every block:
fresh ones would cost a page fault per 4 kB. The backward pass gathers again instead of keeping
a copy of the input per tap.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fewpoints.models.engine.backends.base import ConvCase
from fewpoints.models.engine.plan import ConvPlan
from fewpoints.models.engine.schedule import Piece, cut_into_pieces

# Bytes of gathered rows per block: about one core's level-2 cache on a CPU; on a GPU a
# block only bounds memory.
_BLOCK_BYTES = {"cpu": 1 << 20, "cuda": 256 << 20}
_MIN_BLOCK_ROWS = 32


class NativeBackend:
    """See the module's docstring."""

    name = "native"

    def accepts(self, case: ConvCase) -> str | None:
        """Every kernel on every device; floating point only."""
        if not case.dtype.is_floating_point:
            return f"features must be floating point, not {case.dtype}"
        return None

    def convolve(
        self, features: Tensor, weight: Tensor, plan: ConvPlan, *, onto: Tensor | None = None
    ) -> Tensor:
        """See `Backend.convolve`."""
        if onto is not None:
            return _accumulate(features, weight, plan, onto)
        return _apply(features, weight, plan)


class _GatherMultiplyScatter(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
        ctx.save_for_backward(features, weight)
        ctx.plan = plan
        out = features.new_zeros(len(plan.target), weight.shape[2])
        return _accumulate(features, weight, plan, out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        features, weight = ctx.saved_tensors
        plan: ConvPlan = ctx.plan
        grad = grad.contiguous()
        grad_features = grad_weight = None
        if ctx.needs_input_grad[0]:
            grad_features = _gradient_of_features(grad, weight, plan)
        if ctx.needs_input_grad[1]:
            grad_weight = _gradient_of_weight(features, grad, weight, plan)
        return grad_features, grad_weight, None


def _gradient_of_features(grad: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
    out = grad.new_zeros(len(plan.source), weight.shape[1])
    swapped = weight.transpose(1, 2)
    if plan.kind == "submanifold":
        # Reading a submanifold plan backwards is reading it with the kernel mirrored.
        return _accumulate(grad, swapped.flip(0), plan, out)
    return _accumulate(grad, swapped, plan.transpose, out)


def _gradient_of_weight(features: Tensor, grad: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
    result = torch.zeros_like(weight, memory_format=torch.contiguous_format)
    in_channels, out_channels = weight.shape[1:]
    scratch = _scratch()
    features = features.contiguous()
    for piece in _pieces(plan):
        count = len(piece.taps)
        total: Tensor | None = None
        for in_rows, out_rows in _blocks(piece, max(in_channels * count, out_channels), grad):
            gathered = scratch.take("in", features, len(in_rows), in_channels)
            torch.index_select(features, 0, in_rows, out=gathered)
            arriving = scratch.take("out", features, len(out_rows), out_channels)
            torch.index_select(grad, 0, out_rows, out=arriving)
            left = gathered.view(len(out_rows), count * in_channels).t()
            total = left @ arriving if total is None else total.addmm_(left, arriving)
        if total is not None:
            taps = torch.tensor(piece.taps, device=result.device)
            result.index_add_(0, taps, total.view(count, in_channels, out_channels))
    return result


def _accumulate(features: Tensor, weight: Tensor, plan: ConvPlan, out: Tensor) -> Tensor:
    """Add the convolution to `out` in place."""
    in_channels, out_channels = weight.shape[1:]
    features = features.contiguous()
    weight = weight.contiguous()
    scratch = _scratch()
    for piece in _pieces(plan):
        count = len(piece.taps)
        kernel = _side_by_side(weight, piece.taps)
        for in_rows, out_rows in _blocks(piece, in_channels * count, features):
            gathered = scratch.take("in", features, len(in_rows), in_channels)
            torch.index_select(features, 0, in_rows, out=gathered)
            product = scratch.take("out", features, len(out_rows), out_channels)
            torch.mm(gathered.view(len(out_rows), count * in_channels), kernel, out=product)
            out.index_add_(0, out_rows, product)
    return out


def _side_by_side(weight: Tensor, taps: tuple[int, ...]) -> Tensor:
    """Return (taps * Cin, Cout); a view where the taps follow each other."""
    first, last = taps[0], taps[-1]
    if last - first + 1 == len(taps):
        chosen = weight[first : last + 1]
    else:
        chosen = weight[list(taps)]
    return chosen.reshape(-1, weight.shape[2])


def _blocks(piece: Piece, row_values: int, like: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Cut a piece into blocks of about `_BLOCK_BYTES` of gathered values."""
    rows = len(piece.out_rows)
    count = len(piece.taps)
    budget = _BLOCK_BYTES.get(like.device.type, _BLOCK_BYTES["cuda"])
    block = max(_MIN_BLOCK_ROWS, budget // (row_values * like.element_size()))
    if rows <= block:
        return [(piece.in_rows, piece.out_rows)]
    return list(
        zip(
            torch.split(piece.in_rows, block * count),
            torch.split(piece.out_rows, block),
            strict=True,
        )
    )


def _pieces(plan: ConvPlan) -> list[Piece]:
    pieces = plan.derived.get("native")
    if pieces is None:
        pieces = plan.derived["native"] = cut_into_pieces(plan.table, plan.kernel_size)
    return cast("list[Piece]", pieces)


class _Scratch(threading.local):
    """Two growing flat buffers per thread, kind of device and type."""

    def __init__(self) -> None:
        self.buffers: dict[tuple[str, torch.device, torch.dtype], Tensor] = {}

    def take(self, name: str, like: Tensor, rows: int, columns: int) -> Tensor:
        """Return an uninitialised (rows, columns) buffer, valid until the next call with `name`."""
        key = (name, like.device, like.dtype)
        buffer = self.buffers.get(key)
        if buffer is None or buffer.numel() < rows * columns:
            buffer = self.buffers[key] = torch.empty(
                rows * columns, dtype=like.dtype, device=like.device
            )
        return buffer[: rows * columns].view(rows, columns)


# torch ships no types for Function.apply.
_apply: Callable[[Tensor, Tensor, ConvPlan], Tensor] = _GatherMultiplyScatter.apply
_SCRATCH = _Scratch()


def _scratch() -> _Scratch:
    return _SCRATCH
