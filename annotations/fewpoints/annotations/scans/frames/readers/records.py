# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that are files in a folder: what the layouts have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.checks import checked_intrinsics
from fewpoints.annotations.scans.frames.frame import (
    Float64Array,
    Frame,
    FrameHeader,
    FrameSequence,
    Intrinsics,
)
from fewpoints.annotations.scans.frames.pictures import (
    Place,
    colour_pixels,
    depth_pixels,
    file_header,
    must_show_the_same,
    read_bytes,
)

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, eq=False)
class FrameFiles:
    """One frame as files. camera: of the depth. confidence: 0 low, 1 medium, 2 high, per pixel."""

    name: str
    depth: Path
    picture: Path | None
    camera: Intrinsics
    world_from_camera: Float64Array
    confidence: Path | None = None


@dataclass(frozen=True)
class Layout:
    """What holds for all frames of a folder.

    depth_unit_m: metres that depth 1 means. invalid: a depth that means "not measured", beside 0.
    colour_camera: see `colour_pixels`.
    """

    root: Path
    name: str
    depth_unit_m: float = 0.001
    invalid: int | None = None
    colour_camera: Intrinsics | None = None

    def place(self, path: Path) -> Place:
        """Name a file as people see it: below the folder they gave."""
        return Place(self.name, path.relative_to(self.root).as_posix())


def frame_sequence(
    layout: Layout,
    frames: Sequence[FrameFiles],
    *,
    up: tuple[float, float, float],
    lost: int,
    notes: Iterable[str] = (),
) -> FrameSequence:
    """Make a sequence of files. `lost`: how many frames were left out for want of a pose."""
    said = list(notes)
    if not frames:
        what = f"none of the {lost} frames has a pose." if lost else "there are no frames."
        raise UnreadableScan(layout.name, what)
    if lost:
        said.append(missing_poses(lost, lost + len(frames)))
    pictured = [frame for frame in frames if frame.picture is not None]
    if pictured and len(pictured) < len(frames):
        said.append(missing_pictures(len(frames) - len(pictured), len(frames)))
        frames = pictured
    for frame in frames:
        checked_intrinsics(frame.camera, Place(layout.name, frame.name))

    def load(index: int) -> Frame:
        return _load(layout, frames[index])

    def header(index: int) -> FrameHeader:
        return _header(layout, frames[index])

    return FrameSequence(
        layout.name, up, [f.name for f in frames], load, tuple(said), read_header=header
    )


def missing_poses(lost: int, total: int) -> str:
    """The sentence for frames that were left out."""
    return f"{lost} of {total} frames have no pose and are left out."


def missing_pictures(without: int, total: int) -> str:
    """The sentence for frames that were left out, because others have pictures."""
    return f"{without} of {total} frames have no picture and are left out."


def _header(layout: Layout, frame: FrameFiles) -> FrameHeader:
    place = layout.place(frame.depth)
    header = file_header(frame.depth, place)
    if not header.grey16:
        raise place.refuse("depth must be a PNG of one channel with 16 bits; this picture is not.")
    _must_fit((header.width, header.height), frame.camera, place)
    if frame.picture is not None:
        place = layout.place(frame.picture)
        picture = file_header(frame.picture, place)
        if layout.colour_camera is None:
            must_show_the_same(picture, frame.camera, place)
    return FrameHeader(frame.name, frame.camera, frame.world_from_camera, frame.picture is not None)


def _load(layout: Layout, frame: FrameFiles) -> Frame:
    place = layout.place(frame.depth)
    raw = depth_pixels(read_bytes(frame.depth, place), place)
    _must_fit((raw.shape[1], raw.shape[0]), frame.camera, place)
    depth = raw.astype(np.float32) * np.float32(layout.depth_unit_m)
    if layout.invalid is not None:
        depth[raw == layout.invalid] = 0
    if frame.confidence is not None:
        depth[_unsure(layout, frame.confidence, raw.shape)] = 0
    colours = None
    if frame.picture is not None:
        place = layout.place(frame.picture)
        data = read_bytes(frame.picture, place)
        colours = colour_pixels(data, place, frame.camera, layout.colour_camera)
    return Frame(frame.name, depth, colours, frame.camera, frame.world_from_camera)


def _unsure(layout: Layout, path: Path, shape: tuple[int, ...]) -> np.ndarray:
    place = layout.place(path)
    camera = Intrinsics(shape[1], shape[0], 1, 1, 0, 0)
    grey = colour_pixels(read_bytes(path, place), place, camera, None)[:, :, 0]
    return np.asarray(grey == 0)


def _must_fit(size: tuple[int, int], camera: Intrinsics, place: Place) -> None:
    if size != (camera.width, camera.height):
        raise place.refuse(
            f"the depth has {size[0]} × {size[1]} pixels, but {camera.width} × {camera.height} "
            "were expected from the intrinsics or the other frames."
        )


def depth_size(layout: Layout, path: Path) -> tuple[int, int]:
    """(width, height) of a depth picture."""
    header = file_header(path, layout.place(path))
    return header.width, header.height


def pictures_in(folder: Path) -> list[Path]:
    """PNG and JPEG files of a folder, in the order of the numbers in their names."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
    ]
    return sorted(found, key=by_number)


def by_number(path: Path) -> tuple[list[int], str]:
    """Sort key: frame 2 comes before frame 10."""
    return [int(digits[:18]) for digits in re.findall(r"\d+", path.name)], path.name


def read_matrix(path: Path, layout: Layout, *, sizes: tuple[int, ...] = (4,)) -> Float64Array:
    """Read a square matrix of text, returned as (4, 4)."""
    place = layout.place(path)
    words = read_bytes(path, place)[:10_000].decode("utf-8", "replace").split()
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise place.refuse(f"not a matrix of numbers: {error}.") from None
    size = next((size for size in sizes if len(values) == size * size), None)
    if size is None:
        raise place.refuse(f"{len(values)} numbers, but a matrix of 16 is expected.")
    matrix = np.eye(4)
    matrix[:size, :size] = np.reshape(values, (size, size))
    return matrix


def read_json(path: Path, layout: Layout) -> object:
    """Read a JSON file."""
    place = layout.place(path)
    try:
        return json.loads(read_bytes(path, place))
    except (ValueError, RecursionError) as error:
        raise place.refuse(f"this is not JSON: {error}.") from error


def numbers(value: object, count: int, place: Place, what: str) -> Float64Array:
    """Return `count` numbers of a JSON value."""
    try:
        array = np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0)
    if len(array) != count:
        raise place.refuse(f"{what} must be {count} numbers.")
    return array


def guessed_up(poses: Sequence[Float64Array]) -> tuple[float, float, float]:
    """Guess up from how the camera was held: the mean of its upright, or the axis next to it.

    For layouts whose world has no agreed upright; people hold cameras level more often than not.
    """
    mean = -np.sum([pose[:3, 1] for pose in poses], axis=0)
    length = float(np.linalg.norm(mean))
    if length < 0.1 * len(poses):
        return (0.0, 0.0, 1.0)
    mean = mean / length
    axis = int(np.argmax(np.abs(mean)))
    if abs(mean[axis]) > np.cos(np.radians(30)):
        nearest = np.zeros(3)
        nearest[axis] = np.sign(mean[axis])
        mean = nearest
    return (float(mean[0]), float(mean[1]), float(mean[2]))
