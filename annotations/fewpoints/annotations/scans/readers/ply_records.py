# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Binary PLY records with list properties: records differ in length, so each must be walked.

Real files have long runs of records with the same list lengths (all triangles). A run is found by
comparing one column; only where runs are short are records walked one by one.
"""

from __future__ import annotations

import mmap
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.arrays import AnyArray, IndexArray, UInt8Array
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.fields import ColumnStore
from fewpoints.annotations.scans.readers.ply_header import Element, Property

RUN_ROWS = 1 << 18
SHORT_RUN = 32
WALK_ROWS = 4096


def read_list_element(
    file: BinaryIO, element: Element, order: str, store: ColumnStore | None, name: str
) -> None:
    """Walk all records of `element` from the file's position; leave the file behind them.

    With a `store` its columns are kept. Raises UnreadableScan if the file ends before the element.
    """
    start = file.tell()
    if element.count == 0:
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        walker = _Walker(memory, element, order, name, start)
        try:
            file.seek(walker.walk(store))
        finally:
            walker.release()


class _Walker:
    """Where each record of one element begins, and where in it each scalar is."""

    def __init__(
        self, memory: mmap.mmap, element: Element, order: str, name: str, start: int
    ) -> None:
        self._memory = memory
        self._data: UInt8Array = np.frombuffer(memory, np.uint8)
        self._element = element
        self._order = order
        self._name = name
        self._at = start

    def release(self) -> None:
        """Let go of the file, so that its map can be closed."""
        del self._data

    def walk(self, store: ColumnStore | None) -> int:
        """Go over all records; return the byte behind the last one."""
        done = 0
        while done < self._element.count:
            offsets = self._run(done)
            done = self._keep(offsets, done, store)
            if offsets.shape[1] < SHORT_RUN and done < self._element.count:
                done = self._keep(self._one_by_one(done), done, store)
        return self._at

    def _keep(self, offsets: IndexArray, done: int, store: ColumnStore | None) -> int:
        if store is not None:
            wanted = {*store.roles.position, *store.columns}
            columns = {
                item.name: self._read(offsets[i], item.type)
                for i, item in enumerate(self._element.properties)
                if item.count_type is None and item.name in wanted
            }
            store.put(done, columns)
        return done + int(offsets.shape[1])

    def _run(self, done: int) -> IndexArray:
        """(P, n >= 1) byte of each property in the next records while all lists keep length."""
        relative: list[int] = []
        lists: list[tuple[int, Property, int]] = []  # (offset in the record, property, items)
        size = 0
        for item in self._element.properties:
            relative.append(size)
            if item.count_type is not None:
                items = self._items(self._at + size, item, done)
                lists.append((size, item, items))
                size += item.count_type.itemsize + items * item.type.itemsize
            else:
                size += item.type.itemsize
            if self._at + size > len(self._data):
                raise self._truncated(done)
        room = (len(self._data) - self._at) // size
        count = min(self._element.count - done, RUN_ROWS, room)
        starts = self._at + size * np.arange(count, dtype=np.int64)
        for offset, item, items in lists:
            assert item.count_type is not None
            differs = np.flatnonzero(self._read(starts + offset, item.count_type) != items)
            if len(differs):
                starts = starts[: differs[0]]
        self._at += size * len(starts)
        return np.array(relative, np.int64)[:, None] + starts

    def _one_by_one(self, done: int) -> IndexArray:
        """(P, n) the same for up to `WALK_ROWS` records of any lengths."""
        count = min(WALK_ROWS, self._element.count - done)
        offsets = np.empty((count, len(self._element.properties)), np.int64)
        at, end = self._at, len(self._data)
        for row in range(count):
            for column, item in enumerate(self._element.properties):
                offsets[row, column] = at
                if item.count_type is None:
                    at += item.type.itemsize
                else:
                    at += (
                        item.count_type.itemsize
                        + self._items(at, item, done + row) * item.type.itemsize
                    )
            if at > end:
                self._at = int(offsets[row, 0])
                raise self._truncated(done + row)
        self._at = at
        return offsets.T

    def _items(self, at: int, item: Property, done: int) -> int:
        """How many items the list at byte `at` has."""
        assert item.count_type is not None
        raw = self._memory[at : at + item.count_type.itemsize]
        if len(raw) < item.count_type.itemsize:
            raise self._truncated(done)
        items = int.from_bytes(
            raw, "little" if self._order == "<" else "big", signed=item.count_type.kind == "i"
        )
        if items < 0:
            raise UnreadableScan(
                self._name, f'the list "{item.name}" has {items} items.', where=f"byte {at:,}"
            )
        return items

    def _read(self, offsets: IndexArray, kind: np.dtype[Any]) -> AnyArray:
        """(n,) the values of type `kind` at the byte `offsets`."""
        raw = self._data[offsets[:, None] + np.arange(kind.itemsize)]
        ordered: np.dtype[Any] = kind.newbyteorder("<" if self._order == "<" else ">")
        values: AnyArray = raw.view(ordered)[:, 0]
        return values

    def _truncated(self, done: int) -> UnreadableScan:
        return UnreadableScan(
            self._name,
            f"the file ends after {done:,} of {self._element.count:,} {self._element.name} "
            f"records: it is truncated or its count is wrong.",
            where=f"byte {len(self._data):,}",
        )
