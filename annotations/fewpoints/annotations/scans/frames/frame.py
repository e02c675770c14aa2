# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Posed RGB-D images and sequences of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera: pixel (u, v) = (fx x/z + cx, fy y/z + cy); pixel centres are integers."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def resized(self, width: int, height: int) -> Intrinsics:
        """Return the same camera with another number of pixels."""
        sx, sy = width / self.width, height / self.height
        return Intrinsics(
            width,
            height,
            self.fx * sx,
            self.fy * sy,
            (self.cx + 0.5) * sx - 0.5,
            (self.cy + 0.5) * sy - 0.5,
        )


@dataclass(frozen=True, eq=False)
class Frame:
    """One posed RGB-D image; H x W pixels.

    The camera looks along +z, x to the right and y down in the picture.

    depth: (H, W) float32, metres along z; 0 where nothing was measured.
    colours: (H, W, 3) uint8, brought to the pixels of the depth; None if there is no picture.
    world_from_camera: (4, 4) float64, a rotation and a translation in metres.
    """

    name: str
    depth: Float32Array
    colours: NDArray[np.uint8] | None
    intrinsics: Intrinsics
    world_from_camera: Float64Array

    def points(self) -> tuple[Float64Array, NDArray[np.intp]]:
        """Return (P, 3) world positions in metres of measured pixels, and their flat indices."""
        flat = self.depth.reshape(-1)
        pixels = np.flatnonzero(flat > 0)
        v, u = np.divmod(pixels, self.depth.shape[1])
        z = flat[pixels].astype(np.float64)
        camera = self.intrinsics
        local = np.stack([(u - camera.cx) / camera.fx * z, (v - camera.cy) / camera.fy * z, z], 1)
        return local @ self.world_from_camera[:3, :3].T + self.world_from_camera[:3, 3], pixels


@dataclass(frozen=True, eq=False)
class FrameHeader:
    """What is known of a frame without its pixels."""

    name: str
    intrinsics: Intrinsics
    world_from_camera: Float64Array
    has_colours: bool


@dataclass(frozen=True, eq=False)
class FrameSequence:
    """Frames of one place in one world frame; each is read when it is asked for.

    Either all frames have colours or none has.

    up: unit vector of the world that points up, as far as the source knows.
    names: one per frame, in the order of recording. load: reads frame i; raises `UnreadableScan`.
    notes: sentences about what was left out or assumed, for people.
    read_header: what `header` answers, where that takes less than loading the frame.
    """

    name: str
    up: tuple[float, float, float]
    names: Sequence[str]
    load: Callable[[int], Frame]
    notes: tuple[str, ...] = ()
    read_header: Callable[[int], FrameHeader] | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.names)

    def __getitem__(self, index: int) -> Frame:
        """Read one frame."""
        self._must_have(index)
        return self.load(index)

    def header(self, index: int) -> FrameHeader:
        """Read what is known of one frame without its pixels; raises `UnreadableScan`."""
        self._must_have(index)
        if self.read_header is not None:
            return self.read_header(index)
        frame = self.load(index)
        return FrameHeader(
            frame.name, frame.intrinsics, frame.world_from_camera, frame.colours is not None
        )

    def _must_have(self, index: int) -> None:
        if not 0 <= index < len(self.names):
            raise IndexError(f"{self.name} has {len(self.names)} frames, there is no {index}.")
