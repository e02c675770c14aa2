# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.selection.errors import (
    BadBudget,
    BadExclude,
    FeaturesMissing,
    TooFewPoints,
)
from fewpoints.models.selection.kmeans import Block, design_matrix
from fewpoints.models.selection.options import (
    AnyStrategy,
    Diverse,
    KMeansColor,
    KMeansFeatures,
    Mixed,
    Random,
    Uncertain,
    UnknownStrategy,
    strategy_options,
)
from fewpoints.models.selection.registry import needs_features, select_points
from tests.oracles.loops_lloyd import published_script_in_loops

ALL: list[AnyStrategy] = [
    Random(),
    KMeansColor(),
    KMeansColor(scaling="reference"),
    KMeansColor(engine="faiss"),
    KMeansFeatures(),
    KMeansFeatures(scaling="reference"),
    Diverse(),
    Uncertain(),
    Mixed(),
]


def make_scan(seed: int = 0, count: int = 400, bad: int = 0, offset: float = 0.0) -> PointScan:
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 5, (count, 3)) + offset
    positions[rng.choice(count, bad, replace=False), 1] = np.nan
    return PointScan(positions=positions, colours=rng.integers(0, 256, (count, 3)).astype(np.uint8))


def make_features(scan: PointScan, columns: int = 12) -> np.ndarray:
    rng = np.random.default_rng(99)
    return np.maximum(rng.normal(size=(len(scan), columns)), 0).astype(np.float32)


@pytest.mark.parametrize("options", ALL, ids=repr)
class TestEveryStrategy:
    def test_gives_distinct_finite_points_that_were_not_excluded(self, options: Random) -> None:
        scan = make_scan(bad=50)
        features = make_features(scan)
        exclude = np.flatnonzero(scan.finite)[:100]
        rows = select_points(scan, options, 20, features=features, exclude=exclude)
        assert rows.dtype == np.int64
        assert len(set(rows.tolist())) == 20
        assert scan.finite[rows].all()
        assert not set(rows.tolist()) & set(exclude.tolist())

    def test_same_seed_same_points(self, options: Random) -> None:
        scan = make_scan()
        features = make_features(scan)
        first, second = (
            select_points(scan, options, 15, seed=3, features=features) for _ in range(2)
        )
        np.testing.assert_array_equal(first, second)

    def test_rounds_never_repeat_a_point_until_the_scan_is_used_up(self, options: Random) -> None:
        scan = make_scan(count=35, bad=5)
        features = make_features(scan)
        asked = np.empty(0, np.int64)
        for _ in range(3):
            new = select_points(scan, options, 10, features=features, exclude=asked)
            asked = np.concatenate([asked, new])
        assert sorted(asked.tolist()) == np.flatnonzero(scan.finite).tolist()
        with pytest.raises(TooFewPoints, match=r"only 0 points.*30 were asked about before"):
            select_points(scan, options, 1, features=features, exclude=asked)

    @pytest.mark.parametrize("budget", [1, 2, 59, 60])
    def test_any_budget_up_to_all_points(self, options: Random, budget: int) -> None:
        scan = make_scan(count=60)
        rows = select_points(scan, options, budget, features=make_features(scan))
        assert len(set(rows.tolist())) == budget

    def test_identical_points_still_give_distinct_rows(self, options: Random) -> None:
        scan = PointScan(positions=np.ones((30, 3)), colours=np.full((30, 3), 7, np.uint8))
        rows = select_points(scan, options, 11, features=np.ones((30, 96), np.float32))
        assert len(set(rows.tolist())) == 11


class TestReference:
    @pytest.mark.parametrize("with_features", [False, True])
    def test_is_the_published_script(self, with_features: bool) -> None:
        scan = make_scan(seed=4, count=250)
        features = make_features(scan) * 3
        assert scan.colours is not None
        expected = published_script_in_loops(
            scan.positions, scan.colours, features if with_features else None, 9
        )
        options = (
            KMeansFeatures(scaling="reference")
            if with_features
            else KMeansColor(scaling="reference")
        )
        rows = select_points(scan, options, 9, features=features)
        assert rows.tolist() == expected

    def test_does_not_depend_on_the_seed(self) -> None:
        scan = make_scan()
        options = KMeansColor(scaling="reference")
        np.testing.assert_array_equal(
            select_points(scan, options, 9, seed=0), select_points(scan, options, 9, seed=1)
        )


class TestScaled:
    def test_blocks_weigh_the_same_and_a_metre_is_a_metre_on_every_axis(self) -> None:
        scan = make_scan(count=1000)
        features = make_features(scan) * 1e4
        assert scan.colours is not None
        positions = scan.positions * np.array([10.0, 1.0, 0.1])
        rows = np.arange(10, 1000)
        given = [Block(positions), Block(scan.colours, share=0.5), Block(features, share=0.5)]
        matrix = design_matrix(given, rows, scaling="scaled")
        blocks = [matrix[:, :3], matrix[:, 3:6], matrix[:, 6:]]
        for block, share in zip(blocks, [1, 0.5, 0.5], strict=True):
            assert block.var(axis=0).sum() == pytest.approx(share, rel=1e-4)
        ratio = matrix[:, :3].std(axis=0) / positions[rows].std(axis=0)
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)

    def test_the_length_of_a_feature_does_not_matter(self) -> None:
        scan = make_scan(count=300)
        features = make_features(scan)
        longer = features * np.random.default_rng(0).uniform(0.1, 10, (300, 1)).astype(np.float32)
        np.testing.assert_array_equal(
            select_points(scan, KMeansFeatures(), 12, features=features),
            select_points(scan, KMeansFeatures(), 12, features=longer),
        )
        block = [Block(longer, directions=True)]
        scaled, plain = (
            design_matrix(block, np.arange(300), scaling=how) for how in ("scaled", "reference")
        )
        length = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
        unit = features / length - (features / length).mean(axis=0)
        np.testing.assert_allclose(scaled, unit / np.sqrt((unit**2).sum() / 300), atol=1e-5)
        np.testing.assert_allclose(plain, longer - longer.mean(axis=0), atol=1e-4)

    def test_the_unit_of_the_file_does_not_matter(self) -> None:
        metres = make_scan(seed=1)
        feet = PointScan(positions=metres.positions / 0.3048, colours=metres.colours)
        np.testing.assert_array_equal(
            select_points(metres, KMeansColor(), 12), select_points(feet, KMeansColor(), 12)
        )

    @pytest.mark.parametrize("scaling", ["scaled", "reference"])
    def test_a_geo_referenced_scan_gives_the_same_points(self, scaling: str) -> None:
        near = make_scan(seed=2)
        far = PointScan(
            positions=near.positions + np.array([652_000.0, 6_860_000.0, 0.0]), colours=near.colours
        )
        options = strategy_options("kmeans_color", scaling=scaling)
        np.testing.assert_array_equal(
            select_points(near, options, 12), select_points(far, options, 12)
        )

    def test_covers_separate_objects_that_differ_only_in_features(self) -> None:
        scan = PointScan(
            positions=np.random.default_rng(0).uniform(0, 1, (600, 3)),
            colours=np.full((600, 3), 100, np.uint8),
        )
        kind = np.arange(600) % 6
        features = np.eye(6, dtype=np.float32)[kind] * 3
        rows = select_points(scan, KMeansFeatures(), 6, features=features)
        assert len(set(kind[rows])) == 6

    def test_different_seeds_may_give_different_points(self) -> None:
        scan = make_scan()
        picks = {tuple(select_points(scan, KMeansColor(), 20, seed=s)) for s in range(4)}
        assert len(picks) > 1


class TestScansWithoutColour:
    def test_intensity_stands_in(self) -> None:
        positions = np.random.default_rng(0).uniform(0, 1, (200, 3))
        intensity = np.where(np.arange(200) < 4, 60_000.0, 10.0).astype(np.float32)
        rows = select_points(PointScan(positions=positions, intensity=intensity), KMeansColor(), 6)
        assert (rows < 4).any()

    @pytest.mark.parametrize("options", [KMeansColor(), KMeansColor(scaling="reference")])
    def test_positions_alone_do(self, options: KMeansColor) -> None:
        scan = PointScan(positions=np.random.default_rng(0).uniform(0, 1, (200, 3)))
        assert len(set(select_points(scan, options, 30).tolist())) == 30


class TestRefusals:
    def test_too_few_points_names_both_numbers(self) -> None:
        with pytest.raises(TooFewPoints, match="Asked for 41 points, but only 40"):
            select_points(make_scan(count=50, bad=10), KMeansColor(), 41)

    def test_a_scan_without_points(self) -> None:
        with pytest.raises(TooFewPoints):
            select_points(PointScan(positions=np.empty((0, 3))), Random(), 1)

    def test_a_budget_below_one(self) -> None:
        with pytest.raises(BadBudget):
            select_points(make_scan(), Random(), 0)

    def test_features_of_another_scan(self) -> None:
        scan = make_scan()
        with pytest.raises(FeaturesMissing, match="this very file"):
            select_points(scan, KMeansFeatures(), 5, features=np.zeros((7, 96), np.float32))
        with pytest.raises(FeaturesMissing, match="Compute them first"):
            select_points(scan, KMeansFeatures(), 5)

    def test_features_with_nan(self) -> None:
        scan = make_scan()
        features = make_features(scan)
        features[5] = np.nan
        with pytest.raises(FeaturesMissing, match="not finite"):
            select_points(scan, KMeansFeatures(), 5, features=features)

    def test_rows_to_leave_out_must_exist(self) -> None:
        with pytest.raises(BadExclude, match="rows 0 to 399"):
            select_points(make_scan(), Random(), 5, exclude=np.array([400]))

    def test_unknown_names(self) -> None:
        with pytest.raises(UnknownStrategy, match="kmeans_color"):
            strategy_options("kmeans")
        with pytest.raises(UnknownStrategy, match="reference"):
            strategy_options("random", scaling="raw")
        with pytest.raises(ValidationError):
            KMeansColor(iterations=0)


def test_progress_can_cancel() -> None:
    class Cancelled(Exception):
        pass

    calls = itertools.count()

    def cancel(fraction: float, sentence: str) -> None:
        assert 0 <= fraction <= 1
        if next(calls) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        select_points(make_scan(), KMeansColor(), 20, progress=cancel)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    count=st.integers(1, 60),
    bad=st.integers(0, 20),
    taken=st.integers(0, 20),
    budget=st.integers(1, 60),
    which=st.integers(0, len(ALL) - 1),
)
def test_exactly_k_or_a_clear_refusal(
    seed: int, count: int, bad: int, taken: int, budget: int, which: int
) -> None:
    scan = make_scan(seed, count, min(bad, count))
    exclude = np.random.default_rng(seed).integers(count, size=taken)
    free = set(np.flatnonzero(scan.finite)) - set(exclude.tolist())
    arguments = {"features": make_features(scan), "exclude": exclude}
    if len(free) < budget:
        with pytest.raises(TooFewPoints):
            select_points(scan, ALL[which], budget, **arguments)  # type: ignore[arg-type]
        return
    rows = select_points(scan, ALL[which], budget, **arguments)  # type: ignore[arg-type]
    assert len(rows) == budget == len(set(rows.tolist()))
    assert set(rows.tolist()) <= free


def test_only_strategies_that_look_at_features_need_them() -> None:
    assert [needs_features(options) for options in ALL] == [False] * 4 + [True] * 5


def test_options_import_neither_torch_nor_faiss() -> None:
    code = (
        "import sys, fewpoints.models.selection.options, fewpoints.models.training.readiness;"
        "print([m for m in ('torch', 'faiss') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
