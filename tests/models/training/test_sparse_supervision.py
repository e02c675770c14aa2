# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import input_colours, scan_voxels
from fewpoints.models.training.augment import (
    augment_colours,
    augment_positions,
    dropped_voxels,
    elastic_distortion,
)
from fewpoints.models.training.sparse_supervision import LabelledScan, make_samples
from tests.models.features.scenes import planes


def labelled(scan: PointScan, count: int, seed: int = 0, voxel_m: float = 0.1) -> LabelledScan:
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.flatnonzero(scan.finite), count, replace=False)
    return LabelledScan("scan", scan, rows, rng.integers(0, 5, count), voxel_m)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    answers=st.integers(1, 60),
    max_voxels=st.sampled_from([64, 300, 10**6]),
    augment=st.booleans(),
)
def test_every_labelled_point_is_one_loss_term(
    seed: int, answers: int, max_voxels: int, augment: bool
) -> None:
    scan = planes(seed=seed % 7, count=5, points=120, size=3.0)
    scan.positions[::50] = np.nan
    job = labelled(scan, answers, seed)
    samples = make_samples(job, np.random.default_rng(seed), max_voxels=max_voxels, augment=augment)
    seen = np.concatenate([sample.answers for sample in samples])
    assert sorted(seen.tolist()) == list(range(answers))
    for sample in samples:
        assert len(sample.voxels) == len(sample.classes) == len(sample.answers)
        assert sample.classes.tolist() == job.classes[sample.answers].tolist()
        assert 0 <= int(sample.voxels.min()) <= int(sample.voxels.max()) < len(sample.coords)
        assert len(np.unique(sample.coords.numpy(), axis=0)) == len(sample.coords)
        assert len(sample.colours) == len(sample.coords)
    weights = sum(sample.weight for sample in samples)
    assert weights == pytest.approx(len(samples))


def test_labelled_points_sit_in_their_own_voxel_even_in_pieces() -> None:
    scan = planes(seed=3, points=400)
    assert scan.colours is not None
    job = labelled(scan, 40)
    origin = np.floor(scan.positions / 0.1).astype(int)
    pieces = make_samples(job, np.random.default_rng(0), max_voxels=200, augment=False)
    assert len(pieces) > 3
    shift = None
    for sample in pieces:
        cells = sample.coords[sample.voxels, 1:].numpy()
        difference = origin[job.rows[sample.answers]] - cells
        shift = difference[0] if shift is None else shift
        # The whole scan is moved by one multiple of 16 voxels, piece or not.
        assert (difference == shift).all()
        assert (shift % 16 == 0).all()


def test_different_classes_in_one_voxel_both_count() -> None:
    positions = np.array([[0.01, 0.01, 0.01], [0.02, 0.02, 0.02], [0.03, 0.03, 0.03], [3.0, 3, 3]])
    scan = PointScan(positions=positions)
    job = LabelledScan("scan", scan, np.array([0, 2, 3]), np.array([1, 4, 2]), 0.1)
    (sample,) = make_samples(job, np.random.default_rng(0), max_voxels=100, augment=False)
    assert len(sample.coords) == 2
    assert sample.classes.tolist() == [1, 4, 2]
    assert sample.voxels[0] == sample.voxels[1] != sample.voxels[2]


def test_a_labelled_point_that_is_not_finite_is_our_mistake() -> None:
    scan = PointScan(positions=np.array([[0.0, 0, 0], [np.nan, 0, 0]]))
    job = LabelledScan("scan", scan, np.array([1]), np.array([0]))
    with pytest.raises(ValueError, match="not finite"):
        make_samples(job, np.random.default_rng(0), max_voxels=100)


@pytest.mark.parametrize("augment", [False, True])
def test_a_scan_without_colour_is_shown_as_when_features_are_computed(augment: bool) -> None:
    job = labelled(PointScan(positions=planes(points=100).positions), 10)
    (sample,) = make_samples(job, np.random.default_rng(0), max_voxels=10**6, augment=augment)
    seen = input_colours(job.scan, scan_voxels(job.scan, 0.1))(np.arange(3))
    assert (sample.colours.numpy() == seen[0]).all()


def test_dropping_voxels_happens_and_spares_labelled_ones() -> None:
    rng = np.random.default_rng(0)
    spared = np.arange(0, 1000, 10)
    drops = [dropped_voxels(1000, spared, rng) for _ in range(200)]
    assert not any(drop[spared].any() for drop in drops)
    shares = [drop.mean() for drop in drops if drop.any()]
    assert 0.1 < len(shares) / 200 < 0.3
    assert np.mean(shares) == pytest.approx(0.18, abs=0.02)


def test_same_seed_same_sample() -> None:
    job = labelled(planes(points=50), 10)
    one, two = (make_samples(job, np.random.default_rng(5), max_voxels=10**6)[0] for _ in "ab")
    assert one.coords.equal(two.coords)
    assert one.colours.equal(two.colours)


def test_upright_things_stay_upright() -> None:
    column = np.zeros((50, 3))
    column[:, 2] = np.linspace(0, 2, 50)
    column[0, 0] = 1e-3
    for seed in range(20):
        rng = np.random.default_rng(seed)
        moved = augment_positions(column, rng, voxel_size_m=1e-9)
        direction = moved[-1] - moved[0]
        tilt = np.degrees(np.arccos(abs(direction[2]) / np.linalg.norm(direction)))
        assert tilt < 2 * 180 / 64 + 0.1
        assert direction[2] > 0
        assert 0.9 * 1.99 < np.linalg.norm(direction) < 1.1 * 2.01


def test_distortion_is_smooth_and_left_out_where_its_grid_would_be_huge() -> None:
    rng = np.random.default_rng(0)
    line = np.stack([np.linspace(0, 4, 400), np.zeros(400), np.zeros(400)], axis=1)
    moved = elastic_distortion(line, rng, 0.8, 1.6)
    shift = moved - line
    assert 0.01 < np.abs(shift).max() < 2
    assert np.abs(np.diff(shift, axis=0)).max() < 0.05
    far = line * 1e6
    np.testing.assert_array_equal(elastic_distortion(far, rng, 0.2, 0.4), far)


def test_colours_stay_colours() -> None:
    rng = np.random.default_rng(0)
    colours = rng.uniform(0, 255, (500, 3)).astype(np.float32)
    for _ in range(30):
        changed = augment_colours(colours, rng)
        assert changed.dtype == np.float32
        assert changed.min() >= 0
        assert changed.max() <= 255
    assert augment_colours(np.empty((0, 3), np.float32), rng).shape == (0, 3)
