# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Small labelled scans to export."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.formats.content import LabelledScan
from fewpoints.annotations.scans.scan import PointScan, choose_shift, finite_rows

CLASSES = ClassList.from_names(["wall", "chair", "round table"])


def labelled(
    *, far: bool = False, up: tuple[float, ...] = (0.0, 0.0, 1.0), **more: Any
) -> LabelledScan:
    """Two chairs and a table among walls: 300 points, one of them nowhere, one without a class."""
    rng = np.random.default_rng(7)
    positions = rng.uniform(-3, 3, (300, 3))
    classes = np.zeros(300, np.uint8)
    instances = np.zeros(300, np.int32)
    for at, (index, number, centre) in enumerate(
        [(1, 1, (5.0, 1.0, 0.5)), (1, 2, (-6.0, 2.0, 0.7)), (2, 1, (0.0, 8.0, 1.5))]
    ):
        rows = slice(50 * at, 50 * at + 50)
        positions[rows] = np.array(centre) + rng.uniform(-1, 1, (50, 3)) * (1.0, 0.4, 0.25)
        classes[rows], instances[rows] = index, number
    if far:
        positions += (3_456_789.125, 5_432_100.5, 120.0)
    positions[3] = np.nan
    classes[200] = 255
    scan = PointScan(
        positions,
        colours=rng.integers(0, 256, (300, 3)).astype(np.uint8),
        intensity=rng.uniform(0, 1, 300).astype(np.float32),
        global_shift=choose_shift(positions, finite_rows(positions)),
    )
    given = {
        "scan_id": 5, "name": "Room 1.ply", "title": "Room-1", "source": "answers",
        "scan": scan, "up": np.array(up), "classes": classes,
        "confidence": rng.integers(0, 256, 300).astype(np.uint8), "instances": instances,
    }  # fmt: skip
    return LabelledScan(**{**given, **more})
