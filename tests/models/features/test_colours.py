# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Features as colours, beside a singular value decomposition."""

from __future__ import annotations

import numpy as np

from fewpoints.models.features.colours import feature_colours, main_directions


def clouds(seed: int = 0, count: int = 3000) -> np.ndarray:
    """(count, 96) features that vary most along three directions, unequally."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(96, 96)))[0][:3]
    along = rng.normal(size=(count, 3)) * np.array([9.0, 4.0, 2.0])
    features: np.ndarray = (along @ basis + 0.1 * rng.normal(size=(count, 96)) + 5).astype("f4")
    return features


def test_main_directions_are_those_of_the_singular_value_decomposition() -> None:
    centred = clouds() - clouds().mean(axis=0)
    found = main_directions(centred.astype(np.float64), 3)
    expected = np.linalg.svd(centred.astype(np.float64), full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs((found.T * expected).sum(axis=1)), 1, atol=1e-6)
    for column in found.T:
        assert column[np.abs(column).argmax()] > 0


def test_the_order_of_points_and_the_sign_of_nothing_change_colours() -> None:
    features, everywhere = clouds(), np.ones(3000, bool)
    colours = feature_colours(features, everywhere)
    turned = np.random.default_rng(1).permutation(3000)
    np.testing.assert_array_equal(feature_colours(features[turned], everywhere), colours[turned])
    # More points of the same kind: what was there keeps about its look.
    more = np.concatenate([features, clouds(seed=0)[:1500] + np.float32(1e-3)])
    again = feature_colours(more, np.ones(4500, bool))[:3000]
    assert np.abs(again.astype(int) - colours).mean() < 6


def test_colours_span_the_range_and_strays_do_not_squeeze_them() -> None:
    features, everywhere = clouds(), np.ones(3000, bool)
    calm = feature_colours(features, everywhere)
    assert (np.ptp(calm.astype(int), axis=0) == 255).all()
    assert (calm.std(axis=0) > 50).all()
    features[:3] *= 3
    assert (feature_colours(features, everywhere)[3:].std(axis=0) > 40).all()


def test_rows_without_a_place_are_black_and_count_for_nothing() -> None:
    features, placed = clouds(), np.ones(3000, bool)
    placed[10] = False
    features[10] = 0
    colours = feature_colours(features, placed)
    assert colours[10].tolist() == [0, 0, 0]
    rest = feature_colours(features[placed], np.ones(2999, bool))
    np.testing.assert_array_equal(colours[placed], rest)


def test_what_does_not_vary_is_grey() -> None:
    flat = np.ones((40, 96), np.float32)
    assert np.unique(feature_colours(flat, np.ones(40, bool))).tolist() == [128]
    assert feature_colours(flat, np.zeros(40, bool)).max() == 0
