# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Virtual cameras see what is in front, and only that."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import Intrinsics
from fewpoints.annotations.scans.frames.splats import Splats, draw, local_spacing
from fewpoints.annotations.scans.frames.virtual_views import scan_as_frames
from fewpoints.annotations.scans.scan import PointScan
from tests.rooms import small_room

CAMERA = Intrinsics(80, 60, 70.0, 70.0, 39.5, 29.5)
UP = (0.0, 0.0, 1.0)


def wall(z: float, colour: int, *, tilt: float = 0.0, step: float = 0.02) -> Splats:
    """Random points on a wall across the view of a camera at the origin: z + tilt x."""
    rng = np.random.default_rng(int(100 * z))
    xy = rng.uniform(-1.5 * z, 1.5 * z, (int((3 * z / step) ** 2), 2))
    points = np.c_[xy, z + tilt * xy[:, 0]].astype(np.float32)
    colours = np.full((len(points), 3), colour, np.uint8)
    return Splats(points, np.full(len(points), step, np.float32), colours)


def both(a: Splats, b: Splats) -> Splats:
    assert a.colours is not None
    assert b.colours is not None
    return Splats(
        np.concatenate([a.positions, b.positions]),
        np.concatenate([a.spacing, b.spacing]),
        np.concatenate([a.colours, b.colours]),
    )


class TestDraw:
    def test_points_behind_a_wall_do_not_shine_through(self) -> None:
        scene = both(wall(1.0, 200), wall(3.0, 10))
        depth, colours = draw(scene, CAMERA, np.eye(4), near_m=0.1)
        assert colours is not None
        # Random points leave a gap now and then, and what is seen through it is not drawn.
        assert (depth == 0).mean() < 0.005
        assert np.abs(depth[depth > 0] - 1.0).max() < 1e-3
        assert (colours[depth > 0] == 200).all()

    def test_a_slanted_wall_is_neither_nearer_nor_farther(self) -> None:
        depth, _ = draw(wall(2.0, 5, tilt=0.5), CAMERA, np.eye(4), near_m=0.1)
        u = np.arange(CAMERA.width)
        x = (u - CAMERA.cx) / CAMERA.fx
        wanted = np.tile(2.0 / (1 - 0.5 * x), (CAMERA.height, 1))
        inner = depth[2:-2, 2:-2]
        assert (inner == 0).mean() < 0.005
        away = (inner - wanted[2:-2, 2:-2])[inner > 0]
        assert abs(away.mean()) < 0.004
        assert np.abs(away).max() < 0.03

    def test_an_edge_stays_where_it_is(self) -> None:
        """A half wall hides half of the picture, to a disc's radius."""
        near = wall(1.0, 200)
        left = near.positions[:, 0] < 0
        assert near.colours is not None
        half = Splats(near.positions[left], near.spacing[left], near.colours[left])
        depth, colours = draw(both(half, wall(3.0, 10)), CAMERA, np.eye(4), near_m=0.1)
        assert colours is not None
        left_part, right_part = depth[:, :38], depth[:, 44:]
        assert ((left_part > 0.99) & (left_part < 1.01)).mean() > 0.995
        assert (right_part > 2.99).mean() > 0.995
        assert (colours[:, 44:] == 10).all(axis=2).mean() > 0.995
        assert not ((depth > 1.05) & (depth < 2.95)).any()

    def test_single_points_land_on_their_pixel(self) -> None:
        pixels = [(3, 4), (70, 50), (40, 30)]
        positions = [
            ((u - CAMERA.cx) / CAMERA.fx * z, (v - CAMERA.cy) / CAMERA.fy * z, z)
            for (u, v), z in zip(pixels, (1.0, 2.0, 3.0), strict=True)
        ]
        splats = Splats(np.array(positions, np.float32), np.full(3, 1e-4, np.float32), None)
        depth, colours = draw(splats, CAMERA, np.eye(4), near_m=0.1)
        assert colours is None
        found = {(int(u), int(v)): round(float(depth[v, u]), 4) for v, u in np.argwhere(depth > 0)}
        assert found == dict(zip(pixels, (1.0, 2.0, 3.0), strict=True))

    def test_what_is_behind_the_camera_is_not_drawn(self) -> None:
        turned = np.diag([-1.0, 1, -1, 1])
        depth, _ = draw(wall(1.0, 200), CAMERA, turned, near_m=0.1)
        assert not depth.any()


def test_spacing_follows_the_density() -> None:
    rng = np.random.default_rng(0)
    dense = np.c_[rng.uniform(0, 1, (40_000, 2)), np.zeros(40_000)]
    sparse = np.c_[rng.uniform(0, 1, (2_500, 2)), np.full(2_500, 5.0)]
    both_walls = np.concatenate([dense, sparse]).astype(np.float32)
    spacing = local_spacing(both_walls, cell=0.1)
    assert np.median(spacing[:40_000]) == pytest.approx(0.005, rel=0.2)
    assert np.median(spacing[40_000:]) == pytest.approx(0.02, rel=0.25)


@pytest.fixture(scope="module")
def room() -> PointScan:
    return small_room(60_000).scan


class TestScanAsFrames:
    def test_frames_lie_on_the_scan(self, room: PointScan) -> None:
        sequence = scan_as_frames(room, up=UP, views=8)
        assert len(sequence) == 8
        check_frames(sequence, sample=3)
        rng = np.random.default_rng(0)
        for index in (0, 4, 7):
            frame = sequence[index]
            assert frame.depth.shape == (240, 320)
            assert (frame.depth > 0).mean() > 0.5
            points = frame.points()[0]
            some = points[rng.choice(len(points), 200, replace=False)]
            nearest = [np.linalg.norm(room.positions - point, axis=1).min() for point in some]
            assert np.median(nearest) < 0.02
            assert np.percentile(nearest, 98) < 0.08

    def test_colours_are_those_of_the_points(self, room: PointScan) -> None:
        assert room.colours is not None
        frame = scan_as_frames(room, up=UP, views=1)[0]
        points, pixels = frame.points()
        assert frame.colours is not None
        flat = frame.colours.reshape(-1, 3)[pixels]
        rng = np.random.default_rng(1)
        away = []
        for row in rng.choice(len(points), 150, replace=False):
            nearest = np.linalg.norm(room.positions - points[row], axis=1).argsort()[:8]
            mean = room.colours[nearest].astype(float).mean(axis=0)
            away.append(np.abs(mean - flat[row]).max())
        assert np.median(away) < 15

    def test_together_they_see_most_of_the_room(self, room: PointScan) -> None:
        sequence = scan_as_frames(room, up=UP, views=24)
        cells: set[tuple[int, ...]] = set()
        for index in range(len(sequence)):
            points = sequence[index].points()[0][::5]
            cells |= set(map(tuple, np.floor(points / 0.25).astype(int).tolist()))
        every = np.unique(np.floor(room.positions / 0.25).astype(int), axis=0)
        seen = sum(tuple(cell) in cells for cell in every.tolist())
        assert seen > 0.8 * len(every)

    def test_cameras_are_upright(self, room: PointScan) -> None:
        sequence = scan_as_frames(room, up=UP, views=10)
        for index in range(len(sequence)):
            pose = sequence.header(index).world_from_camera
            assert pose[2, 1] < -0.5  # y of the camera points down.
            assert abs(pose[2, 0]) < 1e-9

    def test_the_same_seed_gives_the_same_frames(self, room: PointScan) -> None:
        one, two = (scan_as_frames(room, up=UP, views=3, seed=7) for _ in range(2))
        other = scan_as_frames(room, up=UP, views=3, seed=8)
        np.testing.assert_array_equal(one[1].depth, two[1].depth)
        assert not np.array_equal(one[1].world_from_camera, other[1].world_from_camera)

    def test_units_become_metres(self, room: PointScan) -> None:
        millimetres = dataclasses.replace(room, positions=room.positions * 1000)
        one = scan_as_frames(room, up=UP, views=2)
        two = scan_as_frames(millimetres, up=UP, views=2, metres_per_unit=0.001)
        assert np.median(two[0].depth) == pytest.approx(float(np.median(one[0].depth)), rel=0.3)
        assert 0.3 < np.median(two[0].depth) < 6

    def test_damaged_rows_take_no_part(self, room: PointScan) -> None:
        positions = room.positions.copy()
        positions[::50] = np.nan
        frames = scan_as_frames(dataclasses.replace(room, positions=positions), up=UP, views=2)
        assert np.isfinite(frames[0].depth).all()

    def test_scans_of_nothing_are_refused(self) -> None:
        with pytest.raises(UnreadableScan, match="10 points are too few"):
            scan_as_frames(PointScan(np.random.default_rng(0).random((10, 3))), up=UP)
        with pytest.raises(UnreadableScan, match="one place"):
            scan_as_frames(PointScan(np.ones((500, 3))), up=UP)
