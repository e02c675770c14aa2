# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fewpoints.models.training.readiness import check_ready


def test_five_answers_of_two_classes_are_enough() -> None:
    assert check_ready([0, 0, 0, 0, 1]) == []


def test_every_reason_is_given_with_its_number() -> None:
    reasons = check_ready([3])
    assert len(reasons) == 2
    assert "at least 5 labelled points; there is 1. Label 4 more" in reasons[0]
    assert "at least 2 classes; only 1 class has any" in reasons[1]
    assert "no class has any" in check_ready([])[1]


def test_unlabelled_points_do_not_count() -> None:
    assert len(check_ready([0, 1, 255, 255, 255])) == 1
    assert len(check_ready([0] * 10 + [255])) == 1


def test_limits_can_be_raised() -> None:
    assert check_ready([0, 1] * 5, min_classes=3)[0].count("only 2 classes have") == 1
    assert check_ready([0, 1] * 5, min_answers=10) == []
