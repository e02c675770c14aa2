# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files of an archive: none is kept that the app could not read later.

Letters used in shapes: N points, F finite points.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.scans.alignment import why_not_rigid
from fewpoints.annotations.scans.scan_arrays import load_arrays, load_undo
from fewpoints.annotations.scans.tiles import RECORD_BYTES, read_manifest, to_tile_order
from fewpoints.models.superpoints.files import DamagedSuperpoints, load_superpoints
from fewpoints.server.project_archives.checks import is_number, is_vector
from fewpoints.server.project_archives.contents import ScanFacts
from fewpoints.server.project_archives.rows import Refuse
from fewpoints.server.training.predictions import SCAN_ORDER, TILE_ORDER

DATA_FILES = (
    "tiles.bin",
    "tiles.json",
    "order.bin",
    "preflight.json",
    "arrays/scan.json",
    "arrays/positions.npy",
    "arrays/local.npy",
)
_MOST_JSON = 32 * 1024 * 1024
_MOST_LOSSES = 256 * 1024 * 1024
# What reading raises of bytes that are not what they should be.
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
    zipfile.BadZipFile,
    DamagedSuperpoints,
)


class _Unfit(ValueError):
    """Something does not fit; its message says what."""


def _require(fits: bool, problem: str) -> None:
    if not fits:
        raise _Unfit(problem)


@contextmanager
def _or_refused(refuse: Refuse) -> Iterator[None]:
    try:
        yield
    except _Unfit as error:
        refuse(f"{error}.")
    except _BROKEN:
        refuse("it cannot be read.")


def check_data(folder: Path, scan: ScanFacts, refuse: Refuse) -> None:
    """Check the arrays and tiles of a scan that is ready."""
    for name in DATA_FILES:
        if not (folder / name).is_file():
            refuse(f"{name} is missing.")
    with _or_refused(refuse):
        for path in folder.rglob("*.json"):
            _require(path.stat().st_size <= _MOST_JSON, f"{path.name} is too long")
        _check_arrays(folder / "arrays", scan.points)
        _check_tiles(folder, scan)
        found = json.loads((folder / "preflight.json").read_text(encoding="utf-8"))
        _require(isinstance(found, dict), "preflight.json is no object")


def _check_arrays(folder: Path, points: int) -> None:
    scan = load_arrays(folder)
    _require(len(scan) == points, f"it has {len(scan)} points, and {points} by the table")
    local = map_array(folder / "local.npy")
    _require(local.shape == (points, 3) and local.dtype.kind == "f", "local.npy does not fit")
    _require(is_vector(scan.global_shift.tolist()), "global_shift is no vector")
    for values in (scan.normals, scan.intensity):
        _require(
            values is None or np.asarray(values).dtype.kind in "fiu", "an array holds no numbers"
        )
    for name, labels in scan.labels.items():
        _require(isinstance(name, str) and labels.dtype.kind in "iub", "labels are no integers")
    texts = [scan.source_format, *scan.notes, *scan.details, *scan.details.values()]
    _require(all(isinstance(text, str) for text in texts), "scan.json does not fit")
    undo = load_undo(folder)
    if undo is None:
        return
    _require(is_vector(undo.global_shift.tolist()), "undo.json does not fit")
    if undo.positions is not None:
        shape, dtype = undo.positions.shape, undo.positions.dtype
        _require(shape == (points, 3) and dtype == np.float64, "file-positions.npy does not fit")
    if undo.normals is not None:
        normals = undo.normals
        _require(
            normals.shape == (points, 3) and normals.dtype.kind == "f",
            "file-normals.npy does not fit",
        )
    if undo.alignment is not None:
        _require(
            why_not_rigid(undo.alignment.aligned_from_file) is None
            and isinstance(undo.alignment.said_by, str),
            "undo.json does not fit",
        )
    if undo.kept is not None:
        kept = undo.kept
        _require(kept.shape == (points,) and kept.dtype.kind in "iu", "kept.npy does not fit")
        _require(_within(kept, points), "kept.npy names points that are not there")


def _check_tiles(folder: Path, scan: ScanFacts) -> None:
    tiles = read_manifest(folder)
    finite = scan.finite_points
    _require((tiles.count, tiles.scan_points) == (finite, scan.points), "tiles.json does not fit")
    _require(tiles.record_bytes == RECORD_BYTES and tiles.version == 1, "tiles.json does not fit")
    _require(is_vector(tiles.shift), "tiles.json does not fit")
    _require(
        set(tiles.bounds) == {"min", "max"} and all(map(is_vector, tiles.bounds.values())),
        "tiles.json does not fit",
    )
    place = 0
    for tile in tiles.tiles:
        whole = type(tile.base) is int and type(tile.count) is int and tile.count > 0
        _require(whole and tile.base == place, "the tiles do not follow on each other")
        _require(is_vector(tile.lo) and is_vector(tile.scale), "a tile has no box")
        place += tile.count
    _require(place == finite, "the tiles do not hold all points")
    size = (folder / "tiles.bin").stat().st_size
    _require(size == RECORD_BYTES * finite, "tiles.bin is of another length")
    _require((folder / "order.bin").stat().st_size == 4 * finite, "order.bin is of another length")
    order = np.memmap(folder / "order.bin", "<u4", "r")
    _require(_within(order, scan.points), "order.bin names points that are not there")


def _within(values: Any, end: int) -> bool:
    return len(values) == 0 or (int(values.min()) >= 0 and int(values.max()) < end)


def check_superpoints(path: Path, scan: ScanFacts, refuse: Refuse) -> None:
    """Check a scan's superpoints."""
    with _or_refused(refuse):
        with zipfile.ZipFile(path) as inner:
            for info in inner.infolist():
                _require(info.compress_type == zipfile.ZIP_STORED, "it is compressed")
        found = load_superpoints(path)
        _require(len(found.superpoints.of_point) == scan.points, "it is of another scan")


def check_channel(path: Path, scan: ScanFacts, refuse: Refuse) -> None:
    """Check a channel of the view: four bytes per record."""
    if path.stat().st_size != 4 * scan.finite_points:
        refuse("it is of another length.")


def spread_prediction(
    path: Path, folder: Path, data: Path, scan: ScanFacts, refuse: Refuse
) -> None:
    """Check (N, 2) classes and confidences, and put them into `folder` in both orders."""
    with _or_refused(refuse):
        pairs = map_array(path)
        _require(pairs.shape == (scan.points, 2) and pairs.dtype == np.uint8, "it does not fit")
        folder.mkdir(parents=True)
        order = np.fromfile(data / "order.bin", "<u4")
        ordered = np.ascontiguousarray(to_tile_order(pairs, order))
        del pairs
        (folder / TILE_ORDER).write_bytes(ordered.tobytes())
        os.replace(path, folder / SCAN_ORDER)


def check_truth(path: Path, scan: ScanFacts, refuse: Refuse) -> None:
    """Check the (N,) classes of a ground truth."""
    with _or_refused(refuse):
        classes = map_array(path)
        _require(classes.shape == (scan.points,) and classes.dtype == np.uint8, "it does not fit")


def check_weights(path: Path, refuse: Refuse) -> None:
    """Check that a file is one of safetensors: names and places first, then nothing but numbers."""
    size = path.stat().st_size
    with _or_refused(refuse), path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        _require(length <= min(size - 8, _MOST_JSON), "it is no file of weights")
        header = json.loads(file.read(length))
        _require(isinstance(header, dict), "it is no file of weights")
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            _require(
                is_number(begin) and is_number(end) and 0 <= begin <= end <= size - 8 - length,
                "it is cut short",
            )


def check_losses(path: Path, refuse: Refuse) -> None:
    """Check the losses of a training: eight bytes each."""
    size = path.stat().st_size
    if size % 8 or size > _MOST_LOSSES:
        refuse("it is of a length that it cannot have.")
