# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Every layout gives the same room, and says what is wrong with it."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import Frame
from fewpoints.annotations.scans.frames.registry import frame_layouts, read_frames
from tests.annotations.files import DATA, needs_data
from tests.annotations.scans.frames import recordings as made

needs_recordings = pytest.mark.skipif(
    not (DATA / "rgbd-iphone-chair").is_dir(), reason="the real recordings are not here"
)
LOST = np.full((4, 4), -np.inf)


def in_room(points: np.ndarray, *, y_up: bool) -> np.ndarray:
    """Back to z up, where the room is."""
    return points @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) if y_up else points


def points_in_loops(frame: Frame) -> np.ndarray:
    """Back-projection, pixel by pixel, with the intrinsics as a matrix."""
    camera = frame.intrinsics
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    found = []
    for v in range(camera.height):
        for u in range(camera.width):
            if frame.depth[v, u] > 0:
                local = np.linalg.inv(matrix) @ [u, v, 1] * float(frame.depth[v, u])
                found.append((frame.world_from_camera @ [*local, 1])[:3])
    return np.array(found)


class TestEveryLayout:
    @pytest.fixture(params=made.LAYOUTS)
    def layout(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture
    def recording(self, layout: str, tmp_path: Path) -> Path:
        return made.LAYOUTS[layout](tmp_path / "room")

    def test_points_lie_on_the_walls(self, recording: Path, layout: str) -> None:
        sequence = read_frames(recording)
        assert len(sequence) == len(made.POSES)
        for index in range(len(sequence)):
            points, pixels = sequence[index].points()
            points = in_room(points, y_up=layout == "scanner_app")
            assert len(pixels) == made.WIDTH * made.HEIGHT
            to_wall = np.minimum(np.abs(points - made.LOW), np.abs(points - made.HIGH)).min(axis=1)
            assert to_wall.max() < 0.002  # Depth is rounded to millimetres.
            assert (points > np.subtract(made.LOW, 0.01)).all()
            assert (points < np.add(made.HIGH, 0.01)).all()

    def test_poses_are_camera_to_world(self, recording: Path, layout: str) -> None:
        sequence = read_frames(recording)
        for index, expected in enumerate(made.POSES):
            actual = sequence[index].world_from_camera
            rotation = in_room(actual[:3].T, y_up=layout == "scanner_app").T
            np.testing.assert_allclose(rotation, expected[:3], atol=2e-6)

    def test_colours_are_those_of_the_walls(self, recording: Path) -> None:
        sequence = read_frames(recording)
        for index, pose in enumerate(made.POSES):
            actual = sequence[index].colours
            assert actual is not None
            wanted = made.colours_of(pose)
            away = np.abs(actual.astype(int) - wanted.astype(int)).max(axis=2)
            # Beside the edges of the room, where a picture mixes colours.
            assert (away < 20).mean() > 0.85
            assert np.median(away) <= 6

    def test_back_projection_equals_loops(self, recording: Path) -> None:
        frame = read_frames(recording)[1]
        np.testing.assert_allclose(frame.points()[0], points_in_loops(frame), atol=1e-9)

    def test_up_is_known_or_guessed(self, recording: Path, layout: str) -> None:
        up = in_room(np.array([read_frames(recording).up]), y_up=layout == "scanner_app")[0]
        assert up[2] > 0.8

    def test_headers_agree_with_frames(self, recording: Path) -> None:
        sequence = read_frames(recording)
        for index in range(len(sequence)):
            header, frame = sequence.header(index), sequence[index]
            assert header.name == frame.name == sequence.names[index]
            assert header.intrinsics == frame.intrinsics
            assert header.has_colours is (frame.colours is not None)
            np.testing.assert_array_equal(header.world_from_camera, frame.world_from_camera)

    def test_passes_the_checks(self, recording: Path) -> None:
        said: list[float] = []
        check_frames(read_frames(recording), progress=lambda f, _: said.append(f))
        assert said == sorted(said)
        assert said[-1] == 1

    def test_name_of_the_caller_is_used(self, recording: Path) -> None:
        assert read_frames(recording, name="My room").name == "My room"

    def test_every_cut_short_picture_is_found(self, recording: Path, layout: str) -> None:
        files = [p for p in recording.rglob("*") if p.suffix in (".png", ".jpg")]
        files = [p for p in files if not p.name.startswith("conf_")]
        for path in files:
            whole = path.read_bytes()
            path.write_bytes(whole[: int(len(whole) * 0.7)])
            with pytest.raises(UnreadableScan, match=path.name):
                check_frames(read_frames(recording))
            path.write_bytes(b"")
            with pytest.raises(UnreadableScan, match=path.name):
                check_frames(read_frames(recording))
            path.write_bytes(whole)
        check_frames(read_frames(recording))

    def test_every_missing_file_is_found(self, recording: Path, layout: str) -> None:
        if layout == "sens":
            pytest.skip("one file")
        for path in sorted(p for p in recording.rglob("*") if p.is_file()):
            if layout == "scanner_app" and path.suffix != ".json":
                continue  # Pictures may be missing by design.
            aside = path.with_name("aside.tmp")
            path.rename(aside)
            with pytest.raises((UnreadableScan, UnsupportedFormat)) as caught:
                check_frames(read_frames(recording))
            assert caught.value.message.count("\n") == 0
            aside.rename(path)

    def test_changed_text_never_ends_in_another_error(self, recording: Path) -> None:
        files = [p for p in sorted(recording.rglob("*")) if p.suffix in (".txt", ".json", ".log")]
        rng = np.random.default_rng(0)
        snippets = (
            b"nan",
            b"-inf",
            b"1e999",
            b"-",
            b'"',
            b"\xff\x00",
            b"[]",
            b"\n",
            b"",
            b"9" * 400,
        )
        for path in files:
            whole = path.read_bytes()
            for _ in range(25):
                at = int(rng.integers(len(whole)))
                snippet = snippets[rng.integers(len(snippets))]
                path.write_bytes(whole[:at] + snippet + whole[at + int(rng.integers(1, 9)) :])
                with contextlib.suppress(UnreadableScan, UnsupportedFormat):
                    check_frames(read_frames(recording), sample=1)
            path.write_bytes(whole)

    def test_a_folder_around_it_is_looked_into(self, recording: Path, tmp_path: Path) -> None:
        if recording.is_dir():
            (tmp_path / "outer").mkdir()
            shutil.move(recording, tmp_path / "outer" / "room")
            assert len(read_frames(tmp_path / "outer")) == 3
        else:
            assert len(read_frames(recording.parent)) == 3


class TestRegistry:
    def test_other_folders_are_refused_with_what_is_readable(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("hello")
        with pytest.raises(UnsupportedFormat, match=r"TUM RGB-D .*7-Scenes"):
            read_frames(tmp_path)

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "scan.ply").write_bytes(b"ply\n" * 10)
        with pytest.raises(UnsupportedFormat, match=r"scan\.ply"):
            read_frames(tmp_path / "scan.ply")

    def test_what_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableScan, match="nowhere: cannot be opened"):
            read_frames(tmp_path / "nowhere")

    def test_layouts_are_named(self) -> None:
        assert len({layout.name for layout in frame_layouts()}) == 6


class TestScanNetFolder:
    def test_lost_poses_are_left_out_and_counted(self, tmp_path: Path) -> None:
        made.scannet_folder(tmp_path / "s", [made.POSES[0], LOST, made.POSES[2]])
        sequence = read_frames(tmp_path / "s")
        assert list(sequence.names) == ["0", "2"]
        assert sequence.notes == ("1 of 3 frames have no pose and are left out.",)

    def test_no_pose_at_all_is_refused(self, tmp_path: Path) -> None:
        made.scannet_folder(tmp_path / "s", [LOST, LOST])
        with pytest.raises(UnreadableScan, match="none of the 2 frames has a pose"):
            read_frames(tmp_path / "s")

    def test_frames_are_in_the_order_of_numbers(self, tmp_path: Path) -> None:
        made.scannet_folder(tmp_path / "s", [made.POSES[i % 3] for i in range(11)])
        assert list(read_frames(tmp_path / "s").names) == [str(i) for i in range(11)]

    def test_intrinsics_of_another_resolution_are_refused(self, tmp_path: Path) -> None:
        folder = made.scannet_folder(tmp_path / "s")
        camera = np.eye(4)
        camera[0, 0], camera[1, 1], camera[0, 2], camera[1, 2] = 1170, 1170, 648, 484
        (folder / "intrinsic/intrinsic_depth.txt").write_text(made.text(camera))
        with pytest.raises(UnreadableScan, match=r"intrinsic_depth\.txt.*cx 648.*32 × 24"):
            read_frames(folder)

    def test_pictures_in_the_size_of_the_depth_need_no_camera(self, tmp_path: Path) -> None:
        folder = made.scannet_folder(tmp_path / "s")
        for i, pose in enumerate(made.POSES):
            (folder / f"color/{i}.jpg").write_bytes(made.jpeg(made.colours_of(pose)))
        colours = read_frames(folder)[0].colours
        assert colours is not None
        away = np.abs(colours.astype(int) - made.colours_of(made.POSES[0]).astype(int))
        assert np.median(away) <= 3

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            (lambda m: m * 1.1, "no rotation|last row"),
            (lambda m: m @ np.diag([-1.0, 1, 1, 1]), "mirrors"),
            (lambda m: m.T, "last row"),
            (lambda m: m + np.eye(4) * 0.1, "no rotation|last row"),
            (lambda m: m + np.pad([[1e7]], ((0, 3), (3, 0))), "from the origin"),
        ],
    )
    def test_wrong_poses_are_refused(self, tmp_path: Path, damage: object, words: str) -> None:
        assert callable(damage)
        folder = made.scannet_folder(tmp_path / "s")
        (folder / "pose/1.txt").write_text(made.text(damage(made.POSES[1])))
        with pytest.raises(UnreadableScan, match=rf"pose/1\.txt: .*({words})"):
            read_frames(folder)

    def test_words_in_a_pose_are_refused(self, tmp_path: Path) -> None:
        folder = made.scannet_folder(tmp_path / "s")
        (folder / "pose/1.txt").write_text("1 0 0 zero")
        with pytest.raises(UnreadableScan, match=r"pose/1\.txt: .*zero"):
            read_frames(folder)


class TestTum:
    def test_a_gap_in_the_poses_leaves_frames_out(self, tmp_path: Path) -> None:
        folder = made.tum_folder(tmp_path / "t")
        lines = (folder / "groundtruth.txt").read_text().splitlines()
        (folder / "groundtruth.txt").write_text("\n".join(lines[:2] + lines[5:]))
        sequence = read_frames(folder)
        assert len(sequence) == 2
        assert sequence.notes == ("1 of 3 frames have no pose and are left out.",)

    def test_clocks_that_never_meet_are_said(self, tmp_path: Path) -> None:
        folder = made.tum_folder(tmp_path / "t")
        (folder / "groundtruth.txt").write_text("5 0 0 0 0 0 0 1\n6 0 0 0 0 0 0 1\n")
        with pytest.raises(UnreadableScan, match=r"within 20 ms: depth is from 1000\.00"):
            read_frames(folder)

    def test_published_camera_follows_the_name(self, tmp_path: Path) -> None:
        folder = tmp_path / "rgbd_dataset_freiburg2_desk"
        made.tum_folder(folder)
        (folder / "intrinsics.json").unlink()
        flat = made.png(np.full((480, 640), 5000, np.uint16))
        grey = made.png(np.full((480, 640, 3), 90, np.uint8))
        for path in (folder / "depth").iterdir():
            path.write_bytes(flat)
        for path in (folder / "rgb").iterdir():
            path.write_bytes(grey)
        frame = read_frames(folder)[0]
        assert frame.intrinsics.fx == 520.9
        assert frame.depth.max() == pytest.approx(1.0)

    def test_unknown_cameras_are_asked_for(self, tmp_path: Path) -> None:
        folder = made.tum_folder(tmp_path / "t")
        (folder / "intrinsics.json").unlink()
        with pytest.raises(UnreadableScan, match=r"Put an intrinsics\.json"):
            read_frames(folder)

    @pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd"])
    def test_files_outside_the_folder_are_not_opened(self, tmp_path: Path, path: str) -> None:
        folder = made.tum_folder(tmp_path / "t")
        (folder / "depth.txt").write_text(f"1000 {path}\n")
        with pytest.raises(UnreadableScan, match=r"depth\.txt, line 1: .* outside"):
            read_frames(folder)

    def test_a_long_quaternion_is_refused(self, tmp_path: Path) -> None:
        folder = made.tum_folder(tmp_path / "t")
        (folder / "groundtruth.txt").write_text("1000 0 0 0 0 0 0 2\n")
        with pytest.raises(UnreadableScan, match="quaternion has length 2"):
            read_frames(folder)


class TestSevenScenes:
    def test_65535_is_no_depth(self, tmp_path: Path) -> None:
        folder = made.seven_scenes_folder(tmp_path / "s")
        pixels = np.full((made.HEIGHT, made.WIDTH), 1500, np.uint16)
        pixels[3, 4] = 65535
        (folder / "frame-000000.depth.png").write_bytes(made.png(pixels))
        depth = read_frames(folder)[0].depth
        assert depth[3, 4] == 0
        assert (depth > 0).sum() == depth.size - 1

    def test_its_camera_is_known(self, tmp_path: Path) -> None:
        folder = made.seven_scenes_folder(tmp_path / "s")
        (folder / "intrinsics.json").unlink()
        for path in folder.glob("*.depth.png"):
            path.write_bytes(made.png(np.full((480, 640), 1000, np.uint16)))
        camera = read_frames(folder)[0].intrinsics
        assert (camera.fx, camera.fy, camera.cx, camera.cy) == (585, 585, 320, 240)


class TestOpen3D:
    def test_too_few_poses_are_refused(self, tmp_path: Path) -> None:
        folder = made.open3d_folder(tmp_path / "o")
        lines = (folder / "trajectory.log").read_text().splitlines()
        (folder / "trajectory.log").write_text("\n".join(lines[:10]))
        with pytest.raises(UnreadableScan, match="2 poses for 3 depth pictures"):
            read_frames(folder)
        (folder / "trajectory.log").write_text("\n".join(lines[:13]))
        with pytest.raises(UnreadableScan, match="cut short"):
            read_frames(folder)

    def test_depth_of_another_size_is_refused(self, tmp_path: Path) -> None:
        folder = made.open3d_folder(tmp_path / "o")
        (folder / "depth/00001.png").write_bytes(made.png(np.ones((48, 64), np.uint16)))
        with pytest.raises(UnreadableScan, match=r"00001\.png: the depth has 64 × 48 pixels"):
            check_frames(read_frames(folder))

    @pytest.mark.parametrize(
        "camera",
        [
            b"[]",
            b"{",
            b"{}",
            b'{"width": 1e400, "height": 2}',
            b'{"width": 32, "height": 24, "fx": -1, "fy": 1, "cx": 15, "cy": 12}',
            b'{"width": 32, "height": 24, "fx": NaN, "fy": 1, "cx": 15, "cy": 12}',
            b'{"width": 32, "height": 24, "fx": [1, 2], "fy": 1, "cx": 15, "cy": 12}',
            b'{"width": "32", "height": 24, "intrinsic_matrix": [1, 2]}',
            b'{"width": 32, "height": 24, "fx": 28, "fy": 27, "cx": 15, "cy": 12,'
            b' "depth_scale": 0}',
        ],
    )
    def test_damaged_cameras_are_refused(self, tmp_path: Path, camera: bytes) -> None:
        folder = made.open3d_folder(tmp_path / "o")
        (folder / "intrinsics.json").write_bytes(camera)
        with pytest.raises(UnreadableScan, match=r"intrinsics\.json"):
            read_frames(folder)


class TestScannerApp:
    def test_frames_without_picture_are_left_out(self, tmp_path: Path) -> None:
        folder = made.scanner_app_folder(tmp_path / "a", pictures=(0, 2))
        sequence = read_frames(folder)
        assert list(sequence.names) == ["frame_00000", "frame_00002"]
        assert sequence.notes == ("1 of 3 frames have no picture and are left out.",)

    def test_without_pictures_every_frame_is_kept(self, tmp_path: Path) -> None:
        folder = made.scanner_app_folder(tmp_path / "a", pictures=())
        for path in folder.glob("*.json"):
            content = json.loads(path.read_text())
            content["projectionMatrix"][0] = 2 * content["intrinsics"][0] / (4 * made.WIDTH)
            content["projectionMatrix"][5] = 2 * content["intrinsics"][4] / (4 * made.HEIGHT)
            path.write_text(json.dumps(content))
        sequence = read_frames(folder)
        assert len(sequence) == 3
        frame = sequence[0]
        assert frame.colours is None
        assert frame.intrinsics.fx == pytest.approx(made.FX)
        assert frame.intrinsics.cx == pytest.approx(made.CX)

    def test_unsure_depth_is_left_out(self, tmp_path: Path) -> None:
        folder = made.scanner_app_folder(tmp_path / "a")
        confidence = np.full((made.HEIGHT, made.WIDTH), 1, np.uint8)
        confidence[5:7, 3] = 0
        (folder / "conf_00000.png").write_bytes(made.png(confidence))
        missing = np.argwhere(read_frames(folder)[0].depth == 0)
        assert missing.tolist() == [[5, 3], [6, 3]]


@needs_data
@needs_recordings
class TestRealRecordings:
    def test_redwood_living_room(self) -> None:
        sequence = read_frames(DATA / "rgbd-icl-livingroom1")
        assert len(sequence) == 211
        assert sequence.notes == ()
        check_frames(sequence, sample=3)

    def test_iphone(self) -> None:
        sequence = read_frames(DATA / "rgbd-iphone-chair")
        assert len(sequence) == 24
        assert sequence.notes == ("46 of 70 frames have no picture and are left out.",)
        check_frames(sequence, sample=3)
        # The floor of the patio is level: the lowest tenth of the points is flat.
        points = np.concatenate([sequence[i].points()[0][::50] for i in (0, 8, 16)])
        floor = points[points[:, 1] < np.percentile(points[:, 1], 40), 1]
        assert floor.std() < 0.05

    @pytest.mark.parametrize("name", ["rgbd-icl-livingroom1", "rgbd-iphone-chair"])
    def test_next_frames_see_the_same_surface(self, name: str) -> None:
        """Points of one frame, put into another, have the depth that it measured."""
        sequence = read_frames(DATA / name)
        one, other = sequence[4], sequence[6]
        points = one.points()[0][::7]
        local = (np.linalg.inv(other.world_from_camera) @ np.c_[points, np.ones(len(points))].T).T
        camera = other.intrinsics
        u = np.rint(local[:, 0] / local[:, 2] * camera.fx + camera.cx).astype(int)
        v = np.rint(local[:, 1] / local[:, 2] * camera.fy + camera.cy).astype(int)
        ok = (local[:, 2] > 0) & (u >= 0) & (v >= 0) & (u < camera.width) & (v < camera.height)
        seen = other.depth[v[ok], u[ok]]
        away = np.abs(seen - local[ok, 2])[seen > 0]
        assert len(away) > 1000
        assert np.median(away) < 0.02
