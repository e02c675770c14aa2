# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewpoints.models.superpoints import oversegment
from fewpoints.models.superpoints.graph import Edges
from fewpoints.models.superpoints.oversegment import segment_graph
from tests.oracles.loops_segmentation import pieces_by_the_paper


def random_edges(seed: int, count: int) -> Edges:
    rng = np.random.default_rng(seed)
    pairs = np.unique(np.sort(rng.integers(0, count, (3 * count, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    # All different, so that the order of the edges is a matter of fact.
    difference = (rng.permutation(len(pairs)) + 0.5) / len(pairs)
    return Edges(pairs, difference.astype(np.float32))


@pytest.mark.parametrize("block", [1, 7, 1000])
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 40), scale=st.floats(0.01, 5))
def test_pieces_are_those_of_the_paper(
    block: int, seed: int, count: int, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oversegment, "_BLOCK", block)
    edges = random_edges(seed, count)
    found = segment_graph(edges, count, scale=scale, least=1)
    listed = [
        (int(a), int(b), float(w)) for (a, b), w in zip(edges.ends, edges.difference, strict=True)
    ]
    expected = pieces_by_the_paper(listed, count, scale)
    assert [set(np.flatnonzero(found == i).tolist()) for i in range(found.max() + 1)] == expected


def test_small_pieces_join_what_they_differ_least_from() -> None:
    # 0-1-2 alike, 3 alone between them and 4-5-6, which it is more like.
    ends = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]])
    edges = Edges(ends, np.array([0.0, 0.0, 0.9, 0.8, 0.0, 0.0], np.float32))
    apart = segment_graph(edges, 7, scale=0.1, least=1)
    assert apart.tolist() == [0, 0, 0, 1, 2, 2, 2]
    joined = segment_graph(edges, 7, scale=0.1, least=2)
    assert joined.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_a_small_piece_without_neighbours_stays() -> None:
    edges = Edges(np.array([[0, 1]]), np.zeros(1, np.float32))
    assert segment_graph(edges, 3, scale=1, least=2).tolist() == [0, 0, 1]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_graph_without_edges(count: int) -> None:
    none = Edges(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))
    found = segment_graph(none, count, scale=1, least=5)
    assert found.tolist() == list(range(count))
