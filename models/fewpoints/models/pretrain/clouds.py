# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Sources made ready once, on disk: small coloured clouds, and which of them are compared.

A sequence gets a folder with one .npz per used frame and `pairs.npz`; a scan one with all of it.
Files appear complete or not at all, and carry the key of what they were made from; a run that
starts again makes only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.numpy_files import load_arrays
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.pretrain.augment import z_up
from fewpoints.models.pretrain.errors import NoFramePairs
from fewpoints.models.pretrain.frame_pairs import FramePairs, PairRule, frame_pairs, thin
from fewpoints.models.pretrain.sources import NO_CLASS, FrameSource, ScanSource

_VERSION = 2
_MAX_FRAMES = 300
_WHOLE = "scan.npz"
_FEWEST = 100  # Points of a scan.
_MOST_APART = 0.7  # Of the pieces' centres, in radii of the first.
_CELLS_PER_VOXEL = 2.5  # Clouds keep one point per such cell: fine enough to lose no voxel.


@dataclass(frozen=True)
class Cloud:
    """One frame. positions: (P, 3) float32 metres, z up, relative to the source's origin;
    colours: (P, 3) uint8; classes: (P,) uint8, 255 where unknown; objects: (P,) int32, -1 where
    unknown. What has a class but is no object by itself, as walls, is one object per class.
    """

    positions: NDArray[np.float32]
    colours: NDArray[np.uint8]
    classes: NDArray[np.uint8]
    objects: NDArray[np.int32]

    def rows(self, which: NDArray[np.int64]) -> Cloud:
        """Return some of the points."""
        return Cloud(
            self.positions[which], self.colours[which], self.classes[which], self.objects[which]
        )


@dataclass(frozen=True)
class PreparedFrames:
    """A sequence on disk. frames: index of each used frame in it; pairs: among those."""

    name: str
    folder: Path
    frames: tuple[int, ...]
    pairs: FramePairs

    def __len__(self) -> int:
        return len(self.pairs)

    def pair(self, row: int, rng: np.random.Generator) -> tuple[Cloud, Cloud]:
        """Read both frames of pair `row`."""
        del rng
        return self.cloud(int(self.pairs.first[row])), self.cloud(int(self.pairs.second[row]))

    def extent(self) -> dict[str, int]:
        """Return how much there is, for records."""
        return {"frames": len(self.frames), "pairs": len(self.pairs)}

    def cloud(self, which: int) -> Cloud:
        """Read used frame number `which`."""
        return _recent_cloud(self.folder / _file(self.frames[which]))


@dataclass(frozen=True)
class PreparedScan:
    """A scan on disk, of which a pair is two overlapping pieces. crops: pairs per epoch."""

    name: str
    folder: Path
    crops: int
    points: tuple[int, int]

    def __len__(self) -> int:
        return self.crops

    def extent(self) -> dict[str, int]:
        """Return how much there is, for records."""
        return {"points": len(_recent_scan(self.folder / _WHOLE).positions), "crops": self.crops}

    def pair(self, row: int, rng: np.random.Generator) -> tuple[Cloud, Cloud]:
        """Cut two pieces whose centres are near each other; every call cuts others."""
        del row
        cloud = _recent_scan(self.folder / _WHOLE)
        floor = cloud.positions[:, :2]
        centre = floor[rng.integers(len(floor))]
        distance = np.linalg.norm(floor - centre, axis=1)
        first = _nearest(distance, int(rng.integers(*self.points)))
        reach = float(distance[first].max())
        heading = rng.uniform(-np.pi, np.pi)
        step = reach * rng.uniform(0.0, _MOST_APART) * np.array([np.cos(heading), np.sin(heading)])
        other = np.linalg.norm(floor - (centre + step), axis=1)
        second = _nearest(other, int(rng.integers(*self.points)))
        return cloud.rows(first), cloud.rows(second)


Prepared = PreparedFrames | PreparedScan


def _nearest(distance: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """Return the rows of the `count` least distances, in the order of the scan."""
    if count >= len(distance):
        return np.arange(len(distance))
    return np.sort(np.argpartition(distance, count)[:count])


def prepare_scan(
    source: ScanSource, cache: Path, *, voxel_size_m: float, crops: int, points: tuple[int, int]
) -> PreparedScan:
    """Write a scan's folder in `cache` unless it is there; return what is there.

    Args:
        crops: pairs of pieces per epoch.
        points: least and most points of a piece, thinned to 0.4 voxels.
    """
    scan = source.scan
    what = [_VERSION, source.identity, source.name, len(scan), list(source.up)]
    made_from = json.dumps([*what, voxel_size_m, source.classes is not None])
    folder = cache / hashlib.sha256(made_from.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _WHOLE).exists():
        assert scan.colours is not None
        rows = np.flatnonzero(scan.finite)
        turned = scan.positions[rows] @ z_up(source.up).T
        turned -= np.round(turned.mean(axis=0)) if len(rows) else 0.0
        kept = first_per_cell(turned, voxel_size_m / _CELLS_PER_VOXEL)
        if len(kept) < _FEWEST:
            raise NoFramePairs(f"{source.name}: {len(kept)} points are too few to learn from.")
        classes = np.full(len(kept), NO_CLASS, np.uint8)
        if source.classes is not None:
            classes = source.classes[rows[kept]]
        objects = None if source.objects is None else source.objects[rows[kept]]
        _write_npz(
            folder / _WHOLE,
            positions=turned[kept].astype(np.float32),
            colours=scan.colours[rows[kept]],
            classes=classes,
            objects=_objects(classes, objects),
        )
    return PreparedScan(source.name, folder, crops, points)


def prepare(
    source: FrameSource,
    cache: Path,
    *,
    voxel_size_m: float,
    rule: PairRule,
    frame_step: int | None,
    workers: int = 2,
    progress: Progress = no_progress,
) -> PreparedFrames:
    """Write what is missing of a source's folder in `cache`; return what is there.

    Args:
        frame_step: use every nth frame; None: as few as 300.

    Raises:
        NoFramePairs: no two frames overlap enough.
    """
    sequence = source.sequence
    step = frame_step or max(1, -(-len(sequence) // _MAX_FRAMES))
    frames = tuple(range(0, len(sequence), step))
    what = [_VERSION, source.identity, sequence.name, list(sequence.names), list(sequence.up)]
    labelled = source.class_map is not None
    made_from = json.dumps([*what, voxel_size_m, asdict(rule), step, labelled])
    key = hashlib.sha256(made_from.encode()).hexdigest()[:16]
    folder = cache / key
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "pairs.npz"
    if known.exists() and all((folder / _file(i)).exists() for i in frames):
        pairs = FramePairs(**load_arrays(known))
    else:
        thinned = _write_clouds(
            source,
            folder,
            frames,
            voxel_size_m=voxel_size_m,
            rule=rule,
            workers=workers,
            progress=part_of(progress, 0, 0.8),
        )
        pairs = frame_pairs(thinned, rule, workers=workers, progress=part_of(progress, 0.8, 1))
        _write_npz(known, first=pairs.first, second=pairs.second, overlap=pairs.overlap)
    if not len(pairs):
        raise NoFramePairs(
            f"{sequence.name}: no two of {len(frames)} frames overlap by "
            f"{rule.min_overlap:.0%} or more. Use more frames (a smaller frame step), or check the "
            "poses and the unit of the depth."
        )
    return PreparedFrames(sequence.name, folder, frames, pairs)


def _write_clouds(
    source: FrameSource,
    folder: Path,
    frames: Sequence[int],
    *,
    voxel_size_m: float,
    rule: PairRule,
    workers: int,
    progress: Progress,
) -> list[NDArray[np.float64]]:
    """Write every frame's cloud; return the points that pairs are found with."""
    turn = z_up(source.sequence.up)
    # One origin for all frames, so that float32 keeps fractions of millimetres.
    origin = np.round(source.sequence[frames[0]].world_from_camera[:3, 3] @ turn.T)

    def one(index: int) -> NDArray[np.float64]:
        path = folder / _file(index)
        if not path.exists():
            _write_npz(path, **_arrays(source, index, turn, origin, voxel_size_m))
        return thin(read_cloud(path).positions.astype(np.float64), rule.grid_m)[1]

    found = []
    with ThreadPoolExecutor(workers) as pool:
        for number, points in enumerate(pool.map(one, frames)):
            found.append(points)
            sentence = f"{source.sequence.name}: frame {number + 1} of {len(frames)}"
            progress((number + 1) / len(frames), sentence)
    return found


def _arrays(
    source: FrameSource,
    index: int,
    turn: NDArray[np.float64],
    origin: NDArray[np.float64],
    voxel_size_m: float,
) -> dict[str, NDArray[np.generic]]:
    """Return a `Cloud`'s arrays for frame `index` of the sequence."""
    frame = source.sequence[index]
    points, pixels = frame.points()
    colours = frame.colours
    if not np.isfinite(frame.world_from_camera).all() or colours is None:
        points, pixels = points[:0], pixels[:0]  # As the code does with poses that are NaN.
    points = points @ turn.T - origin
    kept = first_per_cell(points, voxel_size_m / _CELLS_PER_VOXEL)
    classes = np.full(len(kept), NO_CLASS, np.uint8)
    if source.class_map is not None:
        classes = source.class_map(index).reshape(-1)[pixels[kept]].astype(np.uint8)
    objects = None
    if source.object_map is not None:
        objects = source.object_map(index).reshape(-1)[pixels[kept]]
    flat = np.zeros((0, 3), np.uint8) if colours is None else colours.reshape(-1, 3)
    return {
        "positions": points[kept].astype(np.float32),
        "colours": flat[pixels[kept]],
        "classes": classes,
        "objects": _objects(classes, objects),
    }


def _objects(classes: NDArray[np.uint8], numbers: NDArray[np.integer] | None) -> NDArray[np.int32]:
    """Return `Cloud.objects` from what a source knows."""
    found = np.full(len(classes), -1, np.int32)
    if numbers is not None:
        own = classes.astype(np.int32) + (1 << 16)  # Above all numbers of objects.
        found = np.where(classes == NO_CLASS, found, own)
        found = np.where(numbers > 0, numbers.astype(np.int32), found)
    return found


def first_per_cell(
    positions: NDArray[np.float64] | NDArray[np.float32], cell_m: float
) -> NDArray[np.int64]:
    """Return the first row of every occupied cell floor(position / cell), sorted with x fastest."""
    if not len(positions):
        return np.zeros(0, np.int64)
    cells = np.floor(positions / cell_m).astype(np.int64)
    low = cells.min(axis=0)
    size = cells.max(axis=0) - low + 1
    x, y, z = (cells - low).T
    _, first = np.unique((z * size[1] + y) * size[0] + x, return_index=True)
    return first


def _file(index: int) -> str:
    return f"frame-{index:06d}.npz"


def _write_npz(path: Path, **arrays: NDArray[np.generic]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # one stub reads allow_pickle here
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_cloud(path: Path) -> Cloud:
    """Read one frame's file."""
    return Cloud(**load_arrays(path))


_recent_cloud = lru_cache(maxsize=64)(read_cloud)
_recent_scan = lru_cache(maxsize=16)(read_cloud)
