# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Two predictions of one scan against each other, and which points that differ hang together.

Letters used in shapes: R records of a scan's tiles, K pairs of classes that occur, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fewpoints.server.training.queries import NO_CLASS

_RECORDS_AT_ONCE = 1 << 22


def read_pairs(path: Path) -> NDArray[np.uint8]:
    """(R, 2) class and confidence of a prediction in tile order, a read-only map of its file."""
    if path.stat().st_size == 0:
        return np.empty((0, 2), np.uint8)
    return np.memmap(path, np.uint8, mode="r").reshape(-1, 2)


def count_pairs(first: Path, second: Path) -> NDArray[np.int64]:
    """Count the points of a scan by what two predictions of it say.

    Returns:
        (K, 3) class of the first, class of the second, points; 255 is no class.
    """
    one, two = read_pairs(first), read_pairs(second)
    if len(one) != len(two):
        raise ValueError(f"{len(one)} and {len(two)} records are not of one scan")
    total = np.zeros(1 << 16, np.int64)
    for start in range(0, len(one), _RECORDS_AT_ONCE):
        block = slice(start, start + _RECORDS_AT_ONCE)
        both = (one[block, 0].astype(np.uint16) << 8) | two[block, 0]
        total += np.bincount(both, minlength=1 << 16)
    found = np.flatnonzero(total)
    return np.stack([found >> 8, found & 255, total[found]], axis=1)


def shares(counts: NDArray[np.int64], first: Sequence[int], second: Sequence[int]) -> NDArray[Any]:
    """(2,) points that keep their class, and all points.

    Args:
        counts: (K, 3), see `count_pairs`.
        first, second: ids of the classes that the indices of each side stand for.
    """
    same = [class_of(first, one) == class_of(second, two) for one, two, _ in counts.tolist()]
    return np.array([counts[same, 2].sum(), counts[:, 2].sum()], np.int64)


def class_of(class_ids: Sequence[int], index: int) -> int | None:
    """Return the id of a class, None for no class."""
    return class_ids[index] if index < len(class_ids) else None


def table_of(
    counts: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """(C + 1, C + 1) points: rows what the first says, columns the second; the last is no class.

    Args:
        counts: (K, 3), see `count_pairs`.
        first, second: (256,) index among the C classes that an index of each side stands for.
    """
    table = np.zeros((classes + 1, classes + 1), np.int64)
    np.add.at(table, (first[counts[:, 0]], second[counts[:, 1]]), counts[:, 2])
    return table


def places_of(translation: bytes | None, classes: int) -> NDArray[np.int64]:
    """(256,) index among `classes` of each class index of a checkpoint; `classes` for none.

    Args:
        translation: see `training.queries.class_translation`.
    """
    table = np.arange(256) if translation is None else np.frombuffer(translation, np.uint8)
    table = table.astype(np.int64)
    table[NO_CLASS] = NO_CLASS
    return np.minimum(table, classes)


@dataclass(frozen=True)
class Patch:
    """Points that hang together and went from one class to the same other one.

    row: of the point nearest their middle, in the imported scan. radius: of a ball around it that
    holds all, in the scan's unit.
    """

    first: int
    second: int
    points: int
    row: int
    radius: float


def patches(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    rows: NDArray[np.int64],
    positions: NDArray[np.floating[Any]],
    *,
    cell: float,
) -> list[Patch]:
    """Return the patches of points that differ, the largest first.

    Points with the same two classes are in one patch if a chain of cells that touch, corners
    included, leads from one to the other.

    Args:
        first, second: (F,) the two classes of each point that differs.
        rows: (F,) its row.
        positions: (F, 3).
        cell: edge of a cell, in the unit of the positions.
    """
    if len(first) == 0:
        return []
    _, kind = np.unique((first.astype(np.uint16) << 8) | second, return_inverse=True)
    index = np.floor((positions - positions.min(axis=0)) / cell).astype(np.int64) + 1
    # One number per cell that leaves room for neighbours on every side, so that a neighbour's
    # number is a fixed step away. They fit 64 bits below some ten thousand cells on each axis.
    spans = index.max(axis=0) + 2
    keys = ((kind * spans[0] + index[:, 0]) * spans[1] + index[:, 1]) * spans[2] + index[:, 2]
    cells, of_point = np.unique(keys, return_inverse=True)
    label = _touching(cells, spans)[of_point]
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    found = []
    for members in np.split(order, starts[1:]):
        own = np.asarray(positions[members], np.float64)
        distance = np.linalg.norm(own - own.mean(axis=0), axis=1)
        nearest = int(distance.argmin())
        radius = float(np.linalg.norm(own - own[nearest], axis=1).max())
        some = members[nearest]
        found.append(
            Patch(int(first[some]), int(second[some]), len(members), int(rows[some]), radius)
        )
    return sorted(found, key=lambda patch: (-patch.points, patch.row))


def _touching(cells: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """(M,) number of the component of each of (M,) cells, numbered in ascending order."""
    half = [
        (x, y, z) for x in (0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)
    ]
    pairs = []
    for x, y, z in half:
        wanted = cells + (x * spans[1] + y) * spans[2] + z
        at = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
        met = np.flatnonzero(cells[at] == wanted)
        pairs.append(np.stack([met, at[met]]))
    edges = np.concatenate(pairs, axis=1)
    graph = coo_array(
        (np.ones(edges.shape[1], np.int8), (edges[0], edges[1])), shape=(len(cells), len(cells))
    )
    number: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return number
