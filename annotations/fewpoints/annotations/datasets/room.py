# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated scan of a furnished room, with its true classes and objects.

The room is open at the top, so that one can look into it. Points are drawn on all surfaces, kept
where a hand-held scanner on its walk through the room would have seen them (so there are holes
behind the sofa and below the desk), lit by a lamp, the window and the sun, and moved by sensor
noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64, Int32Array, UInt8Array
from fewpoints.annotations.classes import PRESETS
from fewpoints.annotations.datasets import room_furniture as make
from fewpoints.annotations.datasets.room_light import covered, lit_along, seen_from
from fewpoints.annotations.datasets.room_shapes import (
    Rgb,
    Surface,
    box,
    cylinder,
    drape,
    ellipsoid,
    fabric,
    moved,
    outdoors,
    painting,
    plain,
    quad,
    rug,
    wood,
)
from fewpoints.annotations.scans.scan import Field, PointScan

_CLASS = {c.name: c.index for c in PRESETS["scannet20"].classes}
NOISE_M = 0.004


@dataclass(frozen=True)
class SimulatedRoom:
    """scan: N points, metres, z up, floor at 0; classes: (N,) indices of the preset `scannet20`;
    instances: (N,) object number from 1, 0 for walls and floor.
    """

    scan: PointScan
    classes: UInt8Array
    instances: Int32Array


@dataclass
class _Part:
    surface: Surface
    class_index: int
    instance: int
    shell: bool


class _Room:
    """Collects surfaces; knows the room's size."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.width = float(rng.uniform(5.6, 6.2))  # x
        self.depth = float(rng.uniform(4.5, 5.0))  # y
        self.height = 2.55
        self.parts: list[_Part] = []
        self.objects = 0
        # The window's opening in the wall at y = depth: x from, x to, z from, z to.
        self.window = (1.5, 3.3, 0.92, 2.1)

    def add(
        self,
        class_name: str,
        surfaces: list[Surface],
        *,
        at: tuple[float, float, float] = (0, 0, 0),
        yaw: float = 0.0,
        numbered: bool = True,
        shell: bool = False,
    ) -> None:
        """Put an object into the room, turned by `yaw` and shifted to `at`.

        `shell`: bare floor and walls, which things that stand on or hang at them cover.
        """
        if numbered:
            self.objects += 1
        number = self.objects if numbered else 0
        for surface in surfaces:
            placed = moved(surface, yaw=yaw, by=at)
            self.parts.append(_Part(placed, _CLASS[class_name], number, shell))


def simulate_room(seed: int = 0, *, points: int = 150_000) -> SimulatedRoom:
    """Return the room that belongs to `seed`, with exactly `points` points in random order."""
    assert points > 0
    rng = np.random.default_rng(seed)
    room = _Room(rng)
    _shell(room)
    _furnish(room)
    # Nobody holds the scanner as close to a bare wall as to the furniture.
    share = {_CLASS["wall"]: 0.7, _CLASS["floor"]: 0.8}
    areas = np.array([p.surface.area * share.get(p.class_index, 1.15) for p in room.parts])
    # Draw as many as leave about the number wanted: thinning would undo their even spread.
    factor = 1.5
    for attempt in range(100):
        drawn = _draw(room, np.ceil(areas / areas.sum() * points * factor).astype(int))
        seen = np.flatnonzero(_scanned(room, drawn))
        if len(seen) >= points and (len(seen) < 1.04 * points or attempt > 2):
            break
        factor *= 1.02 * points / max(len(seen), 1)
    assert len(seen) >= points
    albedo = drawn.albedo
    light = _light(room, drawn)
    keep = rng.permutation(seen)[:points]
    linear = np.clip(albedo[keep], 0, 1) ** 2.2 * light[keep]
    # A soft shoulder instead of clipping, as cameras have.
    shown = (1 - np.exp(-1.05 * linear)) ** (1 / 2.2)
    colours = np.clip(np.rint(shown * 255 + rng.normal(0, 2.0, (points, 3))), 0, 255)
    along = rng.normal(0, NOISE_M, points)[:, None] * drawn.normals[keep]
    positions = drawn.points[keep] + along + rng.normal(0, NOISE_M / 4, (points, 3))
    # What a scanner would store: float32, and a tenth of a millimetre is far below its noise.
    scan = PointScan(
        positions=positions.astype(np.float32).astype(np.float64),
        colours=colours.astype(np.uint8),
        fields=tuple(
            [Field(n, "float") for n in "xyz"]
            + [Field(n, "uchar") for n in ("red", "green", "blue")]
        ),
        details={"origin": f"simulated room, seed {seed}"},
    )
    return SimulatedRoom(scan, drawn.classes[keep], drawn.instances[keep])


@dataclass
class _Drawn:
    points: FloatArray64
    normals: FloatArray64
    albedo: FloatArray64
    classes: UInt8Array
    instances: Int32Array
    shell: BoolArray


def _draw(room: _Room, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> _Drawn:
    rng = room.rng
    points, normals, albedo = [], [], []
    for part, n in zip(room.parts, counts.tolist(), strict=True):
        sample = part.surface.sample(rng, n)
        points.append(sample.points)
        normals.append(sample.normals)
        albedo.append(part.surface.paint(sample.uv, rng))
    classes = np.repeat(np.array([p.class_index for p in room.parts], np.uint8), counts)
    instances = np.repeat(np.array([p.instance for p in room.parts], np.int32), counts)
    shell = np.repeat(np.array([p.shell for p in room.parts]), counts)
    return _Drawn(
        np.concatenate(points),
        np.concatenate(normals),
        np.concatenate(albedo),
        classes,
        instances,
        shell,
    )


def _scanned(room: _Room, drawn: _Drawn) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True where one of the stops of the scanner's walk sees the point."""
    w, d = room.width, room.depth
    stops = [
        (0.30, 0.45, 1.5), (0.52, 0.62, 1.6), (0.62, 0.22, 1.35), (0.90, 0.80, 1.55),
        (0.86, 0.30, 1.2), (0.42, 0.30, 1.0), (0.55, 0.80, 1.7), (0.13, 0.60, 1.9),
    ]  # fmt: skip
    seen = np.zeros(len(drawn.points), bool)
    pixel = 1.9 * np.sqrt(25.0 / len(drawn.points))  # Shrinks with the gaps between points.
    for x, y, z in stops:
        eye = np.array([x * w, y * d, z])
        seen |= seen_from(eye, drawn.points, drawn.normals, pixel=pixel, least_cos=0.1)
    # Glass and black screens return few points.
    glass = (drawn.classes == _CLASS["window"]) & (room.rng.random(len(seen)) < 0.35)
    return np.asarray(seen & ~glass & ~covered(drawn.points, drawn.normals, drawn.shell))


def _light(room: _Room, drawn: _Drawn) -> FloatArray64:
    """(n, 3) light that falls on each point; 1 is a well lit white wall."""
    points, normals = drawn.points, drawn.normals
    x0, x1, z0, z1 = room.window
    pixel = 2.2 * np.sqrt(25.0 / len(points))
    # Light from everywhere, less in corners, along edges and below furniture.
    edge = np.minimum.reduce(
        [points[:, 0], room.width - points[:, 0], points[:, 1], room.depth - points[:, 1]]
    )
    wall = np.abs(normals[:, 2]) < 0.5
    corner = np.where(wall, points[:, 2], edge)
    open_sky = 0.62 + 0.38 * (1 - np.exp(-np.maximum(corner, 0) / 0.22))
    up = 0.75 + 0.25 * normals[:, 2]
    light = (0.50 * open_sky * up)[:, None] * np.array([1.0, 0.985, 0.96])

    lamp = np.array([room.width * 0.5, room.depth * 0.5, 2.45])
    light += (
        0.55 * _point_light(lamp, points, normals, pixel, reach=2.2)[:, None] * (1.0, 0.93, 0.82)
    )
    for x in (0.1, 0.37, 0.63, 0.9):  # A window is wide: its shadows have soft edges.
        pane = np.array([x0 + x * (x1 - x0), room.depth - 0.4, (z0 + z1) / 2 + 0.2])
        sky = _point_light(pane, points, normals, pixel, reach=1.7)
        light += 0.16 * sky[:, None] * np.array([0.88, 0.95, 1.05])

    sun = np.array([0.36, -0.72, -0.6])
    sun /= np.linalg.norm(sun)
    back = (room.depth - points[:, 1]) / sun[1]
    x, z = points[:, 0] + back * sun[0], points[:, 2] + back * sun[2]
    middle = (x0 + x1) / 2
    through = (x > x0 + 0.06) & (x < x1 - 0.06) & (np.abs(x - middle) > 0.04)
    through &= (z > z0 + 0.06) & (z < z1 - 0.06) & (points[:, 1] < room.depth - 0.1)
    inside = points[:, 1] < room.depth - 0.16
    clear = np.zeros(len(points), bool)
    clear[inside] = lit_along(sun, points[inside], pixel=0.045)
    beam = np.maximum(-(normals @ sun), 0) * (through & clear)
    light += 1.5 * beam[:, None] * np.array([1.0, 0.93, 0.78])
    # The camera's exposure wanders while it walks.
    wander = np.sin(points[:, 0] * 1.3 + 1) * np.sin(points[:, 1] * 1.1) * np.sin(points[:, 2] + 2)
    return np.asarray(light * (1 + 0.05 * wander)[:, None])


def _point_light(
    lamp: FloatArray64, points: FloatArray64, normals: FloatArray64, pixel: float, *, reach: float
) -> FloatArray64:
    to_lamp = lamp - points
    distance = np.linalg.norm(to_lamp, axis=1)
    cos = np.einsum("ij,ij->i", to_lamp, normals) / np.maximum(distance, 1e-6)
    seen = seen_from(lamp, points, normals, pixel=pixel, least_cos=0.0)
    fall = 1 / (1 + (distance / reach) ** 2)
    return np.asarray(np.maximum(cos, 0) * fall * np.where(seen, 2.0, 0.0))


def _shell(room: _Room) -> None:
    """Floor, four walls, window, door, pictures, skirting."""
    w, d, h, rng = room.width, room.depth, room.height, room.rng
    tint = float(rng.uniform(-0.02, 0.02))
    paint = plain((0.88, 0.86 + tint, 0.82), grain=0.012, blotch=0.012, scale=0.9)
    accents: list[Rgb] = [(0.55, 0.66, 0.66), (0.74, 0.62, 0.53), (0.58, 0.65, 0.54)]
    accent = plain(accents[rng.integers(len(accents))], grain=0.014, blotch=0.015, scale=0.9)
    room.add(
        "floor",
        [quad((0, 0, 0), (w, 0, 0), (0, d, 0), wood((0.62, 0.45, 0.3), plank=0.13))],
        numbered=False,
        shell=True,
    )
    x0, x1, z0, z1 = room.window
    door_y = d * 0.62
    door = (door_y, door_y + 0.9, 0.0, 2.03)
    walls = [
        quad((0, 0, 0), (0, 0, h), (w, 0, 0), paint),  # y = 0
        # y = d, facing the room
        quad((0, d, 0), (w, 0, 0), (0, 0, h), paint, holes=((x0, x1, z0, z1),)),
        quad((0, 0, 0), (0, d, 0), (0, 0, h), accent),  # x = 0
        quad((w, 0, 0), (0, 0, h), (0, d, 0), paint, holes=((door[2], door[3], door[0], door[1]),)),
    ]
    white = plain(make.WHITE)
    skirting = [
        box((0, 0, 0), (w, 0.014, 0.08), white, radius=0.003),
        box((0, d - 0.014, 0), (w, d, 0.08), white, radius=0.003),
        box((0, 0, 0), (0.014, d, 0.08), white, radius=0.003),
        box((w - 0.014, 0, 0), (w, door[0] - 0.07, 0.08), white, radius=0.003),
    ]
    room.add("wall", walls, numbered=False, shell=True)
    room.add("wall", skirting, numbered=False)

    middle = (x0 + x1) / 2
    frame = [
        box((a, d - 0.05, z0), (a + 0.06, d + 0.05, z1), white)
        for a in (x0, middle - 0.03, x1 - 0.06)
    ]
    frame += [box((x0, d - 0.05, b), (x1, d + 0.05, b + 0.06), white) for b in (z0, z1 - 0.06)]
    frame.append(box((x0 - 0.06, d - 0.18, z0 - 0.03), (x1 + 0.06, d + 0.02, z0), white))
    pane = quad((x0, d + 0.03, z0), (x1 - x0, 0, 0), (0, 0, z1 - z0), outdoors(z1 - z0))
    room.add("window", [*frame, pane])
    cloth: list[Rgb] = [(0.72, 0.66, 0.55), (0.45, 0.5, 0.58), (0.66, 0.42, 0.34)]
    tone = fabric(cloth[rng.integers(len(cloth))], weave=0.035)
    for left in (x0 - 0.48, x1 - 0.02):
        room.add("curtain", [drape((left, d - 0.11, 0.06), 0.5, 2.24, tone, waves=5.0)])
    rod = moved(cylinder((0, 0, 0), 0.02, 0.02, plain(make.BLACK)), by=(x0, d - 0.1, 2.32))
    room.add(
        "curtain",
        [box((x0 - 0.55, d - 0.12, 2.31), (x1 + 0.55, d - 0.09, 2.34), plain(make.BLACK)), rod],
    )

    leaf = wood((0.72, 0.56, 0.4), vertical=True)
    slab = [
        box((w + 0.005, door[0] + 0.01, 0.0), (w + 0.045, door[1] - 0.01, door[3] - 0.01), leaf)
    ]
    for low, high in ((0.18, 0.85), (1.0, 1.86)):
        slab.append(box((w - 0.004, door[0] + 0.14, low), (w + 0.02, door[1] - 0.14, high), leaf))
    slab.append(ellipsoid((w - 0.04, door[0] + 0.09, 1.02), (0.03, 0.05, 0.02), plain(make.STEEL)))
    for y in (door[0] - 0.06, door[1]):
        slab.append(box((w - 0.02, y, 0), (w + 0.02, y + 0.06, door[3] + 0.06), white))
    slab.append(
        box((w - 0.02, door[0] - 0.06, door[3]), (w + 0.02, door[1] + 0.06, door[3] + 0.06), white)
    )
    room.add("door", slab)


def _furnish(room: _Room) -> None:
    """Sofa or bed, tables, desk, shelves, clutter; places are nearly fixed, all else varies."""
    w, d, rng = room.width, room.depth, room.rng

    def jitter(scale: float = 0.03) -> float:
        return float(rng.normal(0, scale))

    def frame(x: float, z: float, size: tuple[float, float], number: int) -> list[Surface]:
        rim = wood(make.WALNUT)
        return [
            box((x - 0.03, 0.0, z - 0.03), (x + size[0] + 0.03, 0.022, z + size[1] + 0.03), rim),
            quad(
                (x + size[0], 0.026, z), (-size[0], 0, 0), (0, 0, size[1]), painting(size, number)
            ),
        ]

    tones: list[Rgb] = [(0.33, 0.42, 0.5), (0.45, 0.47, 0.38), (0.56, 0.5, 0.45), (0.5, 0.27, 0.24)]
    main = tones[rng.integers(len(tones))]
    sofa_x = 1.75 + jitter()
    if rng.random() < 0.7:
        parts = make.sofa(rng, width=2.1, color=main, accents=((0.85, 0.6, 0.2), (0.8, 0.78, 0.7)))
        room.add("sofa", parts, at=(sofa_x, 0.5, 0), yaw=np.pi)
        size = (2.4, 1.6)
        carpet = rug(size, ((0.55, 0.24, 0.2), (0.82, 0.74, 0.6), (0.2, 0.24, 0.33)))
        mat = quad((0, 0, 0.012), (size[0], 0, 0), (0, size[1], 0), carpet)
        room.add("floor", [mat], at=(sofa_x - 1.2, 0.95, 0), yaw=jitter(0.02), numbered=False)
        low = make.table(rng, width=1.0, depth=0.55, height=0.42, color=make.WALNUT)
        room.add("table", low, at=(sofa_x + jitter(), 1.62, 0), yaw=jitter())
        books = [
            box((-0.1, -0.14, 0.42), (0.1, 0.14, 0.445), plain((0.7, 0.2, 0.2))),
            box((-0.09, -0.13, 0.445), (0.1, 0.12, 0.465), plain((0.9, 0.87, 0.8))),
        ]
        room.add("otherfurniture", books, at=(sofa_x + 0.2, 1.6, 0), yaw=0.4)
    else:
        parts = make.bed(rng, width=1.5, color=main)
        room.add("bed", parts, at=(sofa_x, 1.08, 0), yaw=np.pi)
        night = make.cabinet(rng, width=0.45, depth=0.4, height=0.5, color=make.WALNUT, doors=1)
        room.add("cabinet", night, at=(sofa_x + 1.15, 0.26, 0), yaw=np.pi)
    room.add("picture", frame(sofa_x - 0.55, 1.3, (1.1, 0.7), int(rng.integers(1 << 30))))
    room.add("picture", frame(w - 1.6, 1.35, (0.5, 0.65), int(rng.integers(1 << 30))))
    room.add("otherfurniture", make.floor_lamp(rng), at=(0.33, 0.42, 0))

    seat: Rgb = ((0.3, 0.45, 0.45), (0.62, 0.32, 0.25), (0.35, 0.36, 0.4))[rng.integers(3)]
    x, y = w - 1.55 + jitter(), 1.55 + jitter()
    room.add(
        "table", make.table(rng, width=1.5, depth=0.85, height=0.75, color=make.OAK), at=(x, y, 0)
    )
    room.add("otherfurniture", make.tableware(rng, spread=0.45), at=(x, y, 0.75))
    for dx, dy, turn in (
        (-0.38, -0.58, np.pi), (0.38, -0.55, np.pi), (-0.4, 0.62, 0.0), (0.42, 0.72, 0.25),
    ):  # fmt: skip
        room.add(
            "chair",
            make.chair(rng, color=make.OAK, seat_color=seat),
            at=(x + dx + jitter(), y + dy + jitter(), 0),
            yaw=turn + jitter(0.1),
        )

    desk_x = (room.window[0] + room.window[1]) / 2 + jitter()
    desk = make.table(rng, width=1.5, depth=0.7, height=0.74, color=make.WHITE)
    drawers = make.cabinet(rng, width=0.4, depth=0.5, height=0.6, color=make.WHITE, doors=1)
    desk += [moved(p, by=(0.45, 0.05, 0.02)) for p in drawers]
    room.add("desk", desk, at=(desk_x, d - 0.55, 0))
    room.add(
        "otherfurniture", make.monitor(rng), at=(desk_x - 0.15, d - 0.48, 0.74), yaw=jitter(0.1)
    )
    room.add(
        "chair",
        make.office_chair(rng, color=(0.2, 0.22, 0.27)),
        at=(desk_x - 0.2 + jitter(0.08), d - 1.25 + jitter(0.05), 0),
        yaw=np.pi + float(rng.normal(0, 0.4)),
    )

    shelf = make.bookshelf(rng, width=1.15, depth=0.32, height=2.0, color=make.OAK)
    room.add("bookshelf", shelf, at=(0.18, d * 0.52, 0), yaw=np.pi / 2)
    side = make.cabinet(rng, width=1.5, depth=0.42, height=0.78, color=make.WHITE, doors=3)
    room.add("cabinet", side, at=(w - 1.35, d - 0.24, 0))
    television = [
        box((-0.5, -0.02, 0.06), (0.5, 0.02, 0.64), plain(make.BLACK)),
        box((-0.15, -0.1, 0), (0.15, 0.1, 0.07), plain(make.BLACK)),
    ]
    room.add("otherfurniture", television, at=(w - 1.35, d - 0.24, 0.78))
    room.add("otherfurniture", make.plant(rng), at=(0.4, d - 0.45, 0))
    basket = cylinder((0, 0, 0), 0.3, 0.14, plain((0.3, 0.32, 0.33)), top_radius=0.17, caps=False)
    room.add("otherfurniture", [basket], at=(desk_x + 1.1, d - 0.45, 0))
