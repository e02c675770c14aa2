# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""PLY: ASCII and both byte orders, any scalar types, list properties skipped.

The file must be exactly as long as its header says: one record too few, a byte too many, a line
with a value missing, and the file is refused. Elements other than `vertex` are checked the same
way, except that their lines may be longer than promised: MeshLab writes ASCII faces like that.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.arrays import AnyArray, IndexArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers import ply_records
from fewpoints.annotations.scans.readers.fields import (
    ColumnStore,
    build_scan,
    find_roles,
    parts_of,
)
from fewpoints.annotations.scans.readers.ply_header import Element, PlyHeader, read_header
from fewpoints.annotations.scans.readers.splats import (
    COLOUR_FIELDS,
    OPACITY_FIELD,
    is_splat,
    splat_colours,
    splat_note,
)
from fewpoints.annotations.scans.readers.text import TextBlock, TextRows, check_range
from fewpoints.annotations.scans.scan import Field, PointScan

# What the processor's cache holds: the records are gone over once per field.
BLOCK_ROWS = 1 << 15


def read_ply(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the points of a PLY file; `name` is what messages call it.

    Raises UnreadableScan naming the line (header, ASCII) or byte (binary).
    """
    with path.open("rb") as file:
        header = read_header(file, name)
        vertex = header.vertex(name)
        scalars = {p.name: p.type for p in vertex.properties if p.count_type is None}
        roles = find_roles(name, list(scalars))
        room = path.stat().st_size - header.size
        _check_room(header, room, name)
        splat = is_splat(list(scalars))
        if splat:  # Its normals are zeros that nobody fills.
            roles = replace(roles, colour=roles.colour or COLOUR_FIELDS, normal=None)
        store = ColumnStore(roles, scalars, vertex.count, others=[OPACITY_FIELD] if splat else [])
        if header.order == "":
            _read_ascii(file, header, store, name, progress)
        else:
            _read_binary(file, header, store, name, progress)
    details = {"encoding": header.format}
    if header.comments:
        details["comments"] = "; ".join(header.comments)[:500]
    others = [f"{e.count:,} {e.name}" for e in header.elements if e is not vertex and e.count]
    if others:
        details["skipped elements"] = ", ".join(others)
    parts, notes = parts_of(store), []
    if splat:
        notes = [splat_note(store.columns[OPACITY_FIELD])]
        if roles.colour == COLOUR_FIELDS and parts.colours is not None:
            parts.colours = splat_colours(parts.colours)
    return build_scan(
        name,
        parts,
        fields=[Field(p.name, p.spelled) for p in vertex.properties],
        source_format="ply",
        details=details,
        notes=notes,
    )


def _check_room(header: PlyHeader, room: int, name: str) -> None:
    """Refuse counts that the file cannot hold before anything is allocated for them."""
    least = 0
    for element in header.elements:
        # In ASCII a value takes a digit and a blank or line end; the last one may lack it.
        size = 2 * len(element.properties) if header.order == "" else element.least_bytes
        least += element.count * size
        if least > room + (header.order == ""):
            raise UnreadableScan(
                name,
                f"the header promises {element.count:,} {element.name} records, but only {room:,} "
                f"bytes of data follow it: the file is truncated or its count is wrong.",
                where=f"byte {header.size + room:,}",
            )


def _read_binary(
    file: BinaryIO, header: PlyHeader, store: ColumnStore, name: str, progress: Progress
) -> None:
    for element in header.elements:
        wanted = element.name == "vertex"
        if element.has_lists:
            ply_records.read_list_element(
                file, element, header.order, store if wanted else None, name
            )
        elif wanted:
            _read_fixed(file, element, header.order, store, name, progress)
        else:
            _skip_fixed(file, element, name)
    end = file.tell()
    rest = file.read(4096)
    # A line end behind the last record is what text-minded writers leave; anything else is data.
    if rest.strip(b"\r\n") or len(rest) > 2:
        size = file.seek(0, 2)
        raise UnreadableScan(
            name,
            f"{size - end:,} bytes follow the last record of the header: its counts are wrong.",
            where=f"byte {end:,}",
        )


def _read_fixed(
    file: BinaryIO, element: Element, order: str, store: ColumnStore, name: str, progress: Progress
) -> None:
    record: np.dtype[Any] = np.dtype(
        [(p.name, p.type.newbyteorder("<" if order == "<" else ">")) for p in element.properties]
    )
    for start in range(0, element.count, BLOCK_ROWS):
        count = min(BLOCK_ROWS, element.count - start)
        data = file.read(count * record.itemsize)
        if len(data) < count * record.itemsize:
            raise truncated(name, element, start + len(data) // record.itemsize, file.tell())
        store.put(start, np.frombuffer(data, record))
        progress((start + count) / element.count, "Reading points")


def _skip_fixed(file: BinaryIO, element: Element, name: str) -> None:
    start = file.tell()
    size = file.seek(0, 2)
    end = start + element.count * element.least_bytes
    if end > size:
        raise truncated(name, element, (size - start) // element.least_bytes, size)
    file.seek(end)


def truncated(name: str, element: Element, found: int, at: int) -> UnreadableScan:
    """The error for a file that ends inside `element`."""
    return UnreadableScan(
        name,
        f"the file ends after {found:,} of {element.count:,} {element.name} records: "
        f"it is truncated or its count is wrong.",
        where=f"byte {at:,}",
    )


def _read_ascii(
    file: BinaryIO, header: PlyHeader, store: ColumnStore, name: str, progress: Progress
) -> None:
    rows = TextRows(file, name, first_line=header.lines + 1, carriage=header.carriage)
    for element in header.elements:
        done = 0
        if not element.properties:
            continue
        for block in rows.take(element.count):
            columns = _split_lines(block, element, name)
            if element.name == "vertex":
                for item in element.properties:
                    if item.name in store.columns:
                        check_range(
                            block, columns[item.name], item.type, field=item.name, name=name
                        )
                store.put(done, columns)
                progress((done + len(block.lines)) / element.count, "Reading points")
            done += len(block.lines)
        if done < element.count:
            raise UnreadableScan(
                name,
                f"the file ends after {done:,} of {element.count:,} {element.name} lines: "
                f"it is truncated or its count is wrong.",
                where=f"line {rows.line}",
            )
    extra = rows.next_filled_line()
    if extra is not None:
        raise UnreadableScan(
            name,
            "more lines follow than the header promises: its counts are wrong.",
            where=f"line {extra}",
        )


def _split_lines(block: TextBlock, element: Element, name: str) -> dict[str, AnyArray]:
    """Return the scalar columns of a block; every line must have exactly its values."""
    if not element.has_lists:
        _check_lengths(block, np.full(len(block.lines), len(element.properties)), element, name)
        if element.name != "vertex":
            return {}
        table = block.table
        return {p.name: table[:, i] for i, p in enumerate(element.properties)}
    ends = np.cumsum(block.tokens)
    starts = ends - block.tokens
    at = starts.copy()
    columns: dict[str, AnyArray] = {}
    for item in element.properties:
        # A line that is too short reads on in the next one (never past the block); refused below.
        value = block.values[np.minimum(at, len(block.values) - 1)]
        at += 1
        if item.count_type is None:
            columns[item.name] = value
            continue
        wrong = np.flatnonzero(~((value >= 0) & (value <= 1e9)) | (value != np.rint(value)))
        if len(wrong):
            _refuse_count(block, int(wrong[0]), float(value[wrong[0]]), item.name, name)
        at += value.astype(np.int64)
    _check_lengths(block, at - starts, element, name)
    return columns


def _refuse_count(block: TextBlock, row: int, value: float, prop: str, name: str) -> None:
    raise UnreadableScan(
        name, f'the list "{prop}" cannot have {value:g} items.', where=f"line {block.lines[row]}"
    )


def _check_lengths(block: TextBlock, expected: IndexArray, element: Element, name: str) -> None:
    exact = element.name == "vertex"
    wrong = np.flatnonzero(block.tokens != expected if exact else block.tokens < expected)
    if len(wrong) == 0:
        return
    row = int(wrong[0])
    raise UnreadableScan(
        name,
        f"{block.tokens[row]} values where the header promises {expected[row]} "
        f"for a record of {element.name}.",
        where=f"line {block.lines[row]}",
    )
