# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A furnished flat as one set of triangles that know their object, class and paint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray, Int32Array, UInt8Array
from fewpoints.annotations.classes import PRESETS, UNLABELLED
from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.floor_plan import WALL_M, Opening, Room, plan
from fewpoints.annotations.datasets.simulator.furnishing import furnish
from fewpoints.annotations.datasets.simulator.materials import Material, MaterialTable
from fewpoints.annotations.datasets.simulator.meshes import Thing, quad, turned
from fewpoints.annotations.datasets.simulator.placement import Placed, put
from fewpoints.annotations.datasets.simulator.ray_casting import RayCaster, ray_caster

CLASS_INDEX = {c.name: c.index for c in PRESETS["scannet20"].classes}
_NOT_COUNTED = ("wall", "floor", "")


@dataclass(frozen=True)
class Lamp:
    """A light: a place, the half extents it shines from, its colour times strength, its reach."""

    place: FloatArray64
    spread: FloatArray64
    colour: FloatArray64
    reach_m: float


@dataclass
class World:
    """The flat before anybody scans it; T triangles, O objects (walls and floors are objects too).

    object_of: (T,) row in `objects`. material_of: (T,) row in `materials`.
    classes: (O,) index of `scannet20` or 255. instances: (O,) number from 1; 0 for walls, floors
    and what has no class.
    """

    rooms: list[Room]
    objects: list[Placed]
    triangles: FloatArray64
    object_of: IndexArray
    material_of: IndexArray
    materials: MaterialTable
    classes: UInt8Array
    instances: Int32Array
    lamps: list[Lamp]

    def prepare(self) -> None:
        """Work out what is kept, before several threads ask for it."""
        _ = self.caster, self.normals, self._frames

    @cached_property
    def caster(self) -> RayCaster:
        """Answers rays against all triangles."""
        return ray_caster(self.triangles)

    @cached_property
    def normals(self) -> FloatArray64:
        """(T, 3) unit normals, either way round."""
        a, b, c = self.triangles[:, 0], self.triangles[:, 1], self.triangles[:, 2]
        normal = np.cross(b - a, c - a)
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        return np.asarray(normal / np.maximum(length, 1e-12))

    def local(
        self, objects: IndexArray, points: FloatArray64, normals: FloatArray64
    ) -> tuple[FloatArray64, FloatArray64]:
        """(n, 3) world points and normals in the frames of their objects (n,)."""
        at, c, s = self._frames
        shifted = points - at[objects]
        return _unturned(shifted, c[objects], s[objects]), _unturned(
            normals, c[objects], s[objects]
        )

    @cached_property
    def _frames(self) -> tuple[FloatArray64, FloatArray64, FloatArray64]:
        yaw = np.array([o.yaw for o in self.objects])
        return np.array([o.at for o in self.objects]), np.cos(yaw), np.sin(yaw)


def _unturned(v: FloatArray64, c: FloatArray64, s: FloatArray64) -> FloatArray64:
    return np.stack([v[:, 0] * c + v[:, 1] * s, v[:, 1] * c - v[:, 0] * s, v[:, 2]], axis=1)


def build_world(rng: np.random.Generator, kinds: Sequence[str]) -> World:
    """Plan, furnish and light a flat with one room per kind."""
    rooms = plan(rng, kinds)
    day = bool(rng.random() < 0.75)
    glow = float(rng.uniform(1.0, 2.2)) if day else 0.02
    objects: list[Placed] = []
    for room in rooms:
        objects += [put(shell, 0.0, np.zeros(3)) for shell in _shell(room, rng)]
        objects += furnish(room, rng, daylight=glow)
    lamps = [lamp for room in rooms for lamp in _lamps(room, rng, day=day)]
    return _assembled(rooms, objects, lamps)


def _assembled(rooms: list[Room], objects: list[Placed], lamps: list[Lamp]) -> World:
    triangles, object_of, material_of = [], [], []
    table: list[Material] = []
    rows: dict[Material, int] = {}
    for k, item in enumerate(objects):
        for part, material in zip(item.thing.triangles, item.thing.materials, strict=True):
            row = rows.setdefault(material, len(rows))
            if row == len(table):
                table.append(material)
            triangles.append(turned(part, item.yaw) + item.at)
            object_of.append(np.full(len(part), k))
            material_of.append(np.full(len(part), row))
    names = [item.thing.class_name for item in objects]
    counted = np.array([name not in _NOT_COUNTED for name in names])
    return World(
        rooms,
        objects,
        np.concatenate(triangles),
        np.concatenate(object_of),
        np.concatenate(material_of),
        MaterialTable(table),
        np.array([CLASS_INDEX.get(name, UNLABELLED) for name in names], np.uint8),
        np.where(counted, np.cumsum(counted), 0).astype(np.int32),
        lamps,
    )


def _shell(room: Room, rng: np.random.Generator) -> list[Thing]:
    """Floor, ceiling (no class) and the four walls with their holes."""
    wet = room.kind in ("bathroom", "kitchen")
    floor, ceiling = Thing("floor"), Thing("")
    cover = paints.floor_cover(rng, wet=wet and rng.random() < 0.85)
    w, d = room.x1 - room.x0, room.y1 - room.y0
    floor.add(quad((room.x0, room.y0, 0), (w, 0, 0), (0, d, 0)), cover)
    white = Material(tuple(rng.uniform(0.85, 0.95, 3).tolist()), gloss=0.02)
    ceiling.add(quad((room.x0, room.y0, room.height), (w, 0, 0), (0, d, 0)), white)
    base = paints.wall_paper(rng)
    if room.kind == "bathroom" and rng.random() < 0.7:
        base = paints.tiles(rng)
    walls = Thing("wall")
    accent = int(rng.integers(4)) if rng.random() < 0.35 else -1
    other = paints.wall_paper(rng)
    for side in range(4):
        holes = [o for o in room.openings if o.side == side]
        yaw, at = room.on_wall(side, 0.0)
        parts = _wall(room.length(side), room.height, holes)
        walls.add(turned(parts, yaw) + at, other if side == accent else base)
    for hole in room.openings:
        yaw, at = room.on_wall(hole.side, hole.along)
        if hole.kind in ("passage", "open door", "door"):
            floor.add(turned(_threshold(hole), yaw) + at, cover)
        if hole.kind in ("passage", "open door"):
            walls.add(turned(_reveal(hole), yaw) + at, base)
    return [floor, walls, ceiling]


def _wall(length: float, height: float, holes: list[Opening]) -> FloatArray64:
    """A wall in its own frame (y = 0), cut into rectangles around the holes."""
    cuts = [0.0, length]
    for o in holes:
        cuts += [o.along - o.width / 2, o.along + o.width / 2]
    cuts.sort()
    parts = []
    for a, b in pairwise(cuts):
        hole = next((o for o in holes if abs(o.along - (a + b) / 2) < o.width / 2), None)
        spans = [(0.0, height)] if hole is None else [(0.0, hole.z0), (hole.z1, height)]
        parts += [
            quad((a, 0, low), (b - a, 0, 0), (0, 0, high - low))
            for low, high in spans
            if high - low > 1e-6 and b - a > 1e-6
        ]
    return np.concatenate(parts)


def _threshold(hole: Opening) -> FloatArray64:
    return quad((-hole.width / 2, -WALL_M, 0), (hole.width, 0, 0), (0, WALL_M, 0))


def _reveal(hole: Opening) -> FloatArray64:
    w, top = hole.width / 2, hole.z1
    return np.concatenate(
        [
            quad((-w, -WALL_M, 0), (0, WALL_M, 0), (0, 0, top)),
            quad((w, -WALL_M, 0), (0, WALL_M, 0), (0, 0, top)),
            quad((-w, -WALL_M, top), (2 * w, 0, 0), (0, WALL_M, 0)),
        ]
    )


def _lamps(room: Room, rng: np.random.Generator, *, day: bool) -> list[Lamp]:
    """The ceiling lamp (weak or off by day) and one light per window."""
    warm = np.array([1.0, rng.uniform(0.82, 0.98), rng.uniform(0.6, 0.95)])
    strength = rng.uniform(0.25, 0.9) if day else rng.uniform(0.8, 1.3)
    out = [
        Lamp(
            np.array([*room.centre, room.height - 0.45]),
            np.array([0.12, 0.12, 0.05]),
            warm * strength,
            2.4,
        )
    ]
    if day:
        cool = np.array([rng.uniform(0.8, 1.0), 0.95, rng.uniform(0.95, 1.1)])
        for hole in room.openings:
            if hole.kind == "window":
                _, at = room.on_wall(hole.side, hole.along, 0.25, (hole.z0 + hole.z1) / 2)
                wide = hole.width / 2
                spread = np.array([wide, 0.02, 0.4] if hole.side % 2 == 0 else [0.02, wide, 0.4])
                out.append(Lamp(at, spread, cool * rng.uniform(0.7, 1.5) * hole.width, 1.8))
    return out
