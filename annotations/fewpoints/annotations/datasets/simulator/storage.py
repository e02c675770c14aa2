# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Bookshelves, cabinets, refrigerators and kitchen counters with their sinks."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import Material
from fewpoints.annotations.datasets.simulator.meshes import Thing, Top, tube


def bookshelf(rng: np.random.Generator) -> Thing:
    """Boards full of books: closed or open back, tall or low, panels or posts."""
    thing = Thing("bookshelf")
    material = paints.anything(rng)
    w, d = rng.uniform(0.6, 1.4), rng.uniform(0.24, 0.36)
    h = rng.uniform(1.5, 2.1) if rng.random() < 0.7 else rng.uniform(0.8, 1.2)
    board = rng.uniform(0.016, 0.03)
    if rng.random() < 0.75:
        for x in (-w / 2, w / 2 - board):
            thing.box((x, 0, 0), (x + board, d, h), material)
    else:
        for x in (-w / 2, w / 2 - 0.03):
            for y in (0.0, d - 0.03):
                thing.box((x, y, 0), (x + 0.03, y + 0.03, h), material)
    if rng.random() < 0.65:
        thing.box((-w / 2, -0.006, 0.02), (w / 2, 0, h), material)
    foot = rng.uniform(0.03, 0.12)
    levels = np.linspace(foot, h - board, max(int(h / rng.uniform(0.3, 0.4)), 2) + 1)
    for k, z in enumerate(levels):
        thing.box((-w / 2 + board, 0, z), (w / 2 - board, d, z + board), material)
        if k + 1 < len(levels):
            gap = levels[k + 1] - z - board
            _books(thing, rng, -w / 2 + board + 0.01, w / 2 - board - 0.01, z + board, gap, d)
    thing.tops.append(Top(-w / 2, w / 2, 0, d, h, 0.3))
    return thing


def _books(
    thing: Thing, rng: np.random.Generator, x0: float, x1: float, z: float, gap: float, d: float
) -> None:
    """One board: a row of spines with gaps, a few lying, or a box."""
    fill = rng.random()
    if fill < 0.12:
        return
    if fill < 0.22:
        wide = min(0.35, (x1 - x0) * 0.6)
        x = rng.uniform(x0, x1 - wide)
        high = gap * rng.uniform(0.5, 0.8)
        thing.box((x, 0.02, z), (x + wide, d - 0.02, z + high), paints.anything(rng))
        return
    x, deep = x0 + rng.uniform(0, 0.05), d - 0.03
    series, high = paints.paint(rng), gap * 0.8
    while x < x1 - 0.08:
        if rng.random() < 0.07:
            x += rng.uniform(0.05, 0.3)
            continue
        if rng.random() < 0.55:
            series = paints.paint(rng)
            high = min(gap - 0.02, rng.uniform(0.17, 0.32))
        thick = rng.uniform(0.015, 0.055)
        front = min(deep, rng.uniform(0.13, 0.24)) + 0.02
        thing.box((x, 0.02, z), (x + thick, front, z + high), series)
        x += thick + 0.001


def _fronts(
    thing: Thing,
    rng: np.random.Generator,
    x0: float,
    x1: float,
    y: float,
    z0: float,
    z1: float,
    front: Material,
) -> None:
    """Doors or drawers on the front of a box, with handles that stick out."""
    handle = paints.STEEL if rng.random() < 0.6 else paints.paint(rng)
    style, knob = rng.random(), rng.random() < 0.5
    w, h = x1 - x0, z1 - z0
    columns = max(round(w / rng.uniform(0.4, 0.6)), 1)
    rows = max(round(h / rng.uniform(0.18, 0.35)), 1) if style < 0.45 else 1
    for i in range(columns):
        for j in range(rows):
            a, b = x0 + i * w / columns, x0 + (i + 1) * w / columns
            c, e = z0 + j * h / rows, z0 + (j + 1) * h / rows
            thing.box((a + 0.003, y, c + 0.003), (b - 0.003, y + 0.018, e - 0.003), front)
            hx = (a + b) / 2 if rows > 1 else (b - 0.05 if i % 2 == 0 else a + 0.05)
            hz = (c + e) / 2 if rows > 1 or h > 1 else (e - 0.1 if z0 < 1 else c + 0.1)
            if knob:
                low = (hx - 0.014, y + 0.018, hz - 0.014)
                thing.box(low, (hx + 0.014, y + 0.04, hz + 0.014), handle)
            else:
                tall = (0.008, 0.07) if rows == 1 else (0.06, 0.008)
                low = (hx - tall[0], y + 0.018, hz - tall[1])
                thing.box(low, (hx + tall[0], y + 0.045, hz + tall[1]), handle)


def cabinet(rng: np.random.Generator, *, kind: str = "") -> Thing:
    """kind: "sideboard", "wardrobe", "nightstand", "chest", "wall" or "" for any but "wall"."""
    thing = Thing("cabinet")
    kind = kind or str(rng.choice(["sideboard", "wardrobe", "chest", "filing"]))
    sizes = {
        "sideboard": ((1.0, 1.8), (0.38, 0.5), (0.5, 0.9)),
        "wardrobe": ((0.9, 1.8), (0.5, 0.62), (1.8, 2.2)),
        "nightstand": ((0.35, 0.5), (0.32, 0.42), (0.4, 0.6)),
        "chest": ((0.6, 1.0), (0.4, 0.5), (0.75, 1.2)),
        "filing": ((0.38, 0.48), (0.45, 0.6), (0.65, 1.35)),
        "wall": ((0.6, 1.8), (0.3, 0.37), (0.55, 0.75)),
    }
    (w0, w1), (d0, d1), (h0, h1) = sizes[kind]
    w, d, h = rng.uniform(w0, w1), rng.uniform(d0, d1), rng.uniform(h0, h1)
    body = paints.anything(rng)
    front = body if rng.random() < 0.6 else paints.anything(rng)
    foot = 0.0 if kind == "wall" or rng.random() < 0.4 else rng.uniform(0.04, 0.16)
    if foot:
        for x in (-w / 2 + 0.02, w / 2 - 0.06):
            for y in (0.02, d - 0.08):
                thing.box((x, y, 0), (x + 0.04, y + 0.04, foot), body)
    thing.box((-w / 2, 0, foot), (w / 2, d - 0.02, h), body)
    _fronts(thing, rng, -w / 2 + 0.01, w / 2 - 0.01, d - 0.02, foot + 0.01, h - 0.02, front)
    if kind != "wall":
        thing.box((-w / 2 - 0.01, 0, h), (w / 2 + 0.01, d + 0.01, h + 0.02), body)
        if h < 1.3:
            thing.tops.append(Top(-w / 2, w / 2, 0, d, h + 0.02, 0.8))
        return thing
    return thing.shifted((0, 0, rng.uniform(1.35, 1.5)))


def refrigerator(rng: np.random.Generator) -> Thing:
    """One door, freezer above or below, or two doors side by side."""
    thing = Thing("refrigerator")
    style = rng.integers(4)
    w = rng.uniform(0.85, 0.95) if style == 3 else rng.uniform(0.54, 0.7)
    d, h = rng.uniform(0.58, 0.7), rng.uniform(1.4, 1.9)
    if rng.random() < 0.15:
        h = 0.85
    shell = [paints.CERAMIC, paints.STEEL, paints.paint(rng)][
        int(rng.choice(3, p=[0.4, 0.35, 0.25]))
    ]
    thing.box((-w / 2, 0, 0.03), (w / 2, d - 0.06, h), shell)
    thing.box((-w / 2 + 0.03, 0.03, 0), (w / 2 - 0.03, d - 0.1, 0.03), paints.BLACK)
    splits = {0: [1.0], 1: [0.7, 0.3], 2: [0.4, 0.6], 3: [1.0]}[int(style)]
    columns = [(-w / 2, 0.0), (0.0, w / 2)] if style == 3 else [(-w / 2, w / 2)]
    hinge = 1 if rng.random() < 0.5 else -1
    for i, (x0, x1) in enumerate(columns):
        z = 0.06
        for share in splits:
            high = (h - 0.06) * share
            door = (x0 + 0.003, d - 0.055, z + 0.004), (x1 - 0.003, d, z + high - 0.004)
            thing.box(*door, shell)
            side = (1 if i == 0 else -1) if style == 3 else hinge
            x = x1 - 0.05 if side > 0 else x0 + 0.05
            bar = min(0.5, high * 0.5)
            middle = z + high * (0.5 if share == 1.0 else 0.55)
            low = (x - 0.012, d, middle - bar / 2)
            thing.box(low, (x + 0.012, d + 0.04, middle + bar / 2), paints.STEEL)
            z += high
    thing.tops.append(Top(-w / 2, w / 2, 0, d - 0.06, h, 0.4))
    return thing


def counter(rng: np.random.Generator, w: float) -> tuple[Thing, Thing]:
    """A kitchen counter `w` wide, and the sink that is let into it."""
    thing, sink = Thing("counter"), Thing("sink")
    d, h = rng.uniform(0.58, 0.66), rng.uniform(0.86, 0.94)
    body, top = paints.anything(rng), paints.stone(rng) if rng.random() < 0.6 else paints.wood(rng)
    sw, sd, deep = rng.uniform(0.45, 0.7), rng.uniform(0.36, 0.42), rng.uniform(0.14, 0.2)
    x0 = rng.uniform(-w / 2 + 0.15, w / 2 - 0.15 - sw)
    x1, y0, y1 = x0 + sw, 0.1, 0.1 + sd
    t = h - 0.035
    for low, high in (
        ((-w / 2, 0, t), (x0, d, h)),
        ((x1, 0, t), (w / 2, d, h)),
        ((x0, 0, t), (x1, y0, h)),
        ((x0, y1, t), (x1, d, h)),
    ):
        thing.box(low, high, top)
    thing.box((-w / 2, d - 0.07, 0.09), (w / 2, d - 0.04, t), body)
    thing.box((-w / 2, d - 0.12, 0), (w / 2, d - 0.1, 0.09), paints.BLACK)
    for x in (-w / 2, w / 2 - 0.02):
        thing.box((x, 0, 0), (x + 0.02, d - 0.07, t), body)
    _fronts(thing, rng, -w / 2, w / 2, d - 0.04, 0.1, t - 0.01, body)
    if rng.random() < 0.5:
        thing.box((-w / 2, 0.0, h), (w / 2, 0.015, h + rng.uniform(0.08, 0.45)), top)
    for a, b in ((-w / 2, x0 - 0.03), (x1 + 0.03, w / 2)):
        if b - a > 0.25:
            thing.tops.append(Top(a, b, 0.05, d, h, 0.4))
    basin = paints.STEEL if rng.random() < 0.7 else paints.CERAMIC
    z, gap, rim = h - deep, 0.002, 0.012
    sink.box((x0 + gap, y0 + gap, z), (x1 - gap, y1 - gap, z + 0.01), basin)
    for low, high in (
        ((x0 + gap, y0 + gap, z), (x0 + rim, y1 - gap, h + 0.004)),
        ((x1 - rim, y0 + gap, z), (x1 - gap, y1 - gap, h + 0.004)),
        ((x0 + rim, y0 + gap, z), (x1 - rim, y0 + rim, h + 0.004)),
        ((x0 + rim, y1 - rim, z), (x1 - rim, y1 - gap, h + 0.004)),
    ):
        sink.box(low, high, basin)
    faucet(sink, (x0 + x1) / 2, 0.06, h + 0.001, rng)
    return thing, sink


def faucet(thing: Thing, x: float, y: float, z: float, rng: np.random.Generator) -> None:
    """A tap that stands at (x, y, z) and reaches towards +y."""
    rise, reach = rng.uniform(0.12, 0.3), rng.uniform(0.1, 0.18)
    thing.pole((x, y, z), rise, 0.014, paints.STEEL)
    thing.add(tube((x, y, z + rise), (x, y + reach, z + rise - 0.02), 0.012), paints.STEEL)
