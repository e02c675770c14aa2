# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The header of a PLY file: its elements, their properties, and where the data begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat

HEADER_LIMIT = 1 << 20  # Bytes; a header is a few hundred.
FORMATS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
# The 1994 names, the sized names, and what else writers have been seen to use.
SCALARS = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "bool": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "long": "i8", "int64": "i8", "ulong": "u8", "uint64": "u8",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
    "half": "f2", "float16": "f2",
}  # fmt: skip


@dataclass(frozen=True)
class Property:
    """One property; `count_type` is set for a list, whose items then have `type`."""

    name: str
    type: np.dtype[Any]
    spelled: str
    count_type: np.dtype[Any] | None = None

    @property
    def least_bytes(self) -> int:
        """Bytes it takes in a binary record, with an empty list."""
        return (self.count_type or self.type).itemsize


@dataclass
class Element:
    """One element and its properties in file order; `names` are theirs."""

    name: str
    count: int
    properties: list[Property] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    @property
    def has_lists(self) -> bool:
        """Whether records differ in length."""
        return any(p.count_type is not None for p in self.properties)

    @property
    def least_bytes(self) -> int:
        """Smallest size of a binary record."""
        return sum(p.least_bytes for p in self.properties)


@dataclass(frozen=True)
class PlyHeader:
    """The parsed header. `order` is "<", ">" or "" for ASCII; `size` its length in bytes."""

    format: str
    order: str
    elements: list[Element]
    size: int
    lines: int
    carriage: bool
    comments: list[str]

    def vertex(self, name: str) -> Element:
        """The element with the points."""
        for element in self.elements:
            if element.name == "vertex":
                return element
        have = _short(", ".join(e.name for e in self.elements[:20])) or "none"
        raise UnreadableScan(name, f'the header has no element "vertex" (its elements: {have}).')


def read_header(file: BinaryIO, name: str) -> PlyHeader:
    """Parse the header at the start of `file` and leave the file at the first data byte.

    Raises UnreadableScan (with the line) for anything that is not as the format says.
    """
    lines, size, carriage = _header_lines(file, name)
    file.seek(size)
    spelled_format = ""
    elements: dict[str, Element] = {}
    last: Element | None = None
    comments: list[str] = []
    for number, line in enumerate(lines[1:-1], start=2):
        words = line.split()
        where = f"line {number}"
        if not words:
            continue
        keyword = words[0]
        if keyword in ("comment", "obj_info"):
            comments.append(line.partition(keyword)[2].strip())
        elif keyword == "format":
            if spelled_format:
                raise UnreadableScan(name, "a second format line.", where=where)
            if len(words) < 2 or words[1] not in FORMATS:
                raise UnreadableScan(
                    name,
                    f'the format "{_short(line)}" is none of {", ".join(FORMATS)}.',
                    where=where,
                )
            if len(words) > 2 and words[2] != "1.0":
                raise UnsupportedFormat(
                    f"{name}, {where}: PLY version {_short(words[2])}; only 1.0 exists."
                )
            spelled_format = words[1]
        elif keyword == "element":
            last = _element(name, where, words, elements)
            elements[last.name] = last
        elif keyword == "property":
            if last is None:
                raise UnreadableScan(name, "a property before any element.", where=where)
            _add_property(name, where, words, last)
        else:
            raise UnreadableScan(name, f'"{_short(line)}" is not a PLY header line.', where=where)
    if not spelled_format:
        raise UnreadableScan(name, "the PLY header has no format line.")
    return PlyHeader(
        format=spelled_format,
        order=FORMATS[spelled_format],
        elements=list(elements.values()),
        size=size,
        lines=len(lines),
        carriage=carriage,
        comments=comments,
    )


def _header_lines(file: BinaryIO, name: str) -> tuple[list[str], int, bool]:
    """Return (lines including "ply" and "end_header", bytes, whether lines end in CR alone)."""
    file.seek(0)
    head = file.read(4096)
    if not head.startswith(b"ply") or head[3:4] not in (b"\n", b"\r", b" ", b"\t"):
        raise UnreadableScan(name, 'the first line is not "ply".', where="line 1")
    first_break = min((i for i in (head.find(b"\n"), head.find(b"\r")) if i >= 0), default=-1)
    carriage = (
        head[first_break : first_break + 1] == b"\r"
        and head[first_break + 1 : first_break + 2] != b"\n"
    )
    newline = b"\r" if carriage else b"\n"
    while True:
        end = _end_of_header(head, newline)
        if end is not None:
            break
        more = file.read(65536)
        if not more:
            raise UnreadableScan(name, f"the file ends inside the header, at byte {len(head):,}.")
        head += more
        if len(head) > HEADER_LIMIT:
            raise UnreadableScan(name, f'no "end_header" in the first {HEADER_LIMIT >> 20} MB.')
    text = head[:end].decode("latin-1")
    lines = [line.rstrip("\r\n\t ") for line in text.split(newline.decode())]
    return lines[:-1] if lines[-1] == "" else lines, end, carriage


def _end_of_header(head: bytes, newline: bytes) -> int | None:
    """Byte after the line "end_header", or None if it is not complete yet."""
    at = 0
    while True:
        at = head.find(newline + b"end_header", at)
        if at < 0:
            return None
        stop = head.find(newline, at + 1)
        if stop < 0:
            return None
        if head[at + 1 : stop].strip() == b"end_header":
            return stop + 1
        at += 1


def _element(name: str, where: str, words: list[str], before: Mapping[str, Element]) -> Element:
    if len(words) != 3 or not (words[2].isascii() and words[2].isdigit()):
        raise UnreadableScan(
            name, f'"{_short(" ".join(words))}" should be "element NAME COUNT".', where=where
        )
    if words[1] in before:
        raise UnreadableScan(name, f'a second element "{_short(words[1])}".', where=where)
    if len(words[2]) > 18:
        raise UnreadableScan(
            name, f"an element count of {_short(words[2])} is absurd.", where=where
        )
    return Element(words[1], int(words[2]))


def _add_property(name: str, where: str, words: list[str], element: Element) -> None:
    spelled = " ".join(words[1:-1])
    if len(words) == 3 and words[1] in SCALARS:
        item = Property(words[2], np.dtype(SCALARS[words[1]]), spelled)
    elif len(words) == 5 and words[1] == "list" and words[2] in SCALARS and words[3] in SCALARS:
        count_type = np.dtype(SCALARS[words[2]])
        if count_type.kind == "f":
            raise UnreadableScan(name, "a list cannot be counted by a float.", where=where)
        item = Property(words[4], np.dtype(SCALARS[words[3]]), spelled, count_type)
    else:
        raise UnreadableScan(
            name, f'"{_short(" ".join(words))}" is not a property of a known type.', where=where
        )
    if item.name in element.names:
        raise UnreadableScan(
            name,
            f'element {_short(element.name)} has two properties "{_short(item.name)}".',
            where=where,
        )
    element.properties.append(item)
    element.names.add(item.name)


def _short(text: str) -> str:
    """Text of the file as it may appear in a message."""
    return ascii(text if len(text) <= 60 else text[:60] + "…")[1:-1]
