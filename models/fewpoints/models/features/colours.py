# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Features as colours: their three main directions become red, green and blue.

NumPy alone. Letters used in shapes: N points, F features.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FITTED_ON = 50_000
_BLOCK = 1 << 18
# Beyond these parts of the points a colour is as bright as it gets.
_LOW, _HIGH = 2.0, 98.0


def feature_colours(
    features: NDArray[np.floating[Any]], placed: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return (N, 3) RGB 0-255 in which points look as alike as their features are.

    The main directions are those of at most `FITTED_ON` points spread evenly over the rows. A
    direction has two senses; of them the one is taken in which its largest entry is positive, so
    the same features give the same colours everywhere. Rows that are not placed are black.

    Args:
        features: (N, F), F >= 3; may be a map of a file and is read in blocks.
        placed: (N,) rows that count.
    """
    colours = np.zeros((len(features), 3), np.uint8)
    rows = np.flatnonzero(placed)
    if len(rows) == 0:
        return colours
    sample = features[rows[:: max(1, -(-len(rows) // FITTED_ON))]].astype(np.float64)
    mean = sample.mean(axis=0)
    directions = main_directions(sample - mean, 3)
    low, high = np.percentile((sample - mean) @ directions, (_LOW, _HIGH), axis=0)
    span = np.where(high > low, high - low, np.inf)  # What does not vary is mid-grey.
    # Single precision is far finer than a byte, and reads the file only once.
    narrow, start_at = directions.astype(np.float32), mean @ directions + low
    for start in range(0, len(features), _BLOCK):
        part = slice(start, start + _BLOCK)
        share = (np.asarray(features[part], np.float32) @ narrow - start_at) / span
        share = np.where(np.isinf(span), 0.5, share)
        colours[part] = np.rint(255 * np.clip(np.nan_to_num(share, nan=0.5), 0, 1))
    colours[~placed] = 0
    return colours


def main_directions(centred: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return (F, count) unit vectors of most variance of (n, F) centred rows, the first first."""
    _, vectors = np.linalg.eigh(centred.T @ centred)
    directions = vectors[:, ::-1][:, :count]
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(count)])
    return np.asarray(directions * np.where(signs == 0, 1, signs))
