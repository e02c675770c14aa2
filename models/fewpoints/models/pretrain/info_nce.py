# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Contrastive losses over matched points: PointInfoNCE and its partitioned form.

Letters used in shapes: N matched points, C channels, P partitions, B rows of a block.

PointContrast (sec. 3.3, PointInfoNCE), matched embeddings q_i and k_i of length 1:

    L_c = -1/N sum_i log( exp(q_i.k_i / t) / sum_j exp(q_i.k_j / t) )

Contrastive Scene Contexts (sec. 3, the loss per partition) lets i meet only those j that lie in
partition p as seen from i, and averages over partitions:

    L_p = -1/N sum_i log( e_ii / (e_ii + sum_{j in par_p(i)} e_ij) ),  e_ij = exp(q_i.k_j / t)
    L   = 1/P sum_p L_p

As in the released code the positive is in every denominator, a point without negatives in p counts
as 0, and i is of the first view, j of the second (one direction only).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

# (first row, past the last row) -> (B, N) uint8, the partition of each j as seen from each i;
# `partitions` or more: in none.
PartitionRows = Callable[[int, int], Tensor]

BLOCK_ELEMENTS = 1 << 20


def point_info_nce(
    queries: Tensor, keys: Tensor, temperature: float, *, block_rows: int | None = None
) -> Tensor:
    """Return PointInfoNCE, a scalar, of matched (N, C) embeddings."""
    return partitioned_info_nce(queries, keys, temperature, None, 1, block_rows=block_rows)


def partitioned_info_nce(
    queries: Tensor,
    keys: Tensor,
    temperature: float,
    partition_rows: PartitionRows | None,
    partitions: int,
    *,
    block_rows: int | None = None,
) -> Tensor:
    """Return L of the module's docstring, a scalar, in one pass over blocks of rows.

    Neither N x N nor N x N x P is ever in memory: a block's gradient depends on that block alone,
    so it is worked out with the loss, and backward only scales it.

    Args:
        queries: (N, C) of the first view, row i matched with row i of `keys`.
        keys: (N, C) of the second view.
        temperature: t.
        partition_rows: which partition; None: every j is in partition 0.
        partitions: P.
        block_rows: B; by default about a million elements per block.
    """
    if block_rows is None:
        block_rows = max(1, BLOCK_ELEMENTS // max(1, len(queries)))
    found: tuple[Tensor, Tensor, Tensor] = _PartitionedInfoNce.apply(  # type: ignore[no-untyped-call]
        queries, keys, temperature, partition_rows, partitions, block_rows
    )
    return found[0]


class _PartitionedInfoNce(torch.autograd.Function):
    @staticmethod
    def forward(
        queries: Tensor,
        keys: Tensor,
        temperature: float,
        partition_rows: PartitionRows | None,
        partitions: int,
        block_rows: int,
    ) -> tuple[Tensor, Tensor, Tensor]:
        # Half precision would lose the small terms of the sums.
        q, k = queries.detach().float() / temperature, keys.detach().float()
        total = torch.zeros((), dtype=torch.float64, device=q.device)
        grad_q, grad_k = torch.empty_like(q), torch.zeros_like(k)
        weight = 1.0 / (max(1, len(q)) * partitions)
        for low in range(0, len(q), block_rows):
            high = min(low + block_rows, len(q))
            members = None if partition_rows is None else partition_rows(low, high)
            loss, grad = _block(q[low:high], k, low, members, partitions)
            total += loss
            torch.mm(grad, k, out=grad_q[low:high])
            grad_k.addmm_(grad.T, q[low:high])
        loss = (total * weight).to(torch.float32)
        grad_q *= weight / temperature
        grad_k *= weight
        return loss, grad_q.to(queries.dtype), grad_k.to(keys.dtype)

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(output[1], output[2])
        ctx.mark_non_differentiable(output[1], output[2])

    @staticmethod
    def backward(ctx, grad, *_):  # type: ignore[no-untyped-def]
        grad_q, grad_k = ctx.saved_tensors
        return grad * grad_q, grad * grad_k, None, None, None, None


def _block(
    q: Tensor, k: Tensor, low: int, members: Tensor | None, partitions: int
) -> tuple[Tensor, Tensor]:
    """Return the sum of -log over a block's rows and partitions, and d sum / d logits (B, N)."""
    logits = q @ k.T
    rows = torch.arange(len(q), device=q.device)
    positive = logits[rows, low + rows]
    peak = logits.amax(dim=1)
    share = logits.sub_(peak[:, None]).exp_()
    share[rows, low + rows] = 0  # Only negatives; the positive is put back at the end.
    if members is None:
        sums = share.sum(dim=1, keepdim=True)
    else:
        # As many columns as a byte has values: those from P on are the points in no partition.
        index = members.long()
        sums = share.new_zeros(len(q), 256).scatter_add_(1, index, share)[:, :partitions]
    above = (positive - peak)[:, None]
    log_sum = torch.logaddexp(above, sums.log())
    loss = (log_sum - above).double().sum()
    # d/dl_ij of log_sum_ip is exp(l_ij - log_sum_ip) where j is in p, and 0 elsewhere.
    # Where it is below e^-80 so is every share of p: what the bound cuts off is less than that.
    scale = torch.exp(-log_sum.clamp_min(-80.0))
    if members is None:
        grad = share.mul_(scale)
    else:
        padded = nn.functional.pad(scale, (0, 256 - partitions))
        grad = share.mul_(padded.gather(1, index))
    grad[rows, low + rows] = torch.expm1(above - log_sum).sum(dim=1)
    return loss, grad
