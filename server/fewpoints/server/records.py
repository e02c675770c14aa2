# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Some bytes for each record of the tiles: several ranges in one answer, and what they count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import Query
from numpy.typing import NDArray
from pydantic import BaseModel

from fewpoints.server.errors import Invalid

MOST_BYTES = 3 << 20  # In one answer: 262,144 points, or the labels of six times as many.
NO_CLASS = 255
_BLOCK = 1 << 20  # Records counted at once.

_RANGES = Query(
    pattern=r"^\d{1,10}-\d{1,10}(,\d{1,10}-\d{1,10}){0,63}$",
    description="Records of the tiles, 'from-to,from-to' with `to` exclusive; at most 64, 3 MiB.",
)
RecordRanges = Annotated[str, _RANGES]
RecordRangesOrAll = Annotated[str | None, _RANGES]

Ranges = Sequence[tuple[int, int]]


def parse_ranges(text: str, *, records: int, item_bytes: int) -> Ranges:
    """Return (from, to) of each range; `text` matches the pattern.

    Raises:
        Invalid: a range is empty or goes beyond `records`, or they are too much for one answer.
    """
    pairs = [tuple(int(n) for n in pair.split("-")) for pair in text.split(",")]
    asked = [(start, stop) for start, stop in pairs]
    wrong = next((pair for pair in asked if not pair[0] < pair[1] <= records), None)
    if wrong is not None:
        raise Invalid(f"The range {wrong[0]}-{wrong[1]} is not one of {records} records.")
    total = sum(stop - start for start, stop in asked)
    most = MOST_BYTES // item_bytes
    if total > most:
        raise Invalid(f"{total} records are too many at once; ask for {most} at most.")
    return asked


def some_records(content: bytes, ranges: Ranges, item_bytes: int) -> bytes:
    """Return the bytes of the ranges, one range after the other."""
    view = memoryview(content)
    return b"".join(view[start * item_bytes : stop * item_bytes] for start, stop in ranges)


def read_records(path: Path, ranges: Ranges, item_bytes: int) -> bytes:
    """Return the bytes of the ranges in a file, one range after the other."""
    with path.open("rb") as file:
        parts = []
        for start, stop in ranges:
            file.seek(start * item_bytes)
            parts.append(file.read((stop - start) * item_bytes))
    return b"".join(parts)


class RecordCount(BaseModel):
    """How many records are of one class, and of one object where objects are counted."""

    class_index: int | None
    instance: int | None
    records: int


class RecordCounts(BaseModel):
    """What the records of a scan are, the most frequent first; none without an object."""

    records: int
    counts: list[RecordCount]


def count_classes(pairs: NDArray[np.uint8]) -> RecordCounts:
    """Count the classes of (R, 2) class and confidence."""
    counts = np.zeros(256, np.int64)
    for start in range(0, len(pairs), _BLOCK):
        counts += np.bincount(pairs[start : start + _BLOCK, 0], minlength=256)
    found = [
        RecordCount(class_index=_class(int(index)), instance=None, records=int(counts[index]))
        for index in np.flatnonzero(counts)
    ]
    return _sorted(len(pairs), found)


def count_objects(objects: NDArray[np.uint8]) -> RecordCounts:
    """Count the objects of (R, 4) instance (two bytes, 0 for none), class and confidence."""
    counts: dict[int, int] = {}
    for start in range(0, len(objects), _BLOCK):
        low, high, index = objects[start : start + _BLOCK, :3].T.astype(np.int64)
        keys = low + 256 * high + 65536 * index
        for key, n in zip(*np.unique(keys[keys % 65536 > 0], return_counts=True), strict=True):
            counts[int(key)] = counts.get(int(key), 0) + int(n)
    found = [
        RecordCount(class_index=_class(key >> 16), instance=key & 65535, records=n)
        for key, n in counts.items()
    ]
    return _sorted(len(objects), found)


def _class(index: int) -> int | None:
    return None if index == NO_CLASS else index


def _sorted(records: int, found: list[RecordCount]) -> RecordCounts:
    order = sorted(found, key=lambda c: (-c.records, c.instance or 0, c.class_index or 0))
    return RecordCounts(records=records, counts=order)
