# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gc
import weakref
from collections import Counter

import pytest
import torch
from torch import Tensor

from fewpoints.models.engine.coords import voxel_set
from fewpoints.models.engine.kernel_map import kernel_offsets, neighbour_table
from fewpoints.models.engine.plan import (
    ConvPlan,
    PyramidPlan,
    strided_plan,
    submanifold_plan,
)
from fewpoints.models.engine.schedule import Band, Schedule
from tests.oracles.dense_conv import brute_neighbours


def cloud(count: int = 400, span: int = 6, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coords = torch.randint(-span, span, (count, 4), generator=generator)
    coords[:, 0] %= 2
    return coords


def triples(plan: ConvPlan) -> set[tuple[int, int, int]]:
    return {
        (i, tap, u)
        for tap in range(plan.taps)
        for i, u in zip(*(rows.tolist() for rows in plan.pairs(tap)), strict=True)
    }


class TestNeighbourTable:
    @pytest.mark.parametrize(("size", "dilation"), [(1, 1), (3, 1), (5, 1), (7, 1), (3, 2), (3, 5)])
    def test_equals_a_dict_look_up(self, size: int, dilation: int) -> None:
        voxels = voxel_set(cloud())
        table = neighbour_table(voxels, size, dilation=dilation)
        assert table.tolist() == brute_neighbours(voxels.coords, size, dilation)

    def test_raster_order_has_x_fastest(self) -> None:
        offsets = kernel_offsets(3)
        assert offsets[:4] == [(-1, -1, -1), (0, -1, -1), (1, -1, -1), (-1, 0, -1)]
        assert offsets[13] == (0, 0, 0)
        assert kernel_offsets(2)[:3] == [(0, 0, 0), (1, 0, 0), (0, 1, 0)]

    @pytest.mark.parametrize("count", [0, 1])
    def test_tiny_sets(self, count: int) -> None:
        voxels = voxel_set(torch.zeros(count, 4, dtype=torch.int32))
        table = neighbour_table(voxels, 3)
        assert table.shape == (27, count)
        assert (table >= 0).sum() == count


class TestPlans:
    def test_children_are_the_parity_of_their_coordinates(self) -> None:
        plan = strided_plan(voxel_set(cloud()))
        fine, coarse = plan.source.coords.tolist(), plan.target.coords.tolist()
        seen = set()
        for i, tap, u in triples(plan):
            b, x, y, z = fine[i]
            assert coarse[u] == [b, x // 2, y // 2, z // 2]
            assert tap == x % 2 + 2 * (y % 2) + 4 * (z % 2)
            seen.add(i)
        assert seen == set(range(len(fine)))

    def test_transpose_swaps_both_ends(self) -> None:
        voxels = voxel_set(cloud())
        down = strided_plan(voxels)
        for plan in (submanifold_plan(voxels, 3), down, down.transpose):
            swapped = {(u, tap, i) for i, tap, u in triples(plan)}
            if plan.kind == "submanifold":
                assert triples(plan.transpose) == {(i, t, u) for i, t, u in swapped}
            else:
                assert triples(plan.transpose) == swapped
            assert plan.transpose.transpose is plan

    def test_upsampling_outlives_the_plan_it_came_from(self) -> None:
        up = strided_plan(voxel_set(cloud())).transpose
        gc.collect()
        assert triples(up.transpose) == {(u, tap, i) for i, tap, u in triples(up)}

    def test_a_plan_is_freed_without_the_garbage_collector(self) -> None:
        gc.disable()
        try:
            plan = strided_plan(voxel_set(cloud()))
            ends = [weakref.ref(plan), weakref.ref(plan.transpose)]
            del plan
            assert [end() for end in ends] == [None, None]
        finally:
            gc.enable()

    def test_pyramid_builds_each_plan_once(self) -> None:
        pyramid = PyramidPlan(cloud(), depth=4)
        assert len(pyramid.levels) == 5
        assert pyramid.submanifold(2) is pyramid.submanifold(2)
        assert pyramid.up(0) is pyramid.up(0)

    @pytest.mark.parametrize("size", [0, 2, -1])
    def test_even_submanifold_kernels_are_refused(self, size: int) -> None:
        with pytest.raises(ValueError, match="odd"):
            submanifold_plan(voxel_set(cloud()), size)


class TestBands:
    @pytest.mark.parametrize("band_rows", [1, 50, 10_000])
    @pytest.mark.parametrize("size", [1, 3, 5, 7])
    def test_every_pair_is_in_exactly_one_run(self, size: int, band_rows: int) -> None:
        plan = submanifold_plan(voxel_set(cloud(span=5)), size)
        assert covered_by(cut(plan.table, size, band_rows)) == Counter(triples(plan))

    def test_strided_and_transposed_tables(self) -> None:
        down = strided_plan(voxel_set(cloud()))
        for plan in (down, down.transpose):
            assert covered_by(cut(plan.table, 2, 64)) == Counter(triples(plan))

    @pytest.mark.parametrize("max_pairs", [1, 7, 100, 10**6])
    def test_chunks_cover_a_band_in_order(self, max_pairs: int) -> None:
        plan = submanifold_plan(voxel_set(cloud(span=4)), 3)
        (band,) = cut(plan.table, 3, 10**6)
        pair = entry = 0
        for chunk in band.chunks(max_pairs):
            assert (chunk.pairs.start, chunk.entries.start) == (pair, entry)
            assert chunk.pair_counts == [run.count * run.length for run in chunk.runs]
            assert chunk.entry_counts == [run.count for run in chunk.runs]
            pair += sum(chunk.pair_counts)
            entry += sum(chunk.entry_counts)
            assert (chunk.pairs.stop, chunk.entries.stop) == (pair, entry)
            assert sum(chunk.pair_counts) <= max(max_pairs, 3)
        assert (pair, entry) == (len(band.in_rows), len(band.out_rows))

    def test_bands_share_the_pairs_evenly(self) -> None:
        plan = submanifold_plan(voxel_set(cloud(span=12, count=6000)), 3)
        bands = cut(plan.table, 3, 1000)
        assert [band.low for band in bands[1:]] == [band.high for band in bands[:-1]]
        assert (bands[0].low, bands[-1].high) == (0, len(plan.target))
        mean = plan.pair_count / len(bands)
        assert all(abs(len(band.in_rows) - mean) <= 27 for band in bands)

    def test_members_list_the_entries_of_each_row(self) -> None:
        plan = submanifold_plan(voxel_set(cloud()), 3)
        for band in cut(plan.table, 3, 64):
            ends = band.ends.tolist()
            for row in range(band.low, band.high):
                members = band.members[ends[row - band.low] : ends[row - band.low + 1]].tolist()
                assert sorted(members) == (band.out_rows == row).nonzero().flatten().tolist()


def cut(table: Tensor, kernel_size: int, band_rows: int) -> list[Band]:
    schedule = Schedule(table, kernel_size, band_rows)
    return [schedule.band(index) for index in range(len(schedule))]


def covered_by(bands: list[Band]) -> Counter[tuple[int, int, int]]:
    covered: Counter[tuple[int, int, int]] = Counter()
    for band in bands:
        pairs, entries = iter(band.in_rows.tolist()), iter(band.out_rows.tolist())
        for run in band.runs:
            for _ in range(run.count):
                u = next(entries)
                covered.update((next(pairs), run.tap + step, u) for step in range(run.length))
    return covered
