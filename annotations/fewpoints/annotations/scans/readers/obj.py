# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Wavefront OBJ: vertices with or without colours, and faces; nothing outside the file is opened.

Materials and textures lie in other files: they are not followed, which is told. Everything but
`v` and `f` lines is skipped; a line goes on behind a backslash at its end.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import AnyArray, BoolArray, FloatArray64, IndexArray, UInt8Array
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import normalise_colours
from fewpoints.annotations.scans.readers.mesh import Mesh, check_indices, fan, mesh_scan
from fewpoints.annotations.scans.readers.mesh_text import blocks_of_lines, numbers, select
from fewpoints.annotations.scans.scan import Field, PointScan

_GREY = 128  # Of vertices without a colour among others with one.
_KEYWORDS = {
    b"v", b"vt", b"vn", b"vp", b"f", b"l", b"p", b"o", b"g", b"s", b"mtllib", b"usemtl", b"cstype",
}  # fmt: skip


def starts_like_obj(head: bytes) -> bool:
    """Whether the first words of the lines, comments aside, are those of an OBJ file."""
    if b"\0" in head:
        return False
    lines = re.split(rb"[\r\n]+", re.sub(rb"\\\r?\n", b" ", head))
    words = [line.split()[0] for line in lines[: max(1, len(lines) - 1)] if line.split()]
    words = [word for word in words if not word.startswith(b"#")]
    return bool(words) and all(word in _KEYWORDS for word in words[:3])


def read_obj(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the vertices and faces of an OBJ file; `name` is what messages call it.

    Raises UnreadableScan naming the line, or a corner that does not exist.
    """
    points: list[FloatArray64] = []
    colours: list[AnyArray] = []
    coloured: list[BoolArray] = []
    triangles: list[IndexArray] = []
    before, external = 0, False
    for data, line, done in blocks_of_lines(path, name, continued=True):
        text = data.tobytes()
        external = external or b"mtllib" in text
        rows, lines = select(data, b"v", line)
        values, tokens = numbers(rows, lines, name)
        _check_vertices(tokens, lines, name)
        ends = np.cumsum(tokens)
        points.append(values[(ends - tokens)[:, None] + np.arange(3)])
        coloured.append(tokens >= 6)
        with np.errstate(over="ignore"):  # What is beyond float32 is no colour either.
            last = values[ends[coloured[-1]][:, None] - np.arange(3, 0, -1)]
            colours.append(last.astype(np.float32))
        corners, sizes, at = _faces(data, line, name)
        triangles.append(_absolute(corners, sizes, at, lines, before))
        before += len(lines)
        progress(done, "Reading vertices")
    vertices = np.concatenate(points) if points else np.empty((0, 3))
    faces = np.concatenate(triangles) if triangles else np.empty((0, 3), np.int64)
    check_indices(faces, len(vertices), name)
    levels, notes = _levels(colours, coloured)
    if external:
        notes.insert(0, "Materials and textures are in other files, which are not opened.")
    rgb = ("r", "g", "b") if levels is not None else ()
    fields = [Field(n, "text") for n in ("x", "y", "z", *rgb)]
    return mesh_scan(
        name,
        Mesh(vertices, faces, levels),
        fields=fields,
        source_format="obj",
        details={"encoding": "text"},
        notes=notes,
    )


def _levels(
    blocks: list[AnyArray], coloured_blocks: list[BoolArray]
) -> tuple[AnyArray | None, list[str]]:
    """((V, 3) colours of all vertices or None, notes) from those that have one, block by block."""
    if sum(map(len, blocks)) == 0:
        return None, []
    colours, coloured = np.concatenate(blocks), np.concatenate(coloured_blocks)
    if coloured.all():
        return colours, []
    known, notes = normalise_colours([colours[:, i] for i in range(3)])
    if known is None:
        return None, notes
    levels = np.full((len(coloured), 3), _GREY, np.uint8)
    levels[coloured] = known
    missing = len(coloured) - len(known)
    return levels, [*notes, f"{missing:,} of {len(coloured):,} vertices have no colour: grey."]


def _check_vertices(tokens: IndexArray, lines: IndexArray, name: str) -> None:
    wrong = np.flatnonzero(~np.isin(tokens, (3, 4, 6, 7)))
    if len(wrong):
        raise UnreadableScan(
            name,
            f"a vertex with {tokens[wrong[0]]} values; x, y, z, perhaps a weight, and perhaps "
            "a colour are expected.",
            where=f"line {lines[wrong[0]]}",
        )


def _faces(data: AnyArray, line: int, name: str) -> tuple[IndexArray, IndexArray, IndexArray]:
    """(corners one behind the other, how many each face has, its line)."""
    rows, lines = select(data, b"f", line)
    values, tokens = numbers(_without_slashes(rows), lines, name)
    wrong = np.flatnonzero(tokens < 3)
    if len(wrong):
        raise UnreadableScan(
            name, f"a face with {tokens[wrong[0]]} corners.", where=f"line {lines[wrong[0]]}"
        )
    if len(values) and not ((np.abs(values) < 2**53) & (values == np.rint(values))).all():
        raise UnreadableScan(name, f"the faces from line {lines[0]} on have no whole corners.")
    return values.astype(np.int64), tokens, lines


def _without_slashes(rows: UInt8Array) -> UInt8Array:
    """Only the vertex of corners like 3/1/2 and 3//2."""
    slashes = rows == ord("/")
    if not slashes.any():
        return rows
    places = np.arange(1, len(rows) + 1, dtype=np.int32)
    last_slash = np.maximum.accumulate(places * slashes)
    blanks = (rows == 32) | (rows == 9) | (rows == 10) | (rows == 13)
    last_blank = np.maximum.accumulate(places * blanks)
    return rows[last_slash <= last_blank]


def _absolute(
    corners: IndexArray, sizes: IndexArray, at: IndexArray, vertex_lines: IndexArray, before: int
) -> IndexArray:
    """(F, 3) zero-based triangles; negative corners count back from the face's line."""
    known = before + np.searchsorted(vertex_lines, at)
    known = np.repeat(known, sizes)
    # 0 is no corner; it becomes -1 and is refused with those that do not exist.
    return fan(np.where(corners < 0, known + corners, corners - 1), sizes)
