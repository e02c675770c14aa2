# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""TUM RGB-D: `depth.txt`, `rgb.txt` and `groundtruth.txt` list what happened when.

Lines are "time file" and "time tx ty tz qx qy qz qw" (camera to world, z up). What belongs to a
depth picture is what is nearest to it in time, within 20 ms. Depth is in fifths of a millimetre.
The camera is not in the folder: an `intrinsics.json` is used if there is one, then the published
calibration if the folder is named after freiburg1, 2 or 3, then the benchmark's default camera.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_pose
from fewpoints.annotations.scans.frames.frame import Float64Array, FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.pictures import Place, read_bytes
from fewpoints.annotations.scans.frames.readers.open3d_folder import read_camera
from fewpoints.annotations.scans.frames.readers.records import (
    FrameFiles,
    Layout,
    depth_size,
    frame_sequence,
)

NEAR_S = 0.020
UNITS_PER_METRE = 5000.0
_SIZE = (640, 480)
_PUBLISHED = {
    "freiburg1": (517.3, 516.5, 318.6, 255.3),
    "freiburg2": (520.9, 521.0, 325.1, 249.7),
    "freiburg3": (535.4, 539.2, 320.1, 247.6),
}
_DEFAULT = (525.0, 525.0, 319.5, 239.5)


def looks_like_tum(folder: Path) -> bool:
    """Whether the lists are there."""
    return (folder / "depth.txt").is_file() and (
        (folder / "groundtruth.txt").is_file() or (folder / "rgb.txt").is_file()
    )


def read_tum(folder: Path, *, name: str, progress: Progress = no_progress) -> FrameSequence:
    """Read the lists; pictures are read when a frame is asked for."""
    layout = Layout(folder, name, depth_unit_m=1 / UNITS_PER_METRE)
    progress(0.0, "Reading the lists of pictures and poses")
    depth_times, depths = _pictures(folder / "depth.txt", layout)
    colour_times, pictures = (
        _pictures(folder / "rgb.txt", layout)
        if (folder / "rgb.txt").is_file() or (folder / "rgb").is_dir()
        else (np.empty(0), [])
    )
    pose_times, poses = _poses(folder / "groundtruth.txt", layout)
    if not depths:
        raise UnreadableScan(name, "no picture is listed.", where="depth.txt")
    if not len(poses):
        raise UnreadableScan(name, "no pose is listed.", where="groundtruth.txt")
    camera, notes = _camera(layout, depth_size(layout, depths[0]))
    colour_of = _nearest(depth_times, colour_times)
    pose_of = _nearest(depth_times, pose_times)
    frames, lost = [], 0
    for depth, time, colour_index, pose_index in zip(
        depths, depth_times, colour_of, pose_of, strict=True
    ):
        pose = None
        if pose_index >= 0:
            place = Place(name, f"groundtruth.txt, time {pose_times[pose_index]:.4f}")
            pose = _matrix(poses[pose_index], place)
        if pose is None:
            lost += 1
            continue
        picture = pictures[colour_index] if colour_index >= 0 else None
        frames.append(FrameFiles(f"{time:.6f}", depth, picture, camera, pose))
    if not frames:
        raise UnreadableScan(
            name,
            f"none of the {lost} depth pictures has a pose within {NEAR_S * 1000:.0f} ms: depth is "
            f"from {depth_times[0]:.2f} to {depth_times[-1]:.2f}, poses from {pose_times[0]:.2f} "
            f"to {pose_times[-1]:.2f}.",
        )
    return frame_sequence(layout, frames, up=(0.0, 0.0, 1.0), lost=lost, notes=notes)


def _rows(path: Path, layout: Layout) -> list[tuple[int, list[str]]]:
    """(line number, words) of the lines that are no comment."""
    lines = read_bytes(path, layout.place(path)).decode("utf-8", "replace").splitlines()
    return [
        (number, line.replace(",", " ").split())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _pictures(path: Path, layout: Layout) -> tuple[Float64Array, list[Path]]:
    """((P,) times, pictures), in the order of time."""
    found: list[tuple[float, Path]] = []
    root = layout.root.resolve()
    for line, words in _rows(path, layout):
        place = Place(layout.name, f"{path.name}, line {line}")
        time = _number(words[0], place)
        if len(words) != 2:
            raise place.refuse("a time and a file name are expected.")
        picture = layout.root / words[1]
        try:
            inside, there = picture.resolve().is_relative_to(root), picture.is_file()
        except (OSError, ValueError):  # Too long, or with a NUL.
            inside, there = True, False
        if not inside:
            raise place.refuse(f"{words[1]!r} is outside the folder.")
        if not there:
            raise place.refuse(f"{words[1][:200]!r} is missing.")
        found.append((time, picture))
    found.sort(key=lambda pair: pair[0])
    return np.array([time for time, _ in found]), [picture for _, picture in found]


def _poses(path: Path, layout: Layout) -> tuple[Float64Array, Float64Array]:
    """((T,) times, (T, 7) tx ty tz qx qy qz qw), in the order of time."""
    rows = []
    for line, words in _rows(path, layout):
        place = Place(layout.name, f"{path.name}, line {line}")
        if len(words) != 8:
            raise place.refuse(f"{len(words)} values; a time and seven numbers are expected.")
        _number(words[0], place)
        try:
            rows.append([float(word) for word in words])
        except ValueError as error:
            raise place.refuse(f"{error}.") from None
    table = np.reshape(np.array(rows, np.float64), (-1, 8))
    table = table[np.argsort(table[:, 0], kind="stable")]
    return table[:, 0], table[:, 1:]


def _number(word: str, place: Place) -> float:
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise place.refuse(f"{word!r} is not a time in seconds.")
    return value


def _nearest(times: Float64Array, others: Float64Array) -> np.ndarray:
    """(T,) the number of the nearest of the ascending `others`, -1 if none is near."""
    if len(others) == 0:
        return np.full(len(times), -1)
    after = np.clip(np.searchsorted(others, times), 1, max(1, len(others) - 1))
    after = np.minimum(after, len(others) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(times - others[before] <= others[after] - times, before, after)
    return np.where(np.abs(others[nearer] - times) <= NEAR_S, nearer, -1)


def _matrix(pose: Float64Array, place: Place) -> Float64Array | None:
    if not np.isfinite(pose).all():
        return None
    length = math.hypot(*pose[3:])
    if abs(length - 1) > 0.02:
        raise place.refuse(f"the quaternion has length {length:.4g}; it must be 1.")
    x, y, z, w = pose[3:] / length
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = pose[:3]
    return checked_pose(matrix, place)


def _camera(layout: Layout, size: tuple[int, int]) -> tuple[Intrinsics, list[str]]:
    given = layout.root / "intrinsics.json"
    if given.is_file():
        return read_camera(given, layout)[0], []
    if size != _SIZE:
        raise UnreadableScan(
            layout.name,
            f"the camera of {size[0]} × {size[1]} pixels is not known. Put an intrinsics.json "
            "with width, height, fx, fy, cx and cy into the folder.",
        )
    for key, values in _PUBLISHED.items():
        if key in layout.name or key in layout.root.name:
            return Intrinsics(*size, *values), [f"The published camera of {key} is used."]
    return Intrinsics(*size, *_DEFAULT), ["The benchmark's default camera is used (fx = 525)."]
