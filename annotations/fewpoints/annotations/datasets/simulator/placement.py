# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Where things stand, and that they do not run into one another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64
from fewpoints.annotations.datasets.simulator.floor_plan import Room
from fewpoints.annotations.datasets.simulator.meshes import Thing, Top, turned

GAP_M = 0.002  # Things on top of others float this high, so that touching is not overlapping.


@dataclass(frozen=True)
class Placed:
    """A thing in the world: turned by `yaw` about z, then moved to `at`.

    rects: (S, 7) its solids: centre x y, half width and depth, yaw, lowest and highest z.
    """

    thing: Thing
    yaw: float
    at: FloatArray64
    rects: FloatArray64

    @property
    def centre(self) -> FloatArray64:
        """The middle of its solids."""
        low, high = self.thing.bounds()
        return np.asarray(turned((low + high) / 2, self.yaw) + self.at)


def put(thing: Thing, yaw: float, at: FloatArray64) -> Placed:
    """The thing at a place, whether it fits there or not."""
    boxes = np.array(thing.solids)
    middle = turned((boxes[:, :3] + boxes[:, 3:]) / 2, yaw) + at
    half = (boxes[:, 3:] - boxes[:, :3]) / 2
    rects = np.column_stack(
        [middle[:, :2], half[:, :2], np.full(len(boxes), yaw), boxes[:, 2] + at[2],
         boxes[:, 5] + at[2]]
    )  # fmt: skip
    return Placed(thing, yaw, np.asarray(at, np.float64), rects)


def overlaps(a: FloatArray64, b: FloatArray64, *, slack: float = -1e-3) -> BoolArray:
    """(A, B) True where two upright boxes share more than `slack` metres in every direction.

    A negative slack is the gap that has to stay between them.

    Rows as in `Placed.rects`. Two rectangles are apart if they are along one of their four sides.
    """
    p, q = a[:, None, :], b[None, :, :]
    apart = (p[..., 6] <= q[..., 5] + slack) | (q[..., 6] <= p[..., 5] + slack)
    delta = q[..., :2] - p[..., :2]
    turn = q[..., 4] - p[..., 4]
    c, s = np.abs(np.cos(turn)), np.abs(np.sin(turn))
    for yaw, own, other in ((p[..., 4], p, q), (q[..., 4], q, p)):
        x = np.abs(delta[..., 0] * np.cos(yaw) + delta[..., 1] * np.sin(yaw))
        y = np.abs(-delta[..., 0] * np.sin(yaw) + delta[..., 1] * np.cos(yaw))
        apart |= x + slack >= own[..., 2] + other[..., 2] * c + other[..., 3] * s
        apart |= y + slack >= own[..., 3] + other[..., 2] * s + other[..., 3] * c
    return np.asarray(~apart)


@dataclass
class Furnishing:
    """Everything in one room, and the zones that stay free (in front of doors)."""

    room: Room
    rng: np.random.Generator
    placed: list[Placed] = field(default_factory=list)
    taken: list[FloatArray64] = field(default_factory=list)
    kept_free: list[FloatArray64] = field(default_factory=list)

    def fits(self, item: Placed, *, inside: bool = True) -> bool:
        """Whether it is inside the walls and clear of everything else."""
        if inside and not self._inside(item.rects):
            return False
        others = self.taken + self.kept_free
        return not others or not overlaps(item.rects, np.concatenate(others)).any()

    def _inside(self, rects: FloatArray64) -> bool:
        c, s = np.abs(np.cos(rects[:, 4])), np.abs(np.sin(rects[:, 4]))
        dx = rects[:, 2] * c + rects[:, 3] * s
        dy = rects[:, 2] * s + rects[:, 3] * c
        room = self.room
        return bool(
            (rects[:, 0] - dx >= room.x0).all()
            and (rects[:, 0] + dx <= room.x1).all()
            and (rects[:, 1] - dy >= room.y0).all()
            and (rects[:, 1] + dy <= room.y1).all()
            and (rects[:, 6] <= room.height).all()
        )

    def keep(self, item: Placed) -> Placed:
        """Take it as placed."""
        self.placed.append(item)
        self.taken.append(item.rects)
        return item

    def keep_clear(self, corners: FloatArray64, *, low: float = 0.01, high: float = 2.0) -> None:
        """Let nothing stand in an axis-parallel rectangle, (2, 2) lowest and highest corner."""
        middle, half = corners.mean(axis=0), (corners[1] - corners[0]) / 2
        self.kept_free.append(np.array([[*middle, *half, 0.0, low, high]]))

    def at_wall(
        self,
        thing: Thing,
        *,
        side: int | None = None,
        lift: float = 0.0,
        tries: int = 40,
        gap: float | None = None,
        corner: bool = False,
    ) -> Placed | None:
        """Put it with its back to a wall somewhere; None if no place was found."""
        low, high = thing.bounds()
        for _ in range(tries):
            wall = int(self.rng.integers(4)) if side is None else side
            length = self.room.length(wall)
            near, far = -low[0] + 0.02, length - high[0] - 0.02
            if far <= near:
                continue
            along = self.rng.uniform(near, far)
            if corner or self.rng.random() < 0.2:
                along = near if self.rng.random() < 0.5 else far
            off = self.rng.uniform(0.01, 0.05) if gap is None else gap
            item = put(thing, *self.room.on_wall(wall, along, off - min(low[1], 0.0), lift))
            if self.fits(item):
                return self.keep(item)
        return None

    def free_standing(self, thing: Thing, *, tries: int = 40, turn: float = 0.0) -> Placed | None:
        """Put it anywhere on the floor, square to the walls give or take `turn` radians."""
        low, high = thing.bounds()
        middle = np.array([*(low + high)[:2] / 2, 0.0])
        for _ in range(tries):
            yaw = self.rng.integers(4) * np.pi / 2 + self.rng.uniform(-turn, turn)
            room = self.room
            spot = self.rng.uniform([room.x0, room.y0], [room.x1, room.y1])
            item = put(thing, float(yaw), np.array([*spot, 0.0]) - turned(middle, float(yaw)))
            if self.fits(item):
                return self.keep(item)
        return None

    def beside(
        self, thing: Thing, host: Placed, x: float, y: float, facing: float, *, wobble: float = 0.0
    ) -> Placed | None:
        """Put its middle at (x, y) of the host's frame, turned by `facing` against the host."""
        low, high = thing.bounds()
        middle = np.array([*(low + high)[:2] / 2, 0.0])
        for attempt in range(6):
            push = 0.05 * attempt
            yaw = host.yaw + facing + self.rng.uniform(-wobble, wobble)
            out = turned(np.array([0.0, -push, 0.0]), facing)
            spot = host.at * (1, 1, 0) + turned(np.array([x, y, 0.0]) + out, host.yaw)
            item = put(thing, yaw, spot - turned(middle, yaw))
            if self.fits(item):
                return self.keep(item)
        return None

    def on_top(self, thing: Thing, host: Placed, top: Top, *, back: bool = False) -> Placed | None:
        """Put it on one of the host's tops; `back`: at the rear edge, facing as the host does."""
        low, high = thing.bounds()
        size = high - low
        if size[2] > top.headroom:
            return None
        for _ in range(12):
            facing = 0.0 if back else self.rng.uniform(-np.pi, np.pi)
            if self.rng.random() < 0.6:
                facing = self.rng.normal(0, 0.15)
            reach = np.abs(turned(np.array([size[0], 0, 0]), facing))[:2] / 2
            reach = reach + np.abs(turned(np.array([0, size[1], 0]), facing))[:2] / 2
            x0, x1 = top.x0 + reach[0] + 0.01, top.x1 - reach[0] - 0.01
            y0, y1 = top.y0 + reach[1] + 0.01, top.y1 - reach[1] - 0.01
            if x1 < x0 or y1 < y0:
                continue
            y = self.rng.uniform(y0, min(y1, y0 + 0.1)) if back else self.rng.uniform(y0, y1)
            spot = np.array([self.rng.uniform(x0, x1), y, top.z + GAP_M - low[2]])
            middle = np.array([*(low + high)[:2] / 2, 0.0])
            yaw = host.yaw + facing
            at = host.at + turned(spot, host.yaw) - turned(middle, yaw)
            item = put(thing, yaw, at)
            if self.fits(item):
                return self.keep(item)
        return None
