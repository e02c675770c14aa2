# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from fewpoints.annotations.classes import preset
from fewpoints.annotations.datasets.room import SimulatedRoom, simulate_room
from fewpoints.annotations.datasets.room_light import seen_from

NAMES = preset("scannet20").classes.names


@pytest.fixture(scope="module")
def room() -> SimulatedRoom:
    return simulate_room(0, points=40_000)


class TestRoom:
    @pytest.mark.parametrize("points", [1, 500, 20_000])
    def test_it_has_exactly_the_points_asked_for(self, points: int) -> None:
        made = simulate_room(2, points=points)
        assert len(made.scan) == len(made.classes) == len(made.instances) == points

    def test_equal_seeds_give_equal_rooms_and_others_do_not(self, room: SimulatedRoom) -> None:
        again = simulate_room(0, points=40_000)
        np.testing.assert_array_equal(again.scan.positions, room.scan.positions)
        np.testing.assert_array_equal(again.scan.colours, room.scan.colours)
        np.testing.assert_array_equal(again.classes, room.classes)
        other = simulate_room(1, points=40_000)
        assert not np.array_equal(other.scan.positions, room.scan.positions)

    @pytest.mark.parametrize("seed", range(4))
    def test_it_is_furnished(self, seed: int) -> None:
        made = simulate_room(seed, points=20_000)
        present = {NAMES[i] for i in np.unique(made.classes)}
        needed = {
            "wall", "floor", "cabinet", "chair", "table", "door", "window", "bookshelf",
            "picture", "desk", "curtain", "otherfurniture",
        }  # fmt: skip
        assert needed <= present
        assert present & {"sofa", "bed"}
        # Furniture, not only walls, gets its share of points.
        assert (made.classes > 1).mean() > 0.3

    def test_instances_belong_to_one_class_and_hang_together(self, room: SimulatedRoom) -> None:
        assert (room.instances[room.classes <= 1] == 0).all()
        chairs = 0
        for instance in np.unique(room.instances[room.instances > 0]):
            mine = room.instances == instance
            classes = np.unique(room.classes[mine])
            assert len(classes) == 1
            if NAMES[classes[0]] == "chair":
                chairs += 1
                assert np.ptp(room.scan.positions[mine], axis=0).max() < 1.4
        assert chairs == 5

    def test_it_is_a_room_of_metres_with_the_floor_at_zero(self, room: SimulatedRoom) -> None:
        low, high = room.scan.positions.min(axis=0), room.scan.positions.max(axis=0)
        assert np.abs(low).max() < 0.05
        assert 5 < high[0] < 7
        assert 4 < high[1] < 6
        assert 2.4 < high[2] < 2.7
        floor = room.scan.positions[room.classes == NAMES.index("floor"), 2]
        assert np.median(np.abs(floor)) < 0.01
        assert 0.002 < np.std(floor[np.abs(floor) < 0.03]) < 0.008

    def test_no_ceiling_hides_the_inside(self, room: SimulatedRoom) -> None:
        top = room.scan.positions[room.scan.positions[:, 2] > 2.5]
        wall = room.classes[room.scan.positions[:, 2] > 2.5]
        assert len(top) > 0
        assert set(np.unique(wall).tolist()) == {NAMES.index("wall")}

    def test_there_are_holes_where_no_scanner_looks(self, room: SimulatedRoom) -> None:
        """Below the desk top no point of the wall is hidden, but behind the shelf all are."""
        positions = room.scan.positions
        shelf = positions[room.classes == NAMES.index("bookshelf")]
        low, high = np.percentile(shelf, (2, 98), axis=0)
        wall = positions[(room.classes == 0) & (positions[:, 0] < 0.03)]
        inside = (wall[:, 1:] > low[1:] + 0.05) & (wall[:, 1:] < high[1:] - 0.05)
        behind = int(inside.all(axis=1).sum())
        beside = int(((wall[:, 2] > low[2]) & (wall[:, 2] < high[2])).sum())
        assert beside > 300
        assert behind < 0.03 * beside

    def test_colours_look_like_a_photograph(self, room: SimulatedRoom) -> None:
        colours = room.scan.colours
        assert colours is not None
        assert (colours.std(axis=0) > 25).all()
        assert (colours == 255).all(axis=1).mean() < 0.05
        wall = colours[room.classes == 0].astype(float)
        table = colours[room.classes == NAMES.index("table")].astype(float)
        assert wall.mean() > table.mean() + 30


def test_the_depth_buffer_sees_what_brute_force_sees() -> None:
    rng = np.random.default_rng(0)
    far = np.c_[np.full(4000, 2.0), rng.random((4000, 2)) * 2 - 1]
    near = np.c_[np.full(1500, 1.0), rng.random((1500, 2)) * 0.5]
    points = np.concatenate([far, near])
    normals = np.tile([-1.0, 0, 0], (len(points), 1))
    seen = seen_from(np.zeros(3), points, normals, pixel=0.05, least_cos=0.0)
    assert seen[4000:].all()
    # The near square hides the far points at twice its coordinates; pixels blur its rim.
    inside = ((far[:, 1:] > 0.12) & (far[:, 1:] < 0.88)).all(axis=1)
    outside = ((far[:, 1:] < -0.12) | (far[:, 1:] > 1.12)).any(axis=1)
    assert not seen[:4000][inside].any()
    assert seen[:4000][outside].all()
