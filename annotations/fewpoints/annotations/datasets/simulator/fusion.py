# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One labelled cloud from many labelled frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, Int32Array, UInt8Array
from fewpoints.annotations.datasets.simulator.sensor import depth_edges
from fewpoints.annotations.scans.frames.frame import Frame

_CELLS = 1 << 20  # Cells per axis that a key can hold: 21 km at 2 cm.


class Fused(NamedTuple):
    """N points: (N, 3) metres, (N, 3) RGB, (N,) classes and (N,) instances."""

    positions: FloatArray64
    colours: UInt8Array
    classes: UInt8Array
    instances: Int32Array


def fuse(
    frames: Iterable[tuple[Frame, UInt8Array, Int32Array]],
    *,
    cell_m: float = 0.02,
    least_views: int = 2,
) -> Fused:
    """Average the measured pixels in every cell of a grid; the most frequent label wins.

    frames: each with (H, W) classes and instances. Pixels at edges of depth are left out, as they
    lie between surfaces. Cells with fewer than `least_views` pixels are noise and left out too.
    Points come out in the order of their cells, along x, then y, then z.
    """
    keys, sums, codes = [], [], []
    for frame, classes, instances in frames:
        points, pixels = frame.points()
        assert frame.colours is not None
        clean = ~depth_edges(frame.depth.astype(np.float64)).reshape(-1)[pixels]
        points, pixels = points[clean], pixels[clean]
        cell = np.floor(points / cell_m).astype(np.int64) + _CELLS // 2
        keys.append((cell[:, 0] * _CELLS + cell[:, 1]) * _CELLS + cell[:, 2])
        colours = frame.colours.reshape(-1, 3)[pixels]
        sums.append(np.column_stack([points, colours]).astype(np.float32))
        codes.append(
            instances.reshape(-1)[pixels].astype(np.int64) * 256 + classes.reshape(-1)[pixels]
        )
    if not sum(map(len, keys)):
        return Fused(
            np.zeros((0, 3)),
            np.zeros((0, 3), np.uint8),
            np.zeros(0, np.uint8),
            np.zeros(0, np.int32),
        )
    key, code = np.concatenate(keys), np.concatenate(codes)
    values = np.concatenate(sums)
    cells, cell_of, count = np.unique(key, return_inverse=True, return_counts=True)
    mean = np.stack(
        [np.bincount(cell_of, values[:, k], len(cells)) / count for k in range(6)], axis=1
    )
    winner = _majority(cell_of, code, len(cells))
    kept = count >= least_views
    winner = winner[kept]
    return Fused(
        mean[kept, :3],
        np.rint(mean[kept, 3:]).astype(np.uint8),
        (winner % 256).astype(np.uint8),
        (winner // 256).astype(np.int32),
    )


def _majority(
    cell_of: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    code: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    cells: int,
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(cells,) the most frequent code of each cell; the lower one of two equally frequent."""
    width = int(code.max()) + 1
    pair, votes = np.unique(cell_of * width + code, return_counts=True)
    cell, value = np.divmod(pair, width)
    order = np.lexsort((value, -votes, cell))
    first = np.unique(cell[order], return_index=True)[1]
    assert len(first) == cells
    return np.asarray(value[order][first])
