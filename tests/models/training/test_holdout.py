# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.models.training.holdout import folds, held_out


@settings(max_examples=50, deadline=None)
@given(
    classes=st.lists(st.integers(0, 5), min_size=1, max_size=120),
    share=st.floats(0, 0.5),
    seed=st.integers(0, 9),
)
def test_every_class_stays_in_training(classes: list[int], share: float, seed: int) -> None:
    labels = np.array(classes)
    out = held_out(labels, share, np.random.default_rng(seed))
    for index in np.unique(labels):
        own = out[labels == index]
        assert not own.all()
        if share > 0 and len(labels) >= 30 and len(own) >= 3:
            assert own.sum() >= 1
        if len(own) < 3:
            assert not own.any()
    if share == 0 or len(labels) < 30:
        assert not out.any()


@settings(max_examples=50, deadline=None)
@given(classes=st.lists(st.integers(0, 5), min_size=1, max_size=60), seed=st.integers(0, 9))
def test_folds_are_even_over_all_and_within_classes(classes: list[int], seed: int) -> None:
    labels = np.array(classes)
    fold = folds(labels, np.random.default_rng(seed))
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 1
    for index in np.unique(labels):
        own = np.bincount(fold[labels == index], minlength=5)
        assert own.max() - own.min() <= 1
