# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.metrics.segmentation import accuracy, confusion, iou, mean_iou, recall


def iou_in_loops(truth: list[int], predicted: list[int], wanted: int) -> float:
    hit = miss = false = 0
    for t, p in zip(truth, predicted, strict=True):
        if t == 255:
            continue
        if t == wanted and p == wanted:
            hit += 1
        elif t == wanted:
            miss += 1
        elif p == wanted:
            false += 1
    return hit / (hit + miss + false) if hit + miss + false else math.nan


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 3, 255]), st.sampled_from([0, 1, 2, 3, 7, 255])),
        max_size=40,
    )
)
def test_agrees_with_counting_point_by_point(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = [t for t, _ in pairs], [p for _, p in pairs]
    table = confusion(np.array(truth, np.uint8), np.array(predicted, np.uint8), 4)
    expected = [iou_in_loops(truth, predicted, c) for c in range(4)]
    np.testing.assert_allclose(iou(table), expected)
    kept = [(t, p) for t, p in pairs if t != 255]
    if kept:
        assert accuracy(table) == pytest.approx(sum(t == p for t, p in kept) / len(kept))
        defined = [v for v in expected if not math.isnan(v)]
        assert mean_iou(table) == pytest.approx(sum(defined) / len(defined))
        there = [expected[c] for c in sorted({t for t, _ in kept})]
        assert mean_iou(table, present_only=True) == pytest.approx(sum(there) / len(there))
    else:
        assert math.isnan(accuracy(table))
        assert math.isnan(mean_iou(table))


def test_hand_made_example() -> None:
    table = confusion(np.array([0, 0, 1, 1, 255]), np.array([0, 1, 1, 1, 0]), 3)
    assert table.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(iou(table), [1 / 2, 2 / 3, np.nan])
    np.testing.assert_allclose(recall(table), [1 / 2, 1, np.nan])
    assert accuracy(table) == 0.75


def test_a_class_outside_the_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.2"):
        confusion(np.array([3]), np.array([0]), 3)
    with pytest.raises(ValueError, match="2 true"):
        confusion(np.array([0, 1]), np.array([0]), 3)
