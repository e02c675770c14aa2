# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans import orientation
from fewpoints.annotations.scans.grid import PointGrid, nearest_spacing
from fewpoints.annotations.scans.orientation import UpAxis, guess_up, upright_positions
from fewpoints.annotations.scans.preflight import Preflight, inspect_scan
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan, choose_shift, finite_rows
from tests.annotations.files import DATA, needs_data
from tests.rooms import small_room


def scan_of(positions: Any, **more: Any) -> PointScan:
    array = np.asarray(positions, np.float64)
    return PointScan(positions=array, global_shift=choose_shift(array, finite_rows(array)), **more)


def look(positions: Any, **more: Any) -> Preflight:
    report = inspect_scan(scan_of(positions, **more), name="scan.ply")
    json.dumps(report.to_dict(), allow_nan=False)
    return report


def bare_room(points: int) -> FloatArray64:
    """The floor and the whole walls of a room, and a table top; evenly covered, 4 mm of noise."""
    rng = np.random.default_rng(0)
    width, depth, height = 6.0, 5.0, 2.55
    faces = np.array(  # A corner and the two edges from it.
        [
            [[0, 0, 0], [width, 0, 0], [0, depth, 0]],
            [[0, 0, 0], [width, 0, 0], [0, 0, height]],
            [[0, depth, 0], [width, 0, 0], [0, 0, height]],
            [[0, 0, 0], [0, depth, 0], [0, 0, height]],
            [[width, 0, 0], [0, depth, 0], [0, 0, height]],
            [[2, 2, 0.75], [1.6, 0, 0], [0, 0.9, 0]],
        ]
    )
    areas = np.linalg.norm(np.cross(faces[:, 1], faces[:, 2]), axis=1)
    face = faces[rng.choice(len(faces), points, p=areas / areas.sum())]
    along, across = rng.random((2, points, 1))
    on_it: FloatArray64 = face[:, 0] + along * face[:, 1] + across * face[:, 2]
    return on_it + rng.normal(0, 0.004, (points, 3))


ROOM = bare_room(30_000)


class TestGrid:
    def test_neighbours_are_those_of_brute_force(self) -> None:
        rng = np.random.default_rng(0)
        points = rng.random((2000, 3)) * [3, 1, 0.5] - 1
        queries = points[rng.choice(2000, 40)]
        pairs = PointGrid(points, 0.1).pairs(queries)
        for q, query in enumerate(queries):
            near = set(np.flatnonzero(np.linalg.norm(points - query, axis=1) < 0.1).tolist())
            assert near <= set(pairs.point[pairs.query == q].tolist())

    @pytest.mark.parametrize("count", [50, 3000])
    def test_the_spacing_is_that_of_brute_force(self, count: int) -> None:
        rng = np.random.default_rng(0)
        points = np.c_[rng.random((count, 2)) * 4, np.zeros(count)]
        distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
        np.fill_diagonal(distances, np.inf)
        spacing = nearest_spacing(points, queries=count)
        assert spacing is not None
        assert spacing.median == pytest.approx(np.median(distances.min(axis=1)), rel=0.05)
        assert spacing.duplicates == 0

    def test_points_whose_distance_has_no_square_are_at_one_place(self) -> None:
        for apart in (1e-170, 5e-324):
            assert nearest_spacing(np.array([[0.0, 0, 0], [apart, 0, 0], [0, 0, apart]])) is None
        spacing = nearest_spacing(np.array([[0.0, 0, 0], [1e-60, 0, 0]]))
        assert spacing is not None
        assert spacing.median == pytest.approx(1e-60)

    def test_twins_are_counted_but_do_not_make_the_spacing_zero(self) -> None:
        line = np.c_[np.arange(500) * 0.5, np.zeros((500, 2))]
        spacing = nearest_spacing(np.concatenate([line, line[:250]]))
        assert spacing is not None
        assert spacing.median == pytest.approx(0.5)
        assert spacing.duplicates == pytest.approx(2 / 3, abs=0.05)

    @pytest.mark.parametrize(
        "points",
        [
            np.concatenate([np.random.default_rng(0).random((500, 3)), [[1e11, 0, 0]]]),
            np.concatenate([np.random.default_rng(0).random((5000, 3)) * 1e-6, np.eye(3) * 1e6]),
        ],
    )
    def test_wild_points_do_not_spoil_it(self, points: Any) -> None:
        spacing = nearest_spacing(points)
        assert spacing is not None
        core = points[:-3]
        brute = np.linalg.norm(core[:, None][:300] - core[None], axis=-1)
        expected = np.median(np.where(brute > 0, brute, np.inf).min(axis=1))
        assert spacing.median == pytest.approx(expected, rel=0.25)

    def test_nothing_to_measure_is_none(self) -> None:
        assert nearest_spacing(np.zeros((1, 3))) is None
        assert nearest_spacing(np.ones((20, 3))) is None


class TestUnit:
    @pytest.mark.parametrize(
        ("factor", "unit", "voxel"),
        [(1.0, "metres", 0.05), (1000.0, "millimetres", 50.0), (100.0, "centimetres", 5.0)],
    )
    def test_a_room_gives_its_unit_away(self, factor: float, unit: str, voxel: float) -> None:
        report = look(ROOM * factor)
        assert report.unit == unit
        assert report.spacing_m == pytest.approx(0.03, rel=0.5)
        assert voxel * 0.5 <= report.voxel_size_m <= voxel * 1.7

    def test_a_named_unit_is_believed(self) -> None:
        report = look(ROOM, details={"unit": "feet"})
        assert report.unit == "feet"
        assert "coordinate system" in report.unit_reason
        assert any("feet" in warning for warning in report.warnings)

    @pytest.mark.parametrize("source", ["e57", "kitti", "scannet", "s3dis", "rgbd"])
    def test_what_is_in_metres_by_its_standard_is_believed(self, source: str) -> None:
        report = inspect_scan(PointScan(300 * ROOM, source_format=source), name="site")
        assert report.unit == "metres"
        assert not any(finding.code == "unit" for finding in report.findings)

    def test_dense_rooms_get_2_cm_voxels(self) -> None:
        report = inspect_scan(small_room(60_000).scan, name="room")
        assert report.voxel_size_m == 0.02
        assert report.unit == "metres"
        assert (report.up_axis, report.up_sign) == ("z", 1)
        assert report.warnings == []

    def test_small_things_get_small_voxels(self) -> None:
        rng = np.random.default_rng(0)
        direction = rng.normal(size=(40_000, 3))
        ball = 0.15 * direction / np.linalg.norm(direction, axis=1, keepdims=True)
        report = look(ball)
        assert report.unit == "metres"
        assert 0.001 <= report.voxel_size_m <= 0.005


class TestUp:
    @pytest.mark.parametrize(("axis", "turn"), [("z", 0), ("y", 2)])
    def test_a_room_stands_on_its_floor(self, axis: str, turn: int) -> None:
        points = np.roll(ROOM, turn, axis=1)
        up = guess_up(points, np.ones(len(points), bool))
        assert (up.axis, up.sign) == (axis, 1)
        np.testing.assert_array_equal(up.vector, np.eye(3)["xyz".index(axis)])

    def test_a_depth_cameras_frame_is_recognised(self) -> None:
        rng = np.random.default_rng(0)
        u, v = rng.random((2, 20_000)) - 0.5
        depth = 0.8 + 0.5 * v + 0.1 * rng.random(20_000)
        up = guess_up(np.c_[u * 1.1 * depth, v * 0.8 * depth, depth], np.ones(20_000, bool))
        assert (up.axis, up.sign) == ("y", -1)

    @pytest.mark.parametrize("axis", ["x", "y", "z"])
    @pytest.mark.parametrize("sign", [1, -1])
    def test_turning_upright_is_a_rotation_that_puts_up_up(
        self, axis: str, sign: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        up = UpAxis(axis, sign, "")
        monkeypatch.setattr(orientation, "scan_up", lambda scan: up)
        turned = upright_positions(PointScan(positions=np.stack([*np.eye(3), up.vector])))
        assert np.linalg.det(turned[:3]) == pytest.approx(1)
        assert turned[3].tolist() == [0, 0, 1]

    def test_wild_points_do_not_change_it(self) -> None:
        points = np.concatenate([np.roll(ROOM, 2, axis=1), np.full((100, 3), 1e6)])
        assert guess_up(points, np.ones(len(points), bool)).axis == "y"


class TestReport:
    def test_numbers_are_those_of_the_scan(self) -> None:
        positions = ROOM.copy()
        positions[5] = np.nan
        colours = np.random.default_rng(0).integers(10, 200, positions.shape, dtype=np.uint8)
        labels = {"label": np.arange(len(positions), dtype=np.int32) % 7 - 1}
        report = look(positions, colours=colours, labels=labels)
        assert (report.points, report.finite_points) == (30_000, 29_999)
        np.testing.assert_allclose(report.bounds["min"], np.nanmin(positions, axis=0))
        np.testing.assert_allclose(report.extent, np.nanmax(positions, 0) - np.nanmin(positions, 0))
        assert report.colour_range == {
            "min": colours.min(axis=0).tolist(),
            "max": colours.max(axis=0).tolist(),
        }
        assert report.label_fields == {
            "label": {"count": int((labels["label"] >= 0).sum()), "classes": 6}
        }
        assert any("1 of 30,000 points have no finite" in warning for warning in report.warnings)

    def test_what_to_watch_out_for_is_said(self) -> None:
        far = ROOM + np.array([500_000, 4_000_000, 0])
        far[0] += 10_000
        report = look(np.concatenate([far, far[:3000]]), notes=("Read with a note.",))
        text = "\n".join(report.warnings)
        for part in (
            "far from the origin",
            "A few points lie far from the rest",
            "have a twin",
            "Read with a note.",
            "no colour: its height is shown",
        ):
            assert part in text

    @pytest.mark.parametrize(
        "positions",
        [
            np.zeros((1, 3)),
            np.zeros((5, 3)),
            np.eye(3) * 1e11,
            np.concatenate([np.full((3, 3), np.nan), np.eye(3)]),
            np.c_[np.arange(200.0), np.zeros((200, 2))],
        ],
        ids=["one", "coinciding", "vast", "holes", "line"],
    )
    def test_degenerate_scans_get_a_report_too(self, positions: Any) -> None:
        report = look(positions)
        assert report.voxel_size_m > 0


@needs_data
@pytest.mark.parametrize(
    ("name", "unit", "up", "voxel"),
    [
        ("ipad-lidar-rooms/pix4d_database_430_db.ply", "metres", "+z", (0.02, 0.06)),
        ("ipad-lidar-rooms/pix4d_user_470_user.ply", "metres", "+z", (0.02, 0.05)),
        ("ipad-lidar-rooms/pix4d_user_808_user.ply", "metres", "+z", (0.02, 0.05)),
        ("ipad-lidar-rooms/user_808-60.ply", "metres", "+y", (0.02, 0.02)),
        ("office-rooms-labelled/room1_gt_fine.pcd", "metres", "+z", (0.02, 0.02)),
        ("mosd-labelled/learn/learn0.pcd", "metres", "-y", (0.002, 0.01)),
        ("mosd-labelled/test/test0.pcd", "metres", "-y", (0.002, 0.01)),
        ("las-pdal/autzen_trim.las", "feet", "+z", (1.0, 4.0)),
        ("las-pdal/sample_c.las", "metres", "+z", (0.2, 0.8)),
        ("las-ign-lidarhd/las_with_several_extra_byte_bloc.laz", "metres", "+z", (0.3, 0.8)),
        ("coloured-objects/lion_takanawa.copc.laz", "metres", "+z", (0.01, 0.03)),
        ("zoo/derived/ply_millimetres.ply", "millimetres", "+z", (20, 100)),
        ("zoo/valid/pdal_epsg_4326.las", "degrees", "+z", (0, 1)),
    ],
)
def test_guesses_about_real_scans(
    name: str, unit: str, up: str, voxel: tuple[float, float]
) -> None:
    report = inspect_scan(read_scan(DATA / name), name=name)
    json.dumps(report.to_dict(), allow_nan=False)
    assert report.unit == unit
    assert ("+" if report.up_sign > 0 else "-") + report.up_axis == up
    assert voxel[0] <= report.voxel_size_m <= voxel[1]
