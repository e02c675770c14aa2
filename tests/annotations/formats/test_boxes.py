# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes against brute force, and their files against what the formats say of numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.spatial import ConvexHull, QhullError

from fewpoints.annotations.formats.box_files import (
    camera_from_file,
    write_boxes_json,
    write_kitti_boxes,
    write_labelcloud_abs,
    write_labelcloud_rel,
)
from fewpoints.annotations.formats.boxes import _outline, boxed_objects, oriented_box
from fewpoints.annotations.formats.cuboid_projects import write_cvat_kitti, write_supervisely
from tests.annotations.formats.scenes import CLASSES, labelled

UPS = [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0)]


class TestOrientedBox:
    @pytest.mark.parametrize("axis", [0, 1, 2])
    def test_no_other_angle_gives_a_smaller_one(self, axis: int) -> None:
        rng = np.random.default_rng(axis)
        for turn in rng.uniform(-math.pi, math.pi, 6):
            points = rng.uniform(-1, 1, (80, 3)) * (2.0, 0.7, 1.1)
            c, s = math.cos(turn), math.sin(turn)
            flat = [(axis + 1) % 3, (axis + 2) % 3]
            points[:, flat] = points[:, flat] @ np.array([[c, -s], [s, c]])
            box = oriented_box(points, axis)
            area = box.size[flat[0]] * box.size[flat[1]]
            for angle in np.linspace(0, math.pi / 2, 2000):
                way = np.array([math.cos(angle), math.sin(angle)])
                across = np.array([-way[1], way[0]])
                tried = np.ptp(points[:, flat] @ way) * np.ptp(points[:, flat] @ across)
                assert tried >= area * (1 - 1e-12)
            own = (points - box.centre) @ box.rotation()
            np.testing.assert_allclose(np.abs(own).max(axis=0), box.size / 2, atol=1e-9)
            assert box.size[flat[0]] >= box.size[flat[1]] - 1e-9
            assert abs(box.angle) <= math.pi / 2 + 1e-9

    def test_the_outline_is_the_convex_hull(self) -> None:
        rng = np.random.default_rng(5)
        for count in (3, 4, 10, 1000):
            for whole in (False, True):
                plane = rng.uniform(0, 4, (count, 2))
                plane = np.floor(plane) if whole else plane
                try:
                    expected = plane[ConvexHull(plane).vertices]
                except QhullError:  # On one line.
                    continue
                assert sorted(_outline(plane).tolist()) == sorted(expected.tolist())

    def test_few_points_have_boxes_too(self) -> None:
        one = oriented_box(np.array([[1.0, 2.0, 3.0]]), 2)
        assert (one.centre.tolist(), one.size.tolist(), one.angle) == ([1, 2, 3], [0, 0, 0], 0)
        line = oriented_box(np.array([[0.0, 0, 0], [1, 1, 0], [2, 2, 1]]), 2)
        assert line.size == pytest.approx([math.sqrt(8), 0, 1], abs=1e-9)
        assert line.angle == pytest.approx(math.pi / 4)

    def test_georeferenced_coordinates_keep_millimetres(self) -> None:
        points = np.random.default_rng(3).uniform(-1, 1, (60, 3))
        place = np.array([3.4e6, 5.4e6, 100])
        near, far = oriented_box(points, 2), oriented_box(points + place, 2)
        np.testing.assert_allclose(far.centre - place, near.centre, atol=1e-6)
        np.testing.assert_allclose(far.size, near.size, atol=1e-6)


@pytest.mark.parametrize("up", UPS)
class TestFiles:
    def test_json_has_the_points_inside(self, up: tuple[float, ...], tmp_path: Path) -> None:
        given = labelled(far=True, up=up)
        write_boxes_json(tmp_path, [given], CLASSES)
        content = json.loads((tmp_path / "Room-1-boxes.json").read_text())
        names = [(o["class_name"], o["instance"]) for o in content["objects"]]
        assert names == [("chair", 1), ("chair", 2), ("round table", 1)]
        for found in content["objects"]:
            mine = (given.classes == found["class"]) & (given.numbers() == found["instance"])
            points = given.scan.positions[mine & given.scan.finite]
            assert found["points"] == len(points)
            np.testing.assert_allclose(found["aligned"]["min"], points.min(axis=0), atol=1e-6)
            np.testing.assert_allclose(found["aligned"]["max"], points.max(axis=0), atol=1e-6)
            box = found["oriented"]
            assert box["axis"] == "xyz"[int(np.argmax(np.abs(up)))]
            corners = np.array(box["corners"])
            np.testing.assert_allclose(corners.mean(axis=0), box["center"], atol=1e-6)
            # The three edges from the first corner span the box; every point lies between them.
            for end, length in zip((4, 2, 1), box["size"], strict=True):
                edge = corners[end] - corners[0]
                assert np.linalg.norm(edge) == pytest.approx(length, abs=3e-6)
                along = (points - corners[0]) @ edge / np.linalg.norm(edge)
                assert along.min() > -1e-5
                assert along.max() < length + 1e-5

    def test_kitti_labels_lead_back_to_the_file(
        self, up: tuple[float, ...], tmp_path: Path
    ) -> None:
        given = labelled(up=up)
        write_kitti_boxes(tmp_path, [given], CLASSES)
        lines = (tmp_path / "calib" / "Room-1.txt").read_text().splitlines()
        calib = {line.split(":")[0]: np.fromstring(line.split(":")[1], sep=" ") for line in lines}
        np.testing.assert_array_equal(calib["R0_rect"].reshape(3, 3), np.eye(3))
        camera = calib["Tr_velo_to_cam"].reshape(3, 4)
        assert not camera[:, 3].any()
        np.testing.assert_allclose(camera[:, :3] @ up, [0, -1, 0])
        assert np.linalg.det(camera[:, :3]) == pytest.approx(1)
        labels = (tmp_path / "label_2" / "Room-1.txt").read_text().splitlines()
        for line, boxed in zip(labels, boxed_objects(given), strict=True):
            name, *rest = line.split()
            assert name == CLASSES[boxed.found.class_index].name.replace(" ", "_")
            numbers = [float(value) for value in rest]
            assert len(numbers) == 14
            h, w, length, x, y, z, ry = numbers[7:]
            # As the object devkit builds corners: length along x, height up (-y), width along z.
            turn = np.array(
                [[math.cos(ry), 0, math.sin(ry)], [0, 1, 0], [-math.sin(ry), 0, math.cos(ry)]]
            )
            corners = [
                turn @ (sx * length / 2, sy * h, sz * w / 2) + (x, y, z)
                for sx in (-1, 1) for sy in (0, -1) for sz in (-1, 1)
            ]  # fmt: skip
            back = np.array(corners) @ camera[:, :3]
            mine = boxed.oriented.corners()
            gaps = np.linalg.norm(back[:, None] - mine[None], axis=2)
            assert gaps.min(axis=1).max() < 1e-5, "each corner is one of the box's"

    def test_labelcloud_says_the_same_in_both_ways(
        self, up: tuple[float, ...], tmp_path: Path
    ) -> None:
        given = labelled(up=up)
        read = []
        for write in (write_labelcloud_rel, write_labelcloud_abs):
            write(tmp_path, [given], CLASSES)
            read.append(json.loads((tmp_path / "Room-1.json").read_text()))
        assert list(read[0]) == ["folder", "filename", "path", "objects"]
        for rel, degrees, boxed in zip(
            read[0]["objects"], read[1]["objects"], boxed_objects(given), strict=True
        ):
            assert list(rel["dimensions"]) == ["length", "width", "height"]
            assert list(rel["centroid"].values()) == pytest.approx(
                boxed.oriented.centre.tolist(), abs=1e-6
            )
            assert list(rel["dimensions"].values()) == pytest.approx(
                boxed.oriented.size.tolist(), abs=1e-6
            )
            axis = boxed.oriented.axis
            for other in {0, 1, 2} - {axis}:
                assert rel["rotations"]["xyz"[other]] == degrees["rotations"]["xyz"[other]] == 0
            angle, turn = rel["rotations"]["xyz"[axis]], degrees["rotations"]["xyz"[axis]]
            assert -math.pi <= angle <= math.pi
            assert 0 <= turn < 360
            assert math.sin(angle) == pytest.approx(math.sin(math.radians(turn)), abs=1e-5)
            assert angle == pytest.approx(boxed.oriented.angle, abs=1e-6)


def read_pcd_by_hand(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.void]]:
    head, _, body = path.read_bytes().partition(b"DATA binary\n")
    lines = dict(line.split(" ", 1) for line in head.decode().splitlines() if "#" not in line)
    assert set(lines["SIZE"].split()) == {"4"}
    kinds = [{"F": "<f4", "U": "<u4"}[kind] for kind in lines["TYPE"].split()]
    records = np.frombuffer(body, list(zip(lines["FIELDS"].split(), kinds, strict=True)))
    assert len(records) == int(lines["POINTS"]) == int(lines["WIDTH"])
    return records


class TestProjects:
    @pytest.mark.parametrize("far", [False, True])
    def test_supervisely_figures_lie_on_their_points(self, far: bool, tmp_path: Path) -> None:
        given = labelled(far=far)
        written = write_supervisely(tmp_path, [given, labelled(title="b", far=far)], CLASSES)
        files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
        assert {file.name for file in written} == files
        meta = json.loads((tmp_path / "meta.json").read_text())
        assert [c["title"] for c in meta["classes"]] == CLASSES.names
        ids = json.loads((tmp_path / "key_id_map.json").read_text())
        cloud = read_pcd_by_hand(tmp_path / "ds0/pointcloud/Room-1.pcd")
        assert len(cloud) == 299
        assert given.scan.colours is not None
        np.testing.assert_array_equal(cloud["rgb"] >> 16, given.scan.colours[given.scan.finite, 0])
        text = json.loads((tmp_path / "ds0/ann/Room-1.pcd.json").read_text())
        assert ids["videos"][text["key"]] == 1
        assert ("Add" in text["description"]) == far
        points = np.stack([cloud[a] for a in "xyz"], axis=1).astype(np.float64)
        kept = np.flatnonzero(given.scan.finite)
        titles = {o["key"]: o["classTitle"] for o in text["objects"]}
        assert len(text["figures"]) == 3
        for figure, boxed in zip(text["figures"], boxed_objects(given), strict=True):
            assert titles[figure["objectKey"]] == CLASSES[boxed.found.class_index].name
            assert figure["key"] in ids["figures"]
            assert figure["objectKey"] in ids["objects"]
            geometry = {k: np.array(list(v.values())) for k, v in figure["geometry"].items()}
            mine = points[np.isin(kept, boxed.found.rows)]
            turn = geometry["rotation"][2]
            c, s = math.cos(turn), math.sin(turn)
            matrix = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            own = (mine - geometry["position"]) @ matrix
            np.testing.assert_allclose(
                np.abs(own).max(axis=0), geometry["dimensions"] / 2, atol=1e-3
            )

    def test_tracklets_are_those_boxes(self, tmp_path: Path) -> None:
        scans = [labelled(), labelled(title="b", instances=None), labelled(title="c")]
        write_cvat_kitti(tmp_path, scans, CLASSES)
        frames = (tmp_path / "frame_list.txt").read_text().splitlines()
        assert frames == ["0 Room-1", "1 b", "2 c"]
        root = ElementTree.parse(tmp_path / "tracklet_labels.xml").getroot()
        assert root.tag == "boost_serialization"
        tracklets = root.find("tracklets")
        assert tracklets is not None
        assert tracklets.findtext("count") == "6"
        items = tracklets.findall("item")
        assert [item.findtext("first_frame") for item in items] == ["0"] * 3 + ["2"] * 3
        for item, boxed in zip(items, boxed_objects(scans[0]), strict=False):
            assert item.findtext("objectType") == CLASSES[boxed.found.class_index].name
            sizes = [float(item.findtext(tag) or "nan") for tag in "whl"]
            assert sizes == pytest.approx(boxed.oriented.size.tolist())
            pose = item.find("poses/item")
            assert pose is not None
            place = [float(pose.findtext(tag) or "nan") for tag in ("tx", "ty", "tz", "rz")]
            assert place == pytest.approx([*boxed.oriented.centre, boxed.oriented.angle])


def test_the_camera_looks_along_a_level_axis() -> None:
    np.testing.assert_array_equal(
        camera_from_file(np.array([0.0, 0.0, 1.0])), [[0, -1, 0], [0, 0, -1], [1, 0, 0]]
    )
