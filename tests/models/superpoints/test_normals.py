# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Normals estimated from positions."""

from __future__ import annotations

import numpy as np

from fewpoints.models.superpoints.normals import estimate_normals


def test_a_floor_and_a_wall_far_from_the_origin() -> None:
    rng = np.random.default_rng(0)
    floor = np.column_stack([rng.uniform(0, 2, (2000, 2)), rng.normal(0, 0.002, 2000)])
    wall = np.column_stack([rng.normal(0, 0.002, 2000), rng.uniform(0, 2, (2000, 2))])
    positions = np.concatenate([floor, wall]) + np.array([5e5, 4e6, 100])
    normals = estimate_normals(positions, 0.04)
    assert normals.shape == (4000, 3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    away = floor[:, 0] > 0.2
    assert np.median(np.abs(normals[:2000][away, 2])) > 0.99
    assert np.median(np.abs(normals[2000:][wall[:, 2] > 0.2, 0])) > 0.99


def test_a_sphere_faces_outwards_or_inwards() -> None:
    rng = np.random.default_rng(1)
    out = rng.normal(size=(6000, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    normals = estimate_normals(out, 0.03)
    assert np.median(np.abs((normals * out).sum(axis=1))) > 0.98


def test_few_points_and_none() -> None:
    assert estimate_normals(np.zeros((0, 3)), 0.1).shape == (0, 3)
    assert np.isfinite(estimate_normals(np.zeros((1, 3)), 0.1)).all()
    assert np.isfinite(estimate_normals(np.array([[0.0, 0, 0], [1e9, 0, 0]]), 1e-3)).all()
