# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Depth noise, steps and holes against the formulas they are drawn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewpoints.annotations.datasets.simulator.rendering import Rendered
from fewpoints.annotations.datasets.simulator.sensor import (
    Sensor,
    measured_depth,
    photographed,
    random_exposure,
)

SHAPE = (240, 320)


def facing(
    depth: float, *, cosine: float = 1.0, albedo: float = 0.6, gloss: float = 0.1
) -> Rendered:
    """A flat wall straight ahead."""
    return Rendered(
        np.full(SHAPE, depth),
        np.zeros(SHAPE, np.int64),
        np.full(SHAPE, cosine),
        np.full(SHAPE, gloss),
        np.full((*SHAPE, 3), albedo),
        np.full((*SHAPE, 3), 0.3),
    )


class TestMeasuredDepth:
    @pytest.mark.parametrize("depth", [0.6, 1.5, 3.0])
    def test_noise_grows_as_the_published_fit_says(self, depth: float) -> None:
        sensor = replace(Sensor(), disparity_step=1e-9)
        measured = measured_depth(facing(depth), sensor, np.random.default_rng(0))
        error = measured[measured > 0].astype(np.float64) - depth
        assert error.std() == pytest.approx(0.0012 + 0.0019 * (depth - 0.4) ** 2, rel=0.08)
        assert abs(error.mean()) < 0.1 * error.std()

    def test_neighbours_share_a_part_of_their_noise(self) -> None:
        sensor = replace(Sensor(), disparity_step=1e-9, shared=0.5, patch_px=9)
        error = measured_depth(facing(2.0), sensor, np.random.default_rng(1)) - np.float32(2.0)
        near = np.corrcoef(error[:, :-1].ravel(), error[:, 1:].ravel())[0, 1]
        far = np.corrcoef(error[:, :-40].ravel(), error[:, 40:].ravel())[0, 1]
        assert 0.4 < near < 0.55
        assert abs(far) < 0.1

    def test_depth_comes_in_steps_that_grow_with_its_square(self) -> None:
        sensor = replace(Sensor(), noise_base_m=0.02, noise_growth=0.0, disparity_step=0.001)
        for depth in (1.0, 2.0):
            measured = measured_depth(facing(depth), sensor, np.random.default_rng(2))
            levels = np.unique(measured[measured > 0].astype(np.float64))
            whole = 1 / levels / 0.001
            assert np.abs(whole - np.rint(whole)).max() < 1e-3
            middle = levels[np.abs(levels - depth) < 0.02]
            assert np.median(np.diff(middle)) == pytest.approx(0.001 * depth**2, rel=0.02)

    def test_nothing_is_measured_out_of_range_or_off_the_world(self) -> None:
        rng = np.random.default_rng(3)
        assert not measured_depth(facing(0.2), Sensor(), rng).any()
        assert not measured_depth(facing(7.0), Sensor(), rng).any()
        assert not measured_depth(facing(0.0), Sensor(), rng).any()

    @pytest.mark.parametrize(
        ("wall", "least", "most"),
        [
            (facing(2.0), 0.0, 0.01),
            (facing(2.0, cosine=0.1), 0.6, 0.95),
            (facing(2.0, albedo=0.03), 0.2, 0.8),
            (facing(2.0, gloss=1.0), 0.7, 0.9),
        ],
    )
    def test_grazing_dark_and_shiny_surfaces_have_holes(
        self, wall: Rendered, least: float, most: float
    ) -> None:
        lost = (measured_depth(wall, Sensor(), np.random.default_rng(4)) == 0).mean()
        assert least <= lost <= most

    def test_holes_hang_together(self) -> None:
        wall = facing(2.0, gloss=0.85)
        lost = measured_depth(wall, Sensor(), np.random.default_rng(5)) == 0
        share = lost.mean()
        both = (lost[:, 1:] & lost[:, :-1]).mean()
        assert both > 1.15 * share**2

    def test_edges_drop_out_and_no_depth_is_made_up_between_surfaces(self) -> None:
        wall = facing(3.0)
        wall.depth[:, :160] = 1.0
        measured = measured_depth(wall, Sensor(), np.random.default_rng(6))
        at_edge = measured[:, 159:161]
        assert 0.3 < (at_edge == 0).mean() < 0.6
        known = at_edge[at_edge > 0]
        assert np.minimum(np.abs(known - 1), np.abs(known - 3)).max() < 0.1


def test_pictures_of_one_wall_differ_between_cameras() -> None:
    shots = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shots.append(photographed(facing(2.0), random_exposure(rng), rng).mean(axis=(0, 1)))
    tones = np.array(shots)
    assert (tones.std(axis=0) > 8).all()
    assert (tones > 30).all()
    assert (tones < 240).all()
    # The white balance is off now and then.
    assert (tones[:, 0] - tones[:, 2]).std() > 4
