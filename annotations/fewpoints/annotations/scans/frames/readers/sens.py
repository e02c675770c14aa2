# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""ScanNet's `.sens`: one file with all pictures, poses and both cameras.

Little endian: u32 version (4), u64 length and sensor name; four 4 x 4 float32 matrices (colour
intrinsics and extrinsics, depth intrinsics and extrinsics); i32 colour and depth compression; u32
colour width and height, depth width and height; float32 depth units per metre; u64 frames. A frame
is a 4 x 4 float32 camera-to-world (-inf where tracking was lost), u64 colour time, depth time,
colour bytes, depth bytes, and these bytes. Inertial measurements follow and are not read.

Opening reads the 96 bytes before each frame's pictures and skips the pictures.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.checks import checked_intrinsics, checked_pose
from fewpoints.annotations.scans.frames.frame import (
    Float64Array,
    Frame,
    FrameHeader,
    FrameSequence,
    Intrinsics,
)
from fewpoints.annotations.scans.frames.pictures import (
    MOST_BYTES,
    MOST_PIXELS,
    Place,
    colour_pixels,
    picture_header,
)
from fewpoints.annotations.scans.frames.readers.records import missing_pictures, missing_poses

VERSION = 4
_LONGEST_NAME = 4096
_FRAME = struct.Struct("<16f4Q")
_RAW, _PNG, _JPEG = 0, 1, 2
_RAW_DEPTH, _ZLIB_DEPTH = 0, 1


def starts_like_sens(head: bytes) -> bool:
    """Whether the first 12 bytes are those of a `.sens` file."""
    if len(head) < 12:
        return False
    version, length = struct.unpack_from("<IQ", head)
    return bool(version == VERSION and length <= _LONGEST_NAME)


@dataclass(frozen=True)
class _Header:
    depth_camera: Intrinsics
    colour_camera: Intrinsics
    colour_kind: int
    depth_kind: int
    units_per_metre: float
    frames: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Entry:
    number: int
    at: int
    colour_bytes: int
    depth_bytes: int
    world_from_camera: Float64Array


def read_sens(path: Path, *, name: str, progress: Progress = no_progress) -> FrameSequence:
    """Index a `.sens` file; its pictures are read when a frame is asked for."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = _read_header(_Bytes(file, size, name), name)
            entries = _index(file, size, header, name, progress)
    except OSError as error:
        raise UnreadableScan(name, f"cannot be opened: {error.strerror}.") from error
    lost = header.frames - len(entries)
    if not entries:
        raise UnreadableScan(name, f"none of the {header.frames} frames has a pose.")
    notes = header.notes + ((missing_poses(lost, header.frames),) if lost else ())
    pictured = [entry for entry in entries if entry.colour_bytes]
    if pictured and len(pictured) < len(entries):
        notes += (missing_pictures(len(entries) - len(pictured), len(entries)),)
        entries = pictured

    def load(index: int) -> Frame:
        return _load(path, name, header, entries[index])

    def read_header(index: int) -> FrameHeader:
        return _frame_header(path, name, header, entries[index])

    names = [_frame_name(entry) for entry in entries]
    # ScanNet's worlds have z up, after the alignment of its authors' reconstruction.
    return FrameSequence(name, (0.0, 0.0, 1.0), names, load, notes, read_header=read_header)


def _frame_name(entry: _Entry) -> str:
    return f"frame {entry.number}"


class _Bytes:
    """Reads struct after struct; a file that ends early is refused with the byte."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self.file, self.size, self.name = file, size, name

    def take(self, count: int) -> bytes:
        at = self.file.tell()
        data = self.file.read(count)
        if len(data) < count:
            raise UnreadableScan(
                self.name,
                f"the file ends after {self.size:,} bytes, in the middle of its header.",
                where=f"byte {at}",
            )
        return data

    def matrix(self) -> Float64Array:
        return np.frombuffer(self.take(64), "<f4").reshape(4, 4).astype(np.float64)


def _read_header(data: _Bytes, name: str) -> _Header:
    version, length = struct.unpack("<IQ", data.take(12))
    if version != VERSION:
        raise UnsupportedFormat(f"{name}: .sens version {version} is not read, only {VERSION}.")
    if length > _LONGEST_NAME:
        raise UnreadableScan(name, f"the sensor's name claims {length:,} bytes.", where="byte 4")
    data.take(length)
    colour, colour_place, depth, depth_place = (data.matrix() for _ in range(4))
    colour_kind, depth_kind = struct.unpack("<ii", data.take(8))
    colour_w, colour_h, depth_w, depth_h = struct.unpack("<4I", data.take(16))
    (units,) = struct.unpack("<f", data.take(4))
    (frames,) = struct.unpack("<Q", data.take(8))
    if colour_kind not in (_RAW, _PNG, _JPEG):
        raise UnsupportedFormat(f"{name}: colour compression {colour_kind} is not known.")
    if depth_kind not in (_RAW_DEPTH, _ZLIB_DEPTH):
        raise UnsupportedFormat(
            f"{name}: depth compression {depth_kind} is not read, only raw (0) and zlib (1)."
        )
    for what, width, height in (("colour", colour_w, colour_h), ("depth", depth_w, depth_h)):
        if not 0 < width * height <= MOST_PIXELS:
            raise UnreadableScan(name, f"the {what} pictures claim {width} × {height} pixels.")
    if not 1 <= units <= 1e6:
        raise UnreadableScan(name, f"the depth has {units:g} units per metre; 1000 is usual.")
    if frames == 0:
        raise UnreadableScan(name, "there are no frames.")
    if frames > data.size // _FRAME.size:
        raise UnreadableScan(
            name, f"{frames:,} frames are claimed, more than {data.size:,} bytes can hold."
        )
    apart = float(np.abs(np.linalg.norm(colour_place[:3, 3] - depth_place[:3, 3])))
    notes: tuple[str, ...] = ()
    if np.isfinite(apart) and apart > 1e-4:
        notes = (
            f"The colour camera is {apart * 1000:.0f} mm from the depth camera; this is ignored.",
        )
    return _Header(
        _camera(depth, depth_w, depth_h, Place(name, "depth intrinsics")),
        _camera(colour, colour_w, colour_h, Place(name, "colour intrinsics")),
        colour_kind, depth_kind, float(units), frames, notes,
    )  # fmt: skip


def _camera(matrix: Float64Array, width: int, height: int, place: Place) -> Intrinsics:
    fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
    return checked_intrinsics(Intrinsics(width, height, fx, fy, cx, cy), place)


def _index(
    file: BinaryIO, size: int, header: _Header, name: str, progress: Progress
) -> list[_Entry]:
    entries: list[_Entry] = []
    at = file.tell()
    for number in range(header.frames):
        if number % 500 == 0:
            progress(number / header.frames, f"Finding frame {number + 1} of {header.frames}")
        place = Place(name, f"frame {number}")
        file.seek(at)
        head = file.read(_FRAME.size)
        values = _FRAME.unpack(head) if len(head) == _FRAME.size else None
        end = at + _FRAME.size + (values[18] + values[19] if values else 0)
        if values is None or end > size:
            raise place.refuse(
                f"the file ends after {size:,} bytes, before the last of its "
                f"{header.frames:,} frames; it is cut short."
            )
        if max(values[18], values[19]) > MOST_BYTES:
            raise place.refuse(
                f"a picture claims {max(values[18], values[19]):,} bytes; at most "
                f"{MOST_BYTES >> 20} MiB are read."
            )
        pose = checked_pose(np.reshape(values[:16], (4, 4)).astype(np.float64), place)
        if pose is not None:
            entries.append(_Entry(number, at + _FRAME.size, values[18], values[19], pose))
        at = end
    return entries


def _frame_header(path: Path, name: str, header: _Header, entry: _Entry) -> FrameHeader:
    place = Place(name, _frame_name(entry))
    wanted = header.depth_camera.width * header.depth_camera.height * 2
    if header.depth_kind == _RAW_DEPTH and entry.depth_bytes != wanted:
        raise place.refuse(f"the depth has {entry.depth_bytes} bytes, not {wanted}.")
    if entry.depth_bytes == 0:
        raise place.refuse("there is no depth.")
    if header.colour_kind != _RAW and entry.colour_bytes:
        head = _read_at(path, place, entry.at, min(entry.colour_bytes, 64 * 1024))
        _colour_size(head, header, place)
    return FrameHeader(
        place.where, header.depth_camera, entry.world_from_camera, entry.colour_bytes > 0
    )


def _load(path: Path, name: str, header: _Header, entry: _Entry) -> Frame:
    place = Place(name, _frame_name(entry))
    data = _read_at(path, place, entry.at, entry.colour_bytes + entry.depth_bytes)
    colour, packed = data[: entry.colour_bytes], data[entry.colour_bytes :]
    camera = header.depth_camera
    depth = _unpacked(packed, header, place).reshape(camera.height, camera.width)
    metres = depth.astype(np.float32) / np.float32(header.units_per_metre)
    colours = _colours(colour, header, place) if colour else None
    return Frame(place.where, metres, colours, camera, entry.world_from_camera)


def _read_at(path: Path, place: Place, at: int, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(at)
            data = file.read(count)
    except OSError as error:
        raise place.refuse(f"cannot be read: {error.strerror}.") from error
    if len(data) < count:
        raise place.refuse("the file has become shorter since it was opened.")
    return data


def _unpacked(packed: bytes, header: _Header, place: Place) -> np.ndarray:
    wanted = header.depth_camera.width * header.depth_camera.height * 2
    if header.depth_kind == _ZLIB_DEPTH:
        # One byte more than wanted is enough to see that there is too much.
        try:
            packed = zlib.decompressobj().decompress(packed, wanted + 1)
        except zlib.error as error:
            raise place.refuse(f"the depth is damaged ({error}).") from error
    if len(packed) != wanted:
        more = "more than " if len(packed) > wanted else ""
        raise place.refuse(
            f"the depth has {more}{min(len(packed), wanted):,} bytes, not {wanted:,}."
        )
    return np.frombuffer(packed, "<u2")


def _colours(data: bytes, header: _Header, place: Place) -> np.ndarray:
    camera = header.colour_camera
    if header.colour_kind == _RAW:
        wanted = camera.width * camera.height * 3
        if len(data) != wanted:
            raise place.refuse(f"the picture has {len(data):,} bytes, not {wanted:,}.")
        data = _as_png(data, camera)
    else:
        _colour_size(data, header, place)
    return colour_pixels(data, place, header.depth_camera, camera)


def _colour_size(data: bytes, header: _Header, place: Place) -> None:
    picture, camera = picture_header(data, place), header.colour_camera
    if (picture.width, picture.height) != (camera.width, camera.height):
        raise place.refuse(
            f"the picture has {picture.width} × {picture.height} pixels, the file's header says "
            f"{camera.width} × {camera.height}."
        )


def _as_png(rgb: bytes, camera: Intrinsics) -> bytes:
    """Raw pixels take the same way as compressed ones; level 0 only wraps them."""
    rows = np.frombuffer(rgb, np.uint8).reshape(camera.height, camera.width * 3)
    filtered = np.pad(rows, ((0, 0), (1, 0)))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    size = struct.pack(">IIBBBBB", camera.width, camera.height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(filtered.tobytes(), 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
