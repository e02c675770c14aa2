# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How the native backend cuts a neighbour table into matrix products without wasted zeros.

A *piece* is a set of taps that a set of output rows have in common. Gathering those taps side by
side makes one matrix product of inner size taps x Cin, and its result is added to the output once
instead of once per tap. Surfaces are locally flat, so a few neighbourhoods are very common: rows
with the same full neighbourhood form pieces first, what is left is split into planes of the kernel,
then into lines, where every remaining pattern is taken. Each (input, tap, output) pair is in one
piece and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# Below this many rows a piece is not worth a matrix product of its own.
MIN_PIECE_ROWS = 128
_MASK_BITS = 62


@dataclass(frozen=True)
class Piece:
    """Taps that some output rows have in common.

    taps: ascending. in_rows: (R * taps,) int32, row by row. out_rows: (R,) int32, distinct.
    """

    taps: tuple[int, ...]
    in_rows: Tensor
    out_rows: Tensor


def cut_into_pieces(
    table: Tensor, kernel_size: int, *, min_rows: int = MIN_PIECE_ROWS
) -> list[Piece]:
    """Cut a (T, U) neighbour table into pieces that cover every pair once."""
    taps = table.shape[0]
    line = min(kernel_size, taps)
    spans = [span for span in (taps, taps // line, line) if span <= _MASK_BITS]
    present = table >= 0
    everything = torch.arange(table.shape[1], device=table.device)
    pieces: list[Piece] = []
    pending: list[tuple[int, int, Tensor]] = [
        (start, spans[0], everything) for start in range(0, taps, spans[0])
    ]
    for depth, span in enumerate(spans):
        finer: list[tuple[int, int, Tensor]] = []
        last = depth == len(spans) - 1
        for start, _, rows in pending:
            rest: list[Tensor] = []
            for mask, group in _group_by_mask(present, range(start, start + span), rows):
                if mask == 0:
                    continue
                if last or len(group) >= min_rows:
                    own = tuple(start + bit for bit in range(span) if mask >> bit & 1)
                    pieces.append(_piece(table, own, group))
                else:
                    rest.append(group)
            if rest:
                left = torch.cat(rest).sort().values
                step = spans[depth + 1]
                finer += [(s, step, left) for s in range(start, start + span, step)]
        pending = finer
    return pieces


def _group_by_mask(
    present: Tensor, taps: Sequence[int], rows: Tensor
) -> Iterator[tuple[int, Tensor]]:
    whole = len(rows) == present.shape[1]
    masks = torch.zeros(len(rows), dtype=torch.int64, device=rows.device)
    for bit, tap in enumerate(taps):
        line = present[tap] if whole else present[tap][rows]
        masks.add_(line, alpha=1 << bit)
    ordered, order = torch.sort(masks, stable=True)
    values, counts = torch.unique_consecutive(ordered, return_counts=True)
    groups = torch.split(rows[order], counts.tolist())
    return zip(values.tolist(), groups, strict=True)


def _piece(table: Tensor, taps: tuple[int, ...], rows: Tensor) -> Piece:
    chosen = torch.tensor(taps, device=rows.device)
    in_rows = table[chosen.unsqueeze(0), rows.unsqueeze(1)]
    return Piece(taps, in_rows.flatten(), rows.int())
