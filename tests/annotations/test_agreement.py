# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Agreement between people, against the formulas written as loops over pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fewpoints.annotations.agreement import cohens_kappa, krippendorffs_alpha


def loops_kappa(first: list[int], second: list[int]) -> float:
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    chance = sum((first.count(c) / n) * (second.count(c) / n) for c in set(first) | set(second))
    return (agreed - chance) / (1 - chance)


def loops_alpha(points: list[int], classes: list[int]) -> float:
    """Coincidences of pairs, one by one."""
    units: dict[int, list[int]] = {}
    for point, c in zip(points, classes, strict=True):
        units.setdefault(point, []).append(c)
    pairable = [values for values in units.values() if len(values) > 1]
    flat = [c for values in pairable for c in values]
    observed = sum(
        (a != b) / (len(values) - 1)
        for values in pairable
        for a, b in itertools.permutations(values, 2)
    ) / len(flat)
    expected = sum(a != b for a, b in itertools.permutations(flat, 2)) / (
        len(flat) * (len(flat) - 1)
    )
    return 1 - observed / expected


class TestCohensKappa:
    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_the_formula(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        first = rng.integers(0, 4, 60)
        second = np.where(rng.random(60) < 0.6, first, rng.integers(0, 5, 60))
        expected = loops_kappa(first.tolist(), second.tolist())
        assert cohens_kappa(first, second) == pytest.approx(expected)

    def test_the_textbook_example(self) -> None:
        # 20 both yes, 15 both no, 5 and 10 apart: 0.7 agreed, 0.5 by chance.
        first = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
        second = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
        assert cohens_kappa(first, second) == pytest.approx(0.4)

    def test_same_answers_agree_and_one_class_alone_says_nothing(self) -> None:
        assert cohens_kappa(np.array([1, 2, 2]), np.array([1, 2, 2])) == pytest.approx(1)
        assert cohens_kappa(np.array([3, 3]), np.array([3, 3])) is None
        assert cohens_kappa(np.array([], int), np.array([], int)) is None


class TestKrippendorffsAlpha:
    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_the_formula(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        points = rng.integers(0, 40, 90)
        classes = np.where(rng.random(90) < 0.7, points % 5, rng.integers(0, 5, 90))
        expected = loops_alpha(points.tolist(), classes.tolist())
        assert krippendorffs_alpha(points, classes) == pytest.approx(expected)

    def test_nothing_shared_or_one_class_says_nothing(self) -> None:
        assert krippendorffs_alpha(np.array([1, 2, 3]), np.array([0, 1, 0])) is None
        assert krippendorffs_alpha(np.array([1, 1]), np.array([2, 2])) is None
        assert krippendorffs_alpha(np.array([], int), np.array([], int)) is None

    def test_points_of_one_answer_take_no_part(self) -> None:
        points, classes = np.array([1, 1, 2, 2]), np.array([0, 0, 1, 1])
        more = krippendorffs_alpha(np.append(points, 9), np.append(classes, 7))
        assert more == krippendorffs_alpha(points, classes) == 1
