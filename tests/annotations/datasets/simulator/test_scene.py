# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Whole scenes: frames, fused scan, boxes, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.datasets.simulator.files import write_scene
from fewpoints.annotations.datasets.simulator.fusion import fuse
from fewpoints.annotations.datasets.simulator.scene import SimulatedScene, simulate_scene
from fewpoints.annotations.scans.frames.frame import Frame, Intrinsics
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.readers.registry import read_scan


def small_scene(seed: int = 4) -> SimulatedScene:
    return simulate_scene(seed, rooms=["office"], frames=10, size=(160, 120))


@pytest.fixture(scope="module")
def scene() -> SimulatedScene:
    return small_scene()


def distance(point: FloatArray64, triangles: FloatArray64) -> float:
    """From a point to the nearest of (T, 3, 3) triangles (Ericson, "Real-Time Collision
    Detection", 5.1.5, but by brute force over the face and the three edges)."""
    a = triangles[:, 0]
    normal = np.cross(triangles[:, 1] - a, triangles[:, 2] - a)
    area = np.linalg.norm(normal, axis=1)
    normal = normal / np.maximum(area, 1e-12)[:, None]
    height = ((point - a) * normal).sum(axis=1)
    foot = point - height[:, None] * normal
    inside = np.ones(len(triangles), bool)
    best = np.full(len(triangles), np.inf)
    for k in range(3):
        p, q = triangles[:, k], triangles[:, (k + 1) % 3]
        edge = q - p
        inside &= (np.cross(edge, foot - p) * normal).sum(axis=1) >= 0
        along = ((point - p) * edge).sum(axis=1) / np.maximum((edge**2).sum(axis=1), 1e-12)
        near = p + np.clip(along, 0, 1)[:, None] * edge
        best = np.minimum(best, np.linalg.norm(point - near, axis=1))
    return float(np.where(inside, np.abs(height), best).min())


class TestScene:
    def test_equal_seeds_give_equal_bytes_and_others_do_not(self, scene: SimulatedScene) -> None:
        again = small_scene()
        assert again.scan.positions.tobytes() == scene.scan.positions.tobytes()
        assert again.classes.tobytes() == scene.classes.tobytes()
        for i in range(len(scene.frames)):
            assert again.frames[i].depth.tobytes() == scene.frames[i].depth.tobytes()
            mine, other = scene.frames[i].colours, again.frames[i].colours
            assert mine is not None
            assert other is not None
            assert mine.tobytes() == other.tobytes()
        assert len(small_scene(5).scan) != len(scene.scan)

    def test_points_lie_on_the_surfaces_of_their_own_object(self, scene: SimulatedScene) -> None:
        world = scene.world
        rng = np.random.default_rng(0)
        rows = rng.choice(len(scene.scan), 400, replace=False)
        gaps = []
        for row in rows:
            number, index = scene.instances[row], scene.classes[row]
            mine = (world.instances == number) if number else (world.classes == index)
            triangles = world.triangles[np.isin(world.object_of, np.flatnonzero(mine))]
            gaps.append(distance(scene.scan.positions[row], triangles))
        # Sensor noise of two or three pixels at up to 5 m, and poses that are off by millimetres.
        assert np.median(gaps) < 0.01
        assert np.percentile(gaps, 95) < 0.05
        assert max(gaps) < 0.15

    def test_depth_is_the_true_distance_give_or_take_the_noise(self, scene: SimulatedScene) -> None:
        """Rays are cast again, from where the camera really was."""
        frame = scene.frames[3]
        camera, pose = frame.intrinsics, scene.true_poses[3]
        v, u = np.nonzero(frame.depth > 0)
        local = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 0 * u + 1], 1)
        rays = (local @ pose[:3, :3].T).astype(np.float32)
        eye = np.broadcast_to(pose[:3, 3].astype(np.float32), rays.shape)
        hits = scene.world.caster.first_hits(eye, rays)
        error = frame.depth[v, u] - hits.distance
        assert np.median(np.abs(error)) < 0.02
        objects = scene.world.object_of[hits.triangle]
        truth = scene.frame_labels(3)
        assert (scene.world.classes[objects] == truth.classes[v, u]).all()
        assert (scene.world.instances[objects] == truth.instances[v, u]).all()

    def test_the_scan_is_in_metres_with_the_floor_at_zero(self, scene: SimulatedScene) -> None:
        """Noise, and poses that are off by millimetres, put no point far outside of the plan."""
        room = scene.world.rooms[0]
        low, high = scene.scan.positions.min(axis=0), scene.scan.positions.max(axis=0)
        assert (low > np.array([room.x0, room.y0, 0.0]) - 0.15).all()
        assert (high < np.array([room.x1, room.y1, room.height]) + 0.15).all()
        floor = scene.scan.positions[scene.classes == 1, 2]
        assert abs(np.median(floor)) < 0.01
        assert np.percentile(np.abs(floor), 98) < 0.02

    def test_the_scan_is_neither_grey_nor_burnt_out(self, scene: SimulatedScene) -> None:
        colours = scene.scan.colours
        assert colours is not None
        assert (colours.std(axis=0) > 20).all()
        assert (colours == 255).all(axis=1).mean() < 0.05

    def test_unseen_sides_are_missing(self, scene: SimulatedScene) -> None:
        """No point of the scan is hidden from all cameras by more than noise."""
        floor = scene.scan.positions[scene.classes == 1]
        room = scene.world.rooms[0]
        area = (room.x1 - room.x0) * (room.y1 - room.y0)
        cells = np.unique(np.floor(floor[:, :2] / 0.1).astype(int), axis=0)
        assert 0.2 < len(cells) * 0.01 / area < 0.9

    def test_boxes_hold_the_points_of_their_objects(self, scene: SimulatedScene) -> None:
        assert {b.instance for b in scene.boxes} == set(np.unique(scene.instances).tolist()) - {0}
        for box in scene.boxes:
            mine = scene.scan.positions[scene.instances == box.instance]
            assert len(mine) == box.points
            assert (scene.classes[scene.instances == box.instance] == box.class_index).all()
            away = mine - np.array(box.centre)
            c, s = np.cos(box.yaw), np.sin(box.yaw)
            local = away @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            assert (np.abs(local) < np.array(box.size) / 2 + 0.15).all()

    def test_the_ceiling_is_left_out_unless_asked_for(self, scene: SimulatedScene) -> None:
        high = scene.world.rooms[0].height
        assert (scene.classes[scene.scan.positions[:, 2] > high - 0.03] != 255).all()

    def test_what_was_written_is_read_back(self, scene: SimulatedScene, tmp_path: Path) -> None:
        folder = tmp_path / "scene"
        write_scene(folder, scene)
        scan = read_scan(folder / "scan.ply")
        np.testing.assert_allclose(scan.positions, scene.scan.positions)
        np.testing.assert_array_equal(scan.labels["label"], scene.classes)
        np.testing.assert_array_equal(scan.labels["instance"], scene.instances)
        frames = read_frames(folder, name="scene")
        assert len(frames) == len(scene.frames)
        for i in (0, 9):
            mine, read = scene.frames[i], frames[i]
            np.testing.assert_allclose(read.depth, mine.depth, atol=0.00051)
            assert mine.colours is not None
            assert read.colours is not None
            np.testing.assert_array_equal(read.colours, mine.colours)
            np.testing.assert_allclose(read.world_from_camera, mine.world_from_camera, atol=1e-7)
            with Image.open(folder / "class" / f"{mine.name}.png") as image:
                np.testing.assert_array_equal(np.array(image), scene.frame_labels(i).classes)
            with Image.open(folder / "instance" / f"{mine.name}.png") as image:
                np.testing.assert_array_equal(np.array(image), scene.frame_labels(i).instances)
        boxes = json.loads((folder / "boxes.json").read_text())
        assert [b["instance"] for b in boxes["boxes"]] == [b.instance for b in scene.boxes]


class TestFuse:
    def test_a_cell_averages_its_pixels_and_the_majority_names_it(self) -> None:
        """Pixels 1 mm apart at 1 m, ten to a cell; four of them in other colours, one a chair."""
        camera = Intrinsics(20, 3, 1000.0, 1000.0, 0.0, 0.0)
        depth = np.ones((3, 20), np.float32)
        classes = np.full((3, 20), 9, np.uint8)
        classes[1, 2] = 4
        instances = np.full((3, 20), 2, np.int32)
        colours = np.zeros((3, 20, 3), np.uint8)
        colours[1, 2:6, 0] = [10, 20, 30, 40]
        frame = Frame("0", depth, colours, camera, np.eye(4))
        out = fuse([(frame, classes, instances)], cell_m=0.01, least_views=1)
        first = out.positions[:, 0] < 0.0095
        assert first.sum() == 1
        np.testing.assert_allclose(out.positions[first][0], (0.0045, 0.001, 1.0), atol=1e-6)
        assert out.classes[first].tolist() == [9]
        assert out.instances[first].tolist() == [2]
        assert out.colours[first][0, 0] == round(100 / 30)

    def test_pixels_at_jumps_of_depth_are_left_out(self) -> None:
        camera = Intrinsics(20, 3, 1000.0, 1000.0, 0.0, 0.0)
        depth = np.zeros((3, 20), np.float32)
        depth[1, 2:6] = 1.0
        colours = np.zeros((3, 20, 3), np.uint8)
        frame = Frame("0", depth, colours, camera, np.eye(4))
        none = np.zeros((3, 20), np.int32)
        assert len(fuse([(frame, none.astype(np.uint8), none)], least_views=1).positions) == 0
