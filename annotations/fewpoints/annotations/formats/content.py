# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What export formats are given: answers of a scan, or a class for every point of it.

Letters used in shapes: N points of the scan, L rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray, Int32Array, UInt8Array
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.sparse_labels import SparseLabels

Source = Literal["answers", "prediction"]
NO_INSTANCE = 0
# What file names say of the source.
NAMES: Mapping[Source, str] = {"answers": "labels", "prediction": "predicted"}


class WrittenFile(NamedTuple):
    """A file below the folder of an export, and the scan that it is about, if it is about one."""

    name: str
    scan_id: int | None


@dataclass(frozen=True, eq=False)
class AnsweredScan:
    """Answers of one scan.

    title: a safe part of a file name that no other scan of the export has. rows: all replies that
    are exported, in order. decided: the one of each point that counts. place: (L,) rows -> (L, 3)
    positions in the file's own frame.
    """

    scan_id: int
    name: str
    title: str
    rows: SparseLabels
    decided: SparseLabels
    place: Callable[[IndexArray], FloatArray64]


@dataclass(frozen=True, eq=False)
class Answered:
    """Answers of a project. facts: what of the manifest is worth keeping inside a file."""

    project: str
    classes: ClassList
    scans: list[AnsweredScan]
    facts: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class LabelledScan:
    """One scan with something said about each of its points, in the file's own frame and order.

    Attributes:
        title: as in `AnsweredScan`.
        up: (3,) the upward axis, a positive or negative unit vector.
        classes: (N,) class index, `UNLABELLED` for none.
        confidence: (N,) a probability times 255.
        instances: (N,) number of the object within its class, `NO_INSTANCE` for none; None where
            nothing tells objects apart.
    """

    scan_id: int
    name: str
    title: str
    source: Source
    scan: PointScan
    up: FloatArray64
    classes: UInt8Array
    confidence: UInt8Array
    instances: Int32Array | None
    progress: Progress = no_progress

    def __post_init__(self) -> None:
        count = len(self.scan)
        assert self.classes.shape == self.confidence.shape == (count,)
        assert self.instances is None or self.instances.shape == (count,)

    @property
    def stem(self) -> str:
        """What the names of files of this scan begin with."""
        return f"{self.title}-{NAMES[self.source]}"

    def numbers(self) -> Int32Array:
        """(N,) instances, `NO_INSTANCE` also where nothing tells objects apart."""
        return (
            np.full(len(self.scan), NO_INSTANCE, np.int32)
            if self.instances is None
            else self.instances
        )


# All labelled scans of an export, one after the other, so that one is in memory at a time.
LabelledScans = Iterable[LabelledScan]
ScanWriter = Callable[[Path, LabelledScans, ClassList], list[WrittenFile]]
AnswerWriter = Callable[[Path, Answered], list[WrittenFile]]


class ObjectRows(NamedTuple):
    """One object: its class, its number within the class, and (P,) ascending rows of its points."""

    class_index: int
    number: int
    rows: IndexArray


def objects_of(labelled: LabelledScan) -> list[ObjectRows]:
    """The objects of a scan by class and number; points without a place or a class are in none."""
    if labelled.instances is None:
        return []
    inside = (
        (labelled.instances != NO_INSTANCE)
        & (labelled.classes != UNLABELLED)
        & labelled.scan.finite
    )
    rows = np.flatnonzero(inside)
    keys = labelled.classes[rows].astype(np.int64) << 32 | labelled.instances[rows]
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(np.diff(keys[order])) + 1
    return [
        ObjectRows(int(labelled.classes[members[0]]), int(labelled.instances[members[0]]), members)
        for members in np.split(rows[order], ends)
        if len(members)
    ]


def file_ids(classes: ClassList, *, most: int) -> IndexArray:
    """(256,) the number by which a file with ids 1 to `most` calls each class; 0 is none.

    The published ids of the list where every class has one that fits; else the index plus one.
    """
    own = [0 if entry.external_id is None else entry.external_id for entry in classes]
    fits = len(set(own)) == len(own) and all(1 <= i <= most for i in own)
    table = np.zeros(256, np.int64)
    for entry in classes:
        table[entry.index] = own[entry.index] if fits else entry.index + 1
    return table
