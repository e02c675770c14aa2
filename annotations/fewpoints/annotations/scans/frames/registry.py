# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which reader a recording of RGB-D frames gets: by what lies in its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.frame import FrameSequence
from fewpoints.annotations.scans.frames.readers.open3d_folder import (
    looks_like_open3d_folder,
    read_open3d_folder,
)
from fewpoints.annotations.scans.frames.readers.scanner_app import (
    looks_like_scanner_app,
    read_scanner_app,
)
from fewpoints.annotations.scans.frames.readers.scannet_folder import (
    looks_like_scannet_folder,
    read_scannet_folder,
)
from fewpoints.annotations.scans.frames.readers.sens import read_sens, starts_like_sens
from fewpoints.annotations.scans.frames.readers.seven_scenes import (
    looks_like_seven_scenes,
    read_seven_scenes,
)
from fewpoints.annotations.scans.frames.readers.tum import looks_like_tum, read_tum


class FrameReader(Protocol):
    """Path to frames; `name` is what messages call the recording."""

    def __call__(self, path: Path, /, *, name: str, progress: Progress = ...) -> FrameSequence: ...


@dataclass(frozen=True)
class FrameLayout:
    """One readable layout, for people. content: what is looked for."""

    name: str
    title: str
    content: str


@dataclass(frozen=True)
class _Folder:
    layout: FrameLayout
    matches: Callable[[Path], bool]
    read: FrameReader


_SENS = FrameLayout("sens", "ScanNet .sens", "one .sens file")
# In the order in which they are tried: what is more particular comes first.
_FOLDERS = (
    _Folder(
        FrameLayout("tum", "TUM RGB-D", "depth.txt, rgb.txt, groundtruth.txt"),
        looks_like_tum,
        read_tum,
    ),
    _Folder(
        FrameLayout("seven_scenes", "7-Scenes", "frame-….depth.png, .color.png, .pose.txt"),
        looks_like_seven_scenes,
        read_seven_scenes,
    ),
    _Folder(
        FrameLayout("scanner_app", "3D Scanner App", "depth_….png, frame_….json, frame_….jpg"),
        looks_like_scanner_app,
        read_scanner_app,
    ),
    _Folder(
        FrameLayout("scannet", "ScanNet folders", "depth/, color/, pose/, intrinsic/"),
        looks_like_scannet_folder,
        read_scannet_folder,
    ),
    _Folder(
        FrameLayout(
            "open3d", "Open3D and Redwood", "depth/, image/, trajectory.log, intrinsics.json"
        ),
        looks_like_open3d_folder,
        read_open3d_folder,
    ),
)


def frame_layouts() -> list[FrameLayout]:
    """The layouts that `read_frames` handles."""
    return [_SENS, *(folder.layout for folder in _FOLDERS)]


def read_frames(
    path: Path | str, *, name: str | None = None, progress: Progress = no_progress
) -> FrameSequence:
    """Open a recording: a folder in one of `frame_layouts`, or a `.sens` file.

    Poses and cameras are read and checked now, pictures when a frame is asked for; `check_frames`
    looks at them all. A folder that holds nothing but one such folder or file is looked into.
    `name` is what messages call the recording (default: its name without folders).

    Raises UnreadableScan for a damaged recording, UnsupportedFormat for one of another kind.
    """
    path = Path(path)
    shown = name if name is not None else path.resolve().name
    if path.is_dir():
        return _read_folder(path, shown, progress)
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise UnreadableScan(shown, f"cannot be opened: {error.strerror}.") from error
    if starts_like_sens(head) or path.suffix.lower() == ".sens":
        return read_sens(path, name=shown, progress=progress)
    raise UnsupportedFormat(f"{shown}: not a recording of RGB-D frames. {_readable()}")


def _read_folder(path: Path, shown: str, progress: Progress) -> FrameSequence:
    folder = path
    for _ in range(4):
        for known in _FOLDERS:
            if known.matches(folder):
                return known.read(folder, name=shown, progress=progress)
        inside = [
            entry
            for entry in sorted(folder.iterdir())
            if not entry.name.startswith((".", "__MACOSX"))
        ]
        recordings = [entry for entry in inside if entry.suffix.lower() == ".sens"]
        if len(recordings) == 1:
            return read_sens(recordings[0], name=shown, progress=progress)
        folders = [entry for entry in inside if entry.is_dir()]
        if len(folders) != 1:
            break
        folder = folders[0]
    raise UnsupportedFormat(f"{shown}: no frames of a known layout. {_readable()}")


def _readable() -> str:
    return (
        "Readable: " + "; ".join(f"{known.title} ({known.content})" for known in frame_layouts())
        + "."
    )  # fmt: skip
