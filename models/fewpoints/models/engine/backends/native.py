# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Plain PyTorch: gather, multiply, sum. CPU and CUDA, forward and backward, no compiler.

Work goes band by band and run by run (see `schedule`), in blocks small enough that gathered rows
and products are still in cache when they are used. Scratch buffers are re-used for every block:
fresh ones would cost a page fault per 4 kB. The backward pass gathers again instead of keeping a
copy of the input per tap.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from fewpoints.models.engine.backends.base import ConvCase
from fewpoints.models.engine.epilogue import Epilogue
from fewpoints.models.engine.plan import ConvPlan
from fewpoints.models.engine.schedule import Band, Chunk, Schedule
from fewpoints.models.engine.threads import run_all, worker_count

# Read by oneDNN before its first product: the 1,024 compiled shapes it keeps are too few.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "8192")

# Bytes of gathered rows per block: about one core's level-2 cache on a CPU; on a GPU a
# block only bounds memory.
_BLOCK_BYTES = {"cpu": 1 << 20, "cuda": 256 << 20}
# Output rows per band. Small enough on a CPU that a band's products stay in the shared cache.
_BAND_ROWS = {"cpu": 6144, "cuda": 1 << 17}
# Fewer output rows than this are not worth a thread of their own.
_MIN_BAND_ROWS = 128
# Up to this many input channels a product per run is too small; absent taps read a row of zeros.
_FEW_CHANNELS = 8
# Rows that may be read and written past the end of a buffer: 255 of up to eight taps.
_SPARE_ROWS = 256 * 8


class NativeBackend:
    """See the module's docstring."""

    name = "native"

    def accepts(self, case: ConvCase) -> str | None:
        """Every kernel on every device; floating point only."""
        if not case.dtype.is_floating_point:
            return f"features must be floating point, not {case.dtype}"
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
        if epilogue is not None:
            return _product(features, weight, plan, epilogue)
        return _apply(features, weight, plan)


class _GatherMultiplyScatter(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
        ctx.save_for_backward(features, weight)
        ctx.plan = plan
        return _product(features, weight, plan)

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
    swapped = weight.transpose(1, 2)
    if plan.kind == "submanifold":
        # Reading a submanifold plan backwards is reading it with the kernel mirrored.
        return _product(grad, swapped.flip(0), plan)
    return _product(grad, swapped, plan.transpose)


def _gradient_of_weight(features: Tensor, grad: Tensor, weight: Tensor, plan: ConvPlan) -> Tensor:
    features = features.contiguous()
    schedule = _schedule(plan)
    parallel = features.device.type == "cpu"
    shares = max(1, min(worker_count(), len(schedule))) if parallel else 1
    # Sums of many runs: in half precision they would lose what the later runs add.
    summed = torch.promote_types(grad.dtype, torch.float32)
    results = [torch.zeros(weight.shape, dtype=summed, device=grad.device)]
    results += [torch.zeros_like(results[0]) for _ in range(shares - 1)]
    tasks = [
        partial(
            _add_gradient_of_bands,
            features,
            grad,
            schedule,
            range(share, len(schedule), shares),
            result,
        )
        for share, result in enumerate(results)
    ]
    run_all(tasks, parallel=parallel)
    for other in results[1:]:  # In this order, so that the sum is the same every time.
        results[0].add_(other)
    return results[0].to(weight.dtype)


def _add_gradient_of_bands(
    features: Tensor, grad: Tensor, schedule: Schedule, share: range, result: Tensor
) -> None:
    in_channels, out_channels = result.shape[1:]
    for band in map(schedule.band, share):
        for chunk in band.chunks(_block_pairs(features)):
            in_rows, out_rows = band.in_rows[chunk.pairs], band.out_rows[chunk.entries]
            gathered = _SCRATCH.take("in", features, len(in_rows), in_channels)
            torch.index_select(features, 0, in_rows, out=gathered)
            arriving = _SCRATCH.take("out", grad, len(out_rows), out_channels)
            torch.index_select(grad, 0, out_rows, out=arriving)
            pair = entry = 0
            for run in chunk.runs:
                left = gathered[pair : pair + run.count * run.length].view(run.count, -1)
                taps = result[run.tap : run.tap + run.length].view(-1, out_channels)
                _add_product(taps, left, arriving[entry : entry + run.count])
                pair += run.count * run.length
                entry += run.count


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add left.T @ right to `total`, which is float32 or wider."""
    if left.dtype == total.dtype:
        total.addmm_(left.t(), right)
        return
    whole = len(left)
    if _wants_few_shapes(left):
        whole -= whole % 64
        total.addmm_(left[whole:].float().t(), right[whole:].float())
    if whole:
        total.add_(left[:whole].t() @ right[:whole])


def _product(
    features: Tensor, weight: Tensor, plan: ConvPlan, epilogue: Epilogue | None = None
) -> Tensor:
    """Return the convolution, (U, Cout), with what follows it."""
    features = features.contiguous()
    weight = weight.contiguous()
    rows = len(plan.target)
    if epilogue is None:
        out = features.new_empty(rows, weight.shape[2])
    else:
        out = epilogue.result_for(features, rows)
    parallel = features.device.type == "cpu"
    if weight.shape[1] <= _FEW_CHANNELS and parallel:
        sums = partial(_sums_over_all_taps, features, weight, plan.table)
    else:
        sums = partial(_sums, features, weight)

    schedule = _schedule(plan)

    def work(index: int) -> None:
        band = schedule.band(index)
        found, result = sums(band), out[band.low : band.high]
        if epilogue is None:
            result.copy_(found)
        else:
            epilogue.finish(found, result)

    run_all([partial(work, index) for index in range(len(schedule))], parallel=parallel)
    return out


def _sums(features: Tensor, weight: Tensor, band: Band) -> Tensor:
    """Return the convolution in the rows of a band."""
    in_channels, out_channels = weight.shape[1:]
    stacked = weight.view(-1, out_channels)  # Taps that follow each other are one matrix.
    matrices: dict[tuple[int, int], Tensor] = {}
    products = _SCRATCH.take("out", features, len(band.members), out_channels)
    few_shapes = _wants_few_shapes(features)
    for chunk in band.chunks(_block_pairs(features)):
        in_rows = band.in_rows[chunk.pairs]
        gathered = _SCRATCH.take("in", features, len(in_rows), in_channels)
        torch.index_select(features, 0, in_rows, out=gathered)
        if few_shapes:
            _multiply_rounded_up(chunk, features, stacked, products)
            continue
        inputs = torch.split(gathered, chunk.pair_counts)
        outputs = torch.split(products[chunk.entries], chunk.entry_counts)
        for run, left, right in zip(chunk.runs, inputs, outputs, strict=True):
            key = run.tap, run.length
            matrix = matrices.get(key)
            if matrix is None:
                first = run.tap * in_channels
                matrix = matrices[key] = stacked[first : first + run.length * in_channels]
            if run.length > 1:
                left = left.view(run.count, -1)
            torch.mm(left, matrix, out=right)
    return torch.nn.functional.embedding_bag(
        band.members, products, band.ends, mode="sum", include_last_offset=True
    )


def _multiply_rounded_up(chunk: Chunk, like: Tensor, stacked: Tensor, products: Tensor) -> None:
    """Multiply the gathered rows of a chunk, each run with some rows more than it has.

    Those rows are whatever follows in the buffers; their products land where the next run's do,
    which is multiplied later and overwrites them.
    """
    channels = like.shape[1]
    gathered = _SCRATCH.buffer("in", like)
    out = _SCRATCH.buffer("out", like)
    columns = products.shape[1]
    pair, entry = 0, chunk.entries.start
    for run in chunk.runs:
        width = run.length * channels
        rows = _rounded_up(run.count)
        left = gathered[pair * channels : pair * channels + rows * width].view(rows, width)
        right = out[entry * columns : (entry + rows) * columns].view(rows, columns)
        first = run.tap * channels
        torch.mm(left, stacked[first : first + width], out=right)
        pair += run.count * run.length
        entry += run.count


def _wants_few_shapes(features: Tensor) -> bool:
    """Whether products of ever new shapes are slow: oneDNN compiles one for every shape."""
    return features.device.type == "cpu" and features.dtype in (torch.bfloat16, torch.float16)


def _rounded_up(count: int) -> int:
    step = 64 if count <= 1024 else 256
    return -(-count // step) * step


def _sums_over_all_taps(features: Tensor, weight: Tensor, table: Tensor, band: Band) -> Tensor:
    """Return the same for few channels: one product over every tap, absent ones as zeros."""
    taps, channels = weight.shape[:2]
    rows = table[:, band.low : band.high].t().flatten()
    gathered = _SCRATCH.take("in", features, len(rows), channels)
    torch.index_select(features, 0, rows.clamp(min=0), out=gathered)
    gathered.masked_fill_((rows < 0).unsqueeze(1), 0)
    return gathered.view(-1, taps * channels) @ weight.view(taps * channels, -1)


def _block_pairs(features: Tensor) -> int:
    """Return how many gathered rows of `features` make a block."""
    budget = _BLOCK_BYTES.get(features.device.type, _BLOCK_BYTES["cuda"])
    return max(32, budget // max(1, features.shape[1] * features.element_size()))


def _schedule(plan: ConvPlan) -> Schedule:
    """Return the plan's work, cut for the threads at hand."""
    device = plan.table.device.type
    rows = _BAND_ROWS.get(device, _BAND_ROWS["cuda"])
    if device == "cpu":
        share = -(-len(plan.target) // worker_count())
        rows = max(_MIN_BAND_ROWS, min(rows, share))
    key = f"native {rows}"
    schedule = plan.derived.get(key)
    if schedule is None:
        schedule = plan.derived[key] = Schedule(plan.table, plan.kernel_size, rows)
    return cast(Schedule, schedule)


class _Scratch(threading.local):
    """Two growing flat buffers per thread, kind of device and type."""

    def __init__(self) -> None:
        self.buffers: dict[tuple[str, torch.device, torch.dtype], Tensor] = {}

    def take(self, name: str, like: Tensor, rows: int, columns: int) -> Tensor:
        """Return an uninitialised (rows, columns) buffer, valid until the next call with `name`."""
        key = (name, like.device, like.dtype)
        buffer = self.buffers.get(key)
        needed = (rows + _SPARE_ROWS) * columns
        if buffer is None or buffer.numel() < needed:
            buffer = self.buffers[key] = torch.empty(needed, dtype=like.dtype, device=like.device)
        return buffer[: rows * columns].view(rows, columns)

    def buffer(self, name: str, like: Tensor) -> Tensor:
        """Return the flat buffer behind what was taken last under `name`."""
        return self.buffers[name, like.device, like.dtype]


# torch ships no types for Function.apply.
_apply: Callable[[Tensor, Tensor, ConvPlan], Tensor] = _GatherMultiplyScatter.apply
_SCRATCH = _Scratch()
