# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions as files: one pair of bytes (class, confidence) per point."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.scans.tiles import to_tile_order
from fewpoints.server.storage import Storage

SCAN_ORDER = "scan.npy"
TILE_ORDER = "tiles.bin"


def write_prediction(
    folder: Path, classes: NDArray[np.uint8], confidence: NDArray[np.uint8], order_file: Path
) -> None:
    """Write (N,) classes and confidences in scan order and in the order of the tiles."""
    folder.mkdir(parents=True)
    pairs = np.stack([classes, confidence], axis=1).astype(np.uint8)
    np.save(folder / SCAN_ORDER, pairs)
    order = np.fromfile(order_file, "<u4")
    (folder / TILE_ORDER).write_bytes(np.ascontiguousarray(to_tile_order(pairs, order)).tobytes())


def read_prediction(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return (N,) classes and (N,) confidences in scan order."""
    pairs: NDArray[np.uint8] = map_array(folder / SCAN_ORDER)
    return pairs[:, 0], pairs[:, 1]


def tile_order_file(
    storage: Storage, scan_id: int, checkpoint_id: int, *, translation: bytes | None, version: str
) -> Path:
    """Return the file in tile order whose classes went through `translation` (256 bytes), if any.

    Translated files are made once per class order and kept.
    """
    folder = storage.prediction_folder(scan_id, checkpoint_id)
    if translation is None:
        return folder / TILE_ORDER
    path = folder / f"tiles-{version}.bin"
    if not path.exists():
        pairs = np.fromfile(folder / TILE_ORDER, np.uint8).reshape(-1, 2)
        pairs[:, 0] = np.frombuffer(translation, np.uint8)[pairs[:, 0]]
        part = folder / f".{path.name}.{os.getpid()}.part"
        part.write_bytes(pairs.tobytes())
        os.replace(part, path)
    return path
