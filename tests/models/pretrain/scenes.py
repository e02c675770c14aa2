# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A textured box room seen by a camera that walks and turns: small sequences for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.frames.frame import Frame, FrameSequence, Intrinsics

ROOM_M = np.array([4.0, 3.0, 2.5])


def look_along(yaw: float, pitch: float, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return world_from_camera for a z-up world; yaw 0 looks along +x."""
    forward = np.array(
        [np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)], np.float64
    )
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    down = np.cross(forward, right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, down, forward, position
    return pose


def room_frame(index: int, count: int, width: int, height: int) -> Frame:
    """Frame `index` of a turn through the room, with depth by ray and box."""
    camera = Intrinsics(width, height, width * 0.9, width * 0.9, (width - 1) / 2, (height - 1) / 2)
    turn = 2 * np.pi * index / count
    position = ROOM_M / 2 + [0.6 * np.cos(turn), 0.4 * np.sin(turn), -0.1]
    pose = look_along(turn * 1.5, -0.25, position)
    v, u = np.mgrid[0:height, 0:width].astype(np.float64)
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)], -1)
    rays = rays @ pose[:3, :3].T
    with np.errstate(divide="ignore"):
        reach = np.where(rays > 0, (ROOM_M - position) / rays, -position / rays)
    depth = reach.min(axis=-1)  # Camera rays have z = 1, so the ray parameter is the depth.
    places = position + rays * depth[..., None]
    pattern = np.stack([np.sin(5 * places[..., i] + i) for i in range(3)], -1)
    colours = ((pattern * 0.5 + 0.5) * 255).astype(np.uint8)
    return Frame(f"{index:04d}", depth.astype(np.float32), colours, camera, pose)


def room_sequence(
    count: int = 8, *, width: int = 48, height: int = 36, name: str = "room"
) -> FrameSequence:
    names = [f"{index:04d}" for index in range(count)]
    return FrameSequence(
        name, (0.0, 0.0, 1.0), names, lambda index: room_frame(index, count, width, height)
    )
