# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of a glTF file: its JSON, buffers and accessors, each checked before it is used."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64
from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.scans.readers.fields import float64

_JSON, _BIN = 0x4E4F534A, 0x004E4942
_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
# Extensions that are followed, or that change neither places nor colours.
_KNOWN = (
    "KHR_materials_", "KHR_mesh_quantization", "KHR_texture_transform", "EXT_texture_webp",
    "KHR_lights_punctual",
)  # fmt: skip


class GltfFile:
    """A file in memory. All methods raise UnreadableScan for what is not as the format says."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        content = path.read_bytes()
        self._binary: memoryview | None = None
        self._buffers: dict[int, memoryview] = {}
        self._lists: dict[str, list[dict[str, Any]]] = {}
        if content[:4] == b"glTF":
            self.encoding = "GLB"
            text = self._chunks(content)
        else:
            self.encoding = "JSON"
            text = memoryview(content)
        try:
            parsed = json.loads(bytes(text).decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise self.refuse("its JSON cannot be read.") from error
        if not isinstance(parsed, dict) or not isinstance(parsed.get("asset"), dict):
            raise self.refuse("its JSON is not that of a glTF file.")
        self.json: dict[str, Any] = parsed
        version = str(parsed["asset"].get("version"))
        if not version.startswith("2."):
            raise UnsupportedFormat(f"{name}: glTF version {version[:20]!r}; only 2.0 can be read.")
        required = parsed.get("extensionsRequired", [])
        for extension in required if isinstance(required, list) else []:
            if not str(extension).startswith(_KNOWN):
                raise UnsupportedFormat(
                    f"{name}: it needs the extension {str(extension)[:60]!r}, which cannot be "
                    "read; save it without compression."
                )

    def refuse(self, problem: str, *, where: str = "") -> UnreadableScan:
        """The error for this file."""
        return UnreadableScan(self.name, problem, where=where)

    def _chunks(self, content: bytes) -> memoryview:
        view = memoryview(content)
        length = int.from_bytes(content[8:12], "little")
        if len(content) < 20 or length != len(content):
            raise self.refuse(
                f"the header promises {length:,} bytes, the file has {len(content):,}: it is "
                "truncated or damaged.",
                where="byte 8",
            )
        at, text = 12, None
        while at < length:
            size = int.from_bytes(content[at : at + 4], "little")
            kind = int.from_bytes(content[at + 4 : at + 8], "little")
            if at + 8 + size > length:
                raise self.refuse(
                    f"a chunk of {size:,} bytes ends behind the file.", where=f"byte {at}"
                )
            part = view[at + 8 : at + 8 + size]
            if kind == _JSON and text is None:
                text = part
            elif kind == _BIN and self._binary is None:
                self._binary = part
            at += 8 + size
        if text is None:
            raise self.refuse("there is no JSON chunk.")
        return text

    def items(self, parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
        """A list of objects, empty if there is none."""
        found = parent.get(key, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self.refuse(f'"{key}" is no list of objects.')
        return found

    def item(self, key: str, index: object) -> dict[str, Any]:
        """One object of a list of the file."""
        found = self._lists.get(key)
        if found is None:  # Checked once, not again for each of its objects.
            found = self._lists[key] = self.items(self.json, key)
        if type(index) is not int or not 0 <= index < len(found):
            raise self.refuse(
                f'there are {len(found):,} "{key}", but number {index!r:.30} is used.'
            )
        return found[index]

    def child(self, parent: dict[str, Any], key: str) -> dict[str, Any]:
        """An object, empty if there is none."""
        found = parent.get(key, {})
        if not isinstance(found, dict):
            raise self.refuse(f'"{key}" is no object.')
        return found

    def numbers(self, parent: dict[str, Any], key: str) -> list[int]:
        """A list of whole numbers, empty if there is none."""
        found = parent.get(key, [])
        if not isinstance(found, list) or not all(type(n) is int for n in found):
            raise self.refuse(f'"{key}" is no list of whole numbers.')
        return found

    def floats(self, parent: dict[str, Any], key: str, default: list[float]) -> FloatArray64:
        """As many numbers as `default` has."""
        found = parent.get(key, default)
        good = isinstance(found, list) and len(found) == len(default)
        if not good or not all(map(_is_number, found)):
            raise self.refuse(f'"{key}" is not {len(default)} numbers.')
        return np.array(found, np.float64)

    def number(self, parent: dict[str, Any], key: str, default: float) -> float:
        """One number."""
        found = parent.get(key, default)
        if not _is_number(found):
            raise self.refuse(f'"{key}" is no number.')
        return float(found)

    def size(self, parent: dict[str, Any], key: str, default: int = 0) -> int:
        """A whole number of at least 0."""
        found = parent.get(key, default)
        if type(found) is not int or not 0 <= found < 2**53:
            raise self.refuse(f'"{key}" is no whole number of at least 0.')
        return found

    def view(self, index: object) -> tuple[memoryview, int]:
        """(the bytes of a buffer view, its stride or 0)."""
        view = self.item("bufferViews", index)
        data = self._buffer(view.get("buffer"))
        start, length = self.size(view, "byteOffset"), self.size(view, "byteLength")
        if start + length > len(data):
            raise self.refuse(
                f"it ends at byte {start + length:,} of a buffer of {len(data):,}.",
                where=f"buffer view {index}",
            )
        return data[start : start + length], self.size(view, "byteStride")

    def accessor(self, index: object, *, width: int) -> AnyArray:
        """(count, width) values as stored; `width` 0 takes any."""
        accessor = self.item("accessors", index)
        where = f"accessor {index}"
        kind = accessor.get("componentType")
        columns = _WIDTHS.get(str(accessor.get("type")), 0)
        if type(kind) is not int or kind not in _TYPES or not columns:
            raise self.refuse("its type is unknown.", where=where)
        if width and columns != width:
            raise self.refuse(f"it has {columns} columns instead of {width}.", where=where)
        if "sparse" in accessor or "bufferView" not in accessor:
            raise UnsupportedFormat(f"{self.name}, {where}: sparse accessors cannot be read.")
        data, stride = self.view(accessor["bufferView"])
        dtype = np.dtype(_TYPES[kind])
        row = dtype.itemsize * columns
        stride = stride or row
        start, count = self.size(accessor, "byteOffset"), self.size(accessor, "count")
        if stride < row or (count and start + (count - 1) * stride + row > len(data)):
            raise self.refuse(
                f"{count:,} values are promised, but its buffer view has {len(data):,} bytes.",
                where=where,
            )
        if count == 0:
            return np.empty((0, columns), dtype)
        return np.ndarray((count, columns), dtype, data, start, (stride, dtype.itemsize))

    def values(self, index: object, *, width: int, always_fractions: bool = False) -> FloatArray64:
        """(count, width) numbers as they are meant; `width` 0 takes any.

        "Normalized" whole numbers are fractions of their type's largest, -1 at least.
        `always_fractions`: so are those of an accessor that does not say so.
        """
        stored = self.accessor(index, width=width)
        values = float64(stored)
        fractions = always_fractions or self.item("accessors", index).get("normalized") is True
        if fractions and stored.dtype.kind != "f":
            values = np.maximum(values / np.iinfo(stored.dtype).max, -1.0)
        return values

    def _buffer(self, index: object) -> memoryview:
        buffer = self.item("buffers", index)
        assert isinstance(index, int)
        if index not in self._buffers:
            if "uri" in buffer:
                self._buffers[index] = memoryview(self.embedded(buffer["uri"], "a buffer"))
            elif self._binary is not None and index == 0:
                self._buffers[index] = self._binary
            else:
                raise self.refuse("a buffer has no data.", where=f"buffer {index}")
        return self._buffers[index]

    def embedded(self, uri: object, what: str) -> bytes:
        """The bytes of a data: URI; any other one is refused."""
        text = str(uri)
        if not text.startswith("data:") or ";base64," not in text[:100]:
            shown = ascii(text[:40])[1:-1]
            raise self.refuse(
                f"{what} is in another place ({shown}), which is not opened; save it as one .glb."
            )
        try:
            return base64.b64decode(text.partition(";base64,")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.refuse(f"{what} is no sound base64.") from error


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and abs(value) < 1e30
