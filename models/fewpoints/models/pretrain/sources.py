# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What pre-training learns from: sequences of frames and whole scans, with classes where known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import FrameSequence
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.frames.virtual_views import scan_as_frames
from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.pretrain.errors import UnusableSource

NO_CLASS = 255
# What `fewpoints simulate` adds to a recording.
_CLASS_MAPS, _SCAN = "class", "scan.ply"
_SIMULATED_CLASSES = tuple(PRESETS["scannet20"].classes.names)


@dataclass(frozen=True, eq=False)
class FrameSource:
    """A sequence, and optionally the class of every pixel.

    class_map: frame index -> (H, W) uint8 of the frame's depth, `NO_CLASS` where unknown.
    class_names: one per class of the maps.
    identity: what tells this source from another of the same name, such as its path.
    """

    sequence: FrameSequence
    class_map: Callable[[int], NDArray[np.uint8]] | None = None
    class_names: tuple[str, ...] = ()
    identity: str = ""

    @property
    def name(self) -> str:
        """Of the sequence."""
        return self.sequence.name


@dataclass(frozen=True, eq=False)
class ScanSource:
    """A scan in metres with colours, and optionally the class of every point.

    up: (3,) the upward direction. classes: (N,) uint8, `NO_CLASS` where unknown.
    """

    name: str
    scan: PointScan
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    classes: NDArray[np.uint8] | None = None
    class_names: tuple[str, ...] = ()
    identity: str = ""


Source = FrameSource | ScanSource


def open_source(
    path: Path, *, crops: bool = False, views: int = 60, progress: Progress = no_progress
) -> list[Source]:
    """Open a recording or a scan and check all of it.

    Args:
        path: a folder of posed RGB-D frames, a .sens file, or a scan in metres. A folder from
            `fewpoints simulate` comes with its classes.
        crops: of a scan take pieces instead of virtual views; of a simulated folder take its scan
            too, in pieces.
        views: virtual frames of a scan.

    Raises:
        UnusableSource: it is not there, or cannot be trained on.
        UnreadableScan, UnsupportedFormat: it is damaged, contradicts itself, or of another kind.
    """
    if not path.exists():
        raise UnusableSource(f"{path}: there is no such file or folder. Check the path.")
    identity = str(path.absolute())
    if path.is_file() and path.suffix.lower() != ".sens":
        scan = _coloured_scan(path, progress)
        up = _upward(scan)
        if crops:
            return [ScanSource(path.name, scan, up, identity=identity)]
        frames = scan_as_frames(scan, up=up, views=views, name=path.name, progress=progress)
        return [FrameSource(_enough(frames), identity=identity)]
    sequence = _enough(read_frames(path, progress=progress))
    check_frames(sequence, progress=progress)
    if not sequence.header(0).has_colours:
        raise UnusableSource(f"{sequence.name} has no pictures. Pre-training reads colours.")
    if not (path / _CLASS_MAPS).is_dir():
        return [FrameSource(sequence, identity=identity)]
    found: list[Source] = [
        FrameSource(sequence, _class_maps(path, sequence), _SIMULATED_CLASSES, identity)
    ]
    if crops:
        scan = _coloured_scan(path / _SCAN, progress)
        classes = scan.labels["label"].astype(np.uint8) if "label" in scan.labels else None
        name = f"{path.name}/{_SCAN}"
        names = _SIMULATED_CLASSES if classes is not None else ()
        found.append(ScanSource(name, scan, sequence.up, classes, names, identity))
    return found


def _coloured_scan(path: Path, progress: Progress) -> PointScan:
    if not path.exists():
        raise UnusableSource(f"{path}: there is no such file. Check the path.")
    scan = read_scan(path, name=path.name, progress=progress)
    if scan.colours is None:
        raise UnusableSource(f"{path.name} has no colours. Pre-training reads colours.")
    return scan


def _upward(scan: PointScan) -> tuple[float, float, float]:
    x, y, z = scan_up(scan).vector
    return float(x), float(y), float(z)


def _enough(sequence: FrameSequence) -> FrameSequence:
    if len(sequence) < 2:
        raise UnusableSource(
            f"{sequence.name} has {len(sequence)} frames; pre-training compares frames with each "
            "other and needs at least 2."
        )
    return sequence


def _class_maps(folder: Path, sequence: FrameSequence) -> Callable[[int], NDArray[np.uint8]]:
    """Return what reads the class of every pixel of a frame."""
    paths = [folder / _CLASS_MAPS / f"{name}.png" for name in sequence.names]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise UnusableSource(
            f"{folder.name}: {len(missing)} frames have no class map, the first is "
            f"{_CLASS_MAPS}/{missing[0]}. Restore them, or remove the folder {_CLASS_MAPS} to "
            "learn without labels."
        )

    def read(index: int) -> NDArray[np.uint8]:
        path, camera = paths[index], sequence.header(index).intrinsics
        try:
            classes = np.asarray(Image.open(path))
        except OSError as error:
            raise UnusableSource(f"{folder.name}: {path.name} is no picture: {error}.") from error
        wanted = (camera.height, camera.width)
        if classes.dtype != np.uint8 or classes.shape != wanted:
            raise UnusableSource(
                f"{folder.name}: {_CLASS_MAPS}/{path.name} is {classes.shape} {classes.dtype}, "
                f"the depth {wanted}. It must be 8-bit and of the same size."
            )
        return classes

    return read
