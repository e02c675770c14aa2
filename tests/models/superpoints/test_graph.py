# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.models.superpoints.graph import surface_edges, surface_of


def corner(step: float = 0.05, size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """A floor and a wall that meet; (V, 3) places and the (V,) number of the plane."""
    a, b = (grid.ravel() * step for grid in np.meshgrid(np.arange(size), np.arange(size)))
    floor = np.stack([a + step, b, 0 * a], axis=1)
    wall = np.stack([0 * a, b, a], axis=1)
    return np.concatenate([floor, wall]), np.repeat([0, 1], size * size)


def test_planes_have_their_normals_and_are_flat() -> None:
    places, plane = corner()
    surface = surface_of(places, None)
    away = np.maximum(places[:, 0], places[:, 2]) > 0.3
    np.testing.assert_allclose(np.abs(surface.normals[away & (plane == 0), 2]), 1, atol=1e-3)
    np.testing.assert_allclose(np.abs(surface.normals[away & (plane == 1), 0]), 1, atol=1e-3)
    assert surface.flatness[away].max() < 1e-3
    assert surface.flatness.max() > 0.02
    assert surface.spacing == pytest.approx(0.05)


def test_neighbours_are_the_nearest() -> None:
    places = np.random.default_rng(0).uniform(0, 1, (80, 3))
    surface = surface_of(places, None)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    expected = np.argsort(apart, axis=1)[:, : surface.neighbours.shape[1]]
    np.testing.assert_array_equal(surface.neighbours, expected)


def test_edges_differ_at_corners_colours_and_gaps() -> None:
    places, plane = corner()
    colours = np.full((len(places), 3), 90, np.uint8)
    colours[places[:, 1] > 0.3] = 200
    edges = surface_edges(surface_of(places, colours))
    one, two = edges.ends.T
    inside = (plane[one] == plane[two]) & (np.maximum(places[one, 0], places[one, 2]) > 0.3)
    same = (places[one, 1] > 0.3) == (places[two, 1] > 0.3)
    deep = np.minimum(np.abs(places[one, 1] - 0.325), np.abs(places[two, 1] - 0.325)) > 0.2
    assert edges.difference[inside & same & deep].max() < 0.01
    assert edges.difference[inside & ~same].min() > 0.02
    assert edges.difference[plane[one] != plane[two]].mean() > 0.05
    assert (one < two).all()
    assert len(np.unique(edges.ends, axis=0)) == len(edges.ends)
    far = np.concatenate([places, places + np.array([0, 5, 0])])
    assert surface_edges(surface_of(far, None)).difference.max() < 1.1
    few = np.concatenate([places, [[0, 5, 0]]])
    assert surface_edges(surface_of(few, None)).difference.max() > 5


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_handful_of_points(count: int) -> None:
    places = np.arange(3.0 * count).reshape(count, 3)
    surface = surface_of(places, np.full((count, 3), 9, np.uint8))
    assert len(surface) == len(surface.neighbours) == count
    edges = surface_edges(surface)
    assert np.isfinite(edges.difference).all()
    assert np.isfinite(surface.normals).all()
    assert len(edges.ends) == count * (count - 1) // 2


def test_many_points_in_one_place() -> None:
    places = np.zeros((60, 3))
    edges = surface_edges(surface_of(places, None))
    assert np.isfinite(edges.difference).all()
    assert (edges.ends[:, 0] != edges.ends[:, 1]).all()
