# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A scan in the layout of Potree 2, uncompressed, to compare viewers on the same points.

An octree over the cube round the scan. A node has a grid of 128 cells a side and takes one point
for each, at random, from those that its ancestors left; a node with no more than `LEAF_POINTS` left
takes them all. `hierarchy.bin` is one chunk: 22 bytes per node, breadth first. `octree.bin` has the
points of a node together: three int32 steps of `scale`, three uint16 of colour.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

from fewpoints.annotations.scans.scan import PointScan

CELLS_LOG2 = 7
LEAF_POINTS = 10_000
SCALE_M = 0.001
MAX_LEVEL = 13  # Three coordinates of 7 + 13 bits fit 64.


def write_potree(scan: PointScan, folder: Path, *, seed: int = 0) -> int:
    """Write `metadata.json`, `hierarchy.bin` and `octree.bin`; return how many nodes there are."""
    folder.mkdir(parents=True, exist_ok=True)
    assert scan.colours is not None
    low, high = scan.positions.min(axis=0), scan.positions.max(axis=0)
    side = float((high - low).max()) * 1.0001
    nodes = _nodes(scan.positions, low, side, np.random.default_rng(seed))
    names = sorted(nodes, key=lambda name: (len(name), name))
    hierarchy = bytearray()
    at = 0
    record = np.dtype([("position", "<i4", 3), ("rgb", "<u2", 3)])
    with (folder / "octree.bin").open("wb") as file:
        for name in names:
            rows = nodes[name]
            data = np.empty(len(rows), record)
            data["position"] = np.rint((scan.positions[rows] - low) / SCALE_M)
            data["rgb"] = scan.colours[rows].astype(np.uint16) * 256
            file.write(data.tobytes())
            children = sum(1 << i for i in range(8) if f"{name}{i}" in nodes)
            kind = 0 if children else 1
            hierarchy += struct.pack("<BBIqq", kind, children, len(rows), at, data.nbytes)
            at += data.nbytes
    (folder / "hierarchy.bin").write_bytes(hierarchy)
    steps = np.rint((high - low) / SCALE_M).astype(int).tolist()
    metadata = {
        "version": "2.0",
        "name": "cloud",
        "description": "",
        "points": len(scan),
        "projection": "",
        "hierarchy": {
            "firstChunkSize": len(hierarchy),
            "stepSize": 4,
            "depth": len(names[-1]) - 1,
        },
        "offset": low.tolist(),
        "scale": [SCALE_M] * 3,
        "spacing": side / 2**CELLS_LOG2,
        "boundingBox": {"min": low.tolist(), "max": (low + side).tolist()},
        "encoding": "DEFAULT",
        "attributes": [
            _attribute("position", 12, "int32", [0, 0, 0], steps),
            _attribute("rgb", 6, "uint16", [0, 0, 0], [65_280] * 3),
        ],
    }
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    return len(names)


def _attribute(
    name: str, size: int, kind: str, low: list[int], high: list[int]
) -> dict[str, object]:
    return {
        "name": name,
        "description": "",
        "size": size,
        "numElements": 3,
        "elementSize": size // 3,
        "type": kind,
        "min": low,
        "max": high,
    }


def _nodes(
    positions: np.ndarray, low: np.ndarray, side: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Rows of the points of each node by its name, "r" and a digit of 0-7 for each level."""
    nodes: dict[str, np.ndarray] = {}
    rows = rng.permutation(len(positions)).astype(np.int64)
    for level in range(MAX_LEVEL):
        if len(rows) == 0:
            break
        cells = ((positions[rows] - low) * (2.0 ** (CELLS_LOG2 + level) / side)).astype(np.int64)
        node = cells >> CELLS_LOG2
        node_key = (node[:, 0] << 2 * level) | (node[:, 1] << level) | node[:, 2]
        unique, inverse, counts = np.unique(node_key, return_inverse=True, return_counts=True)
        if level == MAX_LEVEL - 1:
            taken = np.ones(len(rows), bool)
        else:
            taken = counts[inverse] <= LEAF_POINTS
            bits = CELLS_LOG2 + level
            key = (cells[:, 0] << 2 * bits) | (cells[:, 1] << bits) | cells[:, 2]
            taken[np.unique(key, return_index=True)[1]] = True
        order = np.argsort(inverse[taken], kind="stable")
        mine = rows[taken][order]
        ends = np.cumsum(np.bincount(inverse[taken], minlength=len(unique)))
        for i, key_value in enumerate(unique.tolist()):
            nodes[_name(key_value, level)] = mine[ends[i - 1] if i else 0 : ends[i]]
        rows = rows[~taken]
    return nodes


def _name(key: int, level: int) -> str:
    mask = (1 << level) - 1
    x, y, z = key >> 2 * level, (key >> level) & mask, key & mask
    digits = [
        str(((x >> bit & 1) << 2) | ((y >> bit & 1) << 1) | (z >> bit & 1))
        for bit in range(level - 1, -1, -1)
    ]
    return "r" + "".join(digits)
