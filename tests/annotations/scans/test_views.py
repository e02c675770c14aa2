# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.views import View, choose_views
from tests.annotations.files import DATA, needs_data
from tests.rooms import small_room

ROOM = np.array([6.0, 5.0, 2.6])
PILLAR = (np.array([2.6, 2.1, 0.0]), np.array([3.3, 2.8, 2.6]))
UP = np.array([0.0, 0.0, 1.0])


def box_room_with_a_pillar(step: float = 0.03) -> Any:
    """Points on the inside of a closed box and on the four sides of a pillar, slightly noisy."""
    rng = np.random.default_rng(0)
    parts = []

    def rectangle(axis: int, at: float, low: np.ndarray, high: np.ndarray) -> None:
        others = [a for a in range(3) if a != axis]
        area = float(np.prod(high[others] - low[others]))
        points = low + rng.random((int(area / step**2 * 1.5), 3)) * (high - low)
        points[:, axis] = at
        parts.append(points)

    for axis in range(3):
        rectangle(axis, 0.0, np.zeros(3), ROOM)
        rectangle(axis, ROOM[axis], np.zeros(3), ROOM)
    for axis in range(2):
        rectangle(axis, PILLAR[0][axis], *PILLAR)
        rectangle(axis, PILLAR[1][axis], *PILLAR)
    points = np.concatenate(parts)
    inside = ((points > PILLAR[0] + 1e-6) & (points < PILLAR[1] - 1e-6)).all(axis=1)
    under = ((points > PILLAR[0] + 1e-6) & (points < PILLAR[1] - 1e-6))[:, :2].all(axis=1)
    points = points[~inside & ~under]
    return points + rng.normal(0, 0.002, points.shape)


def crosses_pillar(eye: np.ndarray, target: np.ndarray) -> bool:
    """Slab test: whether the segment passes through the pillar (shrunk by 2 cm for the noise)."""
    low, high = PILLAR[0] + 0.02, PILLAR[1] - 0.02
    way = target - eye
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (low - eye) / way, (high - eye) / way
    enter, leave = np.minimum(a, b).max(), np.maximum(a, b).min()
    return bool(enter < leave and enter < 1 and leave > 0)


def hidden_points(points: np.ndarray, view: View, *, spacing: float) -> int:
    """How many points lie on the line of sight, by brute force."""
    way = view.target - view.eye
    length = float(np.linalg.norm(way))
    way = way / length
    offset = points - view.eye
    along = offset @ way
    aside = np.linalg.norm(offset - along[:, None] * way, axis=1)
    between = (along > 0.02 * length) & (along < length - 6 * spacing)
    return int((between & (aside < 0.7 * spacing)).sum())


class TestBoxRoom:
    points = box_room_with_a_pillar()
    rows = np.random.default_rng(1).choice(len(points), 60, replace=False)
    views = choose_views(points, rows, up=UP)

    def test_there_is_a_view_of_each_point_in_order(self) -> None:
        assert len(self.views) == 60
        for view, row in zip(self.views, self.rows, strict=True):
            np.testing.assert_allclose(view.target, self.points[row])
            np.testing.assert_allclose(view.up, UP)

    def test_eyes_are_in_the_room_and_outside_the_pillar(self) -> None:
        for view in self.views:
            assert (view.eye > 0.05).all()
            assert (view.eye < ROOM - 0.05).all()
            assert not ((view.eye > PILLAR[0]) & (view.eye < PILLAR[1])).all()

    def test_no_line_of_sight_crosses_the_pillar(self) -> None:
        assert not any(crosses_pillar(v.eye, v.target) for v in self.views)

    def test_brute_force_finds_nothing_in_between(self) -> None:
        assert all(hidden_points(self.points, v, spacing=0.02) <= 1 for v in self.views)

    def test_eyes_are_at_a_comfortable_distance_and_angle(self) -> None:
        distances = np.array([np.linalg.norm(v.eye - v.target) for v in self.views])
        assert (distances > 0.4).all()
        assert (distances < 2.6).all()
        assert 0.9 < np.median(distances) < 2.5
        for view in self.views:
            way = (view.eye - view.target) / np.linalg.norm(view.eye - view.target)
            assert abs(way @ UP) < 0.95

    def test_surfaces_are_not_seen_edge_on(self) -> None:
        cosines = []
        for view in self.views:
            near = self.points[np.linalg.norm(self.points - view.target, axis=1) < 0.12]
            normal = np.linalg.svd(near - near.mean(axis=0))[2][2]
            way = (view.eye - view.target) / np.linalg.norm(view.eye - view.target)
            cosines.append(abs(normal @ way))
        assert np.percentile(cosines, 5) > 0.35
        assert np.median(cosines) > 0.6

    def test_equal_seeds_give_equal_views(self) -> None:
        again = choose_views(self.points, self.rows[:5], up=UP)
        for one, other in zip(again, self.views, strict=False):
            np.testing.assert_array_equal(one.target, other.target)
        twice = choose_views(self.points, self.rows[:5], up=UP)
        assert all((a.eye == b.eye).all() for a, b in zip(again, twice, strict=True))


class TestOtherScans:
    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("unit", [1.0, 1000.0])
    def test_the_unit_and_the_up_axis_do_not_matter(self, axis: int, unit: float) -> None:
        points = np.roll(box_room_with_a_pillar(0.05), axis + 1, axis=1) * unit
        up = np.roll(UP, axis + 1) * -1.0
        rows = np.arange(0, len(points), len(points) // 10)
        for view in choose_views(points, rows, up=up):
            distance = np.linalg.norm(view.eye - view.target) / unit
            assert 0.4 < distance < 4
            assert hidden_points(points, view, spacing=0.035 * unit) <= 1

    def test_a_simulated_room(self) -> None:
        scan = small_room(60_000).scan
        rows = np.random.default_rng(0).choice(len(scan), 40, replace=False)
        views = choose_views(scan.local_positions(), rows, up=UP)
        clear = [hidden_points(scan.positions, v, spacing=0.025) <= 1 for v in views]
        assert sum(clear) >= 38

    @needs_data
    @pytest.mark.parametrize(
        "name",
        [
            "mosd-labelled/learn/learn0.pcd",
            "ipad-lidar-rooms/pix4d_user_470_user.ply",
            "las-pdal/sample_c.las",
        ],
    )
    def test_real_scans_from_one_viewpoint_or_many(self, name: str) -> None:
        scan = read_scan(DATA / name)
        rows = np.random.default_rng(0).choice(np.flatnonzero(scan.finite), 20, replace=False)
        local = scan.local_positions()
        views = choose_views(local, rows, up=scan_up(scan).vector)
        finite = local[scan.finite].astype(np.float64)
        spacing = float(np.linalg.norm(views[0].eye - views[0].target)) / 150
        clear = [hidden_points(finite, v, spacing=spacing) <= 2 for v in views]
        assert sum(clear) >= 18

    @pytest.mark.parametrize(
        "points",
        [
            np.zeros((1, 3)),
            np.zeros((50, 3)),
            np.array([[0.0, 0, 0], [1, 0, 0]]),
            np.random.default_rng(0).random((200, 3)) * [1, 0, 0],
            np.random.default_rng(0).random((5000, 3)),
            np.concatenate([np.random.default_rng(0).random((500, 3)), [[1e9, 0, 0]]]),
            np.concatenate([np.full((5, 3), np.nan), np.random.default_rng(0).random((500, 3))]),
        ],
        ids=["one", "coinciding", "two", "line", "solid", "outlier", "holes"],
    )
    def test_degenerate_scans_still_get_finite_views(self, points: np.ndarray) -> None:
        rows = np.flatnonzero(np.isfinite(points).all(axis=1))[-3:]
        for view in choose_views(points, rows, up=UP):
            assert np.isfinite(view.eye).all()
            assert np.linalg.norm(view.eye - view.target) > 0

    def test_no_rows_no_views(self) -> None:
        assert choose_views(np.zeros((3, 3)), np.array([], np.int64), up=UP) == []


class TestWhatOneSees:
    """A second opinion: the room drawn into a depth buffer, as the browser draws it."""

    WIDTH, HEIGHT, FOV = 230, 160, np.radians(60)

    def picture(self, points: np.ndarray, view: View, size: float) -> tuple[Any, np.ndarray]:
        """((x, y, depth) of the target, (H, W) depth of the nearest point in every pixel)."""
        ahead = (view.target - view.eye) / np.linalg.norm(view.target - view.eye)
        right = np.cross(ahead, view.up)
        right /= np.linalg.norm(right)
        above = np.cross(right, ahead)
        focal = self.HEIGHT / 2 / np.tan(self.FOV / 2)

        def place(at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            way = at - view.eye
            depth = way @ ahead
            with np.errstate(divide="ignore", invalid="ignore"):
                x = self.WIDTH / 2 + focal * (way @ right) / depth
                y = self.HEIGHT / 2 - focal * (way @ above) / depth
            return x, y, depth

        x, y, depth = place(points)
        front = (depth > 0.02) & (abs(x) < 1e4) & (abs(y) < 1e4)
        nearest = np.full((self.HEIGHT, self.WIDTH), np.inf)
        radius = np.clip(0.5 * size * focal / depth[front], 0.5, 6)
        for dy in range(-6, 7):
            for dx in range(-6, 7):
                column = np.floor(x[front]).astype(int) + dx
                row = np.floor(y[front]).astype(int) + dy
                drawn = (np.hypot(dx, dy) <= radius) & (column >= 0) & (column < self.WIDTH)
                drawn &= (row >= 0) & (row < self.HEIGHT)
                np.minimum.at(nearest, (row[drawn], column[drawn]), depth[front][drawn])
        return [float(value[0]) for value in place(view.target[None])], nearest

    def test_the_point_is_seen_in_the_middle_from_inside(self) -> None:
        scan = small_room(30_000).scan
        points = scan.positions
        rows = np.random.default_rng(3).choice(len(points), 40, replace=False)
        spacing = 0.025
        seen, inside = [], []
        low, high = np.percentile(points, (0.5, 99.5), axis=0)
        for row, view in zip(rows, choose_views(points, rows, up=UP), strict=True):
            (x, y, depth), nearest = self.picture(points, view, 1.5 * spacing)
            assert np.allclose(view.target, points[row])
            assert self.WIDTH / 3 < x < 2 * self.WIDTH / 3
            assert self.HEIGHT / 3 < y < 2 * self.HEIGHT / 3
            around = nearest[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
            seen.append(around.max() >= 0.99 * depth - 3 * spacing)
            inside.append(((view.eye >= low - 0.05) & (view.eye <= high + 0.05)).all())
        assert np.mean(seen) >= 0.95
        assert np.mean(inside) >= 0.9
