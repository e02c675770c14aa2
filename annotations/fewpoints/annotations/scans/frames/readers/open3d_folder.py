# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The layout of Open3D's and Redwood's samples.

`depth/`, one of `image/`, `color/` and `rgb/`, a trajectory with one pose per depth picture in
the same order, and the intrinsics as JSON. A trajectory is Redwood's `.log` (a line of three
numbers, then a 4 x 4 camera-to-world) or Open3D's JSON (world-to-camera, column after column).
Intrinsics are {"width", "height", "fx", "fy", "cx", "cy"} or Open3D's "intrinsic_matrix" (also
column after column); "depth_scale" is the depth units in a metre, 1000 if it is not said.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_intrinsics, checked_pose
from fewpoints.annotations.scans.frames.frame import Float64Array, FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.pictures import Place, read_bytes
from fewpoints.annotations.scans.frames.readers.records import (
    FrameFiles,
    Layout,
    frame_sequence,
    guessed_up,
    numbers,
    pictures_in,
    read_json,
)

_COLOUR_FOLDERS = ("image", "color", "rgb")
_TRAJECTORIES = ("trajectory.log", "trajectory.json", "*traj*.log", "*traj*.json", "*.log",
                 "*traj*.txt", "scene/trajectory.log", "scene/trajectory.json")  # fmt: skip
_CAMERAS = ("intrinsics.json", "intrinsic.json", "*intrinsic*.json", "camera*.json")


def looks_like_open3d_folder(folder: Path) -> bool:
    """Whether there is depth, with colours or a trajectory beside it."""
    if not (folder / "depth").is_dir():
        return False
    return (
        any((folder / name).is_dir() for name in _COLOUR_FOLDERS)
        or _first(folder, _TRAJECTORIES) is not None
    )


def read_open3d_folder(
    folder: Path, *, name: str, progress: Progress = no_progress
) -> FrameSequence:
    """Read trajectory and camera; pictures are read when a frame is asked for."""
    path = _first(folder, _CAMERAS)
    if path is None:
        raise UnreadableScan(
            name,
            "there is no intrinsics.json. Write one with the camera of the depth: "
            '{"width": 640, "height": 480, "fx": 525, "fy": 525, "cx": 319.5, "cy": 239.5, '
            '"depth_scale": 1000}.',
        )
    camera, depth_scale = read_camera(path, Layout(folder, name))
    layout = Layout(folder, name, depth_unit_m=1 / depth_scale)
    depths = pictures_in(folder / "depth")
    if not depths:
        raise UnreadableScan(name, "there are no pictures.", where="depth")
    pictures = _pictures(folder, depths, name)
    trajectory = _first(folder, _TRAJECTORIES)
    if trajectory is None:
        raise UnreadableScan(name, "there is no trajectory.log or trajectory.json with the poses.")
    progress(0.0, "Reading the trajectory")
    read = _json_poses if trajectory.suffix == ".json" else _log_poses
    matrices = read(trajectory, layout)
    if len(matrices) != len(depths):
        raise layout.place(trajectory).refuse(
            f"{len(matrices)} poses for {len(depths)} depth pictures; there must be one for each."
        )
    frames, lost = [], 0
    for number, (depth, picture, matrix) in enumerate(zip(depths, pictures, matrices, strict=True)):
        shown = layout.place(trajectory)
        pose = checked_pose(matrix, Place(name, f"{shown.where}, pose {number}"))
        if pose is None:
            lost += 1
        else:
            frames.append(FrameFiles(depth.stem, depth, picture, camera, pose))
    up = guessed_up([frame.world_from_camera for frame in frames]) if frames else (0.0, 0.0, 1.0)
    return frame_sequence(layout, frames, up=up, lost=lost)


def _first(folder: Path, patterns: tuple[str, ...]) -> Path | None:
    for pattern in patterns:
        found = sorted(path for path in folder.glob(pattern) if path.is_file())
        if found:
            return found[0]
    return None


def _pictures(folder: Path, depths: list[Path], name: str) -> list[Path | None]:
    """One picture per depth: by equal names, or else by order when there are as many."""
    found = next((folder / n for n in _COLOUR_FOLDERS if (folder / n).is_dir()), None)
    if found is None:
        return [None] * len(depths)
    pictures = pictures_in(found)
    by_stem = {path.stem: path for path in pictures}
    if all(depth.stem in by_stem for depth in depths):
        return [by_stem[depth.stem] for depth in depths]
    if len(pictures) != len(depths):
        raise UnreadableScan(
            name,
            f"{len(pictures)} pictures for {len(depths)} depth pictures; there must be one for "
            "each, or they must have equal names.",
            where=found.name,
        )
    return list(pictures)


def _log_poses(path: Path, layout: Layout) -> list[Float64Array]:
    place = layout.place(path)
    lines = read_bytes(path, place).decode("utf-8", "replace").splitlines()
    rows = [(i + 1, line.split()) for i, line in enumerate(lines) if line.strip()]
    if len(rows) % 5:
        raise place.refuse(f"{len(rows)} lines; each pose has 5, so the file is cut short.")
    poses = []
    for start in range(0, len(rows), 5):
        values: list[float] = []
        for line, words in rows[start + 1 : start + 5]:
            try:
                row = [float(word) for word in words]
            except ValueError:
                row = []
            if len(row) != 4:
                raise Place(place.name, f"{place.where}, line {line}").refuse(
                    "four numbers of a pose are expected here."
                )
            values += row
        poses.append(np.reshape(values, (4, 4)))
    return poses


def _json_poses(path: Path, layout: Layout) -> list[Float64Array]:
    place = layout.place(path)
    content = read_json(path, layout)
    entries = content.get("parameters") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise place.refuse('there is no list "parameters" of cameras.')
    poses: list[Float64Array] = []
    for number, entry in enumerate(entries):
        value = entry.get("extrinsic") if isinstance(entry, dict) else None
        what = f"the extrinsic of camera {number}"
        matrix = numbers(value, 16, place, what).reshape(4, 4).T
        if not np.isfinite(matrix).all():
            poses.append(matrix)
            continue
        if np.abs(matrix).max() > 1e9:
            raise place.refuse(f"{what} has numbers beyond 1e9.")
        try:
            poses.append(np.asarray(np.linalg.inv(matrix), np.float64))
        except np.linalg.LinAlgError:
            raise place.refuse(f"{what} cannot be inverted.") from None
    return poses


def read_camera(path: Path, layout: Layout) -> tuple[Intrinsics, float]:
    """Read the camera, and the depth units in a metre."""
    place = layout.place(path)
    content = read_json(path, layout)
    if isinstance(content, dict) and isinstance(content.get("intrinsic"), dict):
        content = {**content, **content["intrinsic"]}
    if not isinstance(content, dict):
        raise place.refuse("an object with width, height, fx, fy, cx and cy is expected.")
    width, height = _numbers(content, ("width", "height"), place)
    if not (1 <= width < 1e5 and 1 <= height < 1e5):
        raise place.refuse(f"width {width:g} and height {height:g} must be pixels.")
    if "intrinsic_matrix" in content:
        matrix = numbers(content["intrinsic_matrix"], 9, place, "intrinsic_matrix")
        fx, fy, cx, cy = (float(matrix[i]) for i in (0, 4, 6, 7))
    else:
        fx, fy, cx, cy = _numbers(content, ("fx", "fy", "cx", "cy"), place)
    scale = _numbers(content, ("depth_scale",), place)[0] if "depth_scale" in content else 1000.0
    if not 1 <= scale <= 1e6:
        raise place.refuse(f"depth_scale is {scale:g}; 1000 is usual.")
    camera = Intrinsics(int(width), int(height), fx, fy, cx, cy)
    return checked_intrinsics(camera, place), scale


def _numbers(content: dict[str, object], keys: tuple[str, ...], place: Place) -> list[float]:
    return [float(numbers(content.get(key), 1, place, key)[0]) for key in keys]
