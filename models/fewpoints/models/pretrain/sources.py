# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What pre-training learns from: sequences of frames and whole scans, with classes where known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.fixes import apply_fixes
from fewpoints.annotations.scans.frames.checks import check_frames
from fewpoints.annotations.scans.frames.frame import FrameSequence
from fewpoints.annotations.scans.frames.registry import read_frames
from fewpoints.annotations.scans.frames.virtual_views import scan_as_frames
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.units import guess_unit
from fewpoints.models.pretrain.errors import UnusableSource

NO_CLASS = 255
PixelMap = Callable[[int], NDArray[np.integer]]
# What `fewpoints simulate` adds to a recording.
_CLASS_MAPS, _OBJECT_MAPS, _SCAN = "class", "instance", "scan.ply"
_SIMULATED_CLASSES = tuple(PRESETS["scannet20"].classes.names)


@dataclass(frozen=True, eq=False)
class FrameSource:
    """A sequence, and optionally the class and the object of every pixel.

    class_map: frame index -> (H, W) uint8 of the frame's depth, `NO_CLASS` where unknown.
    class_names: one per class of the maps.
    object_map: frame index -> (H, W) integers from 1, 0 for none.
    identity: what tells this source from another of the same name, such as its path.
    """

    sequence: FrameSequence
    class_map: PixelMap | None = None
    class_names: tuple[str, ...] = ()
    object_map: PixelMap | None = None
    identity: str = ""

    @property
    def name(self) -> str:
        """Of the sequence."""
        return self.sequence.name


@dataclass(frozen=True, eq=False)
class ScanSource:
    """A scan in metres with colours, and optionally the class and the object of every point.

    up: (3,) the upward direction. classes: (N,) uint8, `NO_CLASS` where unknown. objects: (N,) from
    1, 0 for none.
    """

    name: str
    scan: PointScan
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    classes: NDArray[np.uint8] | None = None
    class_names: tuple[str, ...] = ()
    objects: NDArray[np.integer] | None = None
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
        _check_unit(scan, path.name)
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
    classes = _pixel_maps(path, _CLASS_MAPS, np.uint8, sequence)
    objects = None
    if (path / _OBJECT_MAPS).is_dir():
        objects = _pixel_maps(path, _OBJECT_MAPS, np.uint16, sequence)
    found: list[Source] = [FrameSource(sequence, classes, _SIMULATED_CLASSES, objects, identity)]
    if crops:
        scan = _coloured_scan(path / _SCAN, progress)
        found.append(
            ScanSource(
                f"{path.name}/{_SCAN}",
                scan,
                sequence.up,
                scan.labels["label"].astype(np.uint8) if "label" in scan.labels else None,
                _SIMULATED_CLASSES if "label" in scan.labels else (),
                scan.labels.get("instance"),
                identity,
            )
        )
    return found


def _coloured_scan(path: Path, progress: Progress) -> PointScan:
    if not path.exists():
        raise UnusableSource(f"{path}: there is no such file. Check the path.")
    scan = apply_fixes(read_scan(path, name=path.name, progress=progress), Fixes()).scan
    if scan.colours is None:
        raise UnusableSource(f"{path.name} has no colours. Pre-training reads colours.")
    return scan


def _check_unit(scan: PointScan, name: str) -> None:
    """Refuse a scan whose coordinates are hardly metres: its voxels would be dust or slabs."""
    points = scan.positions[scan.finite]
    if not len(points):
        raise UnusableSource(f"{name} has no points with finite coordinates.")
    low, high = np.percentile(points[:: max(1, len(points) // 500_000)], (1, 99), axis=0)
    unit = guess_unit(scan, low, high, scan_up(scan).axis)
    if unit.name != "metres":
        raise UnusableSource(
            f"{name} seems to be in {unit.name}, not metres ({unit.reason}). Scale its coordinates "
            "to metres; pre-training measures in them."
        )


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


def _pixel_maps(
    folder: Path, kind: str, dtype: type[np.unsignedinteger[Any]], sequence: FrameSequence
) -> PixelMap:
    """Return what reads the class or the object of every pixel of a frame."""
    paths = [folder / kind / f"{name}.png" for name in sequence.names]
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        raise UnusableSource(
            f"{folder.name}: {len(missing)} frames have no {kind} map, the first is "
            f"{kind}/{missing[0]}. Restore them, or remove the folder {_CLASS_MAPS} to learn "
            "without labels."
        )

    def read(index: int) -> NDArray[np.integer]:
        path, camera = paths[index], sequence.header(index).intrinsics
        try:
            values = np.asarray(Image.open(path))
        except OSError as error:
            raise UnusableSource(f"{folder.name}: {path.name} is no picture: {error}.") from error
        wanted = (camera.height, camera.width)
        if values.dtype != dtype or values.shape != wanted:
            raise UnusableSource(
                f"{folder.name}: {kind}/{path.name} is {values.shape} {values.dtype}, it must be "
                f"{wanted} {np.dtype(dtype)}, as the depth is."
            )
        return values

    return read
