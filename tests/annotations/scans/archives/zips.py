# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Zip archives byte by byte, honest and not; `zipfile` would refuse to write most of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One file. What is None is what it should be.

    name: bytes as they are stored. method: 0 stored, 8 deflated. size, packed, crc: what is
    claimed. local_name: before its data. at: where its data are said to be.
    """

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0x800
    mode: int = 0o100644
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    at: int | None = None
    data_as_stored: bytes | None = None


def archive(
    entries: Sequence[Entry],
    *,
    count: int | None = None,
    list_bytes: int | None = None,
    list_at: int | None = None,
    zip64: bool = False,
    comment: bytes = b"",
) -> bytes:
    """Return an archive; `count`, `list_bytes` and `list_at` are what its end claims."""
    out, listed = bytearray(), bytearray()
    for entry in entries:
        packed = entry.data
        if entry.method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(entry.data) + packer.flush()
        if entry.data_as_stored is not None:
            packed = entry.data_as_stored
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        claimed = len(packed) if entry.packed is None else entry.packed
        at = len(out) if entry.at is None else entry.at
        extra = b""
        if size > 0xFFFFFFFF:
            extra, size = struct.pack("<HHQ", 1, 8, size), 0xFFFFFFFF
        sizes = struct.pack("<3I", crc, claimed, size)
        what = struct.pack("<HHHHH", 45, entry.flags, entry.method, 0, 0x21)
        local = entry.name if entry.local_name is None else entry.local_name
        out += b"PK\x03\x04" + what + sizes + struct.pack("<HH", len(local), 0) + local + packed
        listed += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 45) + what + sizes
        listed += struct.pack(
            "<HHHHHII", len(entry.name), len(extra), 0, 0, 0, entry.mode << 16, at
        )
        listed += entry.name + extra
    start = len(out)
    out += listed
    many = len(entries) if count is None else count
    length = len(listed) if list_bytes is None else list_bytes
    place = start if list_at is None else list_at
    if zip64:
        end = len(out)
        out += b"PK\x06\x06" + struct.pack(
            "<QHHIIQQQQ", 44, 45, 45, 0, 0, many, many, length, place
        )
        out += b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
        many, length, place = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    out += b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, many, many, length, place, len(comment))
    return bytes(out + comment)


def files(content: dict[str, bytes], *, method: int = 8) -> bytes:
    """An honest archive."""
    return archive([Entry(name.encode(), data, method) for name, data in content.items()])
