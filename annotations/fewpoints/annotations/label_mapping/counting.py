# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which values the label fields of a scan hold, and how often.

Counted block by block, so that a field of any length takes a few megabytes. Points without a usable
position are not counted: they take no part in anything.

Letters used in shapes: N points.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import IntArray
from fewpoints.annotations.label_mapping.mapping import LARGEST, LOW_BITS
from fewpoints.annotations.scans.scan import WORDS, Field, PointScan
from fewpoints.annotations.scans.scan_arrays import load_arrays, load_local

# A field with more values numbers objects or superpoints, not classes.
MAX_VALUES = 1000
BLOCK_ROWS = 1 << 20
VERSION = 1
# Where some files have numbers and others words in a field of one name, words come from here on.
_FIRST_WORD = 1 << 20
_OBJECTS = re.compile(
    r"(?:.*_)?(?:instances?|inst|objects?|obj|clusters?|station)(?:_?(?:id|ids|index|idx))?"
)


@dataclass(frozen=True)
class FieldCounts:
    """One label field.

    counts: value -> points; None if there are more than `MAX_VALUES` values. low_counts: the same
    of the low 16 bits, where values go beyond them; else None. names: value -> what the file calls
    it. low: the smallest value. words: its values stand for words, and are other ones in other
    files: only their names tell what they are.
    """

    name: str
    points: int
    low: int
    counts: Mapping[int, int] | None
    low_counts: Mapping[int, int] | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    source_format: str = "memory"
    words: bool = False

    @property
    def numbers_objects(self) -> bool:
        """Whether its name says that it numbers objects rather than classes."""
        plain = self.name.strip().lower().removeprefix("scalar_")
        return _OBJECTS.fullmatch(plain) is not None

    # Any: plain JSON.
    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON, see `from_json`."""
        return {
            "name": self.name,
            "points": self.points,
            "low": self.low,
            "counts": self.counts and {str(v): n for v, n in self.counts.items()},
            "low_counts": self.low_counts and {str(v): n for v, n in self.low_counts.items()},
            "names": {str(v): text for v, text in self.names.items()},
            "source_format": self.source_format,
            "words": self.words,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> FieldCounts:
        """Return what `to_json` wrote."""
        pairs = {
            key: raw[key] and {int(v): n for v, n in raw[key].items()}
            for key in ("counts", "low_counts", "names")
        }
        return cls(
            raw["name"],
            raw["points"],
            raw["low"],
            **pairs,
            source_format=raw["source_format"],
            words=raw.get("words", False),
        )


def count_field(
    name: str,
    values: IntArray,
    usable: NDArray[np.bool_] | None = None,
    *,
    names: Mapping[int, str] | None = None,
    source_format: str = "memory",
    words: bool = False,
) -> FieldCounts:
    """Count (N,) values at the (N,) usable points, or at all."""
    counter = _Counter()
    for at in range(0, len(values), BLOCK_ROWS):
        block = np.asarray(values[at : at + BLOCK_ROWS])
        counter.add(block if usable is None else block[usable[at : at + BLOCK_ROWS]])
    return replace(counter.result(name, names or {}, source_format), words=words)


def count_scan(folder: Path) -> list[FieldCounts]:
    """Count every label field of a scan that `save_arrays` wrote."""
    scan = load_arrays(folder)
    local = load_local(folder)
    counters = {name: _Counter() for name in scan.labels}
    for at in range(0, len(scan) if counters else 0, BLOCK_ROWS):
        rows = slice(at, at + BLOCK_ROWS)
        usable = np.isfinite(local[rows]).all(axis=1)
        for name, counter in counters.items():
            counter.add(np.asarray(scan.labels[name][rows])[usable])
    return [
        replace(
            counter.result(name, value_names(scan, name), scan.source_format),
            words=holds_words(scan, name),
        )
        for name, counter in counters.items()
    ]


def holds_words(scan: PointScan, name: str) -> bool:
    """Whether the file has words where the label field `name` has numbers."""
    return Field(name, WORDS) in scan.fields


def value_names(scan: PointScan, name: str) -> dict[int, str]:
    """Return value -> what the source calls it.

    A reader that knows puts a JSON object into the detail "names of <field>".
    """
    try:
        found = json.loads(scan.details.get(f"names of {name}", "{}"))
        return {int(value): str(text) for value, text in found.items()}
    except (ValueError, AttributeError):
        return {}


def merged(parts: Iterable[FieldCounts]) -> dict[str, FieldCounts]:
    """Return field -> the counts of several scans together.

    Words are numbered anew, in the order in which they come; behind the numbers, where some scans
    have numbers in a field of this name.
    """
    found: dict[str, FieldCounts] = {}
    words: dict[str, list[FieldCounts]] = {}
    for part in parts:
        if part.words:
            words.setdefault(part.name, []).append(part)
            found.setdefault(part.name, part)
        elif part.name not in found or found[part.name].words:
            found[part.name] = part
        else:
            found[part.name] = _sum(found[part.name], part)
    for name, some in words.items():
        numbers = found[name]
        found[name] = _numbered(some, first=0)
        if not numbers.words:
            first = max(_FIRST_WORD, max(numbers.counts or {0: 0}) + 1)
            found[name] = replace(_sum(numbers, _numbered(some, first)), words=False)
    return found


def _numbered(parts: Sequence[FieldCounts], first: int) -> FieldCounts:
    """The counts of words in several scans, numbered from `first` on."""
    numbers: dict[str, int] = {}
    renumbered = []
    for part in parts:
        new = {
            value: numbers.setdefault(word, first + len(numbers))
            for value, word in sorted(part.names.items())
        }
        counts: Counter[int] = Counter()
        for value, points in (part.counts or {}).items():
            counts[new.get(value, value)] += points
        names = {new[value]: word for value, word in part.names.items()}
        renumbered.append(
            replace(part, counts=dict(sorted(counts.items())), low_counts=None, names=names)
        )
    return reduce(_sum, renumbered)


def _sum(one: FieldCounts, other: FieldCounts) -> FieldCounts:
    def added(a: Mapping[int, int] | None, b: Mapping[int, int] | None) -> Mapping[int, int] | None:
        if a is None or b is None:
            return None
        both = dict(sorted((Counter(a) + Counter(b)).items()))
        return both if len(both) <= MAX_VALUES else None

    low_counts = None
    if one.low_counts is not None or other.low_counts is not None:
        # What stays below 16 bits has the same low bits as values.
        low_counts = added(one.low_counts or one.counts, other.low_counts or other.counts)
    same = one.source_format == other.source_format
    return FieldCounts(
        one.name,
        one.points + other.points,
        min(one.low, other.low),
        added(one.counts, other.counts),
        low_counts,
        {**other.names, **one.names},
        one.source_format if same else "several",
        words=one.words and other.words,
    )


class _Counter:
    """Counts values and their low 16 bits until they are too many."""

    def __init__(self) -> None:
        self._counts: Counter[int] | None = Counter()
        self._low_counts = np.zeros(LOW_BITS + 1, np.int64)
        self._points = 0
        self._low, self._high = LARGEST, -LARGEST

    def add(self, values: NDArray[np.integer[Any]]) -> None:
        if len(values) == 0:
            return
        self._points += len(values)
        low, high = int(values.min()), int(values.max())
        self._low, self._high = min(self._low, low), max(self._high, high)
        if low >= 0:
            # As int64 first: the low bits do not fit a narrower type.
            bits = values.astype(np.int64) & LOW_BITS
            self._low_counts += np.bincount(bits, minlength=LOW_BITS + 1)
        if self._counts is None:
            return
        if max(abs(low), abs(high)) > LARGEST:
            self._counts = None
            return
        if high - low < BLOCK_ROWS:
            numbers = np.bincount(values.astype(np.int64) - low)
            found = np.flatnonzero(numbers)
            pairs = zip((found + low).tolist(), numbers[found].tolist(), strict=True)
        else:
            different, numbers = np.unique(values, return_counts=True)
            pairs = zip(different.tolist(), numbers.tolist(), strict=True)
        for value, number in pairs:
            self._counts[value] += number
        if len(self._counts) > MAX_VALUES:
            self._counts = None

    def result(self, name: str, names: Mapping[int, str], source_format: str) -> FieldCounts:
        low_counts = None
        if self._points and self._low >= 0 and self._high > LOW_BITS:
            found = np.flatnonzero(self._low_counts)
            if len(found) <= MAX_VALUES:
                low_counts = {int(v): int(self._low_counts[v]) for v in found}
        counts = None if self._counts is None else dict(sorted(self._counts.items()))
        low = self._low if self._points else 0
        return FieldCounts(name, self._points, low, counts, low_counts, names, source_format)
