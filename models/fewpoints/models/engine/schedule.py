# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How the native backend turns a neighbour table into few, cache-sized matrix products.

Output rows are cut into *bands* that follow each other in space, so that what a band reads stays
in cache, and that can run at the same time. Inside a band, taps that follow each other along x and
are all present form a *run*: they are gathered side by side and multiplied in one product of inner
size length x Cin, with a view of the weight. Products are kept until the band is done and then
summed row by row, which is far cheaper than adding every product to the output on its own. Each
(input, tap, output) pair is in exactly one run, so no multiplication is wasted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Run:
    """`length` taps from `tap` on, present together in `count` output rows."""

    tap: int
    length: int
    count: int


@dataclass(frozen=True)
class Chunk:
    """Runs to gather together: which pairs and entries they are, and how many in each run."""

    pairs: slice
    entries: slice
    runs: tuple[Run, ...]
    pair_counts: list[int]
    entry_counts: list[int]


@dataclass(frozen=True)
class Band:
    """Output rows low..high of a plan and the runs that make them.

    Letters: E entries (a run in a row), P pairs, R = high - low.
    runs: in the order of entries. in_rows: (P,) int32, run by run, row by row, tap by tap.
    out_rows: (E,) int32 output row of each entry. members: (E,) int32, the entries of each output
    row, row after row; ends: (R + 1,) int32, where each row's members start and the last ends.
    """

    low: int
    high: int
    runs: tuple[Run, ...]
    in_rows: Tensor
    out_rows: Tensor
    members: Tensor
    ends: Tensor
    _chunks: dict[int, list[Chunk]] = field(default_factory=dict, repr=False, compare=False)

    def chunks(self, max_pairs: int) -> list[Chunk]:
        """Return the runs in chunks of about `max_pairs` pairs; runs with more are split."""
        known = self._chunks.get(max_pairs)
        if known is None:
            known = self._chunks[max_pairs] = list(_chunks(self.runs, max_pairs))
        return known


def _chunks(runs: tuple[Run, ...], max_pairs: int) -> Iterator[Chunk]:
    pair = entry = pairs = 0
    chosen: list[Run] = []

    def chunk() -> Chunk:
        pair_counts = [run.count * run.length for run in chosen]
        entry_counts = [run.count for run in chosen]
        return Chunk(
            slice(pair, pair + sum(pair_counts)),
            slice(entry, entry + sum(entry_counts)),
            tuple(chosen),
            pair_counts,
            entry_counts,
        )

    for run in runs:
        left = run.count
        while left:
            take = min(left, (max_pairs - pairs) // run.length)
            if take <= 0 and chosen:
                yield (done := chunk())
                pair, entry, pairs, chosen = done.pairs.stop, done.entries.stop, 0, []
                continue
            part = Run(run.tap, run.length, max(take, 1))
            chosen.append(part)
            pairs += part.count * part.length
            left -= part.count
    if chosen:
        yield chunk()


class Schedule:
    """The bands of a (T, U) neighbour table, each of about `band_rows` output rows.

    Bands hold equally many pairs, so that workers end together. A band is cut when it is first
    asked for: by the worker that needs it, while others multiply. Each band may be asked for by
    one thread at a time.
    """

    def __init__(self, table: Tensor, kernel_size: int, band_rows: int) -> None:
        self._table = table
        self._line = kernel_size
        self._edges = _edges((table >= 0).sum(0), band_rows)
        self._bands: list[Band | None] = [None] * (len(self._edges) - 1)

    def __len__(self) -> int:
        return len(self._bands)

    def band(self, index: int) -> Band:
        """Return a band, cutting it if need be."""
        band = self._bands[index]
        if band is None:
            low, high = self._edges[index], self._edges[index + 1]
            band = _cut_band(self._table[:, low:high], self._line, low, high)
            self._bands[index] = band
        return band


def _edges(pairs: Tensor, band_rows: int) -> list[int]:
    """Return where bands begin, and the end, for (U,) pairs per row."""
    rows = len(pairs)
    count = -(-rows // band_rows)
    total = pairs.cumsum(0)
    shares = torch.arange(1, max(count, 1), device=pairs.device) * total[-1:]
    inner = torch.searchsorted(total, shares.div(max(count, 1), rounding_mode="floor"))
    return sorted({0, *(inner + 1).tolist(), rows})


def _cut_band(table: Tensor, line: int, low: int, high: int) -> Band:
    taps, rows = table.shape
    # One-dimensional throughout: indexing by pairs of indices is several times slower.
    flat_table = table.reshape(-1)
    lines = (flat_table >= 0).view(taps // line, line, rows)
    # lengths[t] = how many taps from t on, to the end of t's line, are present without a gap.
    lengths = lines.to(torch.uint8)
    for at in range(line - 2, -1, -1):
        lengths[:, at] += lengths[:, at + 1] * lengths[:, at]
    starts = lengths.clone()
    starts[:, 1:].masked_fill_(lines[:, :-1], 0)
    runs: list[Run] = []
    places: list[Tensor] = []
    in_rows: list[Tensor] = []
    for length in range(1, line + 1):
        found = torch.eq(starts, length).view(taps, rows)
        place = found.view(-1).nonzero().squeeze(1)
        if not len(place):
            continue
        counts = found.sum(1).tolist()
        runs += [Run(tap, length, count) for tap, count in enumerate(counts) if count]
        places.append(place)
        if length > 1:
            reach = torch.arange(length, device=table.device) * rows
            place = (place.unsqueeze(1) + reach).view(-1)
        in_rows.append(torch.index_select(flat_table, 0, place))
    nothing = table.new_zeros(0)
    place = torch.cat(places) if places else nothing.long()
    tap = torch.div(place, rows, rounding_mode="floor")
    row = place - tap * rows
    # Entry numbers laid out row by row, tap by tap: reading them in order sorts entries by row.
    entry_of = torch.full((rows * taps,), -1, dtype=torch.int32, device=table.device)
    number = torch.arange(len(place), dtype=torch.int32, device=table.device)
    entry_of.scatter_(0, row * taps + tap, number)
    members = torch.index_select(entry_of, 0, (entry_of >= 0).nonzero().squeeze(1))
    ends = torch.zeros(rows + 1, dtype=torch.int32, device=table.device)
    ends[1:] = (starts.view(taps, rows) != 0).sum(0).cumsum(0)
    return Band(
        low,
        high,
        tuple(runs),
        torch.cat(in_rows) if in_rows else nothing,
        row.int() + low,
        members,
        ends,
    )
