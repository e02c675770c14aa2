# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Files from parts: lengths, offsets and checksums are put right, so that changed parts get read.

A fuzzer that has to guess those as well never comes far. What is damaged in them is tried, too:
content that begins as the format does is left as it is.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

# Parts the files, or the pieces of a file, of one input.
PART = b"\n-----\n"
_E57_HEADER = 48


def npy(content: bytes) -> bytes:
    """The line that describes an array, then its bytes."""
    if content.startswith(b"\x93NUMPY"):
        return content
    text, _, data = content.partition(b"\n")
    text += b"\n"
    if len(text) < 65536:
        return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + data
    return b"\x93NUMPY\x02\0" + struct.pack("<I", len(text)) + text + data


def npz(content: bytes) -> bytes:
    """Members, each a line with its name and an array as `npy` has it."""
    if content.startswith(b"PK"):
        return content
    return _zip(content, ".npy", npy)


def archive(content: bytes) -> bytes:
    """Members, each a line with its name and its content."""
    return content if content.startswith(b"PK") else _zip(content, "", bytes)


def _zip(content: bytes, name: str, build: Callable[[bytes], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as members:
        for number, part in enumerate(content.split(PART)):
            line, _, inside = part.partition(b"\n")
            member = line.decode("latin-1").partition("\0")[0] or f"{number}{name}"
            if member not in members.namelist():
                members.writestr(zipfile.ZipInfo(member), build(inside))
    return out.getvalue()


def glb(content: bytes) -> bytes:
    """The JSON and the binary."""
    if content.startswith(b"glTF"):
        return content
    text, part, data = content.partition(PART)
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text
    if part:
        data += bytes(-len(data) % 4)
        body += struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def e57(content: bytes) -> bytes:
    """What lies behind the header at byte 48, and the description; no checksums."""
    if content.startswith(b"ASTM-E57"):
        return content
    data, part, xml = content.partition(PART)
    if not part:
        data, xml = b"", content
    payload = bytes(_E57_HEADER) + data + xml
    payload += bytes(-len(payload) % 1020)
    pages = [payload[at : at + 1020] + bytes(4) for at in range(0, len(payload), 1020)]
    start = _E57_HEADER + len(data)
    xml_at = start // 1020 * 1024 + start % 1020
    header = struct.pack("<8sIIQQQQ", b"ASTM-E57", 1, 0, 1024 * len(pages), xml_at, len(xml), 1024)
    return header + b"".join(pages)[_E57_HEADER:]


def sealed_e57(content: bytes) -> bytes:
    """The same with checksums, as a decoder wants to see them."""
    content = e57(content)
    pages = [content[at : at + 1020] for at in range(0, len(content), 1024)]
    return b"".join(page + struct.pack(">I", _crc32c(page)) for page in pages)


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def _crc_table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in table]
    return table


_CRC_TABLE = _crc_table()


def taken_apart(content: bytes) -> bytes:
    """A sound E57 file whose points come first, as `e57` takes it."""
    payload = b"".join(content[at : at + 1020] for at in range(0, len(content), 1024))
    xml_at, xml_bytes = struct.unpack_from("<QQ", content, 24)
    start = xml_at // 1024 * 1020 + xml_at % 1024
    return payload[_E57_HEADER:start] + PART + payload[start : start + xml_bytes]
