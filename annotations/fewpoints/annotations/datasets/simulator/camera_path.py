# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The walk of a person with a hand-held camera through the free space of a flat."""

from __future__ import annotations

from collections import deque

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64, IndexArray
from fewpoints.annotations.datasets.simulator.floor_plan import WALL_M, Room
from fewpoints.annotations.datasets.simulator.world import World

CELL_M = 0.05
WALKING_HEIGHT_M = 1.85
_CLEARANCES_M = (0.25, 0.18, 0.12)


def camera_path(
    world: World, grid: FreeSpace, count: int, rng: np.random.Generator
) -> FloatArray64:
    """(count, 4, 4) world_from_camera, in the order of the walk."""
    stops = _stops(grid, rng)
    route = _route(grid, stops)
    ground = _walked(grid, route, count)
    eyes = np.column_stack([ground, _wander(count, rng, 1.45, 0.1)])
    looks = _looks(world, eyes, rng)
    return np.stack([_pose(eye, look, rng) for eye, look in zip(eyes, looks, strict=True)])


class FreeSpace:
    """Cells of the floor in which a person has room: the largest connected part, `free` (Y, X)."""

    reaches_all_rooms: bool

    def __init__(self, world: World) -> None:
        rooms = world.rooms
        self.low = np.array([min(r.x0 for r in rooms), min(r.y0 for r in rooms)])
        high = np.array([max(r.x1 for r in rooms), max(r.y1 for r in rooms)])
        nx, ny = np.ceil((high - self.low) / CELL_M).astype(int)
        x = self.low[0] + (np.arange(nx) + 0.5) * CELL_M
        y = self.low[1] + (np.arange(ny) + 0.5) * CELL_M
        spots = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        distance = _distance_to_things(world, spots)
        self.free: BoolArray = np.zeros((ny, nx), bool)
        for clearance in _CLEARANCES_M:
            free = _in_rooms(world, spots, clearance) & (distance > clearance)
            self.free = _largest(free.reshape(ny, nx))
            self.reaches_all_rooms = all(self._reaches(room) for room in rooms)
            if self.reaches_all_rooms:
                break

    def _reaches(self, room: Room) -> bool:
        """Whether a tenth of a square metre of the room can be walked on."""
        y, x = np.nonzero(self.free)
        spots = self.spot(np.stack([y, x], axis=1))
        inside = (spots > (room.x0, room.y0)) & (spots < (room.x1, room.y1))
        return bool(inside.all(axis=1).sum() * CELL_M**2 > 0.1)

    def spot(self, cell: IndexArray) -> FloatArray64:
        """Middle of (..., 2) cells (row, column), in metres."""
        return np.asarray(self.low + (cell[..., ::-1] + 0.5) * CELL_M)

    def is_free(self, spots: FloatArray64) -> BoolArray:
        """(n,) whether (n, 2) places lie in free cells."""
        cell = np.floor((spots - self.low) / CELL_M).astype(int)
        cell = np.clip(cell, 0, np.array(self.free.shape[::-1]) - 1)
        return np.asarray(self.free[cell[:, 1], cell[:, 0]])

    def steps_from(self, cell: tuple[int, int]) -> IndexArray:
        """(Y, X) steps on the shortest way from a cell; -1 where there is none."""
        steps = np.full(self.free.shape, -1)
        steps[cell] = 0
        queue = deque([cell])
        rows, columns = self.free.shape
        while queue:
            r, c = queue.popleft()
            for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                a, b = r + dr, c + dc
                inside = 0 <= a < rows and 0 <= b < columns
                if inside and self.free[a, b] and steps[a, b] < 0:
                    steps[a, b] = steps[r, c] + 1
                    queue.append((a, b))
        return steps


def _distance_to_things(world: World, spots: FloatArray64) -> FloatArray64:
    """(n,) metres from places on the floor to the nearest solid below head height."""
    distance = np.full(len(spots), np.inf)
    for item in world.objects:
        if item.thing.class_name in ("wall", "floor"):
            continue
        for cx, cy, hx, hy, yaw, z0, z1 in item.rects:
            if z0 > WALKING_HEIGHT_M or z1 < 0.03:
                continue
            d = spots - (cx, cy)
            a = np.abs(d[:, 0] * np.cos(yaw) + d[:, 1] * np.sin(yaw)) - hx
            b = np.abs(d[:, 1] * np.cos(yaw) - d[:, 0] * np.sin(yaw)) - hy
            outside = np.hypot(np.maximum(a, 0), np.maximum(b, 0))
            np.minimum(distance, outside, out=distance)
    return distance


def _in_rooms(world: World, spots: FloatArray64, clearance: float) -> BoolArray:
    inside = np.zeros(len(spots), bool)
    x, y = spots.T
    for room in world.rooms:
        inside |= (
            (x > room.x0 + clearance)
            & (x < room.x1 - clearance)
            & (y > room.y0 + clearance)
            & (y < room.y1 - clearance)
        )
        for hole in room.openings:
            if hole.kind in ("passage", "open door"):
                half = hole.width / 2 - min(clearance, 0.2)
                _, a = room.on_wall(hole.side, hole.along - half, clearance + 0.06)
                _, b = room.on_wall(hole.side, hole.along + half, -WALL_M - clearance - 0.06)
                low, high = np.minimum(a, b), np.maximum(a, b)
                inside |= (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])
    return inside


def _largest(free: BoolArray) -> BoolArray:
    """The largest connected part."""
    best = np.zeros_like(free)
    rest = free.copy()
    walker = FreeSpace.__new__(FreeSpace)
    while rest.sum() > best.sum():
        walker.free = rest
        row, column = np.argwhere(rest)[0]
        part = walker.steps_from((int(row), int(column))) >= 0
        if part.sum() > best.sum():
            best = part
        rest = rest & ~part
    return best


def _stops(grid: FreeSpace, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Places spread over the free floor: each the farthest from those before, then some random."""
    cells = np.argwhere(grid.free)
    first = cells[int(rng.integers(len(cells)))]
    stops = [first]
    distance = np.full(len(cells), np.inf)
    area = len(cells) * CELL_M**2
    for _ in range(int(np.clip(4 + area, 5, 30))):
        distance = np.minimum(distance, np.linalg.norm(cells - stops[-1], axis=1))
        stops.append(cells[int(distance.argmax())])
    return [(int(a), int(b)) for a, b in stops]


def _route(grid: FreeSpace, stops: list[tuple[int, int]]) -> IndexArray:
    """(S, 2) cells from stop to stop, always to the nearest not yet visited."""
    here, rest = stops[0], list(stops[1:])
    route = [here]
    while rest:
        steps = grid.steps_from(here)
        rest.sort(key=lambda cell: int(steps[cell]))
        goal = rest.pop(0)
        way = [goal]
        while way[-1] != here:
            r, c = way[-1]
            near = [(r + dr, c + dc) for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0))]
            way.append(
                next(
                    n
                    for n in near
                    if 0 <= n[0] < steps.shape[0]
                    and 0 <= n[1] < steps.shape[1]
                    and steps[n] == steps[r, c] - 1
                )
            )
        route += way[-2::-1]
        here = goal
    return np.array(route)


def _walked(grid: FreeSpace, route: IndexArray, count: int) -> FloatArray64:
    """(count, 2) evenly spaced places on the route, rounded off where there is room for that."""
    raw = grid.spot(route)
    smooth = raw
    for width in (15, 9, 5):
        kernel = np.ones(width) / width
        padded = np.pad(raw, ((width // 2, width // 2), (0, 0)), mode="edge")
        rounded = np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in (0, 1)], 1)
        smooth = np.where(grid.is_free(rounded)[:, None], rounded, raw)
        if grid.is_free(rounded).mean() > 0.95:
            break
    step = np.linalg.norm(np.diff(smooth, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(step)])
    wanted = np.linspace(0, along[-1], count)
    return np.stack([np.interp(wanted, along, smooth[:, k]) for k in (0, 1)], axis=1)


def _wander(count: int, rng: np.random.Generator, middle: float, swing: float) -> FloatArray64:
    """(count,) a slow random curve around `middle`."""
    t = np.linspace(0, 1, count)
    phase, speed = rng.uniform(0, 2 * np.pi, 3), rng.uniform(1, 6, 3)
    waves = np.sin(2 * np.pi * speed[:, None] * t + phase[:, None])
    return np.asarray(middle + swing * rng.uniform(0.3, 1.0) * waves.mean(axis=0) * 1.7)


def _looks(world: World, eyes: FloatArray64, rng: np.random.Generator) -> FloatArray64:
    """(n, 3) points looked at: things not looked at for long, in reach; the gaze turns smoothly."""
    things = [o for o in world.objects if o.thing.class_name not in ("floor", "wall", "")]
    middles = [o.centre for o in things]
    for room in world.rooms:  # Bare corners and pieces of floor are scanned too.
        x, y = np.meshgrid([room.x0, room.centre[0], room.x1], [room.y0, room.centre[1], room.y1])
        middles += [
            np.array([a, b, rng.uniform(0.0, 1.6)]) for a, b in zip(x.flat, y.flat, strict=True)
        ]
    spots = np.array(middles)
    looked = np.where(np.arange(len(spots)) < len(things), 0.0, 0.7)
    hold = 3
    gaze = np.empty_like(eyes)
    before = np.zeros(3)
    for i in range(0, len(eyes), hold):
        eye = eyes[i]
        away = np.linalg.norm(spots[:, :2] - eye[:2], axis=1)
        cost = (
            looked
            + 1.5 * np.abs(np.log(np.maximum(away, 0.1) / 2.2))
            + rng.uniform(0, 0.8, len(spots))
        )
        # Not through walls: the way to the target is free of everything but the target's last bit.
        way = (spots - eye) * 0.8
        hidden = world.caster.blocked(
            np.broadcast_to(eye.astype(np.float32), way.shape),
            way.astype(np.float32),
            np.ones(len(way), np.float32),
        )
        towards = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6)
        turn = 1 - towards @ before  # Nobody whirls round from one thing to the next.
        best = int((cost + 3.0 * hidden + 1.2 * turn).argmin())
        before = towards[best]
        looked[best] += 1.0
        looked += 0.4 * np.exp(-np.linalg.norm(spots - spots[best], axis=1) / 0.6)
        gaze[i : i + hold] = spots[best]
    towards = gaze - eyes
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    padded = np.pad(towards, ((2, 2), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(padded[:, k], kernel, mode="valid") for k in range(3)], 1)
    smooth[:, 2] = np.clip(smooth[:, 2] - 0.12, -0.75, 0.2)
    return eyes + smooth


def _pose(eye: FloatArray64, look: FloatArray64, rng: np.random.Generator) -> FloatArray64:
    """Right, down and forward as columns; the hand trembles and tilts a little."""
    forward = look - eye + rng.normal(0, 0.015, 3)
    if np.hypot(forward[0], forward[1]) < 1e-3:
        forward[0] += 0.01
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    roll = rng.normal(0, 0.04)
    pose = np.eye(4)
    pose[:3, 0] = np.cos(roll) * right + np.sin(roll) * down
    pose[:3, 1] = np.cos(roll) * down - np.sin(roll) * right
    pose[:3, 2] = forward
    pose[:3, 3] = eye
    return pose
