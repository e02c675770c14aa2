# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A room of plain things: floor, wall and four boxes in two colours."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.scans.scan import PointScan

FLOOR, WALL, RED, BLUE = range(4)


def boxes_room(*, step: float = 0.04) -> tuple[PointScan, np.ndarray]:
    """The scan and the (N,) class of every point."""
    parts: list[tuple[np.ndarray, int]] = []

    def plane(low: tuple[float, ...], high: tuple[float, ...], kind: int) -> None:
        axes = [np.arange(a, b + step / 2, step) for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        parts.append((grid, kind))

    plane((0, 0, 0), (4, 3, 0), FLOOR)
    plane((0, 0, step), (0, 3, 2), WALL)
    plane((0, 0, step), (4, 0, 2), WALL)
    for x, y, kind in [(1, 1, RED), (3, 1, BLUE), (1, 2.2, BLUE), (3, 2.2, RED)]:
        plane((x, y, 0.3), (x + 0.4, y + 0.4, 0.3), kind)
        plane((x, y, step), (x, y + 0.4, 0.26), kind)
        plane((x + 0.4, y, step), (x + 0.4, y + 0.4, 0.26), kind)
    positions = np.concatenate([places for places, _ in parts])
    kinds = np.concatenate([np.full(len(places), kind) for places, kind in parts])
    colours = np.array([[120, 110, 90], [230, 230, 225], [200, 30, 30], [30, 30, 200]], np.uint8)
    rng = np.random.default_rng(0)
    return (
        PointScan(
            positions=positions + rng.normal(0, step / 20, positions.shape), colours=colours[kinds]
        ),
        kinds,
    )
