# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""E57 a second time: written node by node, and read bit by bit in plain loops.

The reading shares no code with the reader, nor with the library behind it.
"""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pye57 import libe57


class Column(NamedTuple):
    """A field and its values; `kind` is "single", "double", (low, high) or (low, high, scale)."""

    name: str
    kind: Any
    values: Sequence[float]


def write(
    path: Path,
    stations: Sequence[Sequence[Column]],
    *,
    poses: Sequence[tuple[Sequence[float], Sequence[float]] | None] = (),
    limits: Sequence[Mapping[str, tuple[float, float]]] = (),
) -> Path:
    """Write stations; a pose is (rotation as w x y z, translation), limits by element name."""
    image = libe57.ImageFile(str(path), "w")
    root = image.root()
    image.extensionsAdd("", libe57.E57_V1_0_URI)
    image.extensionsAdd("nor", "http://www.libe57.org/E57_NOR_surface_normals.txt")
    root.set("formatName", libe57.StringNode(image, "ASTM E57 3D Imaging Data File"))
    root.set("guid", libe57.StringNode(image, "{a test}"))
    root.set("versionMajor", libe57.IntegerNode(image, 1))
    root.set("versionMinor", libe57.IntegerNode(image, 0))
    data = libe57.VectorNode(image, True)
    root.set("data3D", data)
    for number, columns in enumerate(stations):
        station = libe57.StructureNode(image)
        station.set("guid", libe57.StringNode(image, f"{{station {number}}}"))
        station.set("name", libe57.StringNode(image, f"S{number}"))
        if number < len(poses) and poses[number] is not None:
            station.set("pose", _pose(image, *poses[number]))  # type: ignore[misc]
        for name, bounds in (limits[number] if number < len(limits) else {}).items():
            station.set(name, _bounds(image, name, bounds))
        prototype = libe57.StructureNode(image)
        buffers = libe57.VectorSourceDestBuffer()
        arrays = [np.array(column.values, np.float64) for column in columns]
        for column, array in zip(columns, arrays, strict=True):
            prototype.set(column.name, _node(image, column.kind))
            buffers.append(
                libe57.SourceDestBuffer(image, column.name, array, len(array), True, True)
            )
        codecs = libe57.VectorNode(image, True)
        points = libe57.CompressedVectorNode(image, prototype, codecs)
        station.set("points", points)
        data.append(station)
        writer = points.writer(buffers)
        writer.write(len(arrays[0]))
        writer.close()
    image.close()
    return path


def _node(image: Any, kind: Any) -> Any:
    if kind == "single":
        return libe57.FloatNode(image, 0.0, libe57.E57_SINGLE)
    if kind == "double":
        return libe57.FloatNode(image, 0.0, libe57.E57_DOUBLE)
    if len(kind) == 2:
        return libe57.IntegerNode(image, kind[0], kind[0], kind[1])
    return libe57.ScaledIntegerNode(image, kind[0], kind[0], kind[1], kind[2], 0.0)


def _pose(image: Any, rotation: Sequence[float], translation: Sequence[float]) -> Any:
    pose = libe57.StructureNode(image)
    for name, axes, values in (("rotation", "wxyz", rotation), ("translation", "xyz", translation)):
        part = libe57.StructureNode(image)
        for axis, value in zip(axes, values, strict=True):
            part.set(axis, libe57.FloatNode(image, value))
        pose.set(name, part)
    return pose


def _bounds(image: Any, name: str, bounds: tuple[float, float]) -> Any:
    part = libe57.StructureNode(image)
    prefixes = (
        ["intensity"] if name == "intensityLimits" else ["colorRed", "colorGreen", "colorBlue"]
    )
    for prefix in prefixes:
        part.set(f"{prefix}Minimum", libe57.FloatNode(image, bounds[0]))
        part.set(f"{prefix}Maximum", libe57.FloatNode(image, bounds[1]))
    return part


def sealed(content: bytes) -> bytes:
    """With checksums that are right, so that what else is wrong is what a reader meets."""
    out = b""
    for at in range(0, len(content) - 1023, 1024):
        page = content[at : at + 1020]
        out += page + struct.pack(">I", _crc32c(page))
    return out + content[len(out) :]


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def plain_columns(content: bytes) -> list[dict[str, list[float]]]:
    """The columns of every station as they are stored: scaled, but no pose applied."""
    pages = [content[at : at + 1020] for at in range(0, len(content), 1024)]
    payload = b"".join(pages)
    xml_at, xml_bytes = struct.unpack_from("<QQ", content, 24)
    start = _logical(xml_at)
    root = ET.fromstring(payload[start : start + xml_bytes].decode())
    found = []
    for points in root.iter():
        if not points.tag.endswith("}points"):  # Groups are stored the same way.
            continue
        fields = list(next(child for child in points if child.tag.endswith("prototype")))
        streams = _streams(payload, int(points.get("fileOffset") or 0), len(fields))
        count = int(points.get("recordCount") or 0)
        found.append(
            {
                field.tag.rpartition("}")[2]: _values(field, stream, count)
                for field, stream in zip(fields, streams, strict=True)
            }
        )
    return found


def _logical(physical: int) -> int:
    return physical - physical // 1024 * 4


def _streams(payload: bytes, section: int, fields: int) -> list[bytes]:
    start = _logical(section)
    length, data_at, _ = struct.unpack_from("<QQQ", payload, start + 8)
    streams = [b""] * fields
    at, end = _logical(data_at), start + length
    while at < end:
        kind, _, size, count = struct.unpack_from("<BBHH", payload, at)
        if kind == 1:
            lengths = struct.unpack_from(f"<{count}H", payload, at + 6)
            inside = at + 6 + 2 * count
            for number, part in enumerate(lengths):
                streams[number] += payload[inside : inside + part]
                inside += part
        at += size + 1
    return streams


def _values(field: ET.Element, stream: bytes, count: int) -> list[float]:
    if field.get("type") == "Float":
        code = "f" if field.get("precision") == "single" else "d"
        return list(struct.unpack_from(f"<{count}{code}", stream))
    low = int(field.get("minimum") or -(2**63))
    high = int(field.get("maximum") or 2**63 - 1)
    bits = (high - low).bit_length()
    scale = float(field.get("scale") or 1) if field.get("type") == "ScaledInteger" else 1
    offset = float(field.get("offset") or 0)
    out = []
    for number in range(count):
        first = number * bits
        piece = int.from_bytes(stream[first // 8 : (first + bits) // 8 + 1], "little")
        out.append((low + (piece >> first % 8 & (1 << bits) - 1)) * scale + offset)
    return out
