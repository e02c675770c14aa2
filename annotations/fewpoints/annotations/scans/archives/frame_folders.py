# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which folders hold RGB-D frames, told by names alone, as `frames/registry.py` tells by files."""

from __future__ import annotations

from collections.abc import Mapping, Set
from fnmatch import fnmatchcase

_COLOUR_FOLDERS = frozenset({"image", "color", "rgb"})
_TRAJECTORIES = ("*.log", "trajectory.json", "*traj*.json", "*traj*.txt")


def is_frame_folder(files: Set[str], folders: Mapping[str, Set[str]]) -> bool:
    """Whether a folder with these files, and these folders with theirs, holds frames."""
    if "depth.txt" in files and files & {"groundtruth.txt", "rgb.txt"}:
        return True  # TUM
    if _any(files, "frame-*.depth.png") or _any(files, "frame-*.pose.txt"):
        return True  # 7-Scenes
    if _any(files, "frame_*.json") and _any(files, "depth_*.png"):
        return True  # 3D Scanner App
    if not any(name.lower().endswith(".png") for name in folders.get("depth", ())):
        return False
    if "pose" in folders or _COLOUR_FOLDERS & folders.keys():
        return True  # ScanNet, Open3D
    return any(_any(files, pattern) for pattern in _TRAJECTORIES)


def _any(names: Set[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
