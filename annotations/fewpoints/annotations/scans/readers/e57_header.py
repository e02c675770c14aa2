# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What an E57 file says about itself, checked before a decoder trusts it.

Its pages of 1024 bytes end in four bytes of checksum. Offsets in the file are physical, they count
these; lengths of XML and of sections are logical, they do not. A description in XML names the
stations, and for each the fields of its points with the range of their values, of which the bits
of a value follow.
"""

from __future__ import annotations

import io
import math
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import UnreadableScan

MAGIC = b"ASTM-E57"
PAGE = 1024
_PAYLOAD = PAGE - 4
_HEADER = struct.Struct("<8sIIQQQQ")
_SECTION = struct.Struct("<B7xQQQ")
# Kind, length less one, number of byte streams, length of the first of them.
_PACKET = struct.Struct("<BxHHH")
_MOST_PACKETS = 1_000_000
_MOST_PADDING = 64
_MOST_XML = 100_000_000
# A field whose values are all the same takes no bits, so nothing in the file bounds their number.
_MOST_WITHOUT_BITS = 1_000_000
_NAMESPACE = "http://www.astm.org/COMMIT/E57/2010-e57-v1.0"
_ENCODING = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


@dataclass(frozen=True)
class E57Field:
    """One field of the points; `minimum` and `maximum` are what values are declared to lie in."""

    name: str
    type: str
    bits: int
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Station:
    """One set of points, in the frame of its scanner.

    `file_from_station` is (4, 4) float64; `limits` are the declared ranges of intensity and of
    colours ("intensity", "color"), None where the file does not say.
    """

    number: int
    name: str
    points: int
    fields: Mapping[str, E57Field]
    file_from_station: FloatArray64
    limits: Mapping[str, tuple[float, float] | None]
    note: str | None = None


@dataclass(frozen=True)
class E57Header:
    """The whole description."""

    version: str
    stations: tuple[Station, ...]
    coordinates: str


def starts_like_e57(head: bytes) -> bool:
    """Whether a file begins as E57 does."""
    return head.startswith(MAGIC)


def read_header(file: BinaryIO, size: int, name: str) -> E57Header:
    """Read and check the description of a file of `size` bytes.

    Raises UnreadableScan naming the byte, or the station.
    """
    head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        raise UnreadableScan(name, f"the file ends after {size} of the header's 48 bytes.")
    _, major, minor, length, xml_at, xml_bytes, page = _HEADER.unpack(head)
    if major != 1:
        raise UnreadableScan(name, f"version {major}.{minor} is not supported.", where="byte 8")
    if length != size:
        raise UnreadableScan(
            name,
            f"the header says that the file has {length:,} bytes, but it has {size:,}: it is "
            f"truncated or was changed.",
            where="byte 16",
        )
    if page != PAGE or size % PAGE:
        raise UnreadableScan(
            name, f"{size:,} bytes are no whole number of pages of {PAGE}.", where="byte 40"
        )
    if not 0 < xml_bytes <= _MOST_XML or not _inside(xml_at, xml_bytes, size):
        raise UnreadableScan(
            name,
            f"the description is said to have {xml_bytes:,} bytes from byte {xml_at:,} on, but the "
            f"file has {size:,}.",
            where="byte 24",
        )
    root, prefixes = _parse(_read_logical(file, xml_at, xml_bytes), name)
    stations = []
    data = root.find(_tag("data3D"))
    for number, element in enumerate(data if data is not None else (), 1):
        stations.append(_station(element, number, prefixes, name))
        _check_section(file, element, stations[-1], size, name)
    bits = sum(s.points * sum(f.bits for f in s.fields.values()) for s in stations)
    if bits > 8 * size:  # Stations that claim the same bytes.
        raise UnreadableScan(
            name,
            f"its {len(stations)} stations are said to hold {bits // 8:,} bytes, but the file has "
            f"{size:,}.",
        )
    coordinates = (root.findtext(_tag("coordinateMetadata")) or "").strip()
    return E57Header(f"{major}.{minor}", tuple(stations), coordinates)


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _inside(physical: int, logical_bytes: int, size: int) -> bool:
    """Whether so many logical bytes from a physical offset on lie in a file of `size` bytes."""
    if not _HEADER.size <= physical < size or physical % PAGE >= _PAYLOAD:
        return False
    return _logical(physical) + logical_bytes <= size // PAGE * _PAYLOAD


def _logical(physical: int) -> int:
    """The offset among the bytes that are no checksums."""
    return physical // PAGE * _PAYLOAD + physical % PAGE


def _read_logical(file: BinaryIO, physical: int, count: int) -> bytes:
    """`count` bytes without checksums; the decoder checks those."""
    file.seek(physical // PAGE * PAGE)
    skip = physical % PAGE
    pages = (skip + count + _PAYLOAD - 1) // _PAYLOAD
    raw = file.read(pages * PAGE)
    payload = b"".join(raw[at : at + _PAYLOAD] for at in range(0, len(raw), PAGE))
    return payload[skip : skip + count]


def _parse(xml: bytes, name: str) -> tuple[ET.Element, dict[str, str]]:
    """The root of the description and namespace -> prefix.

    Nothing that makes a parser read other files, or repeat itself without end, gets to one.
    """
    where = "its XML description"
    try:
        text = xml.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableScan(name, "it is not UTF-8.", where=where) from error
    encoding = _ENCODING.search(text[:200])
    if "\0" in text or (encoding is not None and encoding[1].upper() not in ("UTF-8", "US-ASCII")):
        raise UnreadableScan(name, "it is not UTF-8.", where=where)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnreadableScan(name, "it has a document type, which E57 does not allow.", where=where)
    prefixes: dict[str, str] = {}
    root: ET.Element | None = None
    try:
        for event, found in ET.iterparse(io.StringIO(text.rstrip()), ("start", "start-ns")):
            if event == "start-ns":
                prefixes.setdefault(found[1], found[0])
            elif root is None:
                root = found
    except ET.ParseError as error:
        raise UnreadableScan(name, f"it is damaged ({error}).", where=where) from error
    if root is None or root.tag != _tag("e57Root"):
        raise UnreadableScan(name, "it does not begin with e57Root.", where=where)
    return root, prefixes


def _station(element: ET.Element, number: int, prefixes: Mapping[str, str], name: str) -> Station:
    where = f"station {number}"
    points = element.find(_tag("points"))
    if points is None or points.get("type") != "CompressedVector":
        raise UnreadableScan(name, "it has no points.", where=where)
    count = _whole(points.get("recordCount"))
    if count is None or count < 0:
        raise UnreadableScan(
            name, f"its number of points is {points.get('recordCount')!r:.60}.", where=where
        )
    fields: dict[str, E57Field] = {}
    for child in points.find(_tag("prototype")) or ():
        field = _field(child, prefixes, name, where)
        fields[field.name] = field
    pose, note = _pose(element.find(_tag("pose")), name, where)
    return Station(
        number=number,
        name=" ".join((element.findtext(_tag("name")) or "").split())[:60],
        points=count,
        fields=fields,
        file_from_station=pose,
        limits={
            "intensity": _limits(element.find(_tag("intensityLimits")), "intensity"),
            "color": _limits(element.find(_tag("colorLimits")), "color"),
        },
        note=None if note is None else f"Station {number}: {note}",
    )


def _field(element: ET.Element, prefixes: Mapping[str, str], name: str, where: str) -> E57Field:
    namespace, _, local = element.tag.removeprefix("{").rpartition("}")
    prefix = "" if namespace == _NAMESPACE else prefixes.get(namespace, "")
    spelled = f"{prefix}:{local}" if prefix else local
    kind = element.get("type")
    if kind == "Float":
        bits = 32 if element.get("precision") == "single" else 64
        low = _float(element.get("minimum"), -math.inf)
        high = _float(element.get("maximum"), math.inf)
        return E57Field(spelled, f"float{bits}", bits, low, high)
    if kind in ("Integer", "ScaledInteger"):
        least = _whole(element.get("minimum"), -(2**63))
        most = _whole(element.get("maximum"), 2**63 - 1)
        if least is None or most is None or most < least:
            raise UnreadableScan(name, f'the range of "{spelled}" is no range.', where=where)
        scale, offset = 1.0, 0.0
        if kind == "ScaledInteger":
            scale = _float(element.get("scale"), 1.0)
            offset = _float(element.get("offset"), 0.0)
        ends = sorted((least * scale + offset, most * scale + offset))
        spelled_type = "integer" if kind == "Integer" else f"integer x {scale:.6g}"
        return E57Field(spelled, spelled_type, (most - least).bit_length(), ends[0], ends[1])
    # Strings and the like: at least a bit each.
    return E57Field(spelled, str(kind).lower(), 1, math.nan, math.nan)


def _check_section(
    file: BinaryIO, element: ET.Element, station: Station, size: int, name: str
) -> None:
    """The bytes that hold a station's points must be there, and enough of them."""
    if station.points == 0:
        return
    where = f"station {station.number}"
    if not station.fields:
        raise UnreadableScan(name, "its points have no fields.", where=where)
    points = element.find(_tag("points"))
    assert points is not None
    at = _whole(points.get("fileOffset"))
    if at is None or not _inside(at, _SECTION.size, size):
        raise UnreadableScan(
            name, f"its points are said to begin at byte {at}, outside the file.", where=where
        )
    kind, length, data_at, _ = _SECTION.unpack(_read_logical(file, at, _SECTION.size))
    if kind != 1 or not _inside(at, length, size):
        raise UnreadableScan(name, f"no points begin at byte {at:,}.", where=where)
    bits = sum(field.bits for field in station.fields.values())
    if bits * station.points > 8 * length or (bits == 0 and station.points > _MOST_WITHOUT_BITS):
        raise UnreadableScan(
            name,
            f"it is said to have {station.points:,} points, of {bits} bits each, but its part of "
            f"the file has {length:,} bytes.",
            where=where,
        )
    first = next(iter(station.fields.values()))
    needed = (station.points * first.bits + 7) // 8
    stored = _first_column_bytes(file, data_at, _logical(at) + length, size)
    if stored > needed + max(_MOST_PADDING, needed // 100):
        raise UnreadableScan(
            name,
            f"it is said to have {station.points:,} points, but its {first.name} takes "
            f"{stored:,} bytes and not {needed:,}: its number of points is wrong.",
            where=where,
        )


def _first_column_bytes(file: BinaryIO, data_at: int, end: int, size: int) -> int:
    """How many bytes the packets of a section hold of the first field; `end` is logical.

    0 where the packets are not in order: the decoder says what is wrong with them.
    """
    if not _inside(data_at, _PACKET.size, size):
        return 0
    total, at = 0, _logical(data_at)
    for _ in range(_MOST_PACKETS):
        if at + _PACKET.size > end:
            return total
        kind, less_one, streams, first = _PACKET.unpack(
            _read_logical(file, at // _PAYLOAD * PAGE + at % _PAYLOAD, _PACKET.size)
        )
        if kind == 1 and streams:
            total += first
        at += less_one + 1
    return 0


def _pose(element: ET.Element | None, name: str, where: str) -> tuple[FloatArray64, str | None]:
    """((4, 4) file_from_station, what was odd about it)."""
    pose = np.eye(4)
    if element is None:
        return pose, None
    note = None
    rotation = element.find(_tag("rotation"))
    if rotation is not None:
        quaternion = np.array([_number(rotation.find(_tag(axis))) for axis in "wxyz"])
        norm = math.hypot(*quaternion)  # Also of numbers whose squares are too large.
        if not math.isfinite(norm):
            raise UnreadableScan(name, "its pose is not finite.", where=where)
        if norm < 1e-12:
            note = "its rotation is zero and counts as none."
        else:
            if abs(norm - 1) > 1e-3:
                note = f"its rotation is no unit quaternion (length {norm:.4g}); it was made one."
            pose[:3, :3] = _rotation(quaternion / norm)
    translation = element.find(_tag("translation"))
    if translation is not None:
        pose[:3, 3] = [_number(translation.find(_tag(axis))) for axis in "xyz"]
        if not np.isfinite(pose).all():
            raise UnreadableScan(name, "its pose is not finite.", where=where)
    return pose, note


def _rotation(quaternion: FloatArray64) -> FloatArray64:
    """(3, 3) matrix of a unit quaternion (w, x, y, z)."""
    w, x, y, z = (float(value) for value in quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _limits(element: ET.Element | None, what: str) -> tuple[float, float] | None:
    if element is None:
        return None
    parts = ["intensity"] if what == "intensity" else ["colorRed", "colorGreen", "colorBlue"]
    low = min(_number(element.find(_tag(f"{part}Minimum"))) for part in parts)
    high = max(_number(element.find(_tag(f"{part}Maximum"))) for part in parts)
    return (low, high) if math.isfinite(high - low) and high > low else None


def _number(element: ET.Element | None) -> float:
    """The value of a number; one without text is 0, as the format has it."""
    if element is None:
        return 0.0
    value = _float((element.text or "").strip() or "0", math.nan)
    if element.get("type") == "ScaledInteger":
        return value * _float(element.get("scale"), 1.0) + _float(element.get("offset"), 0.0)
    return value


def _float(text: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole(text: str | None, otherwise: int | None = None) -> int | None:
    if text is None:
        return otherwise
    if re.fullmatch(r"[+-]?\d{1,20}", text.strip()) is None:
        return None
    return int(text)
