# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A small simulated room of which every point has a class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from fewpoints.annotations.arrays import Int32Array, UInt8Array
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.simulator.scene import SimulatedScene, simulate_scene
from fewpoints.annotations.scans.scan import PointScan


@dataclass(frozen=True)
class SmallRoom:
    """scan: N points, metres, z up, floor at 0. classes: (N,) index of `scannet20`, never 255.
    instances: (N,) from 1, 0 for walls and floor.
    """

    scan: PointScan
    classes: UInt8Array
    instances: Int32Array


def small_room(points: int) -> SmallRoom:
    """Exactly `points` points of one living room in random order.

    The room takes a second or two, once: all tests share it.
    """
    scene = _scene()
    known = np.flatnonzero(scene.classes != UNLABELLED)
    assert points <= len(known), f"the room has {len(known)} points with a class"
    rows = np.random.default_rng(0).permutation(known)[:points]
    assert scene.scan.colours is not None
    scan = PointScan(
        positions=scene.scan.positions[rows],
        colours=scene.scan.colours[rows],
        fields=scene.scan.fields,
    )
    return SmallRoom(scan, scene.classes[rows], scene.instances[rows])


@cache
def _scene() -> SimulatedScene:
    return simulate_scene(3, rooms=["living room"], frames=24, size=(160, 120))
