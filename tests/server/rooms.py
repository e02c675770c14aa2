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

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply
from tests.rooms import small_room


@dataclass(frozen=True)
class RoomFile:
    """A room, its true classes, and the bytes of its PLY file."""

    scan: PointScan
    classes: NDArray[np.uint8]
    content: bytes


@functools.cache
def room_file(points: int = 3000) -> RoomFile:
    """A room with so many points; other points with another number of them."""
    room = small_room(points)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "room.ply"
        write_ply(path, room.scan)
        return RoomFile(room.scan, room.classes, path.read_bytes())
