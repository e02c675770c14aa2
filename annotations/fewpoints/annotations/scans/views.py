# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A place to look at a point from: near, unhidden, in free space, not edge-on, upright.

Directions around the point are tried all at once. What hides the point is found in two ways: far
from it by marching through a grid of occupied cells, close to it by the neighbouring points
themselves, because a table top and the underside of the same table lie in one cell. Among the
free places the most comfortable one wins. Nothing is assumed about the unit: distances follow
from the size of the scan and the spacing of its points, about 1 to 2.5 m in a room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import BoolArray, FloatArray64, IndexArray
from fewpoints.annotations.scans.grid import PointGrid, nearest_spacing

DIRECTIONS = 192
# Distances tried, in preferred distances.
_REACH = np.array([0.45, 0.6, 0.8, 1.0, 1.25, 1.6])
MOST_POINTS = 2_000_000
_MOST_CELLS = 30_000_000
_MOST_NEIGHBOURS = 3000


@dataclass(frozen=True)
class View:
    """A camera: eye, what it looks at, and up; each (3,), in the frame of the positions."""

    eye: FloatArray64
    target: FloatArray64
    up: FloatArray64


def choose_views(
    positions: NDArray[np.floating[Any]], rows: IndexArray, *, up: FloatArray64, seed: int = 0
) -> list[View]:
    """Return a view of each of the (K,) `rows` of (N, 3) `positions`, in the same order.

    positions: the local frame, any unit; non-finite rows are allowed but cannot be viewed.
    up: (3,) the upward direction. A point that no place sees (inside a heap) still gets a view,
    from the direction that is free for longest.
    """
    targets = np.asarray(positions, np.float64)[rows]
    assert np.isfinite(targets).all(), "only finite points can be viewed"
    if len(rows) == 0:
        return []
    up = np.asarray(up, np.float64) / np.linalg.norm(up)
    scene = _Scene(_thinned(positions, targets), up)
    directions = _directions(up, seed)
    return [
        view for start in range(0, len(targets), 16)
        for view in _views(scene, targets[start : start + 16], directions)
    ]  # fmt: skip


def _thinned(positions: NDArray[np.floating[Any]], targets: FloatArray64) -> FloatArray64:
    finite = np.flatnonzero(np.isfinite(positions).all(axis=1))
    finite = finite[:: -(-len(finite) // MOST_POINTS)]
    return np.concatenate([np.asarray(positions[finite], np.float64), targets])


class _Scene:
    """The points as a grid of occupied cells and as a grid for neighbour search."""

    def __init__(self, points: FloatArray64, up: FloatArray64) -> None:
        self.up = up
        self.points = points
        sample = points[:: max(1, len(points) // 200_000)]
        low, high = np.percentile(sample, (0.5, 99.5), axis=0)
        size = float(np.linalg.norm(high - low))
        spacing = nearest_spacing(points, queries=500)
        if size <= 0:
            size = spacing.median if spacing is not None else 1.0
        self.spacing = spacing.median if spacing is not None else size / 100
        self.spacing = min(self.spacing, size / 20)
        self.distance = float(np.clip(0.18 * size, 30 * self.spacing, 200 * self.spacing))
        # 3.5 spacings: with fewer, scattered points leave a surface with holes to look through.
        cell = max(3.5 * self.spacing, float((high - low).max()) / 300)
        border = 0.02 * size + 2 * cell
        self.inner_low, self.inner_high = low, high
        self.low, self.high = low - border, high + border
        extent = self.high - self.low
        cell = max(cell, float((np.prod(extent) / _MOST_CELLS) ** (1 / 3)))
        self.cell = cell
        self.shape = np.ceil(extent / cell).astype(np.int64) + 1
        occupied = np.zeros(self.shape, bool)
        index = np.floor((points - self.low) / cell).astype(np.int64)
        inside = ((index >= 0) & (index < self.shape)).all(axis=1)
        occupied[tuple(index[inside].T)] = True
        self.occupied = occupied
        self.crowded = _grown(occupied)
        self.covered = self._has_ceiling()
        self.neighbours = PointGrid(points, max(3 * cell, 1e-9 * size + 1e-12))

    def look_up(self, grid: BoolArray, places: FloatArray64) -> BoolArray:
        """(...,) value of a cell grid at (..., 3) places; False outside."""
        index = np.floor((places - self.low) / self.cell).astype(np.int64)
        inside = ((index >= 0) & (index < self.shape)).all(axis=-1)
        index = np.where(inside[..., None], index, 0)
        return np.asarray(grid[index[..., 0], index[..., 1], index[..., 2]] & inside)

    def outside(self, places: FloatArray64) -> FloatArray64:
        """(...,) how far places are outside the scan's box.

        Above a scan that has no ceiling counts a quarter: one may look into an open box from there,
        and a landscape is hardly seen otherwise.
        """
        beyond = np.minimum(places - self.inner_low, 0) + np.maximum(places - self.inner_high, 0)
        above = np.maximum(beyond @ self.up, 0)
        if not self.covered:
            beyond = beyond - 0.75 * above[..., None] * self.up
        return np.asarray(np.linalg.norm(beyond, axis=-1))

    def _has_ceiling(self) -> bool:
        """Whether much of the scan has something both near the top and well below it."""
        axis = int(np.argmax(np.abs(self.up)))
        cells = np.moveaxis(self.occupied, axis, 0)
        if self.up[axis] < 0:
            cells = cells[::-1]
        border = int((self.inner_low - self.low)[axis] / self.cell)
        height = len(cells) - 2 * border
        top = cells[-(border + max(1, int(0.15 * height))) :].any(axis=0)
        bottom = cells[: border + max(1, int(0.6 * height))].any(axis=0)
        return bool((top & bottom).sum() > 0.3 * (top | bottom).sum())


def _grown(occupied: BoolArray) -> BoolArray:
    """Occupied cells and those that touch one: no place for an eye."""
    grown = occupied.copy()
    for axis in range(3):
        before = grown.copy()
        ahead: list[slice] = [slice(None)] * 3
        behind: list[slice] = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        grown[tuple(ahead)] |= before[tuple(behind)]
        grown[tuple(behind)] |= before[tuple(ahead)]
    return grown


def _directions(up: FloatArray64, seed: int) -> FloatArray64:
    """(D, 3) unit vectors, even over the sphere but for a cap around up and down.

    Looking straight along `up` leaves the camera without an upright.
    """
    rng = np.random.default_rng(seed)
    k = np.arange(DIRECTIONS) + 0.5
    height = 0.92 * (1 - 2 * k / DIRECTIONS)
    angle = np.pi * (1 + 5**0.5) * k + rng.random() * 2 * np.pi
    ring = np.sqrt(1 - height**2)
    helper = np.eye(3)[int(np.argmin(np.abs(up)))]
    side = np.cross(up, helper)
    side /= np.linalg.norm(side)
    front = np.cross(up, side)
    around = ring[:, None] * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * front)
    return np.asarray(around + height[:, None] * up)


def _views(scene: _Scene, targets: FloatArray64, directions: FloatArray64) -> list[View]:
    count = len(targets)
    blocked, normals, flatness = _near_field(scene, targets, directions)
    free = _free_length(scene, targets, directions)
    free[blocked] = 0.0

    eyes = targets[:, None, None] + (
        directions[:, None] * (_REACH * scene.distance)[None, :, None]
    )  # (Q, D, R, 3)
    reached = (_REACH * scene.distance)[None, None] < free[:, :, None] - 2 * scene.cell
    reached &= ~scene.look_up(scene.crowded, eyes)

    facing = np.abs(normals @ directions.T)  # (Q, D)
    edge_on = flatness[:, None] * np.clip((0.6 - facing) / 0.6, 0, 1) ** 2
    climb = directions @ scene.up
    # From a little above, as people look: 10 to 45 degrees. From below is a last resort.
    tilt = np.clip(climb - 0.7, 0, 1) * 2 + np.clip(0.15 - climb, 0, 2) * 1.5
    stretch = np.abs(np.log(_REACH))
    outside = scene.outside(eyes) / scene.distance
    cost = (
        3.0 * edge_on[:, :, None]
        + 0.6 * (1 - facing * flatness[:, None])[:, :, None]
        + tilt[None, :, None]
        + 0.8 * stretch
        + 3.0 * np.minimum(outside, 2)
    )
    cost = np.where(reached, cost, np.inf).reshape(count, -1)
    best = _most_readable(scene, targets, eyes.reshape(count, -1, 3), cost)
    return [
        View(
            eye=eyes.reshape(count, -1, 3)[q, best[q]]
            if np.isfinite(cost[q, best[q]])
            else _last_resort(scene, targets[q], directions, free[q], normals[q], climb),
            target=targets[q].copy(),
            up=scene.up.copy(),
        )
        for q in range(count)
    ]


def _near_field(
    scene: _Scene, targets: FloatArray64, directions: FloatArray64
) -> tuple[BoolArray, FloatArray64, FloatArray64]:
    """((Q, D) whether neighbours hide the target, (Q, 3) its normal, (Q,) flatness 0-1)."""
    count = len(targets)
    blocked = np.zeros((count, len(directions)), bool)
    normals = np.tile(scene.up, (count, 1))
    flatness = np.zeros(count)
    pairs = scene.neighbours.pairs(targets)
    bounds = np.searchsorted(pairs.query, np.arange(count + 1))
    for q in range(count):
        near = pairs.point[bounds[q] : bounds[q + 1]]
        offsets = scene.points[near] - targets[q]
        stride = max(1, len(offsets) // _MOST_NEIGHBOURS)
        spacing = scene.spacing * np.sqrt(stride)
        offsets = offsets[::stride]
        squared = np.einsum("ij,ij->i", offsets, offsets)
        noise = 0.0
        disc = offsets[squared < (8 * spacing) ** 2]
        if len(disc) >= 8:
            values, vectors = np.linalg.eigh(np.cov(disc.T))
            normals[q] = vectors[:, 0]
            values = np.maximum(values, 0)
            flatness[q] = 1 - min(1.0, 4 * values[0] / max(values[1], 1e-30))
            noise = float(np.sqrt(values[0])) * flatness[q]
        within = (squared > 0) & (squared < (3 * scene.cell) ** 2)
        offsets, squared = offsets[within], squared[within]
        along = offsets @ directions.T
        aside = squared[:, None] - along**2
        # Points clearly nearer to the eye, within a drawn point's width of the line of sight.
        hides = (along > 3 * (spacing + noise)) & (aside < (1.2 * spacing) ** 2)
        blocked[q] = hides.sum(axis=0) > 1
    return blocked, normals, flatness


def _free_length(scene: _Scene, targets: FloatArray64, directions: FloatArray64) -> FloatArray64:
    """(Q, D) how far one can go from each target in each direction before a cell is occupied."""
    # The first cells belong to the target's own surface; the near field looks at those.
    steps = np.arange(
        2.5 * scene.cell, _REACH[-1] * scene.distance + 3 * scene.cell, 0.5 * scene.cell
    )
    free = np.full((len(targets), len(directions)), np.inf)
    for q, target in enumerate(targets):
        places = target + directions[:, None] * steps[None, :, None]
        hit = scene.look_up(scene.occupied, places)
        any_hit = hit.any(axis=1)
        free[q, any_hit] = steps[hit.argmax(axis=1)[any_hit]]
    return free


def _most_readable(
    scene: _Scene, targets: FloatArray64, eyes: FloatArray64, cost: FloatArray64
) -> IndexArray:
    """(Q,) of the cheapest places, the one that also sees most of what surrounds the target."""
    best = np.argmin(cost, axis=1)
    offers = 12
    shortlist = np.argpartition(cost, offers, axis=1)[:, :offers]
    reach = 0.35 * scene.distance
    rng = np.random.default_rng(0)
    pairs = scene.neighbours.pairs(targets, most=400)
    bounds = np.searchsorted(pairs.query, np.arange(len(targets) + 1))
    shares = np.linspace(0.0, 1.0, 48)[1:]
    for q, target in enumerate(targets):
        offered = shortlist[q][np.isfinite(cost[q, shortlist[q]])]
        near = scene.points[pairs.point[bounds[q] : bounds[q + 1]]]
        near = near[np.linalg.norm(near - target, axis=1) < reach]
        if len(offered) < 2 or len(near) < 4:
            continue
        around = near[rng.choice(len(near), min(16, len(near)), replace=False)]
        lines = around[None, :] - eyes[q, offered][:, None]  # (offers, points, 3)
        length = np.linalg.norm(lines, axis=-1, keepdims=True)
        # Stop short of the point itself.
        stop = np.maximum(0.0, 1 - 2.5 * scene.cell / np.maximum(length, 1e-30))
        places = eyes[q, offered][:, None, None] + lines[:, :, None] * (
            stop[:, :, None] * shares[None, None, :, None]
        )
        hidden = scene.look_up(scene.occupied, places).any(axis=2).mean(axis=1)
        best[q] = offered[int(np.argmin(cost[q, offered] + 1.5 * hidden))]
    return np.asarray(best, np.int64)


def _last_resort(
    scene: _Scene,
    target: FloatArray64,
    directions: FloatArray64,
    free: FloatArray64,
    normal: FloatArray64,
    climb: FloatArray64,
) -> FloatArray64:
    """(3,) an eye for a target that no good place sees: along the longest free direction, near."""
    length = np.minimum(free, _REACH[-1] * scene.distance)
    pleasant = 0.2 * scene.distance * (np.abs(directions @ normal) + np.clip(climb, -1, 0.7))
    best = int(np.argmax(length + pleasant))
    return np.asarray(target + directions[best] * max(0.6 * length[best], 0.35 * scene.distance))
