# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.features.regions import cut_into_regions


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 400),
    spread=st.sampled_from([5, 40, 300]),
    most=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_every_voxel_is_in_exactly_one_aligned_region(
    count: int, spread: int, most: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    coords = torch.randint(-spread, spread, (count, 3), generator=generator)
    regions = cut_into_regions(coords, most)
    hits = torch.stack([region.mask(coords) for region in regions])
    assert (hits.sum(0) == 1).all()
    for region, inside in zip(regions, hits, strict=True):
        assert all(value % 16 == 0 for value in (*region.low, *region.high))
        sides = [high - low for low, high in zip(region.low, region.high, strict=True)]
        assert int(inside.sum()) <= most or max(sides) == 16
        for level in (1, 2, 3, 4):
            # A coarse voxel is inside exactly when its children are.
            assert torch.equal(region.mask(coords >> level, level=level), inside)


def test_no_voxels_no_regions() -> None:
    assert cut_into_regions(torch.empty(0, 3, dtype=torch.int32), 10) == []
