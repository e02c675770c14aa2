# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a sequence of frames, said before hours are spent on it."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.frame import Float64Array, Frame, FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.pictures import Place

# Poses are written with four digits or more, and drift a little when they are chained.
_ROTATION_TOLERANCE = 0.01
_FARTHEST_M = 1e5


def checked_pose(matrix: Float64Array, place: Place) -> Float64Array | None:
    """Return a (4, 4) pose if it is a rotation and a translation, None if it is missing.

    A pose with a number that is not finite is missing: trackers write that where they were lost.
    """
    if not np.isfinite(matrix).all():
        return None
    if np.abs(matrix[3] - (0, 0, 0, 1)).max() > 1e-3:
        values = " ".join(f"{value:g}" for value in matrix[3])
        raise place.refuse(f"the last row of the pose is {values}; it must be 0 0 0 1.")
    # Clipped so that absurd numbers cannot overflow; they are no rotation either way.
    rotation = np.clip(matrix[:3, :3], -10, 10)
    error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
    if error > _ROTATION_TOLERANCE:
        raise place.refuse(
            f"the pose is no rotation: its axes are off by {error:.3g} from unit length and "
            "right angles."
        )
    if np.linalg.det(rotation) < 0:
        raise place.refuse(
            "the pose mirrors the world (its determinant is -1): left-handed axes must be "
            "converted first."
        )
    farthest = float(np.abs(matrix[:3, 3]).max())
    if farthest > _FARTHEST_M:
        raise place.refuse(f"the camera is {farthest:.3g} m from the origin; the unit is metres.")
    pose = matrix.astype(np.float64)
    pose[3] = (0, 0, 0, 1)
    return pose


def checked_intrinsics(camera: Intrinsics, place: Place) -> Intrinsics:
    """Return a camera that can have taken such pictures, or refuse it."""
    values = (camera.fx, camera.fy, camera.cx, camera.cy)
    named = f"fx {camera.fx:g}, fy {camera.fy:g}, cx {camera.cx:g}, cy {camera.cy:g}"
    size = f"{camera.width} × {camera.height} pixels"
    if not np.isfinite(values).all() or camera.fx <= 0 or camera.fy <= 0:
        raise place.refuse(f"the focal lengths must be positive: {named}.")
    across = (camera.cx + 0.5) / camera.width
    down = (camera.cy + 0.5) / camera.height
    if not (0 <= across <= 1 and 0 <= down <= 1):
        raise place.refuse(
            f"the principal point is outside the picture: {named} for {size}. "
            "Are these the intrinsics of another resolution?"
        )
    if not (0.3 <= across <= 0.7 and 0.3 <= down <= 0.7):
        raise place.refuse(
            f"the principal point is far from the middle of the picture: {named} for {size}. "
            "Are these the intrinsics of another resolution?"
        )
    wide = np.degrees(2 * np.arctan(0.5 * camera.width / camera.fx))
    high = np.degrees(2 * np.arctan(0.5 * camera.height / camera.fy))
    if not (5 <= wide <= 150 and 5 <= high <= 150):
        raise place.refuse(
            f"the camera would see {wide:.0f}° × {high:.0f}°: {named} for {size}. "
            "Are these the intrinsics of another resolution?"
        )
    return camera


def check_frames(
    sequence: FrameSequence, *, sample: int = 12, progress: Progress = no_progress
) -> None:
    """Refuse a sequence in which something is wrong, in one sentence that names it.

    The headers of all frames are read, and the pixels of `sample` frames evenly over it; 5,000
    frames take a few seconds. Raises `UnreadableScan`.
    """
    count = len(sequence)
    if count == 0:
        raise UnreadableScan(sequence.name, "there are no frames.")
    first = sequence.header(0)
    for index in range(count):
        if index % 50 == 0:
            progress(0.7 * index / count, f"Looking at frame {index + 1} of {count}")
        header = sequence.header(index)
        place = Place(sequence.name, header.name)
        if checked_pose(header.world_from_camera, place) is None:
            raise place.refuse("the pose has numbers that are not finite.")
        camera = checked_intrinsics(header.intrinsics, place)
        if (camera.width, camera.height) != (first.intrinsics.width, first.intrinsics.height):
            raise place.refuse(
                f"the depth has {camera.width} × {camera.height} pixels, that of {first.name} "
                f"{first.intrinsics.width} × {first.intrinsics.height}; one size is needed."
            )
        if header.has_colours != first.has_colours:
            raise place.refuse("some frames have a picture and some have none.")
    _check_pixels(sequence, sample, progress)
    progress(1.0, f"{count} frames are in order")


def _check_pixels(sequence: FrameSequence, sample: int, progress: Progress) -> None:
    chosen = np.unique(np.linspace(0, len(sequence) - 1, sample).round().astype(int))
    medians: list[float] = []
    for done, index in enumerate(chosen):
        progress(0.7 + 0.3 * done / len(chosen), f"Reading frame {index + 1} of {len(sequence)}")
        frame = sequence[int(index)]
        _check_shapes(sequence.name, frame)
        measured = frame.depth[frame.depth > 0]
        if len(measured):
            medians.append(float(np.median(measured)))
    if not medians:
        raise UnreadableScan(
            sequence.name,
            f"the depth is zero everywhere in {len(chosen)} frames tried, "
            f"{sequence.names[int(chosen[0])]} among them.",
        )
    middle = float(np.median(medians))
    if not 0.02 <= middle <= 200:
        raise UnreadableScan(
            sequence.name,
            f"half of the depth is beyond {middle:.3g} m; the unit of the depth must be wrong.",
        )


def _check_shapes(name: str, frame: Frame) -> None:
    place = Place(name, frame.name)
    shape = (frame.intrinsics.height, frame.intrinsics.width)
    if frame.depth.shape != shape:
        raise place.refuse(f"the depth is {frame.depth.shape}, the intrinsics are for {shape}.")
    if not (np.isfinite(frame.depth).all() and (frame.depth >= 0).all()):
        raise place.refuse("the depth has numbers that are negative or not finite.")
    if frame.colours is not None and frame.colours.shape != (*shape, 3):
        raise place.refuse(f"the colours are {frame.colours.shape}, the depth is {shape}.")
