# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What is let into walls or hangs at them: doors, windows, curtains, pictures.

Their frame: y = 0 is the face of the wall, +y points into the room.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import Material
from fewpoints.annotations.datasets.simulator.meshes import Thing, grid, quad, turned

FRAME_M = 0.06
FRAME_OUT_M = 0.015


def _frame(thing: Thing, w: float, z0: float, z1: float, thick: float, paint: Material) -> None:
    """A frame around the opening that covers its reveal: three sides, and a sill if z0 > 0."""
    for x in (-w / 2 - FRAME_M, w / 2):
        thing.box((x, 0.001, z0), (x + FRAME_M, FRAME_OUT_M, z1), paint)
    thing.box((-w / 2 - FRAME_M, 0.001, z1), (w / 2 + FRAME_M, FRAME_OUT_M, z1 + FRAME_M), paint)
    for x in (-w / 2 + 0.002, w / 2 - 0.012):
        thing.box((x, -thick + 0.005, z0 + 0.002), (x + 0.01, 0.0, z1 - 0.012), paint)
    thing.box((-w / 2 + 0.002, -thick + 0.005, z1 - 0.012), (w / 2 - 0.002, 0.0, z1 - 0.002), paint)
    if z0 > 0:
        thing.box(
            (-w / 2 + 0.002, -thick + 0.005, z0 + 0.001), (w / 2 - 0.002, 0.0, z0 + 0.008), paint
        )


def door(rng: np.random.Generator, w: float, h: float, thick: float, *, open_: bool) -> Thing:
    """A leaf with panels, glass or plain, and its frame.

    A closed leaf lies in the opening; an open one stands in the room at a right angle or more.
    """
    thing = Thing("door")
    frame = paints.anything(rng) if rng.random() < 0.5 else paints.WHITE
    leaf = frame if rng.random() < 0.5 else paints.anything(rng)
    _frame(thing, w, 0.0, h, thick, frame)
    inner = w - 0.03
    part = Thing("door")
    part.box((0, 0, 0.005), (inner, 0.04, h - 0.018), leaf)
    style = rng.integers(3)
    if style > 0:
        rows = int(rng.integers(1, 4))
        panel = leaf if style == 1 else Material((0.7, 0.78, 0.8), gloss=0.7)
        for k in range(rows):
            z0 = 0.15 + k * (h - 0.3) / rows
            z1 = 0.15 + (k + 1) * (h - 0.3) / rows - 0.1
            for y0, y1 in ((-0.01, 0.0), (0.04, 0.05)):
                part.box((0.12, y0, z0), (inner - 0.12, y1, z1), panel)
    for y0, y1 in ((-0.05, 0.0), (0.04, 0.09)):
        part.box((inner - 0.12, y0, 1.0), (inner - 0.06, y1, 1.03), paints.STEEL)
    if not open_:
        place_leaf(thing, part, np.array([-inner / 2, -0.06, 0.0]), 0.0)
    else:
        place_leaf(thing, part, np.array([-inner / 2 + 0.045, 0.075, 0.0]), rng.uniform(1.6, 2.0))
    return thing


def place_leaf(thing: Thing, part: Thing, at: FloatArray64, yaw: float) -> None:
    """Add `part`, turned about its hinge and moved to `at`."""
    for triangles, material in zip(part.triangles, part.materials, strict=True):
        thing.add(turned(triangles, yaw) + at, material)


def window(
    rng: np.random.Generator, w: float, z0: float, z1: float, thick: float, glow: float
) -> Thing:
    """Panes in a frame, with a sill; day or night outside."""
    thing = Thing("window")
    frame = paints.WHITE if rng.random() < 0.6 else paints.anything(rng)
    _frame(thing, w, z0, z1, thick, frame)
    thing.box(
        (-w / 2 - FRAME_M, 0.001, z0 - 0.035), (w / 2 + FRAME_M, rng.uniform(0.02, 0.12), z0), frame
    )
    y = -thick * rng.uniform(0.45, 0.8)
    columns, rows = max(round(w / rng.uniform(0.5, 0.9)), 1), 1 + int(rng.random() < 0.3)
    for i in range(columns + 1):
        x = -w / 2 + 0.012 + i * (w - 0.024 - 0.05) / columns
        thing.box((x, y, z0), (x + 0.05, y + 0.05, z1 - 0.012), frame)
    for j in range(rows + 1):
        z = z0 + j * (z1 - z0 - 0.012 - 0.05) / rows
        thing.box((-w / 2 + 0.012, y + 0.002, z), (w / 2 - 0.012, y + 0.048, z + 0.05), frame)
    # The lower third of the view is green, brown or grey.
    view = Material(
        (0.8, 0.9, 1.0), paints.random_colour(rng, pale=0.3), paints.OUTDOORS,
        z0 + (z1 - z0) * rng.uniform(0.1, 0.6), gloss=1.0, glow=glow, phase=rng.uniform(0, 50),
    )  # fmt: skip
    thing.add(quad((-w / 2, y + 0.02, z0), (w, 0, 0), (0, 0, z1 - z0)), view)
    return thing


def _cloth_sheet(
    rng: np.random.Generator, x0: float, x1: float, z0: float, z1: float, y: float, depth: float
) -> FloatArray64:
    """A hanging cloth in folds between y - depth and y + depth."""
    folds = max(int((x1 - x0) / rng.uniform(0.06, 0.14)), 2)
    s = np.linspace(0, 1, folds * 8 + 1)
    phase = 2 * np.pi * folds * s + 0.8 * np.sin(2 * np.pi * s * rng.uniform(0.5, 2))
    t = np.linspace(0, 1, 9)
    swell = depth * (1.0 - 0.35 * t)
    points = np.empty((len(t), len(s), 3))
    points[..., 0] = x0 + s * (x1 - x0)
    points[..., 1] = y + swell[:, None] * np.sin(phase)
    points[..., 2] = (z0 + t * (z1 - z0))[:, None]
    return grid(points)


def curtain(rng: np.random.Generator, w: float, top: float, sill: float) -> list[Thing]:
    """Two drawn-back halves, or one drawn across; each is a thing. Or a roller blind."""
    cloth = paints.cloth(rng)
    bottom = rng.uniform(0.03, 0.15) if rng.random() < 0.7 else max(sill - 0.15, 0.05)
    y, depth = rng.uniform(0.17, 0.2), rng.uniform(0.02, 0.04)
    style, half = rng.random(), w / 2 + 0.2
    spans: list[tuple[float, float]]
    if style < 0.55:
        open_to = rng.uniform(0.05, 0.45) * half
        spans = [(-half, -half + open_to + 0.2), (half - open_to - 0.2, half)]
    elif style < 0.85:
        spans = [(-half, half * rng.uniform(-0.4, 0.95))]
    else:
        thing = Thing("curtain")
        z0 = sill + (top - sill) * rng.uniform(0.1, 0.7)
        thing.box((-w / 2 - 0.05, 0.13, z0), (w / 2 + 0.05, 0.135, top), cloth)
        thing.box((-w / 2 - 0.05, 0.13, z0 - 0.02), (w / 2 + 0.05, 0.145, z0), paints.WHITE)
        return [thing]
    out = []
    for x0, x1 in spans:
        thing = Thing("curtain")
        thing.add(_cloth_sheet(rng, x0, x1, bottom, top, y, depth), replace(cloth, axis=0))
        out.append(thing)
    out[0].box((-half - 0.05, y - 0.01, top + 0.005), (half + 0.05, y + 0.01, top + 0.025),
               paints.BLACK if rng.random() < 0.5 else paints.STEEL)  # fmt: skip
    return out


def shower_curtain(rng: np.random.Generator, w: float, z0: float, y: float) -> Thing:
    """A cloth on a rod in front of a tub `w` wide; partly drawn."""
    thing = Thing("shower curtain")
    cloth = paints.cloth(rng)
    top = rng.uniform(1.85, 2.05)
    x0 = -w / 2 + 0.03
    x1 = x0 + (w - 0.06) * rng.uniform(0.35, 0.95)
    thing.add(_cloth_sheet(rng, x0, x1, z0, top, y, rng.uniform(0.012, 0.024)), cloth)
    thing.box((-w / 2 + 0.01, y - 0.01, top + 0.005), (w / 2 - 0.01, y + 0.01, top + 0.025),
              paints.STEEL)  # fmt: skip
    return thing


def picture(rng: np.random.Generator) -> Thing:
    """A framed print, a canvas without a frame, or a mirror-like poster; bottom at z = 0."""
    thing = Thing("picture")
    w, h = rng.uniform(0.25, 1.1), rng.uniform(0.25, 0.8)
    motif = Material(
        paints.random_colour(rng), paints.random_colour(rng),
        int(rng.choice([paints.PICTURE, paints.PICTURE, paints.PLAIN, paints.FLOWERS])),
        rng.uniform(0.15, 0.5), gloss=rng.uniform(0.05, 0.5), phase=rng.uniform(0, 50),
    )  # fmt: skip
    edge = rng.uniform(0.015, 0.05)
    out = rng.uniform(0.012, 0.035)
    if rng.random() < 0.7:
        frame = paints.anything(rng)
        for x in (-w / 2, w / 2 - edge):
            thing.box((x, 0.002, 0), (x + edge, out, h), frame)
        for z in (0.0, h - edge):
            thing.box((-w / 2 + edge, 0.002, z), (w / 2 - edge, out, z + edge), frame)
        mount = rng.uniform(0, 0.05)
        thing.box((-w / 2 + edge, 0.002, edge), (w / 2 - edge, out - 0.006, h - edge), paints.WHITE)
        low = (-w / 2 + edge + mount, out - 0.006, edge + mount)
        thing.box(low, (w / 2 - edge - mount, out - 0.004, h - edge - mount), motif)
    else:
        thing.box((-w / 2, 0.002, 0), (w / 2, out, h), motif)
    return thing
