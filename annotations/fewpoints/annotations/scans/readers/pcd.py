# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""PCD of the Point Cloud Library: ascii, binary and binary_compressed; field names in any case.

The data must be exactly as long as the header says; zeros behind them are let pass, because old
versions of the library filled files up to a whole memory page. VIEWPOINT is reported, not applied.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import (
    ColumnStore,
    build_scan,
    find_roles,
    parts_of,
    unpack_rgb,
)
from fewpoints.annotations.scans.readers.lzf import MOST_GROWTH, BadLzf, decompress
from fewpoints.annotations.scans.readers.pcd_header import PcdField, PcdHeader, read_header
from fewpoints.annotations.scans.readers.text import TextRows, check_range
from fewpoints.annotations.scans.scan import Field, PointScan

# What the processor's cache holds: the records are gone over once per field.
BLOCK_ROWS = 1 << 15
PAGE = 4096


def read_pcd(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read a PCD file; `name` is what messages call it.

    Raises UnreadableScan naming the line (header, ascii) or byte (binary).
    """
    with path.open("rb") as file:
        header = read_header(file, name)
        usable = {f.name: f for f in header.fields if f.count == 1 and f.name != "_"}
        roles = find_roles(name, list(usable), packed=True)
        room = path.stat().st_size - header.size
        if header.points == 0:
            raise UnreadableScan(name, "the file is well formed but holds no points.")
        if header.encoding == "binary_compressed":
            stream = _checked_stream(file, header, room, name)
        else:
            least = 2 * header.values if header.encoding == "ascii" else header.record_bytes
            if header.points * least > room + (header.encoding == "ascii"):
                raise UnreadableScan(
                    name,
                    f"the header promises {header.points:,} points, but only {room:,} bytes of "
                    f"data follow it: the file is truncated or its count is wrong.",
                    where=f"byte {header.size + room:,}",
                )
        types: dict[str, np.dtype[Any]] = {n: f.type for n, f in usable.items()}
        packed = roles.packed_colour
        if header.encoding == "ascii" and packed is not None and types[packed].kind == "f":
            # It may be the number itself, which float32 would round.
            types[packed] = np.dtype(np.float64)
        store = ColumnStore(roles, types, header.points)
        if header.encoding == "ascii":
            _read_ascii(file, header, store, name, progress)
        elif header.encoding == "binary":
            _read_binary(file, header, store, name, progress)
        else:
            _read_compressed(stream, header, store, name, progress)
    parts = parts_of(store)
    if packed is not None:
        parts.colours = unpack_rgb(store.columns[packed])
    details = {"encoding": header.encoding, "version": header.version}
    if header.viewpoint:
        details["viewpoint"] = header.viewpoint
    if header.width > 1 and header.height > 1:
        details["organised"] = f"{header.width} x {header.height}"
    return build_scan(
        name,
        parts,
        fields=[Field(f.name, f.spelled) for f in header.fields if f.name != "_"],
        source_format="pcd",
        details=details,
    )


def _used(header: PcdHeader, store: ColumnStore) -> list[PcdField]:
    wanted = {*store.roles.position, *store.columns}
    return [f for f in header.fields if f.name in wanted]


def _read_binary(
    file: BinaryIO, header: PcdHeader, store: ColumnStore, name: str, progress: Progress
) -> None:
    used = _used(header, store)
    record: np.dtype[Any] = np.dtype(
        {
            "names": [f.name for f in used],
            "formats": [f.type for f in used],
            "offsets": [f.offset for f in used],
            "itemsize": header.record_bytes,
        }
    )
    for start in range(0, header.points, BLOCK_ROWS):
        count = min(BLOCK_ROWS, header.points - start)
        data = file.read(count * record.itemsize)
        if len(data) < count * record.itemsize:
            raise UnreadableScan(
                name,
                f"the file ends after {start + len(data) // record.itemsize:,} of "
                f"{header.points:,} points: it is truncated or its count is wrong.",
                where=f"byte {file.tell():,}",
            )
        store.put(start, np.frombuffer(data, record))
        progress((start + count) / header.points, "Reading points")
    _check_end(file, name)


def _check_end(file: BinaryIO, name: str) -> None:
    """Nothing but padding may follow the data."""
    at = file.tell()
    rest = file.read(PAGE + 1)
    if len(rest) > PAGE or rest.strip(b"\0\r\n"):
        size = file.seek(0, 2)
        raise UnreadableScan(
            name,
            f"{size - at:,} bytes follow the last point of the header: its counts are wrong.",
            where=f"byte {at:,}",
        )


def _checked_stream(file: BinaryIO, header: PcdHeader, room: int, name: str) -> bytes:
    """Return the compressed bytes after checking both sizes against the file and the header."""
    start = header.size
    if room < 8:
        raise UnreadableScan(name, "the file ends before its data.", where=f"byte {start + room:,}")
    packed, size = struct.unpack("<II", file.read(8))
    if size != header.points * header.record_bytes:
        raise UnreadableScan(
            name,
            f"the data are said to unpack to {size:,} bytes, but {header.points:,} points take "
            f"{header.points * header.record_bytes:,}.",
            where=f"byte {start + 4:,}",
        )
    if packed > room - 8:
        raise UnreadableScan(
            name,
            f"{packed:,} bytes of compressed data are promised, but only {room - 8:,} follow: "
            f"the file is truncated.",
            where=f"byte {start + room:,}",
        )
    if size > packed * MOST_GROWTH:
        raise UnreadableScan(
            name,
            f"{packed:,} compressed bytes cannot unpack to {size:,}.",
            where=f"byte {start:,}",
        )
    data = file.read(packed)
    _check_end(file, name)
    return data


def _read_compressed(
    stream: bytes, header: PcdHeader, store: ColumnStore, name: str, progress: Progress
) -> None:
    progress(0.05, "Unpacking points")
    try:
        data = decompress(stream, header.points * header.record_bytes)
    except BadLzf as error:
        raise UnreadableScan(
            name, f"{error.problem}.", where=f"byte {header.size + 8 + error.at:,}"
        ) from error
    # Unlike in the plain encoding, all values of one field lie together.
    columns = {
        f.name: np.frombuffer(data, f.type, header.points, f.offset * header.points)
        for f in _used(header, store)
    }
    for start in range(0, header.points, BLOCK_ROWS):
        block = {n: values[start : start + BLOCK_ROWS] for n, values in columns.items()}
        store.put(start, block)
    progress(1.0, "Reading points")


def _read_ascii(
    file: BinaryIO, header: PcdHeader, store: ColumnStore, name: str, progress: Progress
) -> None:
    rows = TextRows(file, name, first_line=header.lines + 1)
    used = _used(header, store)
    done = 0
    for block in rows.take(header.points):
        wrong = np.flatnonzero(block.tokens != header.values)
        if len(wrong):
            row = int(wrong[0])
            raise UnreadableScan(
                name,
                f"{block.tokens[row]} values where the header promises {header.values} per point.",
                where=f"line {block.lines[row]}",
            )
        table = block.table
        columns = {f.name: table[:, f.column] for f in used}
        for f in used:
            if f.name in store.columns:
                check_range(block, columns[f.name], f.type, field=f.name, name=name)
        store.put(done, columns)
        done += len(block.lines)
        progress(done / header.points, "Reading points")
    if done < header.points:
        raise UnreadableScan(
            name,
            f"the file ends after {done:,} of {header.points:,} points: "
            f"it is truncated or its count is wrong.",
            where=f"line {rows.line}",
        )
    extra = rows.next_filled_line()
    if extra is not None:
        raise UnreadableScan(
            name, "more lines follow than the header has points.", where=f"line {extra}"
        )
