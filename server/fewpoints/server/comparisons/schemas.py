# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Two versions against each other over HTTP. Classes are indices in the project's present list."""

from __future__ import annotations

from pydantic import BaseModel

from fewpoints.server.rounds.schemas import View
from fewpoints.server.schemas import Page, Vector


class FlippedClass(BaseModel):
    """A class, the points that either version gives it, and those that left it or came to it."""

    index: int
    first: int
    second: int
    left: int
    came: int


class ComparedScan(BaseModel):
    """A scan with predictions of both versions."""

    scan_id: int
    name: str
    points: int
    flipped: int


class Comparison(BaseModel):
    """What two versions say about the scans that both predicted.

    Attributes:
        counts: points; rows are classes of the first, columns of the second, the last one of each
            is no class.
        agreement: part of the points that have the same class.
        compared: scans that are counted; fewer than `common` while the rest is being counted.
        common: scans that both predicted.
        lacking: scans that the first or the second has no prediction of.
        scans: those counted, the most flipped first; with `from_class` and `to_class`, `flipped`
            counts only points that went from one to the other.
    """

    first_id: int
    second_id: int
    counts: list[list[int]]
    points: int
    flipped: int
    agreement: float | None
    per_class: list[FlippedClass]
    compared: int
    common: int
    lacking: tuple[int, int]
    scans: Page[ComparedScan]


class FlippedPatch(BaseModel):
    """Points that hang together and changed alike; None is no class.

    `position` is of the point nearest their middle, in the scan's local frame; `radius` of a ball
    around it that holds them all. `view` sees that point.
    """

    from_class: int | None
    to_class: int | None
    points: int
    point_index: int
    position: Vector
    radius: float
    view: View
