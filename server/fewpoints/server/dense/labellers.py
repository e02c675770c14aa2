# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Dense labels from the answers as they are now, as bytes for the viewer.

What is needed of a scan stays in memory for a while, because the next answer is seconds away.

Letters used in shapes: N points of the scan, R records of its tiles, S superpoints.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.scans.scan_arrays import load_positions
from fewpoints.annotations.scans.tiles import to_tile_order
from fewpoints.models.densify.labeller import DenseLabeller, DenseLabels
from fewpoints.models.densify.objects import object_numbers
from fewpoints.models.selection.uncertain import uncertain_rows
from fewpoints.models.selection.unexplained import unexplained_share
from fewpoints.models.superpoints.files import find_superpoints
from fewpoints.models.superpoints.look import looks
from fewpoints.server.dense.queries import Labelled, NoAnswersYet, SuperpointsMissing
from fewpoints.server.storage import Storage
from fewpoints.server.training.queries import NO_CLASS

CAPACITY_BYTES = 256 << 20  # About thirty scans of a million points.


@dataclass(eq=False)
class _Held:
    """One scan in memory: what labels it, and what was asked for last, with its version."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    superpoints: str = ""
    file: Path | None = None
    labeller: DenseLabeller | None = None
    order: NDArray[np.uint32] | None = None
    made: dict[Literal["pairs", "objects"], tuple[str, bytes]] = field(default_factory=dict)
    size: int = 0


class Labellers:
    """Labels scans anew after every answer; the scans labelled last are kept in memory."""

    def __init__(self, storage: Storage, *, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._storage = storage
        self._capacity = capacity_bytes
        self._guard = threading.Lock()
        self._held: OrderedDict[int, _Held] = OrderedDict()

    @property
    def scan_ids(self) -> list[int]:
        """The scans in memory, the one used last at the end."""
        with self._guard:
            return list(self._held)

    def pairs(self, labelled: Labelled) -> bytes:
        """Return class and confidence (0-255) of every record of the tiles: (R, 2) uint8.

        Two requests for one scan wait for each other, and the second finds what the first made.

        Raises:
            SuperpointsMissing: there are none that can be used.
            NoAnswersYet: no answer is at a point that has a place.
        """
        with self._holding(labelled.scan_id) as held:
            version, content = held.made.get("pairs", ("", b""))
            if version != labelled.version:
                found = label(self._load(held, labelled), labelled)
                content = self._keep(held, "pairs", labelled.version, pairs_of(found))
            return content

    def objects(self, labelled: Labelled, instances: NDArray[np.int64], version: str) -> bytes:
        """Return the object of every record of the tiles, from (Q,) the instances answers name.

        (R, 4) uint8: the instance, little-endian, 0 for none; its class; the label's confidence.
        `version` is the same exactly where they are.

        Raises:
            SuperpointsMissing, NoAnswersYet: see `pairs`.
        """
        with self._holding(labelled.scan_id) as held:
            known, content = held.made.get("objects", ("", b""))
            if known == version:
                return content
            labeller = self._load(held, labelled)
            found = label(labeller, labelled)
            placed = labeller.superpoints.of_point[labelled.rows] >= 0
            numbers = object_numbers(
                labeller, found, *(v[placed] for v in (labelled.rows, labelled.classes, instances))
            )
            out = np.zeros((len(numbers), 4), np.uint8)
            out[:, :2] = np.minimum(numbers, 65535).astype("<u2")[:, None].view(np.uint8)
            out[:, 2:] = pairs_of(found)
            return self._keep(held, "objects", version, out)

    def labeller(self, labelled: Labelled) -> DenseLabeller:
        """Return what labels a scan, for work that may take long: it keeps nobody waiting.

        It is not kept in memory unless it is there already.

        Raises:
            SuperpointsMissing: there are none that can be used.
        """
        with self._guard:
            held = self._held.get(labelled.scan_id)
        if held is not None and held.lock.acquire(blocking=False):
            try:
                if held.labeller is not None and held.superpoints == labelled.superpoints:
                    return held.labeller
            finally:
                held.lock.release()
        return load_labeller(self._storage, labelled)

    def unexplained(self, labelled: Labelled) -> float:
        """Return the share of the scan's surfaces that the answers say nothing about.

        Raises:
            SuperpointsMissing: there are none that can be used.
        """
        with self._holding(labelled.scan_id) as held:
            labeller = self._load(held, labelled)
            held.size = _bytes_of(held)
            return unexplained_share(labeller, labelled.rows)

    def next_row(self, labelled: Labelled, asked: NDArray[np.int64]) -> int | None:
        """Return the point to ask about next, by `uncertain`; None if every superpoint was.

        Args:
            asked: rows that were asked about or answered, whatever the answer.

        Raises:
            SuperpointsMissing: there are none that can be used.
        """
        with self._holding(labelled.scan_id) as held:
            labeller = self._load(held, labelled)
            held.size = _bytes_of(held)
            allowed = labeller.superpoints.of_point >= 0
            placed = allowed[labelled.rows]
            allowed[asked] = False
            rows = uncertain_rows(
                labeller,
                labelled.rows[placed],
                labelled.classes[placed],
                1,
                features=None,
                allowed=allowed,
            )
            return rows[0] if rows else None

    @contextmanager
    def _holding(self, scan_id: int) -> Iterator[_Held]:
        """One scan, for this thread alone."""
        with self._guard:
            held = self._held.setdefault(scan_id, _Held())
            self._held.move_to_end(scan_id)
        try:
            with held.lock:
                yield held
        finally:
            self._trim()

    def _keep(
        self,
        held: _Held,
        kind: Literal["pairs", "objects"],
        version: str,
        values: NDArray[np.uint8],
    ) -> bytes:
        """Keep (N, bytes) values by scan row as the newest of their kind, by record."""
        assert held.order is not None
        content = np.ascontiguousarray(to_tile_order(values, held.order)).tobytes()
        held.made[kind] = (version, content)
        held.size = _bytes_of(held)
        return content

    def _load(self, held: _Held, labelled: Labelled) -> DenseLabeller:
        if held.superpoints != labelled.superpoints or held.labeller is None:
            path = self._storage.superpoints_file(labelled.scan_id, labelled.key)
            held.labeller = load_labeller(self._storage, labelled)
            try:
                order = np.fromfile(self._storage.scan_file(labelled.scan_id, "order.bin"), "<u4")
            except FileNotFoundError:  # The scan is being deleted.
                raise SuperpointsMissing(labelled.name) from None
            held.file, held.order, held.superpoints = path, order, labelled.superpoints
        return held.labeller

    def _trim(self) -> None:
        """Let go of deleted scans, and of those used longest ago while all are too large."""
        with self._guard:
            for scan_id, held in list(self._held.items()):
                gone = held.file is None or not held.file.exists()
                if gone and not held.lock.locked():
                    del self._held[scan_id]
            total = sum(held.size for held in self._held.values())
            while total > self._capacity and len(self._held) > 1:
                _, oldest = self._held.popitem(last=False)
                total -= oldest.size


def load_labeller(storage: Storage, labelled: Labelled) -> DenseLabeller:
    """Return what labels a scan, with nothing that only choosing points would need.

    Raises:
        SuperpointsMissing: there are no superpoints that can be used.
    """
    path = storage.superpoints_file(labelled.scan_id, labelled.key)
    stored = find_superpoints(path, labelled.points)
    if stored is None:
        raise SuperpointsMissing(labelled.name)
    superpoints = stored.superpoints
    slim = replace(
        superpoints,
        of_cell=superpoints.of_cell[:0],
        cell_points=superpoints.cell_points[:0],
        places=superpoints.places[:0],
    )
    try:
        positions = load_positions(storage.scan_arrays(labelled.scan_id))
    except FileNotFoundError:  # The scan is being deleted.
        raise SuperpointsMissing(labelled.name) from None
    return DenseLabeller(slim, looks(superpoints, stored.directions), positions)


def label(labeller: DenseLabeller, labelled: Labelled) -> DenseLabels:
    """Label every point from the answers at points that have a place.

    Raises:
        NoAnswersYet: there is none.
    """
    placed = labeller.superpoints.of_point[labelled.rows] >= 0
    if not placed.any():
        raise NoAnswersYet(labelled.name)
    return labeller.label(labelled.rows[placed], labelled.classes[placed])


def pairs_of(found: DenseLabels) -> NDArray[np.uint8]:
    """(N, 2) class, 255 for points without a place, and confidence times 255, rounded."""
    pairs = np.empty((len(found.classes), 2), np.uint8)
    pairs[:, 0] = np.where(found.classes < 0, NO_CLASS, found.classes)
    pairs[:, 1] = np.rint(found.confidence * np.float32(255))
    return pairs


def _bytes_of(held: _Held) -> int:
    assert held.labeller is not None
    assert held.order is not None
    arrays = [held.order, held.labeller.looks, *vars(held.labeller.superpoints).values()]
    # The positions are a map of their file: pages of it are let go when memory is short.
    made = sum(len(content) for _, content in held.made.values())
    return made + sum(a.nbytes for a in arrays if isinstance(a, np.ndarray))
