# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms as rectangles side by side, with their doors, windows and passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fewpoints.annotations.arrays import FloatArray64

KINDS = ("living room", "bedroom", "office", "kitchen", "bathroom")
WALL_M = 0.12
_SIZES = {  # metres: the shorter and the longer side
    "living room": ((3.8, 4.8), (4.6, 6.2)),
    "bedroom": ((3.2, 4.2), (3.6, 4.8)),
    "office": ((3.2, 4.6), (3.8, 6.0)),
    "kitchen": ((3.0, 4.0), (3.4, 4.8)),
    "bathroom": ((2.3, 2.9), (2.7, 3.5)),
}


@dataclass(frozen=True)
class Opening:
    """A hole in wall `side`: its middle `along` the wall, its width and its lowest and highest z.

    kind: "door" (closed, to the outside), "open door", "passage" or "window", or "behind" for the
    other face of an opening that the neighbouring room has furnished.
    """

    side: int
    along: float
    width: float
    z0: float
    z1: float
    kind: str


@dataclass
class Room:
    """A rectangle of the plan. Walls are numbered 0 to 3 anticlockwise from the one at y0."""

    kind: str
    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    openings: list[Opening] = field(default_factory=list)

    def length(self, side: int) -> float:
        """Length of a wall."""
        return self.x1 - self.x0 if side % 2 == 0 else self.y1 - self.y0

    def on_wall(
        self, side: int, along: float, off: float = 0.0, lift: float = 0.0
    ) -> tuple[float, FloatArray64]:
        """Yaw and place of a thing whose back is `off` metres from a wall."""
        start = [(self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1)]
        step = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])[side]
        inward = np.array([[0, 1], [-1, 0], [0, -1], [1, 0]])[side]
        spot = np.array(start[side]) + step * along + inward * off
        return side * np.pi / 2, np.array([*spot, lift])

    @property
    def centre(self) -> FloatArray64:
        """(2,) its middle."""
        return np.array([(self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2])

    def free_span(self, side: int, width: float, rng: np.random.Generator) -> float | None:
        """A random middle for an opening `width` wide that keeps clear of the others."""
        length = self.length(side)
        for _ in range(20):
            if length < width + 0.5:
                return None
            along = float(rng.uniform(0.25 + width / 2, length - 0.25 - width / 2))
            mine = [o for o in self.openings if o.side == side]
            if all(abs(o.along - along) > (o.width + width) / 2 + 0.2 for o in mine):
                return along
        return None


def plan(rng: np.random.Generator, kinds: Sequence[str]) -> list[Room]:
    """One room per kind; each after the first is joined to an earlier one by an opening."""
    height = float(rng.uniform(2.35, 2.9))
    rooms: list[Room] = []
    for kind in kinds:
        rooms.append(_joined(rng, rooms, kind, height) if rooms else _sized(rng, kind, height))
    front = rooms[0]
    sides = [s for s in rng.permutation(4).tolist() if not _neighbours(rooms, front, s)]
    for side in sides[:1]:
        width = float(rng.uniform(0.8, 0.95))
        along = front.free_span(side, width, rng)
        if along is not None:
            top = float(rng.uniform(1.98, 2.08))
            front.openings.append(Opening(side, along, width, 0.0, top, "door"))
    for room in rooms:
        _windows(rng, rooms, room)
    return rooms


def _sized(rng: np.random.Generator, kind: str, height: float) -> Room:
    short, long = _SIZES[kind]
    size = [float(rng.uniform(*short)), float(rng.uniform(*long))]
    if rng.random() < 0.5:
        size.reverse()
    return Room(kind, 0.0, 0.0, size[0], size[1], height)


def _joined(rng: np.random.Generator, rooms: list[Room], kind: str, height: float) -> Room:
    """A room that touches an earlier one and overlaps none, with an opening between the two."""
    for attempt in range(200):
        room = _sized(rng, kind, height)
        host = rooms[int(rng.integers(len(rooms)))]
        side = int(rng.integers(4))
        w, d = room.x1, room.y1
        shared = 1.3
        if side % 2 == 0:
            x = float(rng.uniform(host.x0 - w + shared, host.x1 - shared))
            y = host.y0 - WALL_M - d if side == 0 else host.y1 + WALL_M
        else:
            y = float(rng.uniform(host.y0 - d + shared, host.y1 - shared))
            x = host.x1 + WALL_M if side == 1 else host.x0 - WALL_M - w
        room.x0, room.y0, room.x1, room.y1 = x, y, x + w, y + d
        if any(_near(room, other, WALL_M - 0.01) for other in rooms):
            continue
        if _connect(rng, host, room, side) or attempt > 190:
            return room
    raise AssertionError("no place for another room")


def _near(a: Room, b: Room, gap: float) -> bool:
    return a.x0 < b.x1 + gap and b.x0 < a.x1 + gap and a.y0 < b.y1 + gap and b.y0 < a.y1 + gap


def _connect(rng: np.random.Generator, host: Room, room: Room, side: int) -> bool:
    axis = side % 2
    low = max((host.x0, host.y0)[axis], (room.x0, room.y0)[axis]) + 0.15
    high = min((host.x1, host.y1)[axis], (room.x1, room.y1)[axis]) - 0.15
    kind = "open door" if rng.random() < 0.5 else "passage"
    width = float(rng.uniform(0.85, 0.95) if kind == "open door" else rng.uniform(0.9, 1.3))
    width = min(width, high - low)
    top = float(rng.uniform(1.98, 2.1))
    # Where the opening takes all there is, rounding may put the end before the start.
    middle = float(rng.uniform(low + width / 2, max(low + width / 2, high - width / 2)))

    def along(of: Room, wall: int) -> float:
        start = [of.x0, of.y0, of.x1, of.y1][wall]
        return middle - start if wall < 2 else start - middle

    here, there = along(host, side), along(room, (side + 2) % 4)
    for other in host.openings:
        if other.side == side and abs(other.along - here) < (other.width + width) / 2 + 0.2:
            return False
    host.openings.append(Opening(side, here, width, 0.0, top, kind))
    room.openings.append(Opening((side + 2) % 4, there, width, 0.0, top, "behind"))
    return True


def _neighbours(rooms: list[Room], room: Room, side: int) -> bool:
    """Whether another room lies within half a metre behind the wall."""
    dx, dy = [(0, -0.5), (0.5, 0), (0, 0.5), (-0.5, 0)][side]
    shifted = Room("", room.x0 + dx, room.y0 + dy, room.x1 + dx, room.y1 + dy, 0)
    return any(_near(shifted, other, 0.0) for other in rooms if other is not room)


def _windows(rng: np.random.Generator, rooms: list[Room], room: Room) -> None:
    sides = [s for s in rng.permutation(4).tolist() if not _neighbours(rooms, room, s)]
    wanted = 1 if room.kind == "bathroom" else int(rng.integers(1, 3))
    for side in sides[:wanted]:
        width = float(rng.uniform(0.6, 0.9) if room.kind == "bathroom" else rng.uniform(0.9, 2.0))
        z0 = float(rng.uniform(1.0, 1.25) if room.kind == "bathroom" else rng.uniform(0.75, 1.0))
        z1 = float(rng.uniform(1.9, min(2.2, room.height - 0.15)))
        along = room.free_span(side, width, rng)
        if along is not None:
            room.openings.append(Opening(side, along, width, z0, z1, "window"))
