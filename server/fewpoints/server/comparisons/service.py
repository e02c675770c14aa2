# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Comparing versions. What was counted is kept while the server runs, for the pairs asked last.

Counting a scan reads both of its predictions, some milliseconds for a million points. A request
counts for a while and says how far it came; asked again, it goes on.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fewpoints.annotations.scans.scan_arrays import load_local
from fewpoints.annotations.scans.views import choose_views
from fewpoints.server.comparisons import counts as counting
from fewpoints.server.comparisons.counts import Patch
from fewpoints.server.comparisons.queries import (
    CommonScan,
    Compared,
    checkpoint_before,
    common_scans,
)
from fewpoints.server.comparisons.schemas import (
    ComparedScan,
    Comparison,
    FlippedClass,
    FlippedPatch,
)
from fewpoints.server.rounds.schemas import View
from fewpoints.server.schemas import Page
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import TILE_ORDER
from fewpoints.server.training.queries import snapshot_class_ids
from fewpoints.server.training.tables import Checkpoint

COUNT_FOR_S = 1.5
KEPT_PAIRS = 8
KEPT_PATCHES = 16
CELLS_PER_VOXEL = 4  # Edge of the cells that decide what hangs together, in voxels.


@dataclass(eq=False)
class _Pair:
    """Scan id -> the versions of its two predictions, and its counts."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    scans: dict[int, tuple[tuple[str, str], NDArray[np.int64]]] = field(default_factory=dict)


class Comparisons:
    """Counts and patches of the pairs of checkpoints that were asked for last."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._guard = threading.Lock()
        self._pairs: OrderedDict[tuple[int, int], _Pair] = OrderedDict()
        self._patches: OrderedDict[tuple[object, ...], list[Patch]] = OrderedDict()

    def counts(self, compared: Compared) -> dict[int, NDArray[np.int64]]:
        """Return scan id -> (K, 3) counts of the scans counted so far, at least one more."""
        key = (compared.first.id, compared.second.id)
        with self._guard:
            pair = self._pairs.setdefault(key, _Pair())
            self._pairs.move_to_end(key)
            while len(self._pairs) > KEPT_PAIRS:
                self._pairs.popitem(last=False)
        until = time.monotonic() + COUNT_FOR_S
        found: dict[int, NDArray[np.int64]] = {}
        went_on = False
        with pair.lock:
            for scan in compared.scans:
                known = pair.scans.get(scan.scan_id)
                if known is None or known[0] != scan.versions:
                    if went_on and time.monotonic() > until:
                        continue
                    went_on = True
                    counted = count_scan(self._storage, scan, *key)
                    if counted is None:
                        continue
                    known = pair.scans[scan.scan_id] = (scan.versions, counted)
                found[scan.scan_id] = known[1]
        return found

    def patches(self, compared: Compared, scan: CommonScan, *, cell: float) -> list[Patch]:
        """Return the patches of one scan, the largest first; classes are the project's, 255 none.

        Raises:
            FileNotFoundError: the scan is being deleted.
        """
        sides = compared.first.id, compared.second.id, *compared.translations
        key: tuple[object, ...] = (*sides, scan.scan_id, scan.versions, cell)
        with self._guard:
            if key in self._patches:
                self._patches.move_to_end(key)
                return self._patches[key]
        found = find_patches(self._storage, compared, scan, cell=cell)
        with self._guard:
            self._patches[key] = found
            while len(self._patches) > KEPT_PATCHES:
                self._patches.popitem(last=False)
        return found


def count_scan(
    storage: Storage, scan: CommonScan, first_id: int, second_id: int
) -> NDArray[np.int64] | None:
    """Return the (K, 3) counts of a scan, None if it is being deleted."""
    try:
        return counting.count_pairs(
            storage.prediction_folder(scan.scan_id, first_id) / TILE_ORDER,
            storage.prediction_folder(scan.scan_id, second_id) / TILE_ORDER,
        )
    except FileNotFoundError:
        return None


def find_patches(
    storage: Storage, compared: Compared, scan: CommonScan, *, cell: float
) -> list[Patch]:
    """Return the patches of a scan from its files. See `Comparisons.patches`."""
    one, two = (
        _translated(
            counting.read_pairs(storage.prediction_folder(scan.scan_id, side.id) / TILE_ORDER),
            translation,
        )
        for side, translation in zip(
            (compared.first, compared.second), compared.translations, strict=True
        )
    )
    differ = np.flatnonzero(one != two)
    order = np.fromfile(storage.scan_file(scan.scan_id, "order.bin"), "<u4")
    rows = order[differ].astype(np.int64)
    positions = load_local(storage.scan_arrays(scan.scan_id))[rows]
    return counting.patches(one[differ], two[differ], rows, positions, cell=cell)


def _translated(pairs: NDArray[np.uint8], translation: bytes | None) -> NDArray[np.uint8]:
    classes = pairs[:, 0]
    return classes if translation is None else np.frombuffer(translation, np.uint8)[classes]


def describe(
    compared: Compared,
    counts: dict[int, NDArray[np.int64]],
    *,
    cell: tuple[int, int] | None,
    offset: int,
    limit: int,
) -> Comparison:
    """Return a comparison as HTTP shows it.

    Args:
        cell: a class of the first and one of the second: only these points count as flipped in the
            list of scans. The number of classes stands for none.
    """
    classes = compared.class_count
    one, two = (counting.places_of(side, classes) for side in compared.translations)
    total = np.zeros((classes + 1, classes + 1), np.int64)
    scans = []
    for scan in compared.scans:
        if scan.scan_id not in counts:
            continue
        table = counting.table_of(counts[scan.scan_id], one, two, classes)
        total += table
        points = int(table.sum())
        flipped = points - int(np.trace(table)) if cell is None else int(table[cell])
        scans.append(
            ComparedScan(scan_id=scan.scan_id, name=scan.name, points=points, flipped=flipped)
        )
    scans.sort(key=lambda scan: (-scan.flipped / max(scan.points, 1), scan.scan_id))
    points, same = int(total.sum()), int(np.trace(total))
    said_first, said_second, kept = total.sum(axis=1), total.sum(axis=0), np.diagonal(total)
    return Comparison(
        first_id=compared.first.id,
        second_id=compared.second.id,
        counts=total.tolist(),
        points=points,
        flipped=points - same,
        agreement=same / points if points else None,
        per_class=[
            FlippedClass(
                index=index,
                first=int(said_first[index]),
                second=int(said_second[index]),
                left=int(said_first[index] - kept[index]),
                came=int(said_second[index] - kept[index]),
            )
            for index in range(classes)
        ],
        compared=len(counts),
        common=len(compared.scans),
        lacking=compared.lacking,
        scans=Page(items=scans[offset : offset + limit], total=len(scans)),
    )


def describe_patches(
    storage: Storage, scan_id: int, found: list[Patch], up: list[float], classes: int
) -> list[FlippedPatch]:
    """Return patches as HTTP shows them, each with a view in which its middle is not hidden."""
    local = load_local(storage.scan_arrays(scan_id))
    rows = np.array([patch.row for patch in found], np.int64)
    views = choose_views(local, rows, up=np.array(up, np.float64))
    return [
        FlippedPatch(
            from_class=patch.first if patch.first < classes else None,
            to_class=patch.second if patch.second < classes else None,
            points=patch.points,
            point_index=patch.row,
            position=_vector(local[patch.row]),
            radius=patch.radius,
            view=View(eye=_vector(view.eye), target=_vector(view.target), up=_vector(view.up)),
        )
        for patch, view in zip(found, views, strict=True)
    ]


def _vector(values: NDArray[Any]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


@dataclass(frozen=True)
class Before:
    """The version before a checkpoint, what the indices of both stand for, and their scans."""

    first_id: int
    second_id: int
    class_ids: tuple[list[int], list[int]]
    scans: list[CommonScan]


def version_before(session: Session, checkpoint: Checkpoint) -> Before | None:
    """Return what the agreement of a checkpoint with the version before it follows from."""
    before = checkpoint_before(session, checkpoint)
    if before is None:
        return None
    class_ids = snapshot_class_ids(session, before), snapshot_class_ids(session, checkpoint)
    scans = common_scans(session, before.id, checkpoint.id)
    return Before(before.id, checkpoint.id, class_ids, scans)


def agreement(storage: Storage, before: Before) -> float | None:
    """Return the part of all points of the common scans that keep their class; None of none."""
    total = np.zeros(2, np.int64)
    for scan in before.scans:
        counts = count_scan(storage, scan, before.first_id, before.second_id)
        if counts is not None:
            total += counting.shares(counts, *before.class_ids)
    return float(total[0] / total[1]) if total[1] else None
