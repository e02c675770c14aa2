# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A scan as frames: what an RGB-D camera carried through it would have recorded.

So that a point cloud alone, whose recording is lost, can serve wherever frames can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, Float32Array, FloatArray64, IndexArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.frame import (
    Frame,
    FrameHeader,
    FrameSequence,
    Intrinsics,
)
from fewpoints.annotations.scans.frames.splats import Splats, draw, local_spacing
from fewpoints.annotations.scans.grid import nearest_spacing
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.views import choose_views

# About the field of view of the cameras that scans are recorded with.
CAMERA = Intrinsics(320, 240, 288.0, 288.0, 159.5, 119.5)
MOST_POINTS = 2_000_000
_FEWEST_POINTS = 100
_CANDIDATES = 20_000
# Coarse pixels along the edge of a panorama's face: with more, the sample has gaps to look through.
_PANORAMA = 20


def scan_as_frames(
    scan: PointScan,
    *,
    up: FloatArray64 | Sequence[float],
    views: int = 60,
    metres_per_unit: float = 1.0,
    camera: Intrinsics = CAMERA,
    seed: int = 0,
    name: str = "scan",
    progress: Progress = no_progress,
) -> FrameSequence:
    """Return `views` virtual frames that together look at all of the scan.

    Their world is the scan's local frame (`local_positions`) in metres. Cameras stand in free
    space and look where most is to be seen that was not seen yet; fewer come back where there is
    no more to see. Frames are drawn when asked for; the same seed gives the same frames.

    up: (3,) the upward direction. metres_per_unit: of the scan's coordinates.
    """
    assert views > 0
    positions = scan.local_positions()
    rows = np.flatnonzero(scan.finite)
    rows = rows[:: -(-len(rows) // MOST_POINTS) or 1]
    if len(rows) < _FEWEST_POINTS:
        raise UnreadableScan(name, f"{len(rows)} points are too few to be looked at.")
    points = positions[rows] * np.float32(metres_per_unit)
    spacing = nearest_spacing(points.astype(np.float64), queries=2000)
    if spacing is None or not spacing.median > 0:
        raise UnreadableScan(name, "all points are in one place.")
    upward = np.asarray(up, np.float64) / np.linalg.norm(up)
    progress(0.0, "Choosing views")
    rng = np.random.default_rng(seed)
    step = float(spacing.median)
    # Depth cameras see so far; scans of landscapes are coarser, and looked at from farther away.
    reach_m = max(3.0, 150 * step)
    poses = _choose_poses(points, upward, views, camera, reach_m, rng, progress)
    if not poses:
        raise UnreadableScan(name, "no view shows enough of the scan.")
    each = np.clip(local_spacing(points, cell=8 * step), 0.5 * step, 2.5 * step)
    colours = None if scan.colours is None else scan.colours[rows]
    splats = Splats(points, each.astype(np.float32), colours)
    names = [f"view {number}" for number in range(len(poses))]
    near_m = 5 * step

    def load(index: int) -> Frame:
        depth, picture = draw(splats, camera, poses[index], near_m=near_m)
        return Frame(names[index], depth, picture, camera, poses[index])

    def header(index: int) -> FrameHeader:
        return FrameHeader(names[index], camera, poses[index], colours is not None)

    direction = (float(upward[0]), float(upward[1]), float(upward[2]))
    return FrameSequence(name, direction, names, load, read_header=header)


def _choose_poses(
    points: Float32Array,
    up: FloatArray64,
    views: int,
    camera: Intrinsics,
    reach_m: float,
    rng: np.random.Generator,
    progress: Progress,
) -> list[FloatArray64]:
    """Poses of cameras that together see most: one after the other, what is new counts most.

    Places come from `choose_views`, which knows free space; where to look from there is decided
    by what is to be seen in each direction.
    """
    some = _even_sample(points, _CANDIDATES, rng)
    sample = points[some].astype(np.float64)
    places = _places(points, some, up, 2 * views, rng, progress)
    headings = _headings(up, rng)
    sights = [_sight(sample, place, headings, camera, reach_m=reach_m) for place in places]
    times_seen = np.zeros(len(sample))
    poses: list[FloatArray64] = []
    gains = np.full((len(places), len(headings)), np.inf)
    for number in range(views):
        progress(0.5 + 0.5 * number / views, f"Choosing view {number + 1} of {views}")
        worth = 1 / (1 + times_seen) ** 2
        # A gain only shrinks, so the best stays the best until it is worth less than the next.
        while True:
            best = np.unravel_index(int(np.argmax(gains)), gains.shape)
            place, heading = int(best[0]), int(best[1])
            sight = sights[place]
            inside = sight.inside[:, heading]
            new = (worth[sight.rows] * sight.closeness)[inside].sum()
            gain = float(new) * float(sight.filled[heading]) ** 2
            known = gains[place, heading]
            gains[place, heading] = gain
            if gain >= known or gain >= gains.max():
                break
        if gain <= 0:
            break
        gains[place, heading] = 0.0
        times_seen[sight.rows[inside]] += sight.closeness[inside]
        poses.append(_pose(places[place], headings[heading], up))
    return poses


def _even_sample(points: Float32Array, count: int, rng: np.random.Generator) -> IndexArray:
    """(<= count,) rows spread evenly over the surface: one per cell, whatever the density."""
    low, high = np.percentile(points, (0.5, 99.5), axis=0)
    rows = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    rows = rng.permutation(rows if len(rows) >= _FEWEST_POINTS else len(points))
    cell = float(np.linalg.norm(high - low)) / 100
    if cell > 0:
        index = np.floor((points[rows] - points.min(axis=0)) / np.float32(cell)).astype(np.int64)
        sizes = index.max(axis=0) + 1
        keys = (index[:, 0] * sizes[1] + index[:, 1]) * sizes[2] + index[:, 2]
        rows = rows[np.sort(np.unique(keys, return_index=True)[1])]
    return np.asarray(rows[:count], np.int64)


def _places(
    points: Float32Array,
    some: IndexArray,
    up: FloatArray64,
    count: int,
    rng: np.random.Generator,
    progress: Progress,
) -> FloatArray64:
    """(P, 3) places in free space, from which parts of the scan can be seen."""
    targets = some[:count]
    seed = int(rng.integers(2**31))
    progress(0.0, f"Finding {len(targets)} places in free space")
    views = choose_views(points, targets, up=up, seed=seed)
    return np.array([view.eye for view in views])


def _headings(up: FloatArray64, rng: np.random.Generator) -> FloatArray64:
    """(D, 3) directions to look in: all around, level and downwards, a little upwards."""
    helper = np.eye(3)[int(np.argmin(np.abs(up)))]
    side = np.cross(up, helper)
    side /= np.linalg.norm(side)
    front = np.cross(up, side)
    turns = (np.arange(12) + rng.random()) * (2 * np.pi / 12)
    around = np.cos(turns)[:, None] * side + np.sin(turns)[:, None] * front
    tilts = np.radians([-50.0, -25.0, -5.0, 15.0])
    every = np.cos(tilts)[:, None, None] * around + np.sin(tilts)[:, None, None] * up
    return np.asarray(every.reshape(-1, 3))


@dataclass(frozen=True, eq=False)
class _Sight:
    """What is to be seen from one place.

    rows: (n,) of the sample, unhidden. closeness: (n,) 1 near, towards 0 beyond the reach.
    inside: (n, D) whether a camera with that heading has it in its picture. filled: (D,) share of
    the picture that shows anything.
    """

    rows: IndexArray
    closeness: FloatArray64
    inside: BoolArray
    filled: FloatArray64


def _sight(
    sample: FloatArray64,
    place: FloatArray64,
    headings: FloatArray64,
    camera: Intrinsics,
    *,
    reach_m: float,
) -> _Sight:
    """Look around with a panorama of coarse pixels that keeps what is nearest in each.

    What stands before the lens hides, but is not worth seeing.
    """
    offsets = sample - place
    distance = np.maximum(np.linalg.norm(offsets, axis=1), 1e-12)
    unit = offsets / distance[:, None]
    # A cube's six faces: even enough, and no poles.
    face = np.argmax(np.abs(unit), axis=1)
    along = np.take_along_axis(unit, face[:, None], 1)[:, 0]
    others = np.array([[1, 2], [0, 2], [0, 1]])[face]
    across = np.take_along_axis(unit, others, 1) / along[:, None]
    cell = np.clip(np.floor((across + 1) / 2 * _PANORAMA), 0, _PANORAMA - 1).astype(np.int64)
    bins = ((face * 2 + (along > 0)) * _PANORAMA + cell[:, 0]) * _PANORAMA + cell[:, 1]
    front = np.full(6 * _PANORAMA**2, np.inf)
    np.minimum.at(front, bins, distance)
    rows = np.flatnonzero((distance <= 1.15 * front[bins]) & (distance > 0.1 * reach_m))
    half_angle = np.arctan(0.5 * camera.height / camera.fy)
    inside = unit[rows] @ headings.T > np.cos(half_angle)
    closeness = 1 / (1 + (distance[rows] / reach_m) ** 4)
    # A cone of that angle has so many of the panorama's pixels.
    whole = 6 * _PANORAMA**2 * 0.5 * (1 - np.cos(half_angle))
    in_bin = np.zeros((6 * _PANORAMA**2, len(headings)), bool)
    for column in range(len(headings)):
        in_bin[bins[rows[inside[:, column]]], column] = True
    filled = np.minimum(1.0, in_bin.sum(axis=0) / whole)
    return _Sight(rows, closeness, inside, filled)


def _pose(eye: FloatArray64, forward: FloatArray64, up: FloatArray64) -> FloatArray64:
    """(4, 4) world_from_camera: +z along the unit vector `forward`, +y down."""
    right = np.cross(forward, up)
    right = right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2] = right, np.cross(forward, right), forward
    pose[:3, 3] = eye
    return pose
