# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What stands in the rooms, and that nothing runs into anything."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.classes import preset
from fewpoints.annotations.datasets.simulator.camera_path import FreeSpace, camera_path
from fewpoints.annotations.datasets.simulator.floor_plan import KINDS, Room, _connect
from fewpoints.annotations.datasets.simulator.meshes import box
from fewpoints.annotations.datasets.simulator.placement import overlaps, put
from fewpoints.annotations.datasets.simulator.small import carton
from fewpoints.annotations.datasets.simulator.world import World, build_world

SEEDS = range(3)


@cache
def world(seed: int, *kinds: str) -> World:
    return build_world(np.random.default_rng(seed), kinds)


def test_a_door_may_take_the_whole_wall_that_two_rooms_share() -> None:
    """Rounding once put the end of its range before the start."""
    for span in np.random.default_rng(0).uniform(0.95, 1.3, 500).tolist():
        host = Room("office", 0.0, 0.0, 4.0, 3.0, 2.5)
        room = Room("office", -2.0, 3.1, 0.3 + span, 6.0, 2.5)
        assert _connect(np.random.default_rng(1), host, room, 2)
        (opening,) = host.openings
        half = opening.width / 2
        assert half <= span / 2 + 1e-9
        assert 0.15 + half - 1e-9 <= 4.0 - opening.along <= 0.15 + span - half + 1e-9


def parts(of: World) -> list[FloatArray64]:
    """The triangles of each object."""
    return [of.triangles[of.object_of == k] for k in range(len(of.objects))]


def crossings(edges_of: FloatArray64, triangles: FloatArray64) -> int:
    """Edges of one mesh that pass through triangles of the other, all pairs."""
    low = np.maximum(edges_of.min(axis=(0, 1)), triangles.min(axis=(0, 1)))
    high = np.minimum(edges_of.max(axis=(0, 1)), triangles.max(axis=(0, 1)))
    meet = (triangles.max(axis=1) >= low).all(axis=1) & (triangles.min(axis=1) <= high).all(axis=1)
    triangles = triangles[meet]
    start = edges_of.reshape(-1, 3)
    along = edges_of[:, [1, 2, 0]].reshape(-1, 3) - start
    near = np.flatnonzero(
        (np.maximum(start, start + along) >= low).all(axis=1)
        & (np.minimum(start, start + along) <= high).all(axis=1)
    )
    found = 0
    for i in near:
        a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
        # Signed volumes: the ends lie on either side, and the line passes within the three sides.
        p, q = start[i], start[i] + along[i]
        normal = np.cross(b - a, c - a)
        below, above = ((p - a) * normal).sum(axis=1), ((q - a) * normal).sum(axis=1)
        sides = [
            (np.cross(u - p, v - p) * (q - p)).sum(axis=1) for u, v in ((a, b), (b, c), (c, a))
        ]
        within = (np.sign(sides[0]) == np.sign(sides[1])) & (np.sign(sides[1]) == np.sign(sides[2]))
        found += int((within & (below * above < -1e-18) & (np.abs(sides[0]) > 1e-15)).sum())
    return found


class TestFurnishing:
    def test_all_twenty_classes_are_there_over_a_few_seeds(self) -> None:
        seen = {i for kind in KINDS for seed in SEEDS for i in world(seed, kind).classes.tolist()}
        assert set(range(20)) <= seen

    @pytest.mark.parametrize(
        ("kind", "needed"),
        [
            ("living room", {"sofa", "table", "bookshelf", "cabinet"}),
            ("bedroom", {"bed", "cabinet"}),
            ("office", {"desk", "chair", "bookshelf"}),
            ("kitchen", {"counter", "sink", "refrigerator", "table"}),
            ("bathroom", {"toilet", "sink", "bathtub"}),
        ],
    )
    def test_rooms_have_what_makes_them_such_rooms(self, kind: str, needed: set[str]) -> None:
        for seed in SEEDS:
            names = {o.thing.class_name for o in world(seed, kind).objects}
            assert needed | {"wall", "floor", "door"} <= names

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_object_runs_into_another(self, kind: str) -> None:
        for seed in (0, 1):
            meshes = parts(world(seed, kind))
            low = np.array([m.min(axis=(0, 1)) for m in meshes])
            high = np.array([m.max(axis=(0, 1)) for m in meshes])
            for i in range(len(meshes)):
                for j in range(len(meshes)):
                    if i != j and (low[i] < high[j]).all() and (low[j] < high[i]).all():
                        assert crossings(meshes[i], meshes[j]) == 0, (seed, i, j)

    def test_meshes_that_do_run_into_each_other_would_be_found(self) -> None:
        first, second = box((0, 0, 0), (1, 1, 1)), box((0.5, 0.4, 0.3), (1.5, 1.4, 0.6))
        assert crossings(first, second) + crossings(second, first) > 0
        assert crossings(first, second + 1.0) == 0

    def test_walls_floors_and_clutter_are_no_instances(self) -> None:
        here = world(0, "office")
        for k, item in enumerate(here.objects):
            name = item.thing.class_name
            assert (here.instances[k] == 0) == (name in ("wall", "floor", ""))
            names = preset("scannet20").classes.names
            assert here.classes[k] == (255 if name == "" else names.index(name))
        numbers = here.instances[here.instances > 0]
        assert sorted(numbers.tolist()) == list(range(1, len(numbers) + 1))

    def test_one_class_comes_in_many_shapes_and_colours(self) -> None:
        chairs, tints = set(), []
        for seed in range(6):
            here = world(seed, "office")
            for item in here.objects:
                if item.thing.class_name == "chair":
                    chairs.add(sum(len(t) for t in item.thing.triangles))
                    tints.append(item.thing.materials[-1].first)
        assert len(chairs) >= 5
        assert (np.std(tints, axis=0) > 0.12).all()


class TestOverlaps:
    def test_it_agrees_with_points_drawn_inside_the_boxes(self) -> None:
        rng = np.random.default_rng(3)
        agreed = 0
        for _ in range(200):
            a = np.array(
                [*rng.uniform(-1, 1, 2), *rng.uniform(0.1, 0.8, 2), rng.uniform(0, 6), 0, 1]
            )
            b = np.array(
                [*rng.uniform(-1, 1, 2), *rng.uniform(0.1, 0.8, 2), rng.uniform(0, 6), 0, 1]
            )
            local = rng.uniform(-1, 1, (4000, 2)) * a[2:4]
            c, s = np.cos(a[4]), np.sin(a[4])
            points = local @ np.array([[c, s], [-s, c]]) + a[:2] - b[:2]
            c, s = np.cos(b[4]), np.sin(b[4])
            back = points @ np.array([[c, -s], [s, c]])
            inside = (np.abs(back) < b[2:4]).all(axis=1).any()
            if inside:  # A few points may miss a sliver; none may lie inside two apart boxes.
                assert overlaps(a[None], b[None], slack=0)[0, 0]
            agreed += int(overlaps(a[None], b[None], slack=0)[0, 0] == inside)
        assert agreed >= 195

    def test_boxes_above_each_other_are_apart(self) -> None:
        thing = carton(np.random.default_rng(0))
        high = float(thing.bounds()[1][2])
        lower, upper = put(thing, 0.3, np.zeros(3)), put(thing, 0.3, np.array([0, 0, high + 0.01]))
        assert not overlaps(lower.rects, upper.rects).any()
        assert overlaps(lower.rects, lower.rects).any()


class TestCameraPath:
    @pytest.mark.parametrize("kinds", [("bedroom",), ("kitchen", "living room")])
    def test_the_walk_is_free_smooth_and_visits_every_room(self, kinds: tuple[str, ...]) -> None:
        here = world(5, *kinds)
        floor = FreeSpace(here)
        assert floor.reaches_all_rooms
        poses = camera_path(here, floor, 60, np.random.default_rng(0))
        eyes = poses[:, :3, 3]
        # Nobody stands in furniture: no triangle below the eye is nearer than 10 cm.
        ground = parts(here)
        for item, mesh in zip(here.objects, ground, strict=True):
            if item.thing.class_name == "floor" or mesh[..., 2].min() > 1.85:
                continue
            corners = mesh.reshape(-1, 3)
            gap = np.linalg.norm(eyes[:, None, :2] - corners[None, :, :2], axis=2).min()
            assert gap > 0.1, item.thing.class_name
        assert (eyes[:, 2] > 1.2).all()
        assert (eyes[:, 2] < 1.7).all()
        assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.6
        for room in here.rooms:
            inside = (eyes[:, :2] > (room.x0, room.y0)) & (eyes[:, :2] < (room.x1, room.y1))
            assert inside.all(axis=1).any()

    def test_poses_are_rotations_with_the_picture_upright(self) -> None:
        here = world(5, "bedroom")
        poses = camera_path(here, FreeSpace(here), 20, np.random.default_rng(0))
        for pose in poses:
            np.testing.assert_allclose(pose[:3, :3].T @ pose[:3, :3], np.eye(3), atol=1e-12)
            assert np.linalg.det(pose[:3, :3]) == pytest.approx(1)
            assert pose[2, 1] < -0.3  # Down in the picture is down in the world.
