# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Colours of a glTF file: vertices, materials and textures, for any place of a triangle."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from PIL import Image

from fewpoints.annotations.arrays import FloatArray64, IndexArray, UInt8Array
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.gltf_file import GltfFile
from fewpoints.annotations.scans.readers.mesh import Painter

MOST_PIXELS = 200_000_000


class Textures:
    """The pictures that materials use, decoded when first asked for."""

    def __init__(self, file: GltfFile) -> None:
        self.file = file
        self.notes: list[str] = []
        self.pictures: list[UInt8Array] = []
        self._known: dict[int, int] = {}
        self._pixels = 0

    def details(self) -> dict[str, str]:
        """For people."""
        return {"textures": str(len(self.pictures))} if self.pictures else {}

    def find(self, texture: object) -> int:
        """Place of a texture's picture in `pictures`; -1 if it is in another file."""
        source = self.file.item("textures", texture)
        webp = self.file.child(self.file.child(source, "extensions"), "EXT_texture_webp")
        index = source.get("source", webp.get("source"))
        image = self.file.item("images", index)
        assert isinstance(index, int)
        if index not in self._known:
            uri = image.get("uri")
            if uri is not None and not str(uri).startswith("data:"):
                self._known[index] = -1
                note = "Textures in other files are not opened; their colours are missing."
                if note not in self.notes:
                    self.notes.append(note)
            else:
                data = (
                    self.file.embedded(uri, "a texture")
                    if uri is not None
                    else bytes(self.file.view(image.get("bufferView"))[0])
                )
                self._known[index] = len(self.pictures)
                self.pictures.append(self._decode(data, index))
        return self._known[index]

    def _decode(self, data: bytes, index: int) -> UInt8Array:
        where = f"image {index}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Large pictures are measured below.
                with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
                    self._pixels += picture.width * picture.height
                    if self._pixels > MOST_PIXELS:
                        raise UnreadableScan(
                            self.file.name,
                            f"its textures have more than {MOST_PIXELS:,} pixels.",
                            where=where,
                        )
                    return np.asarray(picture.convert("RGB"), np.uint8)
        except UnreadableScan:
            raise
        except Exception as error:  # Pillow raises nearly anything for damaged pictures.
            raise UnreadableScan(
                self.file.name, "a texture is no sound PNG, JPEG or WebP picture.", where=where
            ) from error


class Paint:
    """Colour sources of all vertices, primitive by primitive."""

    def __init__(self, textures: Textures) -> None:
        self._textures = textures
        self._file = textures.file
        self._levels: list[FloatArray64] = []
        self._places: list[FloatArray64] = []
        self._pictures: list[IndexArray] = []
        self._any = False

    def add(self, primitive: dict[str, Any], attributes: dict[str, Any], count: int) -> None:
        """Note the colours of a primitive of `count` vertices."""
        file = self._file
        levels: FloatArray64 = np.ones((count, 3))
        if "COLOR_0" in attributes:
            # Some writers leave "normalized" out, though colours of whole numbers must have it.
            levels = self._attribute(attributes["COLOR_0"], count, 3, always_fractions=True)
            self._any = True
        places: FloatArray64 = np.zeros((count, 2))
        picture = -1
        if "material" in primitive:
            material = file.item("materials", primitive["material"])
            surface = file.child(material, "pbrMetallicRoughness")
            if "baseColorFactor" in surface:
                factor = file.floats(surface, "baseColorFactor", [1.0] * 4)[:3]
                self._any = self._any or bool((factor != 1).any())
                levels = levels * factor
            texture = file.child(surface, "baseColorTexture")
            transform = file.child(file.child(texture, "extensions"), "KHR_texture_transform")
            own = file.size(texture, "texCoord")
            channel = f"TEXCOORD_{file.size(transform, 'texCoord', own)}"
            if texture and channel in attributes:
                picture = self._textures.find(texture.get("index"))
                places = self._transformed(
                    self._attribute(attributes[channel], count, 2), transform
                )
                self._any = self._any or picture >= 0
        self._levels.append(levels)
        self._places.append(places)
        self._pictures.append(np.full(count, picture))

    def _attribute(
        self, index: object, count: int, width: int, *, always_fractions: bool = False
    ) -> FloatArray64:
        """The first `width` numbers of each vertex."""
        values = self._file.values(index, width=0, always_fractions=always_fractions)
        if len(values) != count or values.shape[1] < width:
            raise self._file.refuse(
                f"{len(values):,} colours or texture places of {values.shape[1]} numbers for "
                f"{count:,} vertices."
            )
        return values[:, :width]

    def _transformed(self, places: FloatArray64, transform: dict[str, Any]) -> FloatArray64:
        """Scaled, turned and moved as KHR_texture_transform says.

        The turn is counter-clockwise as seen where v points down, as the extension's words and its
        example have it; its code listing turns the other way (KhronosGroup/glTF issue 1563).
        """
        angle = self._file.number(transform, "rotation", 0.0)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        scale = self._file.floats(transform, "scale", [1.0, 1.0])
        offset = self._file.floats(transform, "offset", [0.0, 0.0])
        with np.errstate(over="ignore", invalid="ignore"):
            moved: FloatArray64 = places @ (turn * scale).T + offset
        return moved

    def finish(self) -> Painter | None:
        """What gives the colours of places on triangles; None if nothing has a colour."""
        if not self._any:
            return None
        levels, places = np.concatenate(self._levels), np.concatenate(self._places)
        which = np.concatenate(self._pictures)
        pictures = self._textures.pictures

        def paint(corners: IndexArray, weights: FloatArray64) -> UInt8Array:
            with np.errstate(over="ignore", invalid="ignore"):
                mixed = np.einsum("nk,nkd->nd", weights, levels[corners])
                at = np.einsum("nk,nkd->nd", weights, places[corners]) % 1.0
            shown = which[corners[:, 0]]
            for number, picture in enumerate(pictures):
                rows = np.flatnonzero(shown == number)
                if len(rows) == 0:
                    continue
                height, width = picture.shape[:2]
                inside = np.nan_to_num(at[rows])
                column = np.minimum((inside[:, 0] * width).astype(np.int64), width - 1)
                row = np.minimum((inside[:, 1] * height).astype(np.int64), height - 1)
                mixed[rows] *= picture[row, column] / 255.0
            out: UInt8Array = np.rint(255 * np.clip(np.nan_to_num(mixed), 0, 1)).astype(np.uint8)
            return out

        return paint
