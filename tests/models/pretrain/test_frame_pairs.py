# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fewpoints.models.pretrain.frame_pairs import PAIR_RULES, PairRule, frame_pairs, thin
from tests.models.pretrain.scenes import room_sequence


def brute_force(frames: list[NDArray[np.float64]], rule: PairRule) -> dict[tuple[int, int], float]:
    """Every pair, every distance."""
    found = {}
    for a in range(len(frames)):
        for b in range(a + 1, len(frames)):
            apart = np.linalg.norm(frames[a][:, None] - frames[b][None], axis=2)
            shares = [(apart.min(axis=side) <= rule.radius_m).mean() for side in (0, 1)]
            if max(shares) >= rule.min_overlap:
                found[a, b] = max(shares)
    return found


@pytest.mark.parametrize("name", PAIR_RULES)
def test_overlaps_equal_brute_force(name: str) -> None:
    any_overlap = replace(PAIR_RULES[name], min_overlap=0.05)
    sequence = room_sequence(8)
    frames = [thin(sequence[i].points()[0], any_overlap.grid_m)[1] for i in range(len(sequence))]
    every = brute_force(frames, any_overlap)
    for least in (0.05, 0.3, 0.7):
        pairs = frame_pairs(frames, replace(any_overlap, min_overlap=least))
        expected = {pair: share for pair, share in every.items() if share >= least}
        assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == list(expected)
        np.testing.assert_allclose(pairs.overlap, list(expected.values()), rtol=1e-6)
    assert every


def test_random_clouds_equal_brute_force_also_when_cells_are_crowded() -> None:
    rng = np.random.default_rng(3)
    frames = [rng.uniform(-0.3, 0.3, (count, 3)) + i * 0.05 for i, count in enumerate((60, 90, 40))]
    rule = PairRule(grid_m=0.05, radius_m=0.075, min_overlap=0.01, match_radius_m=0.03)
    pairs = frame_pairs(frames, rule)
    expected = brute_force(frames, rule)
    np.testing.assert_allclose(pairs.overlap, list(expected.values()), rtol=1e-6)


def test_a_frame_without_points_is_in_no_pair() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.uniform(0, 1, (50, 3))
    pairs = frame_pairs([cloud, np.zeros((0, 3)), cloud], PAIR_RULES["code"])
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [2])
    assert pairs.overlap.tolist() == [1.0]


def test_thinned_points_are_means_of_their_cells() -> None:
    points = np.array([[0.01, 0.01, 0.01], [0.03, 0.01, 0.01], [-0.01, 0.0, 0.0]])
    cells, means = thin(points, 0.05)
    assert cells.tolist() == [[-1, 0, 0], [0, 0, 0]]
    np.testing.assert_allclose(means, [[-0.01, 0, 0], [0.02, 0.01, 0.01]])
