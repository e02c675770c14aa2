# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""7-Scenes: `frame-000000.color.png`, `.depth.png` and `.pose.txt` in one folder.

Depth in millimetres, 65535 where nothing was measured; poses camera to world. The dataset has one
camera for everything, which its pages give for both colour and depth: 585, 585, 320, 240.
"""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_pose
from fewpoints.annotations.scans.frames.frame import FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.readers.open3d_folder import read_camera
from fewpoints.annotations.scans.frames.readers.records import (
    PICTURE_SUFFIXES,
    FrameFiles,
    Layout,
    by_number,
    depth_size,
    frame_sequence,
    guessed_up,
    read_matrix,
)

_CAMERA = Intrinsics(640, 480, 585.0, 585.0, 320.0, 240.0)
INVALID = 65535


def looks_like_seven_scenes(folder: Path) -> bool:
    """Whether frames lie side by side with their poses."""
    return any(folder.glob("frame-*.depth.png")) or any(folder.glob("frame-*.pose.txt"))


def read_seven_scenes(
    folder: Path, *, name: str, progress: Progress = no_progress
) -> FrameSequence:
    """Read the poses; pictures are read when a frame is asked for."""
    layout = Layout(folder, name, invalid=INVALID)
    depths = sorted(folder.glob("frame-*.depth.png"), key=by_number)
    if not depths:
        raise UnreadableScan(name, "there is no frame-….depth.png.")
    camera = _camera(layout, depth_size(layout, depths[0]))
    pictures = {path.name.split(".")[0] for path in folder.glob("frame-*.color.*")}
    has_pictures = bool(pictures)
    without_depth = pictures - {path.name.split(".")[0] for path in depths}
    if without_depth:
        missing = folder / f"{min(without_depth)}.depth.png"
        raise layout.place(missing).refuse("the file is missing, but there is a picture for it.")
    frames, lost = [], 0
    for number, depth in enumerate(depths):
        if number % 200 == 0:
            progress(number / len(depths), f"Reading pose {number + 1} of {len(depths)}")
        stem = depth.name.removesuffix(".depth.png")
        path = folder / f"{stem}.pose.txt"
        pose = checked_pose(read_matrix(path, layout), layout.place(path))
        if pose is None:
            lost += 1
            continue
        offered = [folder / f"{stem}.color{suffix}" for suffix in PICTURE_SUFFIXES]
        picture = next((path for path in offered if path.is_file()), None)
        if has_pictures and picture is None:
            raise layout.place(offered[0]).refuse("the file is missing.")
        frames.append(FrameFiles(stem, depth, picture, camera, pose))
    up = guessed_up([frame.world_from_camera for frame in frames]) if frames else (0.0, 0.0, 1.0)
    return frame_sequence(layout, frames, up=up, lost=lost)


def _camera(layout: Layout, size: tuple[int, int]) -> Intrinsics:
    given = layout.root / "intrinsics.json"
    if given.is_file():
        return read_camera(given, layout)[0]
    if size != (_CAMERA.width, _CAMERA.height):
        raise UnreadableScan(
            layout.name,
            f"the depth has {size[0]} × {size[1]} pixels, not the 640 × 480 of 7-Scenes. Put an "
            "intrinsics.json with width, height, fx, fy, cx and cy into the folder.",
        )
    return _CAMERA
