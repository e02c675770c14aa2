# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A data set of small rooms of plain things, every point known but a few."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.datasets.dataset import Dataset, GroundTruth
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.benchmarks.methods import Setting
from fewpoints.models.nets.checkpoint import untrained_network
from tests.models.densify.rooms import BLUE, RED, boxes_room

CLASSES = ClassList.from_dicts(
    [
        {"name": "floor", "instanceable": False},
        {"name": "wall", "instanceable": False},
        {"name": "red"},
        {"name": "blue"},
        {"name": "never seen"},
    ]
)
VOXEL_M = 0.08


def room(name: str) -> GroundTruth:
    """Four boxes on a floor; each box is an object, and every 50th point has no class."""
    scan, classes = boxes_room(step=0.08)
    rng = np.random.default_rng(len(name))
    order = rng.permutation(len(scan))
    assert scan.colours is not None
    positions, classes = scan.positions[order], classes[order]
    left, front = positions[:, 0] < 2, positions[:, 1] < 1.8
    instances = np.where(np.isin(classes, [RED, BLUE]), 1 + left + 2 * front, 9)
    classes = np.where(np.arange(len(classes)) % 50 == 0, 255, classes)
    return GroundTruth(name, PointScan(positions, scan.colours[order]), instances, classes)


def rooms_dataset(*names: str) -> Dataset:
    """Rooms that differ in the order of their points."""
    splits = {"train": names[1:], "val": names[:1]}
    return Dataset("Test rooms", CLASSES, names, splits, room)


def setting(arch: str) -> Setting:
    """Coarse voxels and an untrained network."""
    return Setting(untrained_network(arch, out_channels=8), voxel_size_m=VOXEL_M, device="cpu")
