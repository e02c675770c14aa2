# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fused scans lie on the surfaces that the frames saw."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.frame import Frame, FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.fusion import FusionTooLarge, FusionUnavailable, fuse
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.writers import write_ply
from tests.annotations.files import DATA, needs_data
from tests.annotations.scans.frames import recordings as made

needs_open3d = pytest.mark.skipif(
    importlib.util.find_spec("open3d") is None, reason="the extra `fusion` is not installed"
)
CAMERA = Intrinsics(160, 120, 150.0, 150.0, 79.5, 59.5)


def slanted(pose: np.ndarray, *, colours: bool = True) -> Frame:
    """The plane z = 2 + 0.4 x - 0.2 y of the world, red where x < 0, ray by ray."""
    v, u = np.indices((120, 160))
    rays = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, u * 0 + 1.0], -1)
    rays = rays @ pose[:3, :3].T
    normal = np.array([-0.4, 0.2, 1.0])
    depth = (2 - normal @ pose[:3, 3]) / (rays @ normal)
    x = (rays * depth[..., None] + pose[:3, 3])[..., 0]
    picture = np.where(x[..., None] < 0, (200, 10, 10), (10, 10, 200)).astype(np.uint8)
    return Frame("f", depth.astype(np.float32), picture if colours else None, CAMERA, pose)


def poses() -> list[np.ndarray]:
    turned = []
    for angle, shift in ((0.0, (0, 0, 0)), (0.15, (-0.3, 0.1, 0.2)), (-0.1, (0.2, -0.1, -0.1))):
        pose = np.eye(4)
        cos, sin = np.cos(angle), np.sin(angle)
        pose[:3, :3] = [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
        pose[:3, 3] = shift
        turned.append(pose)
    return turned


def sequence(*frames: Frame) -> FrameSequence:
    return FrameSequence("s", (0, 0, 1), [f.name for f in frames], frames.__getitem__)


@needs_open3d
class TestFuse:
    def test_a_plane_seen_from_three_poses_is_a_plane(self) -> None:
        said: list[float] = []
        scan = fuse(
            sequence(*map(slanted, poses())), voxel_size_m=0.02,
            progress=lambda f, _: said.append(f),
        )  # fmt: skip
        x, y, z = scan.positions.T
        away = (z - (2 + 0.4 * x - 0.2 * y)) / np.sqrt(1.2)
        assert abs(np.median(away)) < 0.0005
        assert np.percentile(np.abs(away), 95) < 0.004
        assert said == sorted(said)
        assert said[-1] == 1

    def test_points_are_about_a_voxel_apart(self) -> None:
        scan = fuse(sequence(*map(slanted, poses())), voxel_size_m=0.02)
        inner = scan.positions[(np.abs(scan.positions[:, :2]) < 0.3).all(axis=1)]
        per_voxel = len(inner) * 0.02**2 / (0.6 * 0.6 * np.sqrt(1.2))
        assert 0.7 < per_voxel < 3

    def test_colours_and_normals(self) -> None:
        scan = fuse(sequence(*map(slanted, poses())), voxel_size_m=0.02)
        assert scan.colours is not None
        assert scan.normals is not None
        red = scan.positions[:, 0] < -0.04
        blue = scan.positions[:, 0] > 0.04
        assert (np.abs(scan.colours[red].astype(int) - (200, 10, 10)) <= 2).mean() > 0.97
        assert (np.abs(scan.colours[blue].astype(int) - (10, 10, 200)) <= 2).mean() > 0.97
        towards_cameras = np.array([0.4, -0.2, -1]) / np.sqrt(1.2)
        assert np.median(scan.normals @ towards_cameras) > 0.99

    def test_a_surface_on_the_voxel_grid_is_not_lost(self) -> None:
        flat = Frame("f", np.full((120, 160), 2, np.float32), None, CAMERA, np.eye(4))
        scan = fuse(sequence(flat, flat), voxel_size_m=0.02)
        assert len(scan) > 1000
        assert scan.colours is None
        np.testing.assert_allclose(scan.positions[:, 2], 2, atol=1e-4)

    @pytest.mark.parametrize("layout", ["scannet", "scanner_app"])
    def test_the_made_room_keeps_its_size(self, tmp_path: Path, layout: str) -> None:
        frames = read_frames(made.LAYOUTS[layout](tmp_path / "room"))
        points = fuse(frames, voxel_size_m=0.04).positions
        if layout == "scanner_app":
            points = points @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
        to_wall = np.minimum(np.abs(points - made.LOW), np.abs(points - made.HIGH)).min(axis=1)
        assert np.median(to_wall) < 0.01
        assert (points > np.subtract(made.LOW, 0.1)).all()
        assert (points < np.add(made.HIGH, 0.1)).all()

    def test_the_result_is_a_scan_like_any_other(self, tmp_path: Path) -> None:
        scan = fuse(sequence(*map(slanted, poses())), voxel_size_m=0.02)
        assert scan.finite.all()
        write_ply(tmp_path / "fused.ply", scan)
        again = read_scan(tmp_path / "fused.ply")
        np.testing.assert_allclose(again.positions, scan.positions, atol=1e-5)

    def test_nothing_within_reach_is_refused(self) -> None:
        with pytest.raises(UnreadableScan, match=r"no surface within 1 m"):
            fuse(sequence(*map(slanted, poses())), depth_max_m=1.0)

    def test_impossible_voxels_are_refused(self) -> None:
        for size in (0.0, -1.0, float("nan")):
            with pytest.raises(FusionTooLarge):
                fuse(sequence(slanted(np.eye(4))), voxel_size_m=size)

    def test_memory_is_limited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fewpoints.annotations.scans.frames.fusion.MOST_BYTES", 10_000)
        with pytest.raises(FusionTooLarge, match="larger voxels"):
            fuse(sequence(*map(slanted, poses())), voxel_size_m=0.02)

    def test_cancelling_stops(self) -> None:
        def cancel(fraction: float, sentence: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fuse(sequence(slanted(np.eye(4))), progress=cancel)


def test_open3d_is_imported_only_to_fuse() -> None:
    code = (
        "import sys; import fewpoints.annotations.scans.frames.registry; "
        "import fewpoints.annotations.scans.frames.virtual_views; "
        "import fewpoints.annotations.scans.frames.fusion; sys.exit('open3d' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_open3d_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open3d", None)
    with pytest.raises(FusionUnavailable, match=r"pip install 'fewpoints\[fusion\]'"):
        fuse(sequence(slanted(np.eye(4))))


@needs_data
@needs_open3d
@pytest.mark.skipif(
    not (DATA / "rgbd-iphone-chair").is_dir(), reason="the real recordings are not here"
)
def test_real_recordings_become_scans_of_their_size() -> None:
    patio = fuse(read_frames(DATA / "rgbd-iphone-chair"), voxel_size_m=0.03)
    low, high = np.percentile(patio.positions, (1, 99), axis=0)
    assert 10_000 < len(patio) < 100_000
    assert (high - low < 8).all()
    assert patio.colours is not None
    assert patio.colours.std(axis=0).min() > 20
    # The ground is level, and below what stands on it.
    assert patio.normals is not None
    assert (np.abs(patio.normals[:, 1]) > 0.9).mean() > 0.4
