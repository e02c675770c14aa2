# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The raw export of 3D Scanner App (iPhone, iPad): ARKit's depth, pictures and poses.

`depth_00000.png` (256 x 192, millimetres), `conf_00000.png` (0 low, 1 medium, 2 high), for some
frames `frame_00000.jpg`, and `frame_00000.json` with the pose (camera to world, y up, the camera
looks along -z) and the intrinsics for the pixels of the picture.

The app keeps a picture of every third frame or so. Frames without one are left out, as these
pictures are dense enough to cover what the depth covers, and a scan that is grey in places is
worth less than a few more views of it. If there are no pictures at all, every frame is kept.
Depth of low confidence is left out: it is mostly interpolated across edges.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_intrinsics, checked_pose
from fewpoints.annotations.scans.frames.frame import FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.pictures import Place, file_header
from fewpoints.annotations.scans.frames.readers.records import (
    FrameFiles,
    Layout,
    by_number,
    depth_size,
    frame_sequence,
    numbers,
    read_json,
)

# ARKit's camera looks along -z with y up; ours along +z with y down.
_ARKIT_FROM_CAMERA = np.array([1.0, -1.0, -1.0, 1.0])  # Of the columns.


def looks_like_scanner_app(folder: Path) -> bool:
    """Whether the app's files are there."""
    return any(folder.glob("frame_*.json")) and any(folder.glob("depth_*.png"))


def read_scanner_app(folder: Path, *, name: str, progress: Progress = no_progress) -> FrameSequence:
    """Read poses and cameras; pictures are read when a frame is asked for."""
    layout = Layout(folder, name)
    depths = sorted(folder.glob("depth_*.png"), key=by_number)
    pictures = sorted(folder.glob("frame_*.jpg"), key=by_number)
    size = depth_size(layout, depths[0])
    picture_size = None
    if pictures:
        header = file_header(pictures[0], layout.place(pictures[0]))
        picture_size = (header.width, header.height)
    frames, lost = [], 0
    for number, depth in enumerate(depths):
        if number % 200 == 0:
            progress(number / len(depths), f"Reading pose {number + 1} of {len(depths)}")
        stem = depth.stem.replace("depth_", "frame_")
        path = folder / f"{stem}.json"
        if not path.is_file():
            raise layout.place(path).refuse("the file with the pose is missing.")
        place = layout.place(path)
        content = read_json(path, layout)
        if not isinstance(content, dict):
            raise place.refuse("an object with cameraPoseARFrame and intrinsics is expected.")
        matrix = numbers(content.get("cameraPoseARFrame"), 16, place, "cameraPoseARFrame")
        pose = checked_pose(matrix.reshape(4, 4) * _ARKIT_FROM_CAMERA, place)
        if pose is None:
            lost += 1
            continue
        camera = _camera(content, picture_size, place).resized(*size)
        picture, confidence = folder / f"{stem}.jpg", folder / f"conf_{stem[6:]}.png"
        frames.append(
            FrameFiles(
                stem,
                depth,
                picture if picture.is_file() else None,
                camera,
                pose,
                confidence if confidence.is_file() else None,
            )
        )
    return frame_sequence(layout, frames, up=(0.0, 1.0, 0.0), lost=lost)


def _camera(
    content: dict[str, object], picture_size: tuple[int, int] | None, place: Place
) -> Intrinsics:
    """The camera for the pixels of the picture, whose size is not in the JSON."""
    matrix = numbers(content.get("intrinsics"), 9, place, "intrinsics")
    fx, fy, cx, cy = (float(matrix[i]) for i in (0, 4, 2, 5))
    if picture_size is None:
        # The projection matrix has 2 fx / width and 2 fy / height.
        projection = numbers(content.get("projectionMatrix"), 16, place, "projectionMatrix")
        scale = projection[[0, 5]]
        if not (np.isfinite([fx, fy, *scale]).all() and (np.abs(scale) > 1e-3).all()):
            raise place.refuse("the size of the pictures cannot be told from projectionMatrix.")
        width, height = abs(2 * fx / float(scale[0])), abs(2 * fy / float(scale[1]))
        if not (1 <= width < 1e5 and 1 <= height < 1e5):
            raise place.refuse(f"the pictures would have {width:g} × {height:g} pixels.")
        picture_size = (round(width), round(height))
    return checked_intrinsics(Intrinsics(*picture_size, fx, fy, cx, cy), place)
