# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""STL: triangles in binary or text. A corner that triangles share is written with each of them;
here it becomes one vertex again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.mesh import Mesh, mesh_scan
from fewpoints.annotations.scans.readers.mesh_text import blocks_of_lines, numbers, select
from fewpoints.annotations.scans.scan import Field, PointScan

_HEADER = 84
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def starts_like_stl(head: bytes) -> bool:
    """Whether the first bytes can be those of an STL file: text, or a header and a count."""
    return len(head) >= _HEADER or head.lstrip()[:5].lower() == b"solid"


def read_stl(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the triangles of an STL file; `name` is what messages call it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEADER)
    count = int.from_bytes(head[80:84], "little")
    if len(head) == _HEADER and size == _HEADER + count * _RECORD.itemsize:
        corners, encoding = _read_binary(path, count, name), "binary"
    elif head.lstrip()[:5].lower() == b"solid":
        corners, encoding = _read_text(path, name, progress), "text"
    else:
        raise UnreadableScan(
            name,
            f"the header promises {count:,} triangles of 50 bytes, but {max(0, size - 84):,} bytes "
            "follow it: the file is truncated, its count is wrong, or it is no STL file.",
            where="byte 80",
        )
    vertices, faces = _merged(corners)
    return mesh_scan(
        name,
        Mesh(vertices, faces),
        fields=[Field(axis, "float32" if encoding == "binary" else "text") for axis in "xyz"],
        source_format="stl",
        details={"encoding": encoding},
    )


def _read_binary(path: Path, count: int, name: str) -> FloatArray64:
    corners = np.empty((3 * count, 3))
    step = 1 << 16
    with path.open("rb") as file:
        file.seek(_HEADER)
        for start in range(0, count, step):
            rows = min(step, count - start)
            data = file.read(rows * _RECORD.itemsize)
            if len(data) < rows * _RECORD.itemsize:
                raise UnreadableScan(name, "the file became shorter while it was read.")
            with np.errstate(invalid="ignore"):
                block = np.frombuffer(data, _RECORD)["corners"].reshape(-1, 3)
                corners[3 * start : 3 * (start + rows)] = block
    return corners


def _read_text(path: Path, name: str, progress: Progress) -> FloatArray64:
    corners: list[FloatArray64] = []
    facets, ended = 0, False
    for mixed, line, done in blocks_of_lines(path, name):
        text = mixed.tobytes().lower()
        data = np.frombuffer(text, np.uint8)
        rows, lines = select(data, b"vertex", line)
        values, tokens = numbers(rows, lines, name)
        wrong = np.flatnonzero(tokens != 3)
        if len(wrong):
            raise UnreadableScan(
                name,
                f"a vertex with {tokens[wrong[0]]} values instead of 3.",
                where=f"line {lines[wrong[0]]}",
            )
        corners.append(values.reshape(-1, 3))
        facets += len(select(data, b"facet", line)[1])
        ended = b"endsolid" in text or ended
        progress(done, "Reading triangles")
    found = np.concatenate(corners) if corners else np.empty((0, 3))
    if len(found) != 3 * facets or not ended:
        raise UnreadableScan(
            name,
            f"{facets:,} facets with {len(found):,} corners"
            + ("" if ended else ' and no "endsolid"')
            + ": the file is truncated or damaged.",
        )
    return found


def _merged(
    corners: FloatArray64,
) -> tuple[FloatArray64, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """((V, 3) different corners in the order of the file, (F, 3) triangles)."""
    _, first, inverse = np.unique(corners + 0.0, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(first), np.int64)
    place[order] = np.arange(len(first))
    return corners[first[order]], place[inverse.reshape(-1)].reshape(-1, 3)
