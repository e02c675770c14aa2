# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A ScanNet sequence unpacked: `depth/0.png`, `color/0.jpg`, `pose/0.txt`, `intrinsic/…`.

As written by ScanNet's `SensReader/python`, and by the "frames_25k" download with its
`intrinsics_depth.txt` beside the folders. Depth in millimetres; poses camera to world, z up.
"""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_intrinsics, checked_pose
from fewpoints.annotations.scans.frames.frame import FrameSequence, Intrinsics
from fewpoints.annotations.scans.frames.pictures import file_header
from fewpoints.annotations.scans.frames.readers.records import (
    FrameFiles,
    Layout,
    depth_size,
    frame_sequence,
    pictures_in,
    read_matrix,
)


def looks_like_scannet_folder(folder: Path) -> bool:
    """Whether depth and one pose per frame lie in folders of their own."""
    return (folder / "depth").is_dir() and (folder / "pose").is_dir()


def read_scannet_folder(
    folder: Path, *, name: str, progress: Progress = no_progress
) -> FrameSequence:
    """Read the poses and cameras; pictures are read when a frame is asked for."""
    layout = Layout(folder, name)
    depths = pictures_in(folder / "depth")
    if not depths:
        raise UnreadableScan(name, "there are no pictures.", where="depth")
    colour_folder = folder / "color"
    pictures = pictures_in(colour_folder) if colour_folder.is_dir() else []
    by_stem = {path.stem: path for path in pictures}
    without_depth = by_stem.keys() - {path.stem for path in depths}
    if without_depth:
        missing = folder / "depth" / f"{min(without_depth)}.png"
        raise layout.place(missing).refuse("the file is missing, but there is a picture for it.")
    camera = _camera(layout, "depth", depth_size(layout, depths[0]))
    if pictures:
        layout = _with_colour_camera(layout, pictures[0], camera)
    frames, lost = [], 0
    for number, depth in enumerate(depths):
        if number % 200 == 0:
            progress(number / len(depths), f"Reading pose {number + 1} of {len(depths)}")
        path = folder / "pose" / f"{depth.stem}.txt"
        pose = checked_pose(read_matrix(path, layout), layout.place(path))
        if pose is None:
            lost += 1
            continue
        if pictures and depth.stem not in by_stem:
            raise layout.place(colour_folder / f"{depth.stem}.jpg").refuse("the file is missing.")
        frames.append(FrameFiles(depth.stem, depth, by_stem.get(depth.stem), camera, pose))
    return frame_sequence(layout, frames, up=(0.0, 0.0, 1.0), lost=lost)


def _camera(layout: Layout, kind: str, size: tuple[int, int]) -> Intrinsics:
    camera, path = _read_camera(layout, kind, size)
    return checked_intrinsics(camera, layout.place(path))


def _read_camera(layout: Layout, kind: str, size: tuple[int, int]) -> tuple[Intrinsics, Path]:
    offered = [
        layout.root / place
        for place in (
            f"intrinsic/intrinsic_{kind}.txt",
            f"intrinsic_{kind}.txt",
            f"intrinsics_{kind}.txt",
        )
    ]
    path = next((path for path in offered if path.is_file()), offered[0])
    matrix = read_matrix(path, layout, sizes=(4, 3))
    fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    return Intrinsics(*size, fx, fy, cx, cy), path


def _with_colour_camera(layout: Layout, picture: Path, camera: Intrinsics) -> Layout:
    """Give the layout its colour camera, unless the pictures were already made to fit the depth.

    Many tools write pictures in the depth's size beside the intrinsics of the original size.
    """
    header = file_header(picture, layout.place(picture))
    size = (header.width, header.height)
    if size == (camera.width, camera.height):
        return layout
    colour = _camera(layout, "color", size)
    return Layout(layout.root, layout.name, colour_camera=colour)
