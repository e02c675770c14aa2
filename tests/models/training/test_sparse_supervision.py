# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features.extract import input_colours, scan_voxels
from fewpoints.models.training import sparse_supervision
from fewpoints.models.training.augment import (
    augment_colours,
    augment_positions,
    dropped_voxels,
    elastic_distortion,
)
from fewpoints.models.training.sparse_supervision import ExtraTargets, LabelledScan, make_samples
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


@pytest.mark.parametrize("max_voxels", [200, 10**6])
def test_no_answer_is_lost_however_much_is_dropped(
    monkeypatch: pytest.MonkeyPatch, max_voxels: int
) -> None:
    """Over many seeds, with every voxel dropped that may be, and answers that share voxels."""

    def all_but(count: int, labelled: np.ndarray, _: np.random.Generator) -> np.ndarray:
        drop = np.ones(count, bool)
        drop[labelled] = False
        return drop

    monkeypatch.setattr(sparse_supervision, "dropped_voxels", all_but)
    scan = planes(seed=1, count=4, points=300, size=2.5)
    crowd = np.arange(30)
    scan.positions[crowd] = scan.positions[0]
    job = labelled(scan, 25)
    rows = np.union1d(job.rows, crowd)
    job = LabelledScan("scan", scan, rows, np.arange(len(rows)) % 5, 0.1)
    for seed in range(100):
        samples = make_samples(job, np.random.default_rng(seed), max_voxels=max_voxels)
        assert sum(len(sample.classes) for sample in samples) == len(job.rows)
        for sample in samples:
            assert sample.classes.tolist() == job.classes[sample.answers].tolist()
            shared = sample.voxels[np.isin(job.rows[sample.answers], crowd)]
            assert len(set(shared.tolist())) <= 1
        whole = samples[0] if len(samples) == 1 else None
        assert whole is None or set(whole.voxels.tolist()) == set(range(len(whole.coords)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), max_voxels=st.sampled_from([100, 10**6]))
def test_pseudo_labels_are_in_the_sample_of_their_box_unless_dropped(
    seed: int, max_voxels: int
) -> None:
    scan = planes(seed=seed % 5, count=5, points=120, size=3.0)
    job = labelled(scan, 10, seed)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(scan), 200, replace=False))
    extra = ExtraTargets(rows, rng.integers(0, 5, 200))
    samples = make_samples(job, rng, max_voxels=max_voxels, extra=extra, augment=False)
    cells = np.floor(job.upright / 0.1).astype(int)
    left = list(zip(map(tuple, cells[rows].tolist()), extra.classes.tolist(), strict=True))
    first = samples[0]
    shift = cells[job.rows[first.answers[0]]] - first.coords[first.voxels[0], 1:].numpy()
    for sample in samples:
        at = sample.coords[sample.pseudo_voxels, 1:].numpy() + shift
        for cell, kind in zip(map(tuple, at.tolist()), sample.pseudo_classes.tolist(), strict=True):
            left.remove((cell, kind))  # Raises where one comes twice or from nowhere.
    assert len(samples) > 1 or left == []
    varied = make_samples(job, rng, max_voxels=10**6, extra=extra)[0]
    assert len(varied.pseudo_voxels) == len(varied.pseudo_classes) > 120
    assert int(varied.pseudo_voxels.min()) >= 0


@pytest.mark.parametrize("max_voxels", [150, 10**6])
def test_offsets_lead_to_the_mean_of_the_objects_voxels(max_voxels: int) -> None:
    scan = planes(seed=2, count=4, points=150, size=2.0)
    job = labelled(scan, 30)
    objects = np.repeat([3, 0, 8, 5], 150)
    cells = np.floor(job.upright / 0.1).astype(int)
    # The object of a voxel is that of its first point, or of an answer in it.
    voxel_object: dict[tuple[int, ...], int] = {}
    for cell, number in zip(map(tuple, cells.tolist()), objects.tolist(), strict=True):
        voxel_object.setdefault(cell, number)
    for row in job.rows.tolist():
        if objects[row]:
            voxel_object[tuple(cells[row].tolist())] = int(objects[row])
    none = ExtraTargets.none()
    extra = ExtraTargets(none.rows, none.classes, objects.astype(np.int64))
    samples = make_samples(
        job, np.random.default_rng(0), max_voxels=max_voxels, extra=extra, augment=False
    )
    first = samples[0]
    shift = cells[job.rows[first.answers[0]]] - first.coords[first.voxels[0], 1:].numpy()
    for sample in samples:
        at = sample.coords[sample.object_voxels, 1:].numpy() + shift
        for cell, offset in zip(at.tolist(), sample.offsets.tolist(), strict=True):
            number = voxel_object[tuple(cell)]
            members = [c for c, other in voxel_object.items() if other == number]
            centre = np.mean(members, axis=0)
            np.testing.assert_allclose(offset, (centre - cell) * 0.1, atol=1e-5)
    if len(samples) == 1:
        assert len(first.object_voxels) == sum(n > 0 for n in voxel_object.values())


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
