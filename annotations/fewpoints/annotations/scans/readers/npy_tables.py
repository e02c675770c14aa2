# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Arrays as they lie in a file or an archive, and columns of them read block by block."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.readers.npy_header import ArrayHeader, read_array_header

BLOCK_BYTES = 1 << 20
MOST_MEMBERS = 1000
# Points compress 2 to 20 times, constant labels 1000 times but are a small part of an archive.
MOST_GROWTH = 50
FREE_BYTES = 64 << 20
# What damaged or hostile archives make `zipfile` raise.
ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, struct.error, OSError,
)  # fmt: skip
# (array-wide rows, columns) that are columns first: no scan has a dozen points with 65 numbers.
MOST_COLUMNS_FIRST = 12
LEAST_POINTS = 65


@dataclass(frozen=True)
class StoredArray:
    """One array; `open` gives a stream at the first byte of its header."""

    name: str
    open: Callable[[], IO[bytes]]
    header: ArrayHeader

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of an array of structures."""
        return self.header.dtype.names or ()

    @property
    def columns_first(self) -> bool:
        """Whether a 2-D array has the points along its second axis."""
        shape = self.header.shape
        return len(shape) == 2 and shape[0] <= MOST_COLUMNS_FIRST and shape[1] >= LEAST_POINTS

    @property
    def rows(self) -> int:
        """How many points."""
        shape = self.header.shape
        return 0 if not shape else shape[1] if self.columns_first else shape[0]

    @property
    def width(self) -> int:
        """Numbers per point; 0 where the shape has no points."""
        shape = self.header.shape
        if len(shape) == 1:
            return 1
        return 0 if len(shape) != 2 else shape[0] if self.columns_first else shape[1]

    def columns(self) -> dict[str, Column]:
        """The columns with real numbers, by field; an array without fields is one of its own."""
        if not self.names:
            usable = self.header.dtype.kind in "biuf" and self.width > 0
            return {self.name: Column(self, None, self.width)} if usable else {}
        if len(self.header.shape) != 1:
            return {}
        found = {}
        for field in self.names:
            kind = self.header.dtype[field]
            if kind.base.kind in "biuf" and len(kind.shape) <= 1 and kind.itemsize:
                found[field] = Column(self, field, kind.shape[0] if kind.shape else 1)
        return found


@dataclass(frozen=True)
class Column:
    """`width` numbers per point: an array, or a field of one."""

    array: StoredArray
    field: str | None
    width: int

    @property
    def type(self) -> np.dtype[Any]:
        """Of one number."""
        kind = self.array.header.dtype
        return (kind if self.field is None else kind[self.field]).base

    @property
    def bits(self) -> int:
        """Of one number."""
        return 8 * self.type.itemsize

    @property
    def spelled(self) -> str:
        """The type for people."""
        return self.type.name if self.width == 1 else f"{self.width} × {self.type.name}"


Wanted = tuple[Column, int, AnyArray]  # Column, place in it, and (N,) where it goes.


def fill(wanted: Sequence[Wanted], name: str, progress: Progress) -> None:
    """Read each array once and put its wanted columns where they go."""
    by_array: dict[int, list[Wanted]] = {}
    for want in wanted:
        by_array.setdefault(id(want[0].array), []).append(want)
    for done, wants in enumerate(by_array.values()):
        array = wants[0][0].array
        try:
            with array.open() as stream:
                _skip(stream, array.header.size)
                if array.names or _row_wise(array):
                    _fill_rows(stream, array, wants)
                else:
                    _fill_columns(stream, array, wants)
                if stream.read(1):  # For an archive, this also checks the sum of the member.
                    raise EOFError
        except ZIP_ERRORS as error:
            raise UnreadableScan(
                name, "the array is damaged: its data cannot be read.", where=array.name
            ) from error
        progress((done + 1) / len(by_array), "Reading points")


def _row_wise(array: StoredArray) -> bool:
    """Whether the numbers of one point lie next to each other."""
    return array.width == 1 or array.header.fortran == array.columns_first


def _fill_rows(stream: IO[bytes], array: StoredArray, wants: Sequence[Wanted]) -> None:
    kind = array.header.dtype
    size = kind.itemsize * (1 if array.names else array.width)
    step = max(1, BLOCK_BYTES // size)
    for start in range(0, array.rows, step):
        stop = min(array.rows, start + step)
        block = np.frombuffer(_exactly(stream, (stop - start) * size), kind)
        if not array.names:
            block = block.reshape(stop - start, array.width)
        with np.errstate(over="ignore", invalid="ignore"):
            for column, index, target in wants:
                values = block if column.field is None else block[column.field]
                target[start:stop] = values[:, index] if values.ndim == 2 else values


def _fill_columns(stream: IO[bytes], array: StoredArray, wants: Sequence[Wanted]) -> None:
    kind = array.header.dtype
    step = max(1, BLOCK_BYTES // kind.itemsize)
    for place in range(array.width):
        targets = [target for _, index, target in wants if index == place]
        for start in range(0, array.rows, step):
            stop = min(array.rows, start + step)
            values = np.frombuffer(_exactly(stream, (stop - start) * kind.itemsize), kind)
            with np.errstate(over="ignore", invalid="ignore"):
                for target in targets:
                    target[start:stop] = values


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _skip(stream: IO[bytes], size: int) -> None:
    _exactly(stream, size)


def starts_like_npz(head: bytes) -> bool:
    """Whether a file that begins with `head` is a ZIP archive whose first file is an array."""
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length]
    return head[:4] == b"PK\x03\x04" and first.endswith(b".npy") and b"/" not in first


@contextmanager
def members(path: Path, name: str) -> Iterator[list[StoredArray]]:
    """Yield the arrays of an archive whose headers make sense; the others stay closed.

    Raises:
        UnreadableScan: the archive is damaged, encrypted, has a name twice, or would grow to far
            more than it is on disk.
    """
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS as error:
        raise UnreadableScan(
            name, "the archive is damaged: it has no readable list of its files."
        ) from error
    with archive:
        entries = archive.infolist()
        if len(entries) > MOST_MEMBERS:
            raise UnreadableScan(name, f"{len(entries):,} arrays in one archive are too many.")
        grown = sum(entry.file_size for entry in entries)
        size = path.stat().st_size
        if grown > MOST_GROWTH * size + FREE_BYTES:
            raise UnreadableScan(
                name,
                f"its {size:,} bytes would unpack to {grown:,}; no scan compresses like that.",
            )
        arrays: list[StoredArray] = []
        seen: set[str] = set()
        for entry in entries:
            # Only the last part of a name is used, and nothing is ever unpacked to disk.
            label = PurePosixPath(entry.filename.replace("\\", "/")).name
            if not label.endswith(".npy"):
                continue
            label = label.removesuffix(".npy")
            if label in seen:
                raise UnreadableScan(name, f'two arrays are called "{ascii(label)[1:61]}".')
            seen.add(label)
            arrays += _member(archive, entry, label, name)
        if not arrays:
            raise UnreadableScan(name, "the archive holds no array of numbers.")
        yield arrays


def _member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str, name: str
) -> list[StoredArray]:
    part = f"array {ascii(label)[1:-1][:60]}"
    if entry.flag_bits & 1:
        raise UnreadableScan(name, "the archive is encrypted; save it without.", where=part)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableScan(
            name, "it is compressed in a way that NumPy does not use; save it again.", where=part
        )
    try:
        with archive.open(entry) as stream:
            header = read_array_header(stream, entry.file_size, name=name, part=part)
    except ZIP_ERRORS as error:
        raise UnreadableScan(name, "the archive is damaged here.", where=part) from error
    return [StoredArray(label, lambda: archive.open(entry), header)]
