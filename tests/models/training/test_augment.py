# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The random changes against the recipe of the original, written down again in loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fewpoints.models.training import augment
from fewpoints.models.training.augment import augment_colours, augment_positions, elastic_distortion


class Scripted:
    """A generator whose uniform numbers are given."""

    def __init__(self, *numbers: float, seed: int = 0) -> None:
        self.numbers = list(numbers)
        self.noise = np.random.default_rng(seed)

    def random(self, shape: Any = None) -> Any:
        if shape is None:
            return self.numbers.pop(0)
        return np.array([self.numbers.pop(0) for _ in range(int(np.prod(shape)))]).reshape(shape)

    def standard_normal(self, shape: Any, dtype: Any = float) -> Any:
        return self.noise.standard_normal(shape, dtype)


def colours() -> np.ndarray:
    return np.array([[10, 100, 0], [20, 200, 50], [60, 150, 255]], np.float32)


def test_contrast_blends_with_colours_stretched_to_the_whole_range() -> None:
    blend = 0.25
    changed = augment_colours(colours(), Scripted(0.1, blend, 1, 1))  # type: ignore[arg-type]
    for channel in range(3):
        column = colours()[:, channel]
        low, high = column.min(), column.max()
        for row in range(3):
            stretched = (column[row] - low) * 255 / (high - low)
            expected = (1 - blend) * column[row] + blend * stretched
            assert changed[row, channel] == pytest.approx(expected, abs=1e-3)


def test_translation_moves_a_channel_by_at_most_a_tenth_of_the_range() -> None:
    rng = Scripted(0.9, 0.1, 1.0, 0.5, 0.0, 0.99)
    changed = augment_colours(np.full((4, 3), 100, np.float32), rng)  # type: ignore[arg-type]
    np.testing.assert_allclose(changed, np.tile([125.5, 100, 74.5], (4, 1)), atol=1e-3)


def test_jitter_has_a_spread_of_a_twentieth_of_the_range() -> None:
    grey = np.full((20_000, 3), 128, np.float32)
    changed = augment_colours(grey, Scripted(0.9, 0.99, 0.1))  # type: ignore[arg-type]
    assert changed.std() == pytest.approx(12.75, rel=0.03)


def test_shape_keeps_to_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without distortion the change is linear: its scale, mirroring and turn can be read off."""
    monkeypatch.setattr(augment, "elastic_distortion", lambda positions, *_: positions)
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    scales, mirrored, turns, tilts, starts = [], [], [], [], []
    for seed in range(2_000):
        moved = augment_positions(axes, np.random.default_rng(seed), voxel_size_m=0.02)
        matrix = (moved[:3] - moved[3:]).T / 2
        scale = np.abs(np.linalg.det(matrix)) ** (1 / 3)
        scales.append(scale)
        mirrored.append(np.linalg.det(matrix) < 0)
        turns.append(np.arctan2(matrix[1, 0], matrix[0, 0]))
        tilts.append(np.arccos(np.clip(matrix[2, 2] / scale, -1, 1)))
        starts.append(moved.mean(axis=0) / 0.02)
    assert 0.9 <= min(scales) < 0.905
    assert 1.095 < max(scales) <= 1.1
    # Exactly one of two horizontal axes, each at even odds, with probability 0.95.
    assert np.mean(mirrored) == pytest.approx(0.95 / 2, abs=0.04)
    assert np.histogram(turns, bins=8, range=(-np.pi, np.pi))[0].min() > 180
    assert 0.9 * np.pi / 64 < max(tilts) < 2 * np.pi / 64
    assert np.min(starts) >= 0
    assert np.max(starts) <= 100
    assert np.std(starts) > 25


@pytest.mark.parametrize("voxel_size", [0.02, 0.05])
def test_distortion_is_two_fields_of_the_recipe(
    monkeypatch: pytest.MonkeyPatch, voxel_size: float
) -> None:
    asked: list[tuple[float, float]] = []

    def note(positions: Any, rng: Any, granularity: float, magnitude: float) -> Any:
        asked.append((granularity * 0.02 / voxel_size, magnitude * 0.02 / voxel_size))
        return positions

    monkeypatch.setattr(augment, "elastic_distortion", note)
    for seed in range(400):
        augment_positions(np.eye(3), np.random.default_rng(seed), voxel_size_m=voxel_size)
    assert len(asked) / 800 == pytest.approx(0.95, abs=0.03)
    np.testing.assert_allclose(asked[::2], [(0.2, 0.4)] * (len(asked) // 2))
    np.testing.assert_allclose(asked[1::2], [(0.8, 1.6)] * (len(asked) // 2))


def test_distortion_interpolates_a_field_of_averaged_noise() -> None:
    """Against means of three and trilinear weights in loops."""
    rng = np.random.default_rng(3)
    positions = rng.uniform(0, 1, (6, 3)) * [1.0, 0.7, 0.4]
    moved = elastic_distortion(positions, np.random.default_rng(5), 0.2, 0.4)
    low = positions.min(axis=0)
    shape = [int((positions[:, a].max() - low[a]) // 0.2) + 3 for a in range(3)]
    again = np.random.default_rng(5)
    for axis in range(3):
        field = again.standard_normal(tuple(shape), np.float32).astype(float)
        for _ in range(2):
            for along in range(3):
                field = mean_of_three(field, along)
        for row, point in enumerate(positions):
            total = 0.0
            place = (point - low) / 0.2 + 1
            corner = np.floor(place).astype(int)
            part = place - corner
            for x in (0, 1):
                for y in (0, 1):
                    for z in (0, 1):
                        share = 1.0
                        for a, step in enumerate((x, y, z)):
                            share *= part[a] if step else 1 - part[a]
                        node = np.minimum(corner + np.array([x, y, z]), np.array(shape) - 1)
                        total += share * field[tuple(node)]
            assert moved[row, axis] == pytest.approx(point[axis] + 0.4 * total, abs=1e-5)


def mean_of_three(field: np.ndarray, axis: int) -> np.ndarray:
    field = np.moveaxis(field, axis, 0)
    result = np.empty_like(field)
    for index in range(len(field)):
        before = field[index - 1] if index > 0 else 0.0
        after = field[index + 1] if index + 1 < len(field) else 0.0
        result[index] = (before + field[index] + after) / 3
    return np.moveaxis(result, 0, axis)
