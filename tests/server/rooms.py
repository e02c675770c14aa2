# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Small simulated rooms as files."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.datasets.room import simulate_room
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply


@dataclass(frozen=True)
class RoomFile:
    """A room, its true classes, and the bytes of its PLY file."""

    scan: PointScan
    classes: NDArray[np.uint8]
    content: bytes


@functools.cache
def room_file(seed: int = 0, points: int = 3000) -> RoomFile:
    """Simulate a room."""
    room = simulate_room(seed, points=points)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "room.ply"
        write_ply(path, room.scan)
        return RoomFile(room.scan, room.classes, path.read_bytes())
