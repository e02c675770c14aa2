# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From a mesh to points: its vertices where they are dense, points on its surface where not.

Dense means: at most `COARSE_SHARE` of the surface is made of triangles with an edge longer than
`COARSE_EDGE` spacings. The spacing is a `PARTS`-th of the diagonal: 2.5 cm in a room 10 m across.
A coarse mesh (a CAD model, a wall of two triangles) gets one point for every square of that size,
spread evenly by area and always the same ones (seed 0), never more than `MOST_POINTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fewpoints.annotations.arrays import (
    AnyArray,
    BoolArray,
    FloatArray64,
    IndexArray,
    UInt8Array,
)
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.fields import ScanParts, build_scan, normalise_colours
from fewpoints.annotations.scans.scan import Field, PointScan, finite_rows

PARTS = 400
COARSE_EDGE = 4.0
COARSE_SHARE = 0.1
MOST_POINTS = 5_000_000
_BLOCK = 1 << 18


# (n, k) vertices and their (n, k) weights -> (n, 3) colours of the places in between.
Painter: TypeAlias = Callable[[IndexArray, FloatArray64], UInt8Array]


@dataclass
class Mesh:
    """What a file holds: (V, 3) vertices, (F, 3) triangles, and (V, 3) or (F, 3) colours.

    `paint` gives the colours where they are more than that, as textures are.
    """

    vertices: FloatArray64
    faces: IndexArray
    vertex_colours: AnyArray | None = None
    face_colours: AnyArray | None = None
    paint: Painter | None = None


def fan(corners: IndexArray, sizes: IndexArray) -> IndexArray:
    """(F, 3) triangles of polygons whose corners lie one behind the other; 2 corners give none."""
    starts = np.cumsum(sizes) - sizes
    counts = np.maximum(sizes - 2, 0)
    first = np.repeat(starts, counts)
    step = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack(
        [corners[first], corners[first + step + 1], corners[first + step + 2]], axis=1
    ).astype(np.int64)


def check_indices(faces: IndexArray, vertices: int, name: str) -> None:
    """Refuse triangles with a corner that does not exist."""
    if len(faces) and (int(faces.min()) < 0 or int(faces.max()) >= vertices):
        wrong = int(faces.min()) if int(faces.min()) < 0 else int(faces.max())
        raise UnreadableScan(
            name, f"a face has the corner {wrong + 1:,}, but there are {vertices:,} vertices."
        )


def mesh_scan(
    name: str,
    mesh: Mesh,
    *,
    fields: Sequence[Field],
    source_format: str,
    details: Mapping[str, str],
    notes: Sequence[str] = (),
) -> PointScan:
    """Make the scan; says in its notes whether it has the vertices or points of the surface."""
    if len(mesh.vertices) == 0:
        raise UnreadableScan(name, "the file is well formed but holds no vertices.")
    usable = finite_rows(mesh.vertices)
    spacing, share, area = _density(mesh, usable)
    facts = {**details, "vertices": f"{len(mesh.vertices):,}", "triangles": f"{len(mesh.faces):,}"}
    if share <= COARSE_SHARE:
        told = "The points are the vertices of the mesh." if len(mesh.faces) else ""
        parts = ScanParts(mesh.vertices, colours=_columns(_vertex_colours(mesh)))
    else:
        count = max(1, min(MOST_POINTS, round(area / spacing**2)))
        told = (
            f"The mesh is coarse: {share:.0%} of its surface is triangles with edges over "
            f"{COARSE_EDGE * spacing:.3g}. Its points are {count:,} samples of the surface, "
            f"{np.sqrt(area / count):.3g} apart on average, not its {len(mesh.vertices):,} "
            "vertices."
        )
        parts = _sample(mesh, usable, count)
    return build_scan(
        name,
        parts,
        fields=fields,
        source_format=source_format,
        details=facts,
        notes=[*notes, *([told] if told else [])],
    )


def _columns(colours: AnyArray | None) -> list[AnyArray] | None:
    return None if colours is None else [colours[:, i] for i in range(3)]


def _vertex_colours(mesh: Mesh) -> AnyArray | None:
    if mesh.paint is not None:
        colours = np.empty((len(mesh.vertices), 3), np.uint8)
        for part in _blocks(len(colours)):
            rows = np.arange(part.start, part.stop)[:, None]
            colours[part] = mesh.paint(rows, np.ones(rows.shape))
        return colours
    if mesh.vertex_colours is not None or mesh.face_colours is None:
        return mesh.vertex_colours
    colours = np.zeros((len(mesh.vertices), 3), mesh.face_colours.dtype)
    for corner in range(3):
        colours[mesh.faces[:, corner]] = mesh.face_colours
    return colours


def _blocks(count: int) -> list[slice]:
    return [slice(start, min(count, start + _BLOCK)) for start in range(0, count, _BLOCK)]


def _areas(mesh: Mesh, usable: BoolArray) -> tuple[FloatArray64, FloatArray64]:
    """((F,) area, (F,) longest edge); 0 for triangles with a corner that is no number."""
    areas, longest = np.zeros(len(mesh.faces)), np.zeros(len(mesh.faces))
    for part in _blocks(len(mesh.faces)):
        faces = mesh.faces[part]
        good = usable[faces].all(axis=1)
        a, b, c = (mesh.vertices[faces[good, i]] for i in range(3))
        areas[part][good] = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        edges = [np.linalg.norm(v, axis=1) for v in (b - a, c - b, a - c)]
        longest[part][good] = np.maximum(np.maximum(edges[0], edges[1]), edges[2])
    return areas, longest


def _density(mesh: Mesh, usable: BoolArray) -> tuple[float, float, float]:
    """(spacing, share of the surface in coarse triangles, area)."""
    areas, longest = _areas(mesh, usable)
    area = float(areas.sum())
    if area <= 0:
        return 0.0, 0.0, 0.0
    corners = mesh.vertices[usable]
    spacing = float(np.linalg.norm(corners.max(axis=0) - corners.min(axis=0))) / PARTS
    share = float(areas[longest > COARSE_EDGE * spacing].sum()) / area
    return spacing, share, area


def _sample(mesh: Mesh, usable: BoolArray, count: int) -> ScanParts:
    areas, _ = _areas(mesh, usable)
    ends = np.cumsum(areas)
    rng = np.random.default_rng(0)
    positions = np.empty((count, 3))
    normals = np.empty((count, 3), np.float32)
    levels = _levels(mesh)
    painted = levels is not None or mesh.paint is not None
    colours = np.empty((count, 3), np.uint8) if painted else None
    for part in _blocks(count):
        rows = np.arange(part.start, part.stop)
        # One point in each of `count` equal shares of the area: no holes, no clumps.
        at = (rows + rng.random(len(rows))) / count * ends[-1]
        found = np.minimum(np.searchsorted(ends, at, side="right"), len(ends) - 1)
        u, v = np.sqrt(rng.random(len(rows))), rng.random(len(rows))
        weights = np.stack([1 - u, u * (1 - v), u * v], axis=1)
        faces = mesh.faces[found]
        corners = mesh.vertices[faces]
        # Faces without area are never found, but their neighbours' corners may be no numbers.
        positions[part] = np.einsum("nk,nkd->nd", weights, corners)
        facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(facing, axis=1, keepdims=True)
        normals[part] = facing / np.where(length > 0, length, 1)
        if colours is None:
            continue
        if mesh.paint is not None:
            colours[part] = mesh.paint(faces, weights)
        elif levels is not None:
            if mesh.vertex_colours is not None:
                mixed = np.einsum("nk,nkd->nd", weights, levels[faces].astype(np.float64))
                colours[part] = np.rint(mixed)
            else:
                colours[part] = levels[found]
    return ScanParts(
        positions, colours=_columns(colours), normals=[normals[:, i] for i in range(3)]
    )


def _levels(mesh: Mesh) -> AnyArray | None:
    """Colours of the vertices or faces as uint8, before they are mixed."""
    columns = _columns(
        mesh.vertex_colours if mesh.vertex_colours is not None else mesh.face_colours
    )
    return None if columns is None else normalise_colours(columns)[0]
