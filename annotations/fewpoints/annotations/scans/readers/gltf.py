# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""glTF 2.0, as GLB or as JSON with its data inside: the meshes of the scene, where nodes put them.

Only the file itself is read: buffers in other files are refused, textures in other files left out
with a note. A colour is the texture times the material's and the vertices' colours, numbers as the
file has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.gltf_colours import Paint, Textures
from fewpoints.annotations.scans.readers.gltf_file import GltfFile
from fewpoints.annotations.scans.readers.mesh import Mesh, check_indices, mesh_scan
from fewpoints.annotations.scans.scan import Field, PointScan

# Nodes may show one mesh many times; a file may grow this much by it.
MOST_GROWTH = 20
FREE_VERTICES = 1_000_000


def starts_like_glb(head: bytes) -> bool:
    """Whether a file begins like a binary glTF."""
    return head[:4] == b"glTF"


def starts_like_gltf(head: bytes) -> bool:
    """Whether the first bytes are those of a JSON object."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read_gltf(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read the scene of a glTF file; `name` is what messages call it."""
    file = GltfFile(path, name)
    textures = Textures(file)
    paint = Paint(textures)
    points: list[FloatArray64] = []
    faces: list[IndexArray] = []
    count = 0
    most = MOST_GROWTH * path.stat().st_size // 12 + FREE_VERTICES
    for placed, (mesh, matrix) in enumerate(_placed_meshes(file)):
        for primitive in file.items(mesh, "primitives"):
            attributes = file.child(primitive, "attributes")
            if "POSITION" not in attributes:
                continue
            local = file.values(attributes["POSITION"], width=3)
            count += len(local)
            if count > most:
                raise UnreadableScan(
                    name, f"its nodes repeat meshes to over {most:,} vertices; that is absurd."
                )
            with np.errstate(over="ignore", invalid="ignore"):
                points.append(local @ matrix[:3, :3].T + matrix[:3, 3])
            faces.append(_triangles(file, primitive, len(local), name) + count - len(local))
            paint.add(primitive, attributes, len(local))
        progress(min(0.9, placed / 100), "Reading meshes")
    if not points:
        raise UnreadableScan(name, "the scene shows no mesh.")
    notes = ["glTF files are in metres and have y up."]
    mesh_parts = Mesh(np.concatenate(points), np.concatenate(faces), paint=paint.finish())
    return mesh_scan(
        name,
        mesh_parts,
        fields=[Field(n, "float32") for n in "xyz"],
        source_format="gltf",
        details={"encoding": file.encoding, **textures.details()},
        notes=[*notes, *textures.notes],
    )


def _triangles(file: GltfFile, primitive: dict[str, Any], count: int, name: str) -> IndexArray:
    mode = primitive.get("mode", 4)
    if mode not in (4, 5, 6):  # Points and lines have vertices only.
        return np.empty((0, 3), np.int64)
    if "indices" in primitive:
        corners = file.accessor(primitive["indices"], width=1)
        if corners.dtype.kind != "u":
            raise UnreadableScan(name, "the corners of faces are no whole numbers.")
        corners = corners[:, 0].astype(np.int64)
    else:
        corners = np.arange(count)
    if mode == 4:
        faces = corners[: len(corners) // 3 * 3].reshape(-1, 3)
    elif mode == 5:
        faces = np.stack([corners[:-2], corners[1:-1], corners[2:]], axis=1)
        faces[1::2] = faces[1::2, ::-1]
    else:
        first = np.full(max(0, len(corners) - 2), corners[0] if len(corners) else 0)
        faces = np.stack([first, corners[1:-1], corners[2:]], axis=1)
    check_indices(faces, count, name)
    return faces


def _placed_meshes(file: GltfFile) -> Iterator[tuple[dict[str, Any], FloatArray64]]:
    """(mesh, (4, 4) scene from mesh) of every node that the scene shows."""
    nodes = file.items(file.json, "nodes")
    scenes = file.items(file.json, "scenes")
    if scenes:
        chosen = file.json.get("scene", 0)
        roots = file.numbers(file.item("scenes", chosen), "nodes")
    else:
        children = {c for node in nodes for c in file.numbers(node, "children")}
        roots = [i for i in range(len(nodes)) if i not in children]
    waiting = [(root, np.eye(4)) for root in reversed(roots)]
    seen: set[int] = set()
    while waiting:
        index, parent = waiting.pop()
        if index in seen:
            raise UnreadableScan(
                file.name, "a node is below itself or below two others.", where=f"node {index}"
            )
        seen.add(index)
        node = file.item("nodes", index)
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = parent @ _matrix(file, node)
        if "mesh" in node:
            yield file.item("meshes", node["mesh"]), matrix
        waiting += [(child, matrix) for child in reversed(file.numbers(node, "children"))]


def _matrix(file: GltfFile, node: dict[str, Any]) -> FloatArray64:
    if "matrix" in node:
        return file.floats(node, "matrix", [0.0] * 16).reshape(4, 4).T
    x, y, z, w = file.floats(node, "rotation", [0.0, 0.0, 0.0, 1.0])
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    out: FloatArray64 = np.eye(4)
    out[:3, :3] = turn * file.floats(node, "scale", [1.0, 1.0, 1.0])
    out[:3, 3] = file.floats(node, "translation", [0.0, 0.0, 0.0])
    return out
