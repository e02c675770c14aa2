# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.metrics.instance import (
    AP_THRESHOLDS,
    SCANNET_INSTANCE_CLASSES,
    Overlaps,
    average_precision,
    instance_scores,
    overlaps_of_masks,
    overlaps_of_numbers,
)
from tests.oracles.loops_instance_ap import Scan, scannet_ap

CHAIR, TABLE = 4, 6


def scan(
    truth: list[tuple[int, int, int]], predictions: list[tuple[list[range], int, float]]
) -> Overlaps:
    """Truth: runs of (points, class, instance). Predictions: (ranges of points, class, score)."""
    classes = np.concatenate([np.full(count, c) for count, c, _ in truth])
    instances = np.concatenate([np.full(count, i) for count, _, i in truth])
    masks = np.zeros((len(predictions), len(classes)), np.bool_)
    for mask, (ranges, _, _) in zip(masks, predictions, strict=True):
        for part in ranges:
            mask[part] = True
    return overlaps_of_masks(
        classes,
        instances,
        masks,
        np.array([c for _, c, _ in predictions], np.int64),
        np.array([score for _, _, score in predictions]),
    )


def chair_ap(*scans: Overlaps, at: float = 0.5, min_points: int = 10) -> float:
    table = average_precision(scans, [at], classes=[CHAIR, TABLE], min_points=min_points)
    return float(table[0, 0])


class TestByHand:
    def test_a_perfect_prediction(self) -> None:
        one = scan([(20, CHAIR, 1), (20, 255, 0)], [([range(20)], CHAIR, 0.5)])
        scores = instance_scores([one], classes=[CHAIR, TABLE], min_points=10)
        np.testing.assert_equal(scores.ap, [1.0, math.nan])
        assert (scores.mean_ap, scores.mean_ap50, scores.mean_ap25) == (1, 1, 1)

    def test_iou_must_exceed_the_threshold(self) -> None:
        # 10 of 20 points: IoU 0.5 exactly. 11 of 20: 0.55, which exceeds 0.5 and is not above 0.55.
        half = scan([(20, CHAIR, 1)], [([range(10)], CHAIR, 0.5)])
        more = scan([(20, CHAIR, 1)], [([range(11)], CHAIR, 0.5)])
        assert chair_ap(half) == 0
        assert chair_ap(half, at=0.25) == 1
        assert chair_ap(more) == 1
        assert chair_ap(more, at=0.55) == 0

    def test_ap_is_the_mean_over_nine_thresholds(self) -> None:
        # IoU 15/20 = 0.75 exceeds 0.5, 0.55, 0.6, 0.65 and 0.7: five of nine.
        one = scan([(20, CHAIR, 1)], [([range(15)], CHAIR, 0.5)])
        assert len(AP_THRESHOLDS) == 9
        scores = instance_scores([one], classes=[CHAIR], min_points=10)
        assert scores.mean_ap == pytest.approx(5 / 9)
        assert scores.mean_ap50 == 1

    def test_a_false_positive_weighs_by_its_confidence(self) -> None:
        # Chair 1 is hit at 0.9, chair 2 not at all, and one prediction lies on the table.
        def case(score: float) -> float:
            return chair_ap(
                scan(
                    [(20, CHAIR, 1), (20, CHAIR, 2), (20, TABLE, 1)],
                    [([range(20)], CHAIR, 0.9), ([range(40, 60)], CHAIR, score)],
                )
            )

        # Score below: curve (p, r) = (1/2, 1/2), (1, 1/2), (1, 0). Recall with its ends repeated:
        # 1/2, 1/2, 1/2, 0, 0. AP = 1/2 (1/2 - 1/2)/2 + 1 (1/2 - 0)/2 + 1 (1/2 - 0)/2 = 1/2.
        assert case(0.1) == pytest.approx(1 / 2)
        # Score above: curve (1/2, 1/2), (0, 0), (1, 0); recall 1/2, 1/2, 0, 0, 0.
        # AP = 1/2 (1/2 - 0)/2 + 0 (1/2 - 0)/2 + 1 (0 - 0)/2 = 1/8.
        assert case(0.95) == pytest.approx(1 / 8)
        # Equal: one point (1/2, 1/2), then (1, 0); recall 1/2, 1/2, 0, 0.
        # AP = 1/2 (1/2 - 0)/2 + 1 (1/2 - 0)/2 = 3/8.
        assert case(0.9) == pytest.approx(3 / 8)

    def test_of_two_matches_the_less_confident_is_false(self) -> None:
        # Both match the chair; hit at 0.8, false at 0.3, whatever their order.
        first, second = ([range(20)], CHAIR, 0.3), ([range(18)], CHAIR, 0.8)
        truth = [(20, CHAIR, 1), (20, CHAIR, 2)]
        # Curve (1/2, 1/2), (1, 1/2), (1, 0): 1/2, as above.
        assert chair_ap(scan(truth, [first, second])) == pytest.approx(1 / 2)
        assert chair_ap(scan(truth, [second, first])) == pytest.approx(1 / 2)

    def test_a_prediction_on_void_is_excused(self) -> None:
        # 10 points of table, then 30 void. 11 of 21 points in the void exceed one half, 10 of 20
        # do not. The chair is hit with less confidence, so that a false positive would show.
        def case(void_points: int) -> float:
            far = [range(30 - 10, 30 + void_points)]
            return chair_ap(
                scan(
                    [(20, CHAIR, 1), (10, TABLE, 1), (30, 255, 0)],
                    [([range(20)], CHAIR, 0.5), (far, CHAIR, 0.9)],
                )
            )

        assert case(11) == 1
        # Curve (1/2, 1), (0, 0), (1, 0): 1/2 (1 - 0)/2 = 1/4.
        assert case(10) == pytest.approx(1 / 4)

    @pytest.mark.parametrize("void", [(20, 255, 1), (20, 0, 1), (20, TABLE, 0)])
    def test_void_is_no_class_or_a_class_not_evaluated_or_no_instance(
        self, void: tuple[int, int, int]
    ) -> None:
        one = scan(
            [(20, CHAIR, 1), void], [([range(20)], CHAIR, 0.5), ([range(20, 40)], CHAIR, 0.9)]
        )
        assert chair_ap(one) == 1

    def test_too_small_chairs_need_not_be_found_and_excuse(self) -> None:
        # A chair of 9 points: with it found, half found, or missed, nothing changes.
        truth = [(20, CHAIR, 1), (9, CHAIR, 2), (20, TABLE, 1)]
        hit = ([range(20)], CHAIR, 0.5)
        assert chair_ap(scan(truth, [hit])) == 1
        assert chair_ap(scan(truth, [hit, ([range(20, 30)], CHAIR, 0.9)])) == 1  # IoU 9/10.
        # 9 of 17 points on it, IoU 9/17: at 0.5 a match. At 0.55 neither match nor excuse.
        wide = ([range(20, 37)], CHAIR, 0.9)
        assert chair_ap(scan(truth, [hit, wide])) == 1
        assert chair_ap(scan(truth, [hit, wide]), at=0.55) == pytest.approx(1 / 4)
        # Half of two small chairs: no match with either, but the whole of it is excused.
        small = [(20, CHAIR, 1), (9, CHAIR, 2), (9, CHAIR, 3)]
        assert chair_ap(scan(small, [hit, ([range(24, 34)], CHAIR, 0.9)])) == 1
        # A small table excuses no chair.
        other = [(20, CHAIR, 1), (9, TABLE, 2), (9, TABLE, 3)]
        false = ([range(24, 34)], CHAIR, 0.9)
        assert chair_ap(scan(other, [hit, false])) == pytest.approx(1 / 4)

    def test_too_small_predictions_take_no_part(self) -> None:
        truth = [(20, CHAIR, 1), (20, TABLE, 1)]
        false = ([range(20, 29)], CHAIR, 0.9)
        assert chair_ap(scan(truth, [([range(20)], CHAIR, 0.5), false])) == 1
        # Nor can they hit: a chair of 10 points, a prediction of 9 of them.
        assert chair_ap(scan([(10, CHAIR, 1)], [([range(9)], CHAIR, 0.5)])) == 0

    def test_a_class_without_truth_is_left_out_of_the_mean(self) -> None:
        one = scan([(20, CHAIR, 1)], [([range(20)], TABLE, 0.9)])
        scores = instance_scores([one], classes=[CHAIR, TABLE], min_points=10)
        np.testing.assert_equal(scores.ap50, [0.0, math.nan])
        assert scores.mean_ap50 == 0
        nothing = instance_scores([], classes=[CHAIR])
        assert math.isnan(nothing.mean_ap)
        assert math.isnan(nothing.mean_ap25)

    def test_scans_are_ranked_in_one_list(self) -> None:
        # Alone: 1 and 0. Together two chairs, a false one at 0.9, a hit at 0.5: 1/8, as above.
        good = scan([(20, CHAIR, 1)], [([range(20)], CHAIR, 0.5)])
        bad = scan([(20, CHAIR, 1), (20, TABLE, 1)], [([range(20, 40)], CHAIR, 0.9)])
        assert chair_ap(good, bad) == pytest.approx(1 / 8)

    def test_one_prediction_hits_one_instance_only(self) -> None:
        # At 0.25 one prediction of two chairs (IoU 1/2 each) matches both but finds the first.
        both = scan([(20, CHAIR, 1), (20, CHAIR, 2)], [([range(40)], CHAIR, 0.9)])
        # Curve (1, 1/2), (1, 0): recall 1/2, 1/2, 0, 0; AP = (1/2 - 0)/2 + (1/2 - 0)/2.
        assert chair_ap(both, at=0.25) == pytest.approx(1 / 2)

    def test_the_same_number_in_two_classes_is_two_instances(self) -> None:
        one = scan(
            [(20, CHAIR, 1), (20, TABLE, 1)],
            [([range(20)], CHAIR, 0.9), ([range(20, 40)], TABLE, 0.9)],
        )
        table = average_precision([one], [0.5], classes=[CHAIR, TABLE], min_points=20)
        assert table.tolist() == [[1, 1]]


def test_scannet_has_eighteen_classes_without_wall_and_floor() -> None:
    assert tuple(range(2, 20)) == SCANNET_INSTANCE_CLASSES


def random_scan(rng: np.random.Generator, *, disjoint: bool) -> tuple[Scan, Overlaps]:
    """True objects are runs of points on a line, predictions one or two runs with some noise."""
    count = int(rng.integers(1, 120))
    runs = np.cumsum(rng.random(count) < 0.12)
    classes = rng.choice([0, 4, 6, 255], 60, p=[0.1, 0.6, 0.2, 0.1])[runs % 60]
    instances = rng.integers(0, 9, 60)[runs % 60]
    true = list(zip(classes.tolist(), instances.tolist(), strict=True))
    size = int(rng.integers(0, 9))
    predicted_classes = rng.choice([4, 6, 0], size, p=[0.6, 0.3, 0.1])
    confidence = rng.choice([0.2, 0.4, 0.4001, 0.8], size)
    masks = np.zeros((size, count), np.bool_)
    for mask in masks:
        start = rng.choice(runs)
        inside = (runs >= start) & (runs <= start + rng.choice([0, 0, 1]))
        mask[:] = inside ^ (rng.random(count) < rng.choice([0.0, 0.02, 0.2]))
    numbers = np.zeros(count, np.int64)
    if disjoint:
        for row, mask in enumerate(masks):
            mask &= numbers == 0
            numbers[mask] = row + 1
        overlaps = overlaps_of_numbers(classes, instances, numbers, predicted_classes, confidence)
    else:
        overlaps = overlaps_of_masks(classes, instances, masks, predicted_classes, confidence)
    predicted = [
        (set(np.flatnonzero(mask).tolist()), int(c), float(score))
        for mask, c, score in zip(masks, predicted_classes, confidence, strict=True)
    ]
    return (true, predicted), overlaps


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scans=st.integers(1, 4),
    disjoint=st.booleans(),
    min_points=st.sampled_from([1, 4, 8]),
)
def test_agrees_with_the_rules_in_loops(
    seed: int, scans: int, disjoint: bool, min_points: int
) -> None:
    rng = np.random.default_rng(seed)
    pairs = [random_scan(rng, disjoint=disjoint) for _ in range(scans)]
    thresholds = (0.25, 0.5, 0.75)
    actual = average_precision(
        [overlaps for _, overlaps in pairs], thresholds, classes=[4, 6], min_points=min_points
    )
    expected = [
        [
            scannet_ap([s for s, _ in pairs], c, t, classes=[4, 6], min_points=min_points)
            for c in (4, 6)
        ]
        for t in thresholds
    ]
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_masks_and_numbers_say_the_same() -> None:
    rng = np.random.default_rng(3)
    classes, instances = rng.integers(0, 4, 200), rng.integers(-1, 3, 200)
    numbers = rng.integers(-1, 4, 200)
    masks = numbers == np.arange(1, 4)[:, None]
    kinds, scores = np.array([1, 2, 3]), np.array([0.1, 0.2, 0.3])
    by_number = overlaps_of_numbers(classes, instances, numbers, kinds, scores)
    by_mask = overlaps_of_masks(classes, instances, masks, kinds, scores)
    np.testing.assert_equal(vars(by_number), vars(by_mask))


def test_the_order_of_confidences_is_all_that_counts() -> None:
    _, overlaps = random_scan(np.random.default_rng(8), disjoint=True)
    scaled = replace(overlaps, confidence=np.exp(5 * overlaps.confidence))
    for classes in ([4, 6], [6]):
        np.testing.assert_equal(
            average_precision([overlaps], [0.5], classes=classes, min_points=4),
            average_precision([scaled], [0.5], classes=classes, min_points=4),
        )


def test_arrays_that_do_not_fit_are_refused() -> None:
    ones, one = np.ones(3, np.int64), np.ones(1, np.int64)
    with pytest.raises(ValueError, match="classes are"):
        overlaps_of_numbers(ones, one, ones, one, np.ones(1))
    with pytest.raises(ValueError, match="3 true but 1 predicted"):
        overlaps_of_numbers(ones, ones, one, one, np.ones(1))
    with pytest.raises(ValueError, match="instance 2 is predicted"):
        overlaps_of_numbers(ones, ones, 2 * ones, one, np.ones(1))
    with pytest.raises(ValueError, match="masks are"):
        overlaps_of_masks(ones, ones, np.ones((1, 2), np.bool_), one, np.ones(1))
    with pytest.raises(ValueError, match="confidence"):
        overlaps_of_numbers(ones, ones, ones, one, np.array([np.nan]))
