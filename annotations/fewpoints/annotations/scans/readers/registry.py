# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which reader a file gets: by its content, never by its name alone.

Formats without a signature are tried where the name's suffix asks for them and the content does
not speak against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.e57 import read_e57
from fewpoints.annotations.scans.readers.e57_header import starts_like_e57
from fewpoints.annotations.scans.readers.gltf import (
    read_gltf,
    starts_like_glb,
    starts_like_gltf,
)
from fewpoints.annotations.scans.readers.kitti import read_kitti_and_labels, starts_like_sweep
from fewpoints.annotations.scans.readers.las import read_las
from fewpoints.annotations.scans.readers.las_header import starts_like_las
from fewpoints.annotations.scans.readers.npy import read_npy, read_npz
from fewpoints.annotations.scans.readers.npy_header import MAGIC as NPY_MAGIC
from fewpoints.annotations.scans.readers.npy_tables import starts_like_npz
from fewpoints.annotations.scans.readers.obj import read_obj, starts_like_obj
from fewpoints.annotations.scans.readers.off import read_off, starts_like_off
from fewpoints.annotations.scans.readers.pcd import read_pcd
from fewpoints.annotations.scans.readers.pcd_header import starts_like_pcd
from fewpoints.annotations.scans.readers.ply import read_ply
from fewpoints.annotations.scans.readers.pts import detect_pts, read_pts
from fewpoints.annotations.scans.readers.ptx import read_ptx, starts_like_ptx
from fewpoints.annotations.scans.readers.stl import read_stl, starts_like_stl
from fewpoints.annotations.scans.readers.text_detect import is_text
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.readers.text_table import detect_text, read_text
from fewpoints.annotations.scans.scan import PointScan


class Reader(Protocol):
    """Path to scan; `name` is what error messages call the file."""

    def __call__(self, path: Path, *, name: str, progress: Progress = ...) -> PointScan: ...


class LayoutDetector(Protocol):
    """Path to how its lines are a table of points."""

    def __call__(self, path: Path, *, name: str) -> TextLayout: ...


@dataclass(frozen=True)
class FormatInfo:
    """One readable format, for people and for file dialogs."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    dialects: str


@dataclass(frozen=True)
class _Format:
    info: FormatInfo
    starts: Callable[[bytes], bool]
    read: Reader
    # Without a signature: `starts` says only that the content is plausible.
    by_suffix: bool = False
    # Though the content is of this format, a file with such a name is taken as another.
    not_called: tuple[str, ...] = ()
    # Files of other formats are in it.
    holds_others: bool = False
    # Of tables of points as text: reads one that is told how it is laid out, and finds that out.
    read_as: Callable[..., PointScan] | None = None
    detect: LayoutDetector | None = None


def _is_ply(head: bytes) -> bool:
    return head[:3] == b"ply" and head[3:4] in (b"\n", b"\r", b" ", b"\t")


_FORMATS = (
    _Format(
        FormatInfo("ply", "PLY", (".ply",), "ASCII, binary little endian, binary big endian"),
        _is_ply,
        read_ply,
    ),
    _Format(
        FormatInfo("pcd", "PCD", (".pcd",), "ascii, binary, binary_compressed"),
        starts_like_pcd,
        read_pcd,
    ),
    _Format(
        FormatInfo(
            "las", "LAS, LAZ, COPC", (".las", ".laz"), "LAS 1.0-1.5, point formats 0-10; LAZ; COPC"
        ),
        starts_like_las,
        read_las,
    ),
    _Format(
        FormatInfo(
            "e57", "E57", (".e57",), "several stations with their poses, Cartesian or spherical"
        ),
        starts_like_e57,
        read_e57,
    ),
    _Format(
        FormatInfo("npy", "NPY", (".npy",), "plain or structured array, any type and order"),
        lambda head: head.startswith(NPY_MAGIC),
        read_npy,
    ),
    _Format(
        FormatInfo("npz", "NPZ", (".npz",), "arrays by name: coord, color, normal, segment, …"),
        starts_like_npz,
        read_npz,
        not_called=(".zip",),  # Of arrays, too, a zip archive may hold several scans.
    ),
    _Format(
        FormatInfo(
            "zip",
            "ZIP",
            (".zip",),
            "any of these; ScanNet scenes, S3DIS rooms, RGB-D frames, sweeps with labels",
        ),
        lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")),
        lambda path, **options: _read_several(path, **options),
        holds_others=True,
    ),
    _Format(
        FormatInfo(
            "kitti", "KITTI", (".bin",), "KITTI and SemanticKITTI with .label; nuScenes .pcd.bin"
        ),
        starts_like_sweep,
        read_kitti_and_labels,
        by_suffix=True,
    ),
    _Format(
        FormatInfo("ptx", "PTX", (".ptx",), "several stations, poses applied"),
        starts_like_ptx,
        read_ptx,
    ),
    _Format(
        FormatInfo("pts", "PTS", (".pts",), "several blocks; with or without counts"),
        is_text,
        read_pts,
        by_suffix=True,
        read_as=read_pts,
        detect=detect_pts,
    ),
    _Format(
        FormatInfo(
            "text",
            "XYZ, TXT, CSV, ASC",
            (".xyz", ".txt", ".csv", ".asc", ".xyzrgb", ".xyzn"),
            "columns, separators and decimal marks detected; words as labels, or left out",
        ),
        is_text,
        read_text,
        by_suffix=True,
        read_as=read_text,
        detect=detect_text,
    ),
    _Format(
        FormatInfo("off", "OFF", (".off",), "OFF, COFF, NOFF in text; vertices or surface samples"),
        starts_like_off,
        read_off,
    ),
    _Format(
        FormatInfo("obj", "OBJ", (".obj",), "vertices with or without colours, or surface samples"),
        starts_like_obj,
        read_obj,
        by_suffix=True,
    ),
    _Format(
        FormatInfo("stl", "STL", (".stl",), "binary and text; vertices or surface samples"),
        starts_like_stl,
        read_stl,
        by_suffix=True,
    ),
    _Format(
        FormatInfo("glb", "GLB", (".glb",), "binary glTF 2.0 with colours and textures"),
        starts_like_glb,
        read_gltf,
    ),
    _Format(
        FormatInfo("gltf", "glTF", (".gltf",), "glTF 2.0 with its data inside the file"),
        starts_like_gltf,
        read_gltf,
        by_suffix=True,
    ),
)


def readable_formats() -> list[FormatInfo]:
    """The formats that `read_scan` handles."""
    return [f.info for f in _FORMATS]


def read_scan(
    path: Path | str,
    *,
    name: str | None = None,
    progress: Progress = no_progress,
    text: TextLayout | None = None,
    member: str | None = None,
    scratch: Path | None = None,
) -> PointScan:
    """Read one scan file whole, or refuse it in one sentence; never in part.

    A zip archive or a folder is read if one scan is in it, or for the one that `member` names.

    `name` is what messages call the file (default: its name without folders), for files that are
    stored under another name than the user gave them. `text`: how a table of points as text is laid
    out; None detects it. `scratch` is a folder, which need not exist, for what is unpacked
    meanwhile; None takes one of the system's.

    Raises UnreadableScan for a damaged file, UnsupportedFormat for one of another kind.
    """
    path = Path(path)
    shown = name if name is not None else path.name
    if path.is_dir():
        return _read_several(
            path, name=shown, progress=progress, text=text, member=member, scratch=scratch
        )
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(2048)
    except OSError as error:
        raise UnreadableScan(shown, f"cannot be opened: {error.strerror}.") from error
    if size == 0:
        raise UnreadableScan(shown, "the file is empty (0 bytes).")
    suffix = Path(shown).suffix.lower()
    known = _format_of(head, suffix)
    if known is not None:
        if known.holds_others:
            return _read_several(
                path, name=shown, progress=progress, text=text, member=member, scratch=scratch
            )
        if member is not None:
            raise UnreadableScan(
                shown, f"this is one scan, {known.info.title}; there is no other to name in it."
            )
        if text is None:
            return known.read(path, name=shown, progress=progress)
        if known.read_as is not None:
            return known.read_as(path, name=shown, progress=progress, layout=text)
        raise UnreadableScan(
            shown, f"this is {known.info.title}, whose columns cannot be told. Leave them out."
        )
    titles = ", ".join(f.info.title for f in _FORMATS)
    expected = next((f.info.title for f in _FORMATS if suffix in f.info.suffixes), None)
    if expected is not None:
        raise UnreadableScan(
            shown, f"the content is not {expected}, whatever the name says{_kind(head)}."
        )
    raise UnsupportedFormat(
        f"{shown}: not a format that can be read{_kind(head)}. Readable: {titles}."
    )


def _read_several(path: Path, **options: Any) -> PointScan:
    """Read one of several; it needs all readers, which need not know it."""
    from fewpoints.annotations.scans.archives.reading import read_container

    return read_container(path, **options)


def layout_detector(path: Path, *, name: str) -> LayoutDetector | None:
    """What finds out how a file is laid out; None if it is no table of points as text."""
    with path.open("rb") as file:
        known = _format_of(file.read(2048), Path(name).suffix.lower())
    return None if known is None else known.detect


def _format_of(head: bytes, suffix: str) -> _Format | None:
    """The format of a file that begins with `head`, and whose name ends in `suffix`."""
    for known in _FORMATS:
        called = suffix not in known.not_called
        if known.by_suffix:
            called = suffix in known.info.suffixes
        if called and known.starts(head):
            return known
    return None


_SIGNATURES = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "gzip-compressed (unpack it first)"),
)


def _kind(head: bytes) -> str:
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            return f"; it looks like {what}"
    return ""
