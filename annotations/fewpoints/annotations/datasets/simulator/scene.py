# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated RGB-D recordings of furnished rooms, with true classes and objects.

`simulate_scene(seed)` is the whole simulator: it plans rooms, furnishes them, walks a camera
through and fuses what the camera saw. Equal arguments give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fewpoints.annotations.arrays import BoolArray, FloatArray64, Int32Array, UInt8Array
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.simulator.camera_path import FreeSpace, camera_path
from fewpoints.annotations.datasets.simulator.floor_plan import KINDS
from fewpoints.annotations.datasets.simulator.fusion import fuse
from fewpoints.annotations.datasets.simulator.rendering import Rendered, render
from fewpoints.annotations.datasets.simulator.sensor import (
    Exposure,
    Sensor,
    measured_depth,
    photographed,
    random_exposure,
    random_sensor,
)
from fewpoints.annotations.datasets.simulator.world import World, build_world
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.frames.frame import Frame, FrameSequence, Intrinsics
from fewpoints.annotations.scans.scan import Field, PointScan

WIDTH, HEIGHT = 320, 240


@dataclass(frozen=True)
class FrameLabels:
    """The truth for every pixel of a frame, measured or not.

    classes: (H, W) index of `scannet20`, 255 for none. instances: (H, W) from 1, 0 for walls,
    floors and what has no class.
    """

    classes: UInt8Array
    instances: Int32Array


@dataclass(frozen=True)
class InstanceBox:
    """The upright box around a whole object, hidden parts too.

    centre: metres. size: along its own x, y, z. yaw: radians from the world's x to its own.
    points: points of the scan that belong to it.
    """

    instance: int
    class_index: int
    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float
    points: int


@dataclass(frozen=True)
class SimulatedScene:
    """A recording and what is true about it; N points, metres, z up, floor at 0.

    rooms: the kind of each room. frames: with the poses the scan was fused with. true_poses:
    (F, 4, 4) where the camera really was. classes: (N,) index of `scannet20`, 255 for none.
    instances: (N,) from 1, 0 for walls, floors and what has no class. boxes: of the objects that
    the scan shows, by instance. world: the meshes everything was made from.
    """

    seed: int
    rooms: tuple[str, ...]
    frames: FrameSequence
    true_poses: FloatArray64
    labels: tuple[FrameLabels, ...]
    scan: PointScan
    classes: UInt8Array
    instances: Int32Array
    boxes: tuple[InstanceBox, ...]
    world: World

    def frame_labels(self, index: int) -> FrameLabels:
        """The truth for frame `index`."""
        return self.labels[index]


def simulate_scene(
    seed: int,
    *,
    rooms: int | Sequence[str] | None = None,
    frames: int = 60,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    cell_m: float = 0.02,
    keep_ceiling: bool = False,
    progress: Progress = no_progress,
) -> SimulatedScene:
    """Make the scene that belongs to `seed`.

    Args:
        rooms: How many rooms, or the kind of each (`floor_plan.KINDS`); None: mostly one.
        frames: Frames of the whole walk; about 60 per room show nearly everything.
        size: Width and height of the frames.
        cell_m: Grid on which the scan is fused.
        keep_ceiling: Leave the ceiling in the scan; it has no class and hides the room from above.
    """
    assert frames > 0
    plan_seed, path_seed, sensor_seed, frame_seed = np.random.SeedSequence(seed).spawn(4)
    rng = np.random.default_rng(plan_seed)
    kinds = _kinds(rng, rooms)
    world, floor = _walkable(rng, kinds)
    poses = camera_path(world, floor, frames, np.random.default_rng(path_seed))
    rng = np.random.default_rng(sensor_seed)
    camera = _camera(rng, *size)
    sensor, exposure = random_sensor(rng), random_exposure(rng)
    believed = _drifted(poses, rng)
    taken: list[Frame] = []
    labels: list[FrameLabels] = []
    ceilings = [k for k, o in enumerate(world.objects) if _is_ceiling(o.thing.solids)]
    hidden: list[BoolArray] = []
    seeds = frame_seed.spawn(frames)

    def take(i: int) -> tuple[Frame, FrameLabels, BoolArray]:
        own = np.random.default_rng(seeds[i])
        seen = render(world, camera, poses[i], own)
        frame = _frame(i, seen, camera, believed[i], sensor, exposure, own)
        return frame, _truth(world, seen), np.isin(seen.objects, ceilings)

    world.prepare()
    # Each frame has its own seed, so threads change nothing but the time.
    with ThreadPoolExecutor(2) as threads:
        for frame, truth, ceiling in threads.map(take, range(frames)):
            taken.append(frame)
            labels.append(truth)
            hidden.append(ceiling)
            progress(0.9 * len(taken) / frames, "Walking through the rooms")
    merged = fuse(
        (
            (f if keep_ceiling else _without(f, ceiling), t.classes, t.instances)
            for f, t, ceiling in zip(taken, labels, hidden, strict=True)
        ),
        cell_m=cell_m,
    )
    name = f"simulated scene, seed {seed}"
    scan = PointScan(
        # What a scanner would store: float32.
        positions=merged.positions.astype(np.float32).astype(np.float64),
        colours=merged.colours,
        fields=tuple(
            [Field(n, "float") for n in "xyz"]
            + [Field(n, "uchar") for n in ("red", "green", "blue")]
        ),
        details={"origin": name},
    )
    sequence = FrameSequence(name, (0.0, 0.0, 1.0), [f.name for f in taken], taken.__getitem__)
    progress(1.0, "Fused the frames")
    return SimulatedScene(
        seed,
        tuple(kinds),
        sequence,
        poses,
        tuple(labels),
        scan,
        merged.classes,
        merged.instances,
        _boxes(world, merged.instances),
        world,
    )


def _walkable(rng: np.random.Generator, kinds: Sequence[str]) -> tuple[World, FreeSpace]:
    """A flat of which every room can be walked into; now and then furniture bars a door."""
    for _ in range(20):
        world = build_world(rng, kinds)
        floor = FreeSpace(world)
        if floor.reaches_all_rooms:
            return world, floor
    raise AssertionError(f"no walkable flat of {kinds} in 20 tries")


def _kinds(rng: np.random.Generator, rooms: int | Sequence[str] | None) -> list[str]:
    if rooms is None:
        rooms = int(rng.choice([1, 1, 1, 1, 2, 3]))
    if isinstance(rooms, int):
        assert rooms > 0
        return [KINDS[int(i)] for i in rng.integers(len(KINDS), size=rooms)]
    unknown = set(rooms) - set(KINDS)
    assert not unknown, f"unknown kinds of room: {sorted(unknown)}"
    return list(rooms)


def _camera(rng: np.random.Generator, width: int, height: int) -> Intrinsics:
    """Between a Kinect (57 degrees wide) and a phone's wide picture (66 degrees)."""
    focal = width / 2 / np.tan(np.radians(rng.uniform(57, 66) / 2))
    cx, cy = (width - 1) / 2 + rng.normal(0, 0.01 * width), (height - 1) / 2 + rng.normal(0, 2)
    return Intrinsics(width, height, float(focal), float(focal), float(cx), float(cy))


def _drifted(poses: FloatArray64, rng: np.random.Generator) -> FloatArray64:
    """The poses as tracking believes them: off by some millimetres that change slowly."""
    count = len(poses)
    t = np.arange(count)
    out = poses.copy()
    for axis in range(3):
        wave = np.sin(t * rng.uniform(0.05, 0.25) + rng.uniform(0, 6.3))
        out[:, axis, 3] += 0.003 * wave + rng.normal(0, 0.001, count)
    return out


def _is_ceiling(solids: Sequence[tuple[float, ...]]) -> bool:
    """A flat solid far above everybody's head."""
    return len(solids) == 1 and solids[0][2] == solids[0][5] > 2.2


def _frame(
    index: int,
    seen: Rendered,
    camera: Intrinsics,
    pose: FloatArray64,
    sensor: Sensor,
    exposure: Exposure,
    rng: np.random.Generator,
) -> Frame:
    depth = measured_depth(seen, sensor, rng)
    colours = photographed(seen, exposure, rng)
    return Frame(f"{index:05d}", depth, colours, camera, pose)


def _truth(world: World, seen: Rendered) -> FrameLabels:
    hit = seen.objects >= 0
    row = np.where(hit, seen.objects, 0)
    return FrameLabels(
        np.where(hit, world.classes[row], UNLABELLED).astype(np.uint8),
        np.where(hit, world.instances[row], 0).astype(np.int32),
    )


def _without(frame: Frame, hidden: BoolArray) -> Frame:
    depth = np.where(hidden, np.float32(0), frame.depth)
    return Frame(frame.name, depth, frame.colours, frame.intrinsics, frame.world_from_camera)


def _boxes(world: World, instances: Int32Array) -> tuple[InstanceBox, ...]:
    counts = np.bincount(instances, minlength=int(world.instances.max(initial=0)) + 1)
    out = []
    for k, item in enumerate(world.objects):
        number = int(world.instances[k])
        if number == 0 or counts[number] == 0:
            continue
        low, high = item.thing.bounds()
        a, b, c = item.centre.tolist()
        w, d, h = (high - low).tolist()
        out.append(
            InstanceBox(
                number, int(world.classes[k]), (a, b, c), (w, d, h), item.yaw, int(counts[number])
            )
        )
    return tuple(out)
