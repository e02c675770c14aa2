# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that are kept out, and how far answers reach, against plain loops."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.learning_curve.held_out import (
    agreement_steps,
    changed_share,
    held_out_steps,
    represented_cells,
    run,
    sizes_up_to,
)
from fewpoints.models.learning_curve.reach import reached_share, typical_distance
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from tests.models.densify.rooms import boxes_room


@cache
def room() -> tuple[DenseLabeller, NDArray[np.int64]]:
    scan, kinds = boxes_room()
    superpoints = cut_into_superpoints(scan, voxel_size_m=0.04)
    return DenseLabeller(superpoints, looks(superpoints, None), scan.positions), kinds


def some_answers(count: int, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    _, kinds = room()
    rows = np.random.default_rng(seed).permutation(len(kinds))[:count].astype(np.int64)
    return rows, kinds[rows].astype(np.int64)


def test_classes_at_some_points_are_those_of_the_whole_scan() -> None:
    labeller, kinds = room()
    rows, classes = some_answers(12)
    classes[3] = (classes[3] + 1) % 4  # Likely a contradiction within its superpoint.
    where = np.arange(0, len(kinds), 17)
    whole = labeller.label(rows, classes).classes
    np.testing.assert_array_equal(labeller.classes_at(rows, classes, where), whole[where])


def test_no_answer_is_predicted_from_its_own_superpoint() -> None:
    labeller, _ = room()
    rows, classes = some_answers(40)
    held = run(held_out_steps(labeller, rows, classes))
    assert held.sizes.tolist() == [5, 10, 15, 20, 30, 36]
    owners = labeller.superpoints.of_point[rows]
    # Had the own surface been among those learned from, a class that only it has were found.
    alone = [
        i for i in range(40) if np.unique(owners[classes == classes[i]]).tolist() == [owners[i]]
    ]
    assert not held.right[alone].any()
    found = 0
    for index in range(40):
        # The folds are dealt by superpoint; whatever they are, one of these trains without it.
        others = np.flatnonzero(owners != owners[index])
        labels = labeller.label(rows[others[:30]], classes[others[:30]])
        found += int(labels.classes[rows[index]] == classes[index])
    assert held.right[:, 4].sum() == pytest.approx(found, abs=6)


def test_work_can_be_stopped_between_pieces() -> None:
    labeller, _ = room()
    rows, classes = some_answers(20)
    pieces = sum(1 for _ in held_out_steps(labeller, rows, classes))
    assert 4 <= pieces <= 10 * len(sizes_up_to(20))


@pytest.mark.parametrize("answers", [10, 11, 20, 30, 100, 150, 1200])
def test_sizes_rise_and_leave_a_tenth_out(answers: int) -> None:
    sizes = sizes_up_to(answers)
    assert (np.diff(sizes) > 0).all()
    assert sizes[0] >= 5
    assert sizes[-1] == answers * 9 // 10


def test_agreement_is_the_share_of_points_that_keep_their_class() -> None:
    labeller, _ = room()
    rows, classes = some_answers(30)
    sizes = np.array([3, 10, 30])
    found = run(agreement_steps(labeller, rows, classes, sizes))
    assert np.isnan(found[0])
    labels = [labeller.label(rows[:size], classes[:size]).classes for size in sizes]
    placed = labeller.superpoints.of_point >= 0
    for number in (1, 2):
        same = sum(
            int(a == b)
            for a, b, there in zip(labels[number - 1], labels[number], placed, strict=True)
            if there
        )
        assert found[number] == pytest.approx(same / placed.sum())


def test_what_the_last_answers_changed() -> None:
    labeller, _ = room()
    rows, classes = some_answers(30)
    before = labeller.label(rows[:20], classes[:20]).classes
    after = labeller.label(rows, classes).classes
    expected = sum(int(a != b) for a, b in zip(before, after, strict=True)) / len(after)
    assert changed_share(labeller, rows, classes, 10) == pytest.approx(expected)


def test_cells_count_for_the_answer_that_looks_most_like_them() -> None:
    labeller, _ = room()
    rows, _ = some_answers(15)
    rows = np.concatenate([rows, rows[:1] * 0 + _other_point_of(labeller, int(rows[0]))])
    weights = represented_cells(labeller, rows)
    sizes, look = labeller.superpoints.sizes, labeller.looks
    owners = labeller.superpoints.of_point[rows].tolist()
    expected = dict.fromkeys(owners, 0.0)
    for superpoint in range(len(sizes)):
        nearest = min(sorted(set(owners)), key=lambda o: np.linalg.norm(look[o] - look[superpoint]))
        expected[nearest] += sizes[superpoint]
    for weight, owner in zip(weights, owners, strict=True):
        assert weight == pytest.approx(expected[owner] / owners.count(owner))
    assert weights.sum() == pytest.approx(sizes.sum())


def _other_point_of(labeller: DenseLabeller, row: int) -> int:
    of_point = labeller.superpoints.of_point
    return int(next(i for i in np.flatnonzero(of_point == of_point[row]) if i != row))


def test_reach_is_what_loops_say() -> None:
    labeller, _ = room()
    look, sizes = labeller.looks, labeller.superpoints.sizes
    count = len(sizes)
    fourth = [
        sorted(float(np.linalg.norm(look[a] - look[b])) for b in range(count) if b != a)[3]
        for a in range(count)
    ]
    assert typical_distance(look) == pytest.approx(float(np.median(fourth)))
    assert reached_share(look, sizes, np.zeros(0, np.int64)) == 0
    last = 0.0
    for answered in ([0], [0, 3], [0, 3, 5, 8], list(range(count))):
        near = [
            sizes[s]
            for s in range(count)
            if min(np.linalg.norm(look[s] - look[a]) for a in answered) <= np.median(fourth) + 1e-9
        ]
        found = reached_share(look, sizes, np.array(answered))
        assert found == pytest.approx(sum(near) / sizes.sum())
        assert found >= last
        last = found
    assert last == 1


def test_a_scan_of_one_surface_is_reached_by_one_answer() -> None:
    look, sizes = np.zeros((1, 3)), np.array([7])
    assert reached_share(look, sizes, np.array([0])) == 1
