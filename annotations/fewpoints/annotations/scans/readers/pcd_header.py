# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The header of a PCD file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat

HEADER_LIMIT = 1 << 20
ENCODINGS = ("ascii", "binary", "binary_compressed")
_KEYWORDS = (
    "VERSION", "FIELDS", "COLUMNS", "SIZE", "TYPE", "COUNT",
    "WIDTH", "HEIGHT", "VIEWPOINT", "POINTS", "DATA",
)  # fmt: skip
_TYPES = {
    ("F", 2): "f2", ("F", 4): "f4", ("F", 8): "f8",
    ("U", 1): "u1", ("U", 2): "u2", ("U", 4): "u4", ("U", 8): "u8",
    ("I", 1): "i1", ("I", 2): "i2", ("I", 4): "i4", ("I", 8): "i8",
}  # fmt: skip


@dataclass(frozen=True)
class PcdField:
    """One field: `count` values of `type` (little endian) per point, at `offset` in a record."""

    name: str
    type: np.dtype[Any]
    count: int
    offset: int
    column: int  # Number of the first of its values among the values of a point.

    @property
    def spelled(self) -> str:
        """The type for people, e.g. "F4" or "F4 x 33"."""
        base = f"{self.type.kind.upper()}{self.type.itemsize}"
        return base if self.count == 1 else f"{base} x {self.count}"


@dataclass(frozen=True)
class PcdHeader:
    """The parsed header; `size` bytes and `lines` lines long."""

    version: str
    fields: list[PcdField]
    width: int
    height: int
    encoding: str
    viewpoint: str
    size: int
    lines: int

    @property
    def points(self) -> int:
        """Number of points."""
        return self.width * self.height

    @property
    def record_bytes(self) -> int:
        """Bytes of one point."""
        return sum(f.type.itemsize * f.count for f in self.fields)

    @property
    def values(self) -> int:
        """Values of one point."""
        return sum(f.count for f in self.fields)


def starts_like_pcd(head: bytes) -> bool:
    """Whether the first bytes of a file are a PCD header: comments, then a keyword."""
    for line in head.split(b"\n"):
        words = line.split()
        if words and not words[0].startswith(b"#"):
            keyword = words[0].upper()
            return keyword in (b"VERSION", b"FIELDS", b"COLUMNS")
        if b".PCD" in line:
            return True
    return False


def read_header(file: BinaryIO, name: str) -> PcdHeader:
    """Parse the header and leave the file at the first data byte.

    Raises UnreadableScan (with the line) for anything that is not as the format says.
    """
    entries: dict[str, tuple[list[str], str]] = {}
    number = size = 0
    while "DATA" not in entries:
        number += 1
        line = file.readline(HEADER_LIMIT)
        size += len(line)
        if not line or size > HEADER_LIMIT:
            raise UnreadableScan(name, 'the PCD header has no line "DATA".', where=f"line {number}")
        words = line.decode("latin-1").split()
        if not words or words[0].startswith("#"):
            continue
        keyword = words[0].upper()
        if keyword not in _KEYWORDS:
            raise UnreadableScan(
                name,
                f"{words[0][:40]!a} is not a line of a PCD header.",
                where=f"line {number}",
            )
        keyword = "FIELDS" if keyword == "COLUMNS" else keyword
        if keyword in entries:
            raise UnreadableScan(name, f"a second line {keyword}.", where=f"line {number}")
        entries[keyword] = (words[1:], f"line {number}")

    def need(keyword: str) -> tuple[list[str], str]:
        if keyword not in entries or not entries[keyword][0]:
            raise UnreadableScan(name, f'the PCD header has no line "{keyword}".')
        return entries[keyword]

    version = " ".join(entries.get("VERSION", ([""], ""))[0])
    fields = _fields(name, need("FIELDS"), need("SIZE"), need("TYPE"), entries.get("COUNT"))
    width = _number(name, "WIDTH", need("WIDTH"))
    height = _number(name, "HEIGHT", entries["HEIGHT"]) if "HEIGHT" in entries else 1
    if "POINTS" in entries:
        points = _number(name, "POINTS", entries["POINTS"])
        if points != width * height:
            raise UnreadableScan(
                name,
                f"POINTS says {points:,} but WIDTH x HEIGHT is {width:,} x {height:,} = "
                f"{width * height:,}.",
                where=entries["POINTS"][1],
            )
    words, where = need("DATA")
    encoding = words[0].lower()
    if encoding not in ENCODINGS:
        raise UnsupportedFormat(
            f"{name}, {where}: DATA {words[0][:40]!a} is none of {', '.join(ENCODINGS)}."
        )
    return PcdHeader(
        version=version,
        fields=fields,
        width=width,
        height=height,
        encoding=encoding,
        viewpoint=" ".join(entries.get("VIEWPOINT", ([], ""))[0]),
        size=size,
        lines=number,
    )


def _fields(
    name: str,
    names: tuple[list[str], str],
    sizes: tuple[list[str], str],
    types: tuple[list[str], str],
    counts: tuple[list[str], str] | None,
) -> list[PcdField]:
    total = len(names[0])
    counted = counts if counts is not None else (["1"] * total, "")
    for keyword, (words, where) in (("SIZE", sizes), ("TYPE", types), ("COUNT", counted)):
        if len(words) != total:
            raise UnreadableScan(
                name, f"{keyword} has {len(words)} entries for {total} FIELDS.", where=where
            )
    fields: list[PcdField] = []
    taken: set[str] = set()
    offset = column = 0
    for i, field_name in enumerate(names[0]):
        # "_" is padding and may come many times.
        if field_name != "_" and field_name in taken:
            raise UnreadableScan(
                name, f"two fields are called {field_name[:40]!a}.", where=names[1]
            )
        taken.add(field_name)
        size = _number(name, "SIZE", ([sizes[0][i]], sizes[1]))
        kind = _TYPES.get((types[0][i].upper(), size))
        if kind is None and field_name != "_":
            raise UnreadableScan(
                name,
                f"field {field_name[:40]!a} has the unknown type "
                f"{types[0][i][:10]!a} of {size} bytes.",
                where=types[1],
            )
        count = _number(name, "COUNT", ([counted[0][i]], counted[1]))
        if count < 1 or count * size > 1 << 20:
            raise UnreadableScan(
                name,
                f"field {field_name[:40]!a} cannot have {count} values.",
                where=counted[1],
            )
        stored = np.dtype("<" + kind) if kind is not None else np.dtype(f"V{size}")
        fields.append(PcdField(field_name, stored, count, offset, column))
        offset += size * count
        column += count
    return fields


def _number(name: str, keyword: str, entry: tuple[list[str], str]) -> int:
    words, where = entry
    if not words or not (words[0].isascii() and words[0].isdigit()) or len(words[0]) > 18:
        shown = ascii(" ".join(words)[:40])
        raise UnreadableScan(name, f"{keyword} {shown} is not a sensible number.", where=where)
    return int(words[0])
