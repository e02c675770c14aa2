# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets: scans of which every point is known, whatever layout they lie in.

Letters used in shapes: N points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray, IntArray, UInt8Array
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.scan import PointScan, choose_shift, finite_rows

NO_INSTANCE = 0


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """A scan and what is known of each of its points.

    name: the scene. instances: (N,) int64 number of the object as the data set counts it,
    `NO_INSTANCE` for none. classes: (N,) int64 0.., `UNLABELLED` for none; where a data set knows
    objects only, they are their own classes.
    """

    name: str
    scan: PointScan
    instances: IndexArray
    classes: IndexArray

    def __post_init__(self) -> None:
        assert self.instances.shape == self.classes.shape == (len(self.scan),)

    def rows(self, which: IndexArray) -> GroundTruth:
        """Return some of the points."""
        scan = self.scan
        fewer = PointScan(
            positions=scan.positions[which],
            colours=None if scan.colours is None else scan.colours[which],
            intensity=None if scan.intensity is None else scan.intensity[which],
        )
        return GroundTruth(self.name, fewer, self.instances[which], self.classes[which])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Scenes that are read one by one.

    Attributes:
        title: what messages call it.
        classes: of every scene.
        names: the scenes that are there, in order.
        splits: what the data set itself names, such as "train"; may list scenes that are not there.
        load: reads one of `names`.
        versions: of scenes whose truth may be replaced by another, which of them it is.
    """

    title: str
    classes: ClassList
    names: tuple[str, ...]
    splits: Mapping[str, tuple[str, ...]]
    load: Callable[[str], GroundTruth]
    versions: Mapping[str, str] = field(default_factory=dict)

    def scenes(self, split: str | None = None) -> tuple[str, ...]:
        """The scenes of a split, or all that are there."""
        if split is None:
            return self.names
        if split not in self.splits:
            known = ", ".join(self.splits) or "none"
            raise UnreadableDataset(self.title, f'there is no split "{split}"; there are: {known}.')
        return self.splits[split]

    def read(self, name: str) -> GroundTruth:
        """One scene. Raises UnreadableDataset or UnreadableScan, naming the file."""
        if name not in self.names:
            raise UnreadableDataset(
                self.title,
                f'there is no scene "{name[:80]}" among the {len(self.names):,} that are here.',
            )
        return self.load(name)

    def truths(self, split: str | None = None) -> Iterator[GroundTruth]:
        """The scenes of a split, each read when it is asked for."""
        return (self.read(name) for name in self.scenes(split))


def countable_instances(truth: GroundTruth, classes: ClassList) -> IndexArray:
    """(N,) instances, `NO_INSTANCE` where the class is none or has no objects to tell apart.

    What instance benchmarks count: without walls and floors, and without objects of no class.
    """
    countable = np.zeros(UNLABELLED + 1, bool)
    countable[[c.index for c in classes if c.instanceable]] = True
    return np.where(countable[truth.classes], truth.instances, NO_INSTANCE)


def classes_of_ids(ids: IntArray, classes: ClassList) -> IndexArray:
    """(N,) class indices of (N,) external ids (NYU40, for one); `UNLABELLED` for all others."""
    index = {c.external_id: c.index for c in classes if c.external_id is not None}
    found, places = np.unique(ids, return_inverse=True)
    table = np.array([index.get(value, UNLABELLED) for value in found.tolist()], np.int64)
    return table[places.reshape(-1)]


def ids_of_classes(indices: IntArray, classes: ClassList) -> IndexArray:
    """(N,) external ids of (N,) class indices, 0 for `UNLABELLED`."""
    table = np.full(UNLABELLED + 1, -1, np.int64)
    for c in classes:
        assert c.external_id is not None, f"{c.name} has no external id"
        table[c.index] = c.external_id
    table[UNLABELLED] = 0
    ids: IndexArray = table[indices]
    assert (ids >= 0).all(), "a class index beyond the class list"
    return ids


def scan_of_arrays(
    positions: FloatArray64, colours: UInt8Array, *, notes: tuple[str, ...] = ()
) -> PointScan:
    """Make a scan of (N, 3) positions in metres and (N, 3) RGB."""
    shift = choose_shift(positions, finite_rows(positions))
    return PointScan(np.ascontiguousarray(positions), colours, global_shift=shift, notes=notes)
