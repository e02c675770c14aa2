# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Triangles, and the primitives that simulated furniture is put together from.

A `Thing` is built in its own frame: metres, z up, floor at 0, its back at y = 0 and its front
towards +y, centred on x = 0. Every primitive also notes the box it fills, so that placing can keep
things from running into one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.datasets.simulator.materials import Material

Vec: TypeAlias = tuple[float, float, float]


# Where slanted legs end, so that their lower rim stays above the floor.
FOOT_M = 0.006


@dataclass(frozen=True)
class Top:
    """A level rectangle that small things can stand on, with `headroom` metres above it."""

    x0: float
    x1: float
    y0: float
    y1: float
    z: float
    headroom: float = 0.6


@dataclass
class Thing:
    """One object: triangles with a material each, the boxes they fill, and where clutter may go.

    class_name: a class of `scannet20`, or "" for none.
    """

    class_name: str
    triangles: list[FloatArray64] = field(default_factory=list)  # each (T, 3, 3)
    materials: list[Material] = field(default_factory=list)  # one per entry of `triangles`
    solids: list[tuple[float, ...]] = field(default_factory=list)  # x0 y0 z0 x1 y1 z1
    tops: list[Top] = field(default_factory=list)

    def add(self, triangles: FloatArray64, material: Material, *, solid: bool = True) -> None:
        """Add (T, 3, 3) triangles and, if `solid`, the box around them."""
        self.triangles.append(triangles)
        self.materials.append(material)
        if solid:
            corners = triangles.reshape(-1, 3)
            self.solids.append((*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()))

    def bounds(self) -> tuple[FloatArray64, FloatArray64]:
        """Lowest and highest corner of all solids."""
        boxes = np.array(self.solids)
        return boxes[:, :3].min(axis=0), boxes[:, 3:].max(axis=0)

    def shifted(self, by: Vec) -> Thing:
        """The same thing moved in its own frame."""
        d = np.array(by)
        return Thing(
            self.class_name,
            [t + d for t in self.triangles],
            list(self.materials),
            [tuple((np.array(s) + np.tile(d, 2)).tolist()) for s in self.solids],
            [Top(t.x0 + by[0], t.x1 + by[0], t.y0 + by[1], t.y1 + by[1], t.z + by[2], t.headroom)
             for t in self.tops],
        )  # fmt: skip

    def box(self, low: Vec, high: Vec, material: Material, *, solid: bool = True) -> None:
        """Add a box."""
        self.add(box(low, high), material, solid=solid)

    def pole(self, base: Vec, height: float, radius: float, material: Material) -> None:
        """Add an upright cylinder."""
        self.add(lathe([(radius, 0), (radius, height)], sides=10) + np.array(base), material)


_FACES = np.array(
    [[0, 2, 3], [0, 3, 1], [4, 5, 7], [4, 7, 6], [0, 1, 5], [0, 5, 4],
     [2, 6, 7], [2, 7, 3], [0, 4, 6], [0, 6, 2], [1, 3, 7], [1, 7, 5]]
)  # fmt: skip


def box(low: Vec, high: Vec) -> FloatArray64:
    """(12, 3, 3) triangles of an axis-parallel box."""
    ends = np.array([low, high], np.float64)
    corners = np.array([[ends[i][0], ends[j][1], ends[k][2]]
                        for k in (0, 1) for j in (0, 1) for i in (0, 1)])  # fmt: skip
    return np.asarray(corners[_FACES])


def quad(corner: Vec, u: Vec, v: Vec) -> FloatArray64:
    """(2, 3, 3) triangles of a parallelogram."""
    a, b, c = np.array(corner, np.float64), np.array(u), np.array(v)
    return np.array([[a, a + b, a + b + c], [a, a + b + c, a + c]])


def grid(points: FloatArray64) -> FloatArray64:
    """Triangles of an (R, C, 3) grid of points."""
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    return np.concatenate(
        [np.stack([a, b, c], 2).reshape(-1, 3, 3), np.stack([a, c, d], 2).reshape(-1, 3, 3)]
    )


def lathe(
    profile: list[tuple[float, float]],
    *,
    sides: int = 16,
    stretch: tuple[float, float] = (1, 1),
) -> FloatArray64:
    """A body of revolution about z; `profile` is (radius, z) from one end to the other, closed."""
    ends = [(0.0, profile[0][1]), *profile, (0.0, profile[-1][1])]
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    angle[-1] = 0.0
    ring = np.stack([np.cos(angle) * stretch[0], np.sin(angle) * stretch[1]], 1)
    points = np.array(
        [np.column_stack([ring * radius, np.full(sides + 1, z)]) for radius, z in ends]
    )
    triangles = grid(points)
    sides_of = triangles[:, [1, 2, 0]] - triangles
    area = np.linalg.norm(np.cross(sides_of[:, 0], sides_of[:, 1]), axis=1)
    return np.asarray(triangles[area > 1e-12])


def ellipsoid(centre: Vec, radii: Vec, *, sides: int = 12) -> FloatArray64:
    """Triangles of an ellipsoid."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, max(sides // 2, 4) + 1)[1:-1]
    profile = [(float(np.cos(t)), float(np.sin(t))) for t in turn]
    body = lathe([(1e-3, -1.0), *profile, (1e-3, 1.0)], sides=sides)
    return np.asarray(body * np.array(radii) + np.array(centre))


def cushion(low: Vec, high: Vec, *, roundness: float = 0.35) -> FloatArray64:
    """A soft box: a superellipsoid that fills the box; 0 is nearly square, 1 an ellipsoid."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 9)
    around = np.linspace(0, 2 * np.pi, 25)
    around[-1] = 0.0

    def soft(x: FloatArray64, power: float) -> FloatArray64:
        return np.asarray(np.sign(x) * np.abs(x) ** power)

    power = max(roundness, 0.08)
    flat = soft(np.cos(turn), power)[:, None]
    unit = np.stack(
        [
            flat * soft(np.cos(around), power),
            flat * soft(np.sin(around), power),
            np.broadcast_to(soft(np.sin(turn), power)[:, None], (9, 25)),
        ],
        axis=2,
    )
    lo, hi = np.array(low, np.float64), np.array(high, np.float64)
    return np.asarray(grid((lo + hi) / 2 + unit * (hi - lo) / 2))


def tube(start: Vec, end: Vec, radius: float, *, sides: int = 8) -> FloatArray64:
    """A round bar between two points."""
    a = np.array(start, np.float64)
    b = np.array(end, np.float64)
    along = (b - a) / np.linalg.norm(b - a)
    side = np.cross(along, (0, 0, 1) if abs(along[2]) < 0.9 else (1, 0, 0))
    side = side / np.linalg.norm(side)
    other = np.cross(along, side)
    unit = lathe([(radius, 0.0), (radius, float(np.linalg.norm(b - a)))], sides=sides)
    return np.asarray(unit @ np.stack([side, other, along]) + a)


def slanted(low: Vec, high: Vec, lean: float) -> FloatArray64:
    """A box whose top is shifted by `lean` metres in y: backs of chairs and sofas."""
    triangles = box(low, high)
    share = (triangles[..., 2] - low[2]) / max(high[2] - low[2], 1e-9)
    triangles[..., 1] += share * lean
    return triangles


def turned(points: FloatArray64, yaw: float) -> FloatArray64:
    """Points (..., 3) turned about z by `yaw` radians."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.asarray(points @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1.0]]))
