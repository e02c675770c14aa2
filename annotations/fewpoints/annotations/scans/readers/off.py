# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""OFF in text: vertices, with colours in COFF and normals in NOFF, and polygons.

The counts may follow the word without a blank, as in ModelNet40. Colours, which polygons may have
as well, are numbers 0-255 or fractions 0-1, as the values say. Normals are not used.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64, IndexArray
from fewpoints.annotations.errors import UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.mesh import Mesh, check_indices, fan, mesh_scan
from fewpoints.annotations.scans.readers.text import TextRows
from fewpoints.annotations.scans.scan import Field, PointScan

_WORD = re.compile(rb"(?:\s|#[^\n]*\n)*(ST)?(C)?(N)?(4)?(n)?OFF(?=[\s#\d])")


def starts_like_off(head: bytes) -> bool:
    """Whether the first word is OFF, COFF or a relative of theirs."""
    return _WORD.match(head) is not None


def read_off(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the vertices and faces of an OFF file; `name` is what messages call it."""
    content = path.read_bytes()
    word = _WORD.match(content)
    if word is None:
        raise UnreadableScan(name, 'the first word is not "OFF".', where="line 1")
    texture, colour, normal, four, more = (part is not None for part in word.groups())
    if four or more or texture or content[word.end() :].split(maxsplit=1)[:1] == [b"BINARY"]:
        raise UnsupportedFormat(f"{name}: of the OFF files, only OFF, COFF and NOFF in text.")
    first = content[: word.end()].count(b"\n") + 1
    # The word becomes blank, so that the counts may stand on its line or the next.
    content = re.sub(rb"#[^\n]*", b"", content[word.end() :])
    rows = TextRows(io.BytesIO(content), name, first_line=first)
    vertices, faces, edges_line = _counts(rows, len(content), name)
    width = 3 + 3 * normal
    points, colours = _vertices(rows, vertices, width, colour, name)
    progress(0.5, "Reading vertices")
    triangles, face_colours = _faces(rows, faces, name)
    extra = rows.next_filled_line()
    if extra is not None:
        raise UnreadableScan(
            name, f"more lines than line {edges_line} promises.", where=f"line {extra}"
        )
    check_indices(triangles, vertices, name)
    return mesh_scan(
        name,
        Mesh(points, triangles, colours, face_colours),
        fields=[Field(n, "text") for n in ("x", "y", "z", *(("r", "g", "b") if colour else ()))],
        source_format="off",
        details={"encoding": "text"},
    )


def _counts(rows: TextRows, room: int, name: str) -> tuple[int, int, int]:
    for block in rows.take(1):
        line = int(block.lines[0])
        counts = block.values
        whole = len(counts) in (2, 3) and bool(
            ((counts >= 0) & (counts < 2**53) & (counts == np.rint(counts))).all()
        )
        if not whole:
            raise UnreadableScan(
                name, "the numbers of vertices, faces and edges are expected.", where=f"line {line}"
            )
        vertices, faces = int(counts[0]), int(counts[1])
        # A vertex takes three digits and three blanks, a face of no corner one of each.
        if 6 * vertices + 2 * faces > room + 1:
            raise UnreadableScan(
                name,
                f"{vertices:,} vertices and {faces:,} faces are promised, but the file has only "
                f"{room:,} bytes.",
                where=f"line {line}",
            )
        return vertices, faces, line
    raise UnreadableScan(name, "the file ends before the numbers of vertices and faces.")


def _vertices(
    rows: TextRows, count: int, width: int, coloured: bool, name: str
) -> tuple[FloatArray64, AnyArray | None]:
    points = np.empty((count, 3))
    colours = np.empty((count, 3), np.float32) if coloured else None
    done = values = 0
    for block in rows.take(count):
        values = values or int(block.tokens[0])
        least, most = (width + 3, width + 4) if coloured else (width, width)
        expected = least
        wrong = np.flatnonzero((block.tokens < least) | (block.tokens > most))
        if not len(wrong) and coloured:
            expected = values
            wrong = np.flatnonzero(block.tokens != values)
        if len(wrong):
            raise UnreadableScan(
                name,
                f"a vertex with {block.tokens[wrong[0]]} values instead of {expected}.",
                where=f"line {block.lines[wrong[0]]}",
            )
        table = block.table
        points[done : done + len(table)] = table[:, :3]
        if colours is not None:
            with np.errstate(over="ignore"):
                colours[done : done + len(table)] = table[:, width : width + 3]
        done += len(table)
    if done < count:
        raise UnreadableScan(
            name,
            f"the file ends after {done:,} of {count:,} vertices: it is truncated or its count is "
            "wrong.",
            where=f"line {rows.line}",
        )
    return points, colours


def _faces(rows: TextRows, count: int, name: str) -> tuple[IndexArray, AnyArray | None]:
    triangles: list[IndexArray] = []
    colours: list[AnyArray] = []
    done, coloured = 0, True
    for block in rows.take(count):
        starts = np.cumsum(block.tokens) - block.tokens
        sizes = block.values[starts]
        behind = block.tokens - 1 - sizes
        wrong = np.flatnonzero(~((sizes >= 0) & (behind >= 0)) | (sizes != np.rint(sizes)))
        if len(wrong):
            raise UnreadableScan(
                name,
                f"a face of {sizes[wrong[0]]:g} corners has {block.tokens[wrong[0]] - 1} values.",
                where=f"line {block.lines[wrong[0]]}",
            )
        whole = sizes.astype(np.int64)
        first = np.repeat(starts + 1 - (np.cumsum(whole) - whole), whole)
        corners = block.values[first + np.arange(int(whole.sum()))]
        if not ((np.abs(corners) < 2**53) & (corners == np.rint(corners))).all():
            raise UnreadableScan(
                name, "corners are no whole numbers.", where=f"lines from {block.lines[0]}"
            )
        triangles.append(fan(corners.astype(np.int64), whole))
        coloured = coloured and bool(np.isin(behind, (3, 4)).all())
        if coloured:
            at = (starts + 1 + whole)[:, None] + np.arange(3)
            colours.append(np.repeat(block.values[at], np.maximum(whole - 2, 0), axis=0))
        done += len(block.lines)
    if done < count:
        raise UnreadableScan(
            name,
            f"the file ends after {done:,} of {count:,} faces: it is truncated or its count is "
            "wrong.",
            where=f"line {rows.line}",
        )
    if not triangles:
        return np.empty((0, 3), np.int64), None
    return np.concatenate(triangles), np.concatenate(colours) if coloured else None
