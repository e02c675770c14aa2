# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from fewpoints.models.densify.kernel_head import answer_noise
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.selection.unexplained import Unexplained, unexplained_share
from fewpoints.models.superpoints.look import looks as looks_of
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import boxes_room

NONE = np.zeros(0, np.int64)


def made(count: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, 4)), rng.uniform(0, 3, (count, 3))


def kernel(looks: np.ndarray, places: np.ndarray, a: int, b: int, reach: float) -> float:
    look = math.exp(-sum((x - y) ** 2 for x, y in zip(looks[a], looks[b], strict=True)) / 2)
    apart = sum((x - y) ** 2 for x, y in zip(places[a], places[b], strict=True))
    place = math.exp(-apart / (2 * reach**2))
    return 0.5 * look + 0.5 * look * place + 0.1 * place


def share_in_loops(
    looks: np.ndarray, places: np.ndarray, asked: list[int], noise: list[float], reach: float
) -> list[float]:
    """One minus k_sA (K + noise)^-1 k_As / k_ss, superpoint by superpoint."""
    system = np.array([[kernel(looks, places, a, b, reach) for b in asked] for a in asked])
    inverse = np.linalg.inv(system + np.diag(noise))
    shares = []
    for s in range(len(looks)):
        column = np.array([kernel(looks, places, s, a, reach) for a in asked])
        shares.append(1 - column @ inverse @ column / 1.1)
    return shares


def test_what_is_open_is_the_posterior_variance_over_the_prior() -> None:
    looks, places = made()
    noise = answer_noise(np.array([0, 1, 0]))
    found = Unexplained(looks, places, reach=1.5, asked=np.array([4, 0, 7]), noise=noise)
    expected = share_in_loops(looks, places, [4, 0, 7], noise.tolist(), 1.5)
    np.testing.assert_allclose(found.share, expected, atol=1e-5)


@pytest.mark.parametrize("known", [0, 2])
def test_asking_one_after_the_other_is_asking_all_at_once(known: int) -> None:
    looks, places = made(120)
    order = np.random.default_rng(1).permutation(120)[:100]
    found = Unexplained(
        looks, places, reach=1.0, asked=order[:known], noise=answer_noise(np.arange(known))
    )
    for superpoint in order[known:].tolist():
        found.ask(superpoint)
    expected = share_in_loops(looks, places, order.tolist(), [0.05] * 100, 1.0)
    np.testing.assert_allclose(found.share, expected, atol=1e-4)


def test_everything_is_open_without_answers_and_twins_are_explained_together() -> None:
    looks, places = np.zeros((3, 2)), np.zeros((3, 3))
    looks[2], places[2] = 100, 100
    found = Unexplained(looks, places, reach=1.0, asked=NONE, noise=np.zeros(0))
    assert found.share.tolist() == [1, 1, 1]
    found.ask(0)
    np.testing.assert_allclose(found.share, [0.05 / 1.15, 0.05 / 1.15, 1], atol=1e-6)
    assert found.share.min() >= 0
    for _ in range(50):
        found.ask(1)
    assert 0 <= found.share.min() < 0.01


def test_the_share_of_a_scan_counts_cells_and_ignores_points_without_a_place() -> None:
    scan, _ = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    labeller = DenseLabeller(superpoints, looks_of(superpoints, None), scan.positions)
    assert unexplained_share(labeller, NONE) == 1
    owner = int(superpoints.of_point[9])
    shares = share_in_loops(labeller.looks, superpoints.centres, [owner], [0.05], labeller.reach)
    expected = sum(share * size for share, size in zip(shares, superpoints.sizes, strict=True))
    expected /= superpoints.sizes.sum()
    assert unexplained_share(labeller, np.array([9, 9])) == pytest.approx(expected, abs=1e-5)
    superpoints.of_point[7] = -1
    assert unexplained_share(labeller, np.array([9, 7])) == pytest.approx(expected, abs=1e-5)
