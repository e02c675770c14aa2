# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Depth and colour pictures: their size from a few bytes, their pixels when needed.

Only PNG and JPEG are opened. The size is read here and not by Pillow, so that looking at the
headers of thousands of pictures is quick and an absurd size is refused before memory is asked for.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.frames.frame import Intrinsics

MOST_PIXELS = 50_000_000
# Of one picture or one list of poses; a file that is larger is something else.
MOST_BYTES = 256 << 20
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Place:
    """Where a picture is, in the words of a message: the sequence and the part of it."""

    name: str
    where: str

    def refuse(self, problem: str) -> UnreadableScan:
        """Return the error that names this place."""
        return UnreadableScan(self.name, problem, where=self.where)


@dataclass(frozen=True)
class PictureHeader:
    """kind "png" or "jpeg"; grey16: one channel of 16 bits, as depth is stored."""

    kind: str
    width: int
    height: int
    grey16: bool


def read_bytes(path: Path, place: Place) -> bytes:
    """Read a file whole, or refuse it by the name people know."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise place.refuse(f"cannot be opened: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise place.refuse(f"the file is larger than {MOST_BYTES >> 20} MiB.")
    return data


def file_header(path: Path, place: Place) -> PictureHeader:
    """Read a picture's size without its pixels; a file that is cut short is refused."""
    try:
        with path.open("rb") as file:
            head = file.read(64 * 1024)
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - 64 * 1024))
            tail = file.read()
    except OSError as error:
        raise place.refuse(f"cannot be opened: {error.strerror}.") from error
    header = picture_header(head, place)
    ending = b"IEND" if header.kind == "png" else b"\xff\xd9"
    if ending not in tail:
        # Some cameras append megabytes to a JPEG; only decoding tells.
        if header.kind == "png" or size < 128 * 1024:
            raise place.refuse(f"the picture is cut short after {size:,} bytes.")
        _decoded(read_bytes(path, place), place)
    return header


def picture_header(data: bytes, place: Place) -> PictureHeader:
    """Read the header of a PNG or JPEG from its first bytes."""
    if not data:
        raise place.refuse("the file is empty (0 bytes).")
    if data.startswith(_PNG):
        if len(data) < 33 or data[12:16] != b"IHDR":
            raise place.refuse(f"the picture is cut short after {len(data)} bytes.")
        width, height, bits, colour_type = struct.unpack_from(">IIBB", data, 16)
        header = PictureHeader("png", width, height, bits == 16 and colour_type == 0)
    elif data.startswith(_JPEG):
        header = _jpeg_header(data, place)
    else:
        raise place.refuse("this is neither a PNG nor a JPEG picture.")
    if not 0 < header.width * header.height <= MOST_PIXELS:
        raise place.refuse(
            f"the picture claims {header.width} × {header.height} pixels; "
            f"at most {MOST_PIXELS:,} are read."
        )
    return header


def _jpeg_header(data: bytes, place: Place) -> PictureHeader:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return PictureHeader("jpeg", width, height, False)
        at += 2 + length
    raise place.refuse("the JPEG picture has no size in its first 64 KiB; it is damaged.")


def depth_pixels(data: bytes, place: Place) -> NDArray[np.uint16]:
    """Decode a depth PNG: (H, W) uint16, in the unit of the file."""
    header = picture_header(data, place)
    if not header.grey16:
        raise place.refuse("depth must be a PNG of one channel with 16 bits; this picture is not.")
    image = _decoded(data, place)
    pixels = np.asarray(image)
    if pixels.shape != (header.height, header.width):
        raise place.refuse(f"the pixels are not {header.width} × {header.height}.")
    return pixels.astype(np.uint16, copy=False)


def colour_pixels(
    data: bytes, place: Place, depth_camera: Intrinsics, colour_camera: Intrinsics | None
) -> NDArray[np.uint8]:
    """Decode a picture and bring it to the pixels of the depth: (H, W, 3) uint8.

    colour_camera: the picture's own camera, standing where the depth camera stands; None if the
    picture shows exactly what the depth shows. Where a depth pixel covers several pixels of the
    picture they are averaged, so that thin things do not flicker from frame to frame.
    """
    header = picture_header(data, place)
    size = (depth_camera.width, depth_camera.height)
    if colour_camera is None:
        must_show_the_same(header, depth_camera, place)
        box = (0.0, 0.0, float(header.width), float(header.height))
    else:
        colour_camera = colour_camera.resized(header.width, header.height)
        box = _seen_box(depth_camera, colour_camera)
    image = _decoded(data, place, at_least=_needed(header, size, box))
    if image.size == size and box == (0.0, 0.0, float(size[0]), float(size[1])):
        return np.array(image)
    scale_x, scale_y = image.width / header.width, image.height / header.height
    box = (box[0] * scale_x, box[1] * scale_y, box[2] * scale_x, box[3] * scale_y)
    image, box = _padded(image, box)
    shrinks = box[2] - box[0] >= size[0]
    how = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    return np.array(image.resize(size, how, box=box))


def must_show_the_same(header: PictureHeader, depth: Intrinsics, place: Place) -> None:
    """Refuse a picture of another shape than the depth: which part it shows is not known."""
    if abs(header.width * depth.height / (header.height * depth.width) - 1) > 0.02:
        raise place.refuse(
            f"the picture has {header.width} × {header.height} pixels, which is not the shape of "
            f"the depth, {depth.width} × {depth.height}."
        )


def _seen_box(depth: Intrinsics, colour: Intrinsics) -> tuple[float, float, float, float]:
    """What the depth camera sees, as left, top, right, bottom edges in the colour picture."""

    def x(edge: float) -> float:
        return (edge - 0.5 - depth.cx) / depth.fx * colour.fx + colour.cx + 0.5

    def y(edge: float) -> float:
        return (edge - 0.5 - depth.cy) / depth.fy * colour.fy + colour.cy + 0.5

    return x(0), y(0), x(depth.width), y(depth.height)


def _needed(
    header: PictureHeader, size: tuple[int, int], box: tuple[float, float, float, float]
) -> tuple[int, int]:
    """The fewest pixels of the whole picture with which the box still has `size` of them."""
    width = header.width * size[0] / (box[2] - box[0])
    height = header.height * size[1] / (box[3] - box[1])
    return (int(np.ceil(width)), int(np.ceil(height)))


def _padded(
    image: Image.Image, box: tuple[float, float, float, float]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Repeat the border pixels where the box reaches beyond the picture."""
    left, top = max(0, int(np.ceil(-box[0]))), max(0, int(np.ceil(-box[1])))
    right = max(0, int(np.ceil(box[2] - image.width)))
    bottom = max(0, int(np.ceil(box[3] - image.height)))
    if not (left or top or right or bottom):
        return image, box
    pixels = np.pad(np.asarray(image), ((top, bottom), (left, right), (0, 0)), mode="edge")
    return Image.fromarray(pixels), (box[0] + left, box[1] + top, box[2] + left, box[3] + top)


def _decoded(data: bytes, place: Place, *, at_least: tuple[int, int] | None = None) -> Image.Image:
    """Decode; with `at_least`, as RGB, and a JPEG perhaps smaller than it is, but not below."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        if at_least is not None:
            image.draft("RGB", at_least)
            image = image.convert("RGB")
        image.load()
    except Exception as error:  # Pillow has no closed set of errors for damaged files.
        raise place.refuse(f"the picture is damaged ({error}).") from error
    return image
