# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.selection.faiss_kmeans import faiss_lloyd
from fewpoints.models.selection.lloyd import first_rows, lloyd, plus_plus
from tests.oracles.loops_lloyd import lloyd_in_loops


def blobs(seed: int, count: int = 300, columns: int = 5, centres: int = 6) -> np.ndarray:
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(centres, columns)) * 4
    return (middle[rng.integers(centres, size=count)] + rng.normal(size=(count, columns))).astype(
        np.float32
    )


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_agrees_with_the_textbook_loop(steps: int) -> None:
    rows = blobs(0)
    ours = lloyd(rows, first_rows(rows, 7), iterations=steps, empty="keep")
    centroids, owners = lloyd_in_loops(rows, rows[:7], steps)
    np.testing.assert_allclose(ours.centroids, centroids, atol=1e-4)
    np.testing.assert_array_equal(ours.assignment, owners)


def test_late_steps_that_only_move_few_rows_stay_exact() -> None:
    rows = blobs(3, count=4000, columns=3, centres=3)
    ours = lloyd(rows, first_rows(rows, 12), iterations=80, empty="keep")
    for cluster in range(12):
        members = rows[ours.assignment == cluster].astype(np.float64)
        if ours.converged and len(members):
            np.testing.assert_allclose(ours.centroids[cluster], members.mean(axis=0), atol=1e-5)


def test_agrees_with_faiss_when_no_cluster_runs_empty() -> None:
    rows = blobs(1, count=3000, columns=8)
    seeds = plus_plus(rows, 6, np.random.default_rng(0))
    ours = lloyd(rows, seeds, iterations=30)
    theirs = faiss_lloyd(rows, seeds, iterations=30)
    np.testing.assert_allclose(ours.centroids, theirs.centroids, atol=1e-3)
    assert ours.inertia == pytest.approx(theirs.inertia, rel=1e-4)


def test_faiss_trains_on_every_row() -> None:
    # 3 clusters x 256 rows is what FAISS would train on by itself; the far rows come after those.
    rows = np.zeros((5000, 2), np.float32)
    rows[:, 0] = np.arange(5000) % 2
    rows[-40:] += 100
    seeds = np.array([[0, 0], [1, 0], [90, 90]], np.float32)
    centroids = faiss_lloyd(rows, seeds, iterations=5).centroids
    np.testing.assert_allclose(centroids[2], rows[-40:].mean(axis=0), atol=1e-3)


def test_an_empty_cluster_keeps_its_centroid_or_moves_to_the_farthest_row() -> None:
    rows = np.array([[0.0], [0.1], [10.0], [11.0]], np.float32)
    seeds = np.array([[0.0], [10.0], [500.0]], np.float32)
    kept = lloyd(rows, seeds, iterations=5, empty="keep")
    assert kept.centroids[2, 0] == 500.0
    moved = lloyd(rows, seeds, iterations=5, empty="relocate")
    assert sorted(np.bincount(moved.assignment, minlength=3)) == [1, 1, 2]


def test_inertia_never_grows_with_more_steps() -> None:
    rows = blobs(5)
    seeds = first_rows(rows, 9)
    inertias = [lloyd(rows, seeds, iterations=n).inertia for n in range(1, 12)]
    assert all(b <= a * (1 + 1e-5) for a, b in itertools.pairwise(inertias))


def test_the_number_of_threads_changes_nothing() -> None:
    rows = blobs(7, count=20_000, columns=99)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            seeds = plus_plus(rows, 20, np.random.default_rng(0))
            results.append(lloyd(rows, seeds, iterations=20))
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(results[0].assignment, results[1].assignment)


def test_greedy_seeding_finds_far_apart_groups_that_first_rows_miss() -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(i * 50, 1, (100, 3)) for i in range(8)]).astype(np.float32)
    owners = lloyd(rows, plus_plus(rows, 8, rng), iterations=10).assignment
    assert all(len(set(owners[i * 100 : (i + 1) * 100])) == 1 for i in range(8))


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(1, 40),
    clusters=st.integers(1, 40),
    values=st.integers(1, 5),
    seed=st.integers(0, 9),
)
def test_any_number_of_clusters_and_duplicates(
    count: int, clusters: int, values: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(values, size=(count, 2)).astype(np.float32)
    clusters = min(clusters, count)
    seeds = plus_plus(rows, clusters, rng)
    assert seeds.shape == (clusters, 2)
    found = lloyd(rows, seeds, iterations=20)
    assert np.isfinite(found.centroids).all()
    table = ((rows[:, None].astype(np.float64) - found.centroids[None]) ** 2).sum(2)
    own = table[np.arange(count), found.assignment]
    np.testing.assert_allclose(own, table.min(axis=1), atol=1e-5)
