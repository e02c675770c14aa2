# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Channels as files: four bytes per record of the tiles.

    intensity  bytes 0-1  share of the range low..high, 0-65535, little-endian; the rest zero
    normals    bytes 0-2  x, y, z: 0 is -1 and 255 is 1 (file's frame); byte 3 is 255, 0 for none
    features   bytes 0-2  red, green, blue; byte 3 is 255

A file appears under its name whole or not at all; making it twice at once does no harm.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.tiles import to_tile_order
from fewpoints.models.features.colours import feature_colours
from fewpoints.server.storage import Storage

# Raise when the same scan would give other bytes: it makes old files unused.
CHANNELS_VERSION = 1
_SAMPLE = 200_000


class Range(NamedTuple):
    """What most values lie between: the first and the 99th percentile."""

    low: float
    high: float


def usual_range(values: NDArray[np.floating[Any]]) -> Range | None:
    """Return the range of (N,) values, from a sample of them; None if none is finite."""
    sample = np.asarray(values[:: max(1, len(values) // _SAMPLE)], np.float64)
    sample = sample[np.isfinite(sample)]
    if len(sample) == 0:
        return None
    low, high = (float(value) for value in np.percentile(sample, (1, 99)))
    return Range(low, high)


def intensity_bytes(values: NDArray[np.floating[Any]], span: Range) -> NDArray[np.uint8]:
    """(N,) intensities -> (N, 4) bytes; what is not finite is as good as none."""
    share = (values.astype(np.float64) - span.low) / max(span.high - span.low, 1e-300)
    steps = np.rint(
        65535 * np.clip(np.nan_to_num(share, nan=0.0, posinf=0.0, neginf=0.0), 0, 1)
    ).astype("<u2")
    out = np.zeros((len(values), 4), np.uint8)
    out[:, :2] = steps[:, None].view(np.uint8)
    return out


def normal_bytes(normals: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """(N, 3) normals of any length -> (N, 4) bytes; zeros and non-finite ones count as none."""
    values = np.nan_to_num(np.asarray(normals, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    out = np.zeros((len(values), 4), np.uint8)
    out[:, :3] = np.rint(127.5 * (values / np.maximum(length, 1e-300)) + 127.5)
    out[:, 3] = np.where(length[:, 0] > 0, 255, 0)
    return out


def save_channel(storage: Storage, scan_id: int, path: Path, values: NDArray[np.uint8]) -> None:
    """Write (N, 4) bytes by scan row in the order of the tiles, in place of older versions.

    Raises:
        FileNotFoundError: the scan is being deleted.
    """
    order = np.fromfile(storage.scan_file(scan_id, "order.bin"), "<u4")
    path.parent.mkdir(exist_ok=True)  # Not its parents: a deleted scan stays deleted.
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(np.ascontiguousarray(to_tile_order(values, order)).tobytes())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    for older in path.parent.glob(f"{path.name.split('-')[0]}-*.bin"):
        if older != path:
            older.unlink(missing_ok=True)


def save_feature_colours(
    storage: Storage,
    scan_id: int,
    key: str,
    features: NDArray[np.floating[Any]],
    placed: NDArray[np.bool_],
) -> None:
    """Make the colours of a scan's features unless they are there.

    Args:
        key: names the features. features: (N, F). placed: (N,) rows that are finite.
    """
    path = storage.channel_file(scan_id, "features", f"{key} {CHANNELS_VERSION}")
    if path.exists():
        return
    values = np.full((len(features), 4), 255, np.uint8)
    values[:, :3] = feature_colours(features, placed)
    save_channel(storage, scan_id, path, values)
