# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How well classes were predicted: confusion, accuracy, intersection over union.

Rows may be points or voxels (`voxel_labels` makes one from the other). The tables of several scans
are added up before anything is worked out from them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNLABELLED = 255


def confusion(
    truth: NDArray[np.integer],
    predicted: NDArray[np.integer],
    class_count: int,
    *,
    ignore: int = UNLABELLED,
) -> NDArray[np.int64]:
    """Count points by true and predicted class.

    Args:
        truth: (N,) class indices; points with `ignore` are left out.
        predicted: (N,) class indices; outside 0..C-1 means "none", which counts as a miss: the
            point is in its row's last column.
        class_count: C.

    Returns:
        (C, C + 1) int64, rows truth, columns prediction, the last column "no class".
    """
    true = np.asarray(truth).astype(np.int64).ravel()
    guess = np.asarray(predicted).astype(np.int64).ravel()
    if true.shape != guess.shape:
        raise ValueError(f"{len(true)} true classes but {len(guess)} predicted ones")
    keep = true != ignore
    true, guess = true[keep], guess[keep]
    if len(true) and (true.min() < 0 or true.max() >= class_count):
        raise ValueError(f"true classes must be 0..{class_count - 1} or {ignore}")
    guess = np.where((guess < 0) | (guess >= class_count), class_count, guess)
    flat = np.bincount(true * (class_count + 1) + guess, minlength=class_count * (class_count + 1))
    return flat.reshape(class_count, class_count + 1)


def accuracy(table: NDArray[np.int64]) -> float:
    """Return the share of points whose class was predicted; NaN without points."""
    total = int(table.sum())
    return float(np.trace(table)) / total if total else float("nan")


def recall(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) share of each class's points that were found; NaN for a class without points."""
    return _share(np.diagonal(table), table.sum(axis=1))


def iou(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) TP / (TP + FP + FN) per class; NaN for a class neither true nor predicted anywhere."""
    classes = len(table)
    hits = np.diagonal(table)
    union = table.sum(axis=1) + table[:, :classes].sum(axis=0) - hits
    return _share(hits, union)


def mean_iou(table: NDArray[np.int64], *, present_only: bool = False) -> float:
    """Return the mean of `iou` over classes where it is defined; NaN where there is none.

    Args:
        present_only: average only over classes that occur in the truth. With a handful of held-out
            answers a class that was merely predicted by mistake would weigh as much as a real one.
    """
    values = iou(table)
    if present_only:
        values = values[table.sum(axis=1) > 0]
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else float("nan")


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    result = np.full(len(part), np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
