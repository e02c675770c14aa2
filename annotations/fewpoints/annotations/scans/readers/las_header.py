# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The public header of LAS and LAZ files, checked against the file before any library sees it.

Libraries trust this header: one that claims a billion records keeps them busy for hours, and an
inflated point count is read as far as the bytes go. So every count and offset is held against the
file's size here.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat

# Smallest record of point formats 0-10.
_RECORD_BYTES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
_VERSIONS = {0: 227, 1: 227, 2: 227, 3: 235, 4: 375, 5: 393}  # minor version: header bytes
# A LAZ point takes at least about a bit; a claim beyond that is not worth allocating for.
_MOST_POINTS_PER_BYTE = 100
# Records behind the points that are looked at for the coordinate system.
_MOST_EXTENDED = 100


@dataclass(frozen=True)
class Record:
    """A variable length record: whose it is, its number, where its content is and how long.

    Of those behind the points only the coordinate system's are kept.
    """

    user: str
    number: int
    at: int
    size: int


@dataclass(frozen=True)
class LasHeader:
    """What the reader needs to know; all of it fits the file's size."""

    version: str
    point_format: int
    record_bytes: int
    compressed: bool
    points: int
    points_by_return: int  # The sum of the counts by return; often 0.
    data_at: int
    scale: tuple[float, float, float]
    offset: tuple[float, float, float]
    records: list[Record] = field(default_factory=list)

    @property
    def is_copc(self) -> bool:
        """Whether this LAZ file is a cloud optimised one."""
        return bool(self.records) and (self.records[0].user, self.records[0].number) == ("copc", 1)


def starts_like_las(head: bytes) -> bool:
    """Whether the first bytes of a file are those of LAS or LAZ."""
    return head[:4] == b"LASF"


def read_header(file: BinaryIO, size: int, name: str) -> LasHeader:
    """Parse and check the header of a file of `size` bytes.

    Raises UnreadableScan naming the byte, UnsupportedFormat for dialects no library here reads.
    """
    file.seek(0)
    head = file.read(393)
    if len(head) < 227:
        raise UnreadableScan(
            name, f"the file has {size} bytes; a LAS header alone has 227.", where="header"
        )

    def number(kind: str, at: int) -> int:
        return int(struct.unpack_from("<" + kind, head, at)[0])

    def refuse(problem: str, at: int) -> UnreadableScan:
        return UnreadableScan(name, problem, where=f"byte {at}")

    major, minor = head[24], head[25]
    if major != 1 or minor not in _VERSIONS:
        raise UnsupportedFormat(f"{name}: LAS version {major}.{minor}; 1.0 to 1.5 can be read.")
    header_size, data_at = number("H", 94), number("I", 96)
    if header_size < _VERSIONS[minor] or header_size > size:
        raise refuse(
            f"the header is said to have {header_size} bytes; version 1.{minor} has "
            f"{_VERSIONS[minor]}.",
            94,
        )
    if len(head) < _VERSIONS[minor]:
        raise refuse("the file ends inside the header.", size)
    if data_at < header_size or data_at > size:
        raise refuse(
            f"the points are said to begin at byte {data_at:,}, outside the {size:,} bytes "
            f"of the file: it is truncated or damaged.",
            96,
        )
    point_format = head[104] & 0x3F
    compressed = bool(head[104] & 0x80)
    if point_format >= len(_RECORD_BYTES):
        raise refuse(f"point format {point_format} is unknown; 0 to 10 exist.", 104)
    record_bytes = number("H", 105)
    if record_bytes < _RECORD_BYTES[point_format]:
        raise refuse(
            f"points are said to take {record_bytes} bytes; format {point_format} takes "
            f"{_RECORD_BYTES[point_format]} at least.",
            105,
        )
    scale = struct.unpack_from("<3d", head, 131)
    offset = struct.unpack_from("<3d", head, 155)
    if not all(math.isfinite(v) and abs(v) > 1e-30 for v in scale):
        raise refuse(f"the scale {_three(scale)} cannot turn numbers into coordinates.", 131)
    if not all(math.isfinite(v) for v in offset):
        raise refuse(f"the offset {_three(offset)} is not finite.", 155)
    points, count_at = number("I", 107), 107
    by_return = sum(struct.unpack_from("<5I", head, 111))
    later = [at for at in (number("Q", 227) if minor >= 3 else 0,) if at]
    behind: list[Record] = []
    if minor >= 4:
        points_64, legacy = number("Q", 247), points
        if legacy and points_64 and legacy != points_64:
            raise refuse(
                f"two different point counts, {legacy:,} and {points_64:,} (byte 247).", 107
            )
        points, count_at = (points_64, 247) if points_64 else (legacy, 107)
        by_return = max(by_return, sum(struct.unpack_from("<15Q", head, 255)))
        extended_at, extended = number("Q", 235), number("I", 243)
        if extended:
            behind = _extended(file, extended_at, extended, size, data_at, name)
            later.append(extended_at)
    if points == 0:
        raise UnreadableScan(name, "the file is well formed but holds no points.")
    records = _records(file, header_size, number("I", 100), data_at, name)
    header = LasHeader(
        version=f"1.{minor}",
        point_format=point_format,
        record_bytes=record_bytes,
        compressed=compressed,
        points=points,
        points_by_return=by_return,
        data_at=data_at,
        scale=(scale[0], scale[1], scale[2]),
        offset=(offset[0], offset[1], offset[2]),
        records=[*records, *behind],
    )
    if compressed:
        _check_compressed(file, header, size, count_at, name)
        return header
    end = data_at + points * record_bytes
    if end > size:
        raise UnreadableScan(
            name,
            f"the header promises {points:,} points of {record_bytes} bytes, but only "
            f"{size - data_at:,} bytes of data follow it: the file is truncated or its count is "
            f"wrong.",
            where=f"byte {count_at}",
        )
    if size > end and not any(end <= at <= size for at in later):
        raise UnreadableScan(
            name,
            f"{size - end:,} bytes follow the {points:,} points of the header: its count is wrong.",
            where=f"byte {end:,}",
        )
    return header


def _records(file: BinaryIO, at: int, count: int, end: int, name: str) -> list[Record]:
    """Walk the variable length records between the header and the points."""
    if count > (end - at) // 54:
        raise UnreadableScan(
            name,
            f"{count:,} variable length records are promised, but there is room for at most "
            f"{max(0, end - at) // 54:,} before the points.",
            where="byte 100",
        )
    records: list[Record] = []
    for k in range(count):
        file.seek(at)
        head = file.read(54)
        content = at + 54
        size = struct.unpack_from("<H", head, 20)[0] if len(head) == 54 else 0
        if len(head) < 54 or content + size > end:
            raise UnreadableScan(
                name,
                f"variable length record {k + 1} of {count:,} runs into the points (byte {end:,}).",
                where=f"byte {at:,}",
            )
        records.append(_record(head, content, size))
        at = content + size
    return records


def _record(head: bytes, at: int, size: int) -> Record:
    """What the beginning of a record of either kind says; its content is at byte `at`."""
    user = head[2:18].split(b"\0")[0].decode("latin-1")
    return Record(user, struct.unpack_from("<H", head, 18)[0], at, size)


def _extended(
    file: BinaryIO, at: int, count: int, size: int, data_at: int, name: str
) -> list[Record]:
    """Walk the extended records behind the points, which must fit into the file."""
    records: list[Record] = []
    problem = f"{count:,} extended records from byte {at:,} on do not fit into the file"
    if at < data_at or count > (size - at) // 60:
        raise UnreadableScan(name, f"{problem}: it is truncated or damaged.", where="byte 235")
    for _ in range(count):
        file.seek(at)
        head = file.read(60)
        length = struct.unpack_from("<Q", head, 20)[0] if len(head) == 60 else size
        content, at = at + 60, at + 60 + length
        if at > size:
            raise UnreadableScan(name, f"{problem}: it is truncated or damaged.", where="byte 235")
        record = _record(head, content, length)
        if record.user == "LASF_Projection" and len(records) < _MOST_EXTENDED:
            records.append(record)
    return records


def _check_compressed(
    file: BinaryIO, header: LasHeader, size: int, count_at: int, name: str
) -> None:
    """Check the LASzip record and the table of chunks against the point count."""
    laszip = next(
        (r for r in header.records if (r.user, r.number) == ("laszip encoded", 22204)), None
    )
    if laszip is None or laszip.size < 34:
        raise UnreadableScan(name, "the points are compressed, but the LASzip record is missing.")
    file.seek(laszip.at)
    body = file.read(laszip.size)
    compressor, _, _, _, _, _, chunk_points, _, _, items = struct.unpack_from("<HHBBHIIqqH", body)
    if compressor not in (2, 3):
        raise UnsupportedFormat(
            f"{name}: LASzip compressor {compressor} of before 2011 is not supported; "
            f"write the file again with a current tool (las2las, pdal translate)."
        )
    if 34 + 6 * items > laszip.size:
        raise UnreadableScan(
            name,
            f"the LASzip record names {items} items but is shorter.",
            where=f"byte {laszip.at}",
        )
    versions = {struct.unpack_from("<HHH", body, 34 + 6 * i)[2] for i in range(items)}
    sizes = sum(struct.unpack_from("<HHH", body, 34 + 6 * i)[1] for i in range(items))
    if versions and max(versions) > 3:
        raise UnsupportedFormat(
            f"{name}: LASzip items of version {max(versions)} are not supported; "
            f"write the file again as LAS 1.4."
        )
    if sizes != header.record_bytes:
        raise UnreadableScan(
            name,
            f"LASzip's items have {sizes} bytes, the points {header.record_bytes}.",
            where=f"byte {laszip.at}",
        )
    if header.points > size * _MOST_POINTS_PER_BYTE:
        raise UnreadableScan(
            name,
            f"{header.points:,} points in a file of {size:,} bytes: the count is wrong.",
            where=f"byte {count_at}",
        )
    chunks = _chunk_count(file, header, size, name)
    variable = chunk_points in (0, 0xFFFFFFFF)
    if variable:
        # Every chunk begins with one point as it is; the reader adds up the chunks' own counts.
        if chunks * header.record_bytes > size or chunks > header.points:
            raise UnreadableScan(name, f"a table of {chunks:,} chunks does not fit the file.")
    elif not (chunks - 1) * chunk_points < header.points <= chunks * chunk_points:
        raise UnreadableScan(
            name,
            f"the header promises {header.points:,} points, but the file has {chunks:,} chunks of "
            f"{chunk_points:,}: its count is wrong.",
            where=f"byte {count_at}",
        )


def laszip_layers(file: BinaryIO, header: LasHeader) -> int:
    """Number of separately compressed layers of each chunk of a LAZ file of format 6 to 10."""
    laszip = next(r for r in header.records if (r.user, r.number) == ("laszip encoded", 22204))
    file.seek(laszip.at)
    body = file.read(laszip.size)
    layers = 0
    for i in range(struct.unpack_from("<H", body, 32)[0]):
        kind, size, _ = struct.unpack_from("<HHH", body, 34 + 6 * i)
        # Point, RGB, RGB and near infrared, wave packet; extra bytes have a layer each.
        layers += {10: 9, 11: 1, 12: 2, 13: 1}.get(kind, size)
    return layers


def _chunk_count(file: BinaryIO, header: LasHeader, size: int, name: str) -> int:
    """Number of chunks by LASzip's table, which the first 8 bytes of the data point to."""

    def number(kind: str, at: int) -> int:
        file.seek(at)
        length = struct.calcsize(kind)
        data = file.read(length)
        if len(data) < length:
            raise UnreadableScan(
                name, "the file ends before its compressed points do.", where=f"byte {size:,}"
            )
        return int(struct.unpack("<" + kind, data)[0])

    table_at = number("q", header.data_at)
    if table_at == -1:  # Written to a stream: the place is in the last 8 bytes.
        table_at = number("q", size - 8)
    if table_at < header.data_at + 8 or table_at + 8 > size:
        raise UnreadableScan(
            name,
            f"the table of compressed chunks should be at byte {table_at:,}, but the file has "
            f"{size:,}: it is truncated or was never finished.",
            where=f"byte {header.data_at:,}",
        )
    return number("I", table_at + 4)


def _three(values: tuple[float, ...]) -> str:
    return ", ".join(f"{v:g}" for v in values)
