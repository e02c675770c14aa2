# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""LAS, LAZ and COPC through laspy and lazrs, after a check of the header of our own.

`classification` becomes a label field, and so does every extra dimension with a label-like name
and whole numbers. Colours of 16 bits, and of 8 bits stored in 16, are told apart by their largest
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import laspy
import lazrs
import numpy as np

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers import las_crs
from fewpoints.annotations.scans.readers.fields import (
    ColumnStore,
    build_scan,
    find_roles,
    parts_of,
)
from fewpoints.annotations.scans.readers.las_header import LasHeader, laszip_layers, read_header
from fewpoints.annotations.scans.scan import Field, PointScan

# What the processor's cache holds: the records are gone over once per dimension.
BLOCK_POINTS = 1 << 15
# Several chunks, which are decoded side by side.
COMPRESSED_BLOCK_POINTS = 1 << 19


def read_las(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read a LAS, LAZ or COPC file; `name` is what messages call it.

    Raises UnreadableScan naming the byte or the point.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = read_header(file, size, name)
        details = las_crs.describe(file, header.records)
    kind = "copc" if header.is_copc else "laz" if header.compressed else "las"
    details |= {"version": header.version, "point format": str(header.point_format)}
    # What an export needs to write the same coordinates to the last bit.
    details |= {name: " ".join(map(repr, getattr(header, name))) for name in ("scale", "offset")}
    if header.compressed:
        _check_chunks(path, header, name)
    with _guarded(name, "its header"):
        reader = laspy.open(path, read_evlrs=False)
    with reader:
        dimensions = list(reader.header.point_format.dimensions)
        scalars = [d.name for d in dimensions if d.num_elements == 1 and d.name not in "XYZ"]
        roles = find_roles(name, ["X", "Y", "Z", *scalars])
        with _guarded(name, "its point format"):
            empty = laspy.ScaleAwarePointRecord.zeros(1, header=reader.header)
            types = {n: np.asarray(empty[n]).dtype for n in roles.columns()}
        store = ColumnStore(roles, types, header.points)
        most = COMPRESSED_BLOCK_POINTS if header.compressed else BLOCK_POINTS
        done = 0
        while done < header.points:
            count = min(most, header.points - done)
            with _guarded(name, f"point {done:,} or one of the {count:,} after it"):
                points = reader.read_points(count)
            if len(points) != count:
                raise UnreadableScan(
                    name,
                    f"the file ends after {done + len(points):,} of {header.points:,} points: "
                    f"it is truncated or its count is wrong.",
                )
            block: dict[str, Any] = {n: np.asarray(points[n]) for n in store.columns}
            for axis, dimension in enumerate(roles.position):
                raw = np.asarray(points[dimension], np.float64)
                with np.errstate(over="ignore", invalid="ignore"):  # A damaged scale: not finite.
                    block[dimension] = raw * header.scale[axis] + header.offset[axis]
            store.put(done, block)
            done += count
            progress(done / header.points, "Reading points")
    return build_scan(
        name,
        parts_of(store),
        fields=[Field(d.name, _spelled(d)) for d in dimensions],
        source_format=kind,
        details=details,
    )


def _spelled(dimension: Any) -> str:  # laspy has no types.
    if dimension.num_bits % 8:
        return f"{dimension.num_bits} bits"
    base = dimension.dtype
    if base is None:
        return f"{dimension.num_bits // 8} bytes"
    return str(np.dtype(base)) if dimension.num_elements == 1 else str(base)


def _check_chunks(path: Path, header: LasHeader, name: str) -> None:
    """The chunks' own counts, where they have them, must add up to the header's.

    A chunk of layered points (formats 6 to 10) states its count behind its first point, which is
    stored as it is; a table of chunks of different sizes holds their counts. Chunks of the older
    formats have neither: there the header's counts by return are the only second opinion.
    """
    record = next(r for r in header.records if r.user == "laszip encoded")
    with path.open("rb") as file:
        file.seek(record.at)
        body = file.read(record.size)
        with _guarded(name, "its table of chunks"):
            vlr = lazrs.LazVlr(body)
            file.seek(header.data_at)
            table = lazrs.read_chunk_table(file, vlr)
        if header.point_format >= 6:
            total = _layered_points(file, header, [size for _, size in table], name)
        elif vlr.uses_variable_size_chunks():
            total = sum(points for points, _ in table)
        else:
            total = max(header.points, header.points_by_return)
    if total != header.points:
        raise UnreadableScan(
            name,
            f"the header promises {header.points:,} points, but its parts hold {total:,}: "
            f"its count is wrong.",
        )


def _layered_points(file: BinaryIO, header: LasHeader, sizes: list[int], name: str) -> int:
    """Add up the counts of all chunks; their layers must fit into them.

    lazrs allocates what a layer is said to take, up to 4 GB, before it reads any of it.
    """
    total, at = 0, header.data_at + 8
    layers = laszip_layers(file, header)
    for size in sizes:
        file.seek(at + header.record_bytes)
        head = file.read(4 + 4 * layers)
        claimed = np.frombuffer(head, "<u4").astype(np.int64) if len(head) % 4 == 0 else None
        if claimed is None or header.record_bytes + len(head) + int(claimed[1:].sum()) > size:
            raise UnreadableScan(
                name, "a chunk's layers are larger than the chunk.", where=f"byte {at:,}"
            )
        total += int(claimed[0])
        at += size
    return total


@contextmanager
def _guarded(name: str, what: str) -> Iterator[None]:
    """Turn whatever laspy and lazrs raise on damaged data into one sentence.

    lazrs panics with an exception that only derives from BaseException; everything else of that
    kind (an interrupt, an exit) passes.
    """
    try:
        yield
    except AppError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableScan(name, f"{what} cannot be decoded ({_first_line(error)}).") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableScan(name, f"{what} cannot be decoded ({_first_line(error)}).") from error


def _first_line(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0]
    return ascii(text[:120])[1:-1] if text else type(error).__name__
