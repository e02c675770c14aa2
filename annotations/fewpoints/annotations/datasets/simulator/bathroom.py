# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Toilets, bathtubs, wash basins."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import CERAMIC, Material
from fewpoints.annotations.datasets.simulator.meshes import Thing, Top, cushion, lathe
from fewpoints.annotations.datasets.simulator.storage import faucet


def _white(rng: np.random.Generator) -> Material:
    """Mostly white ceramic; once in a while a colour of the seventies."""
    if rng.random() < 0.85:
        return CERAMIC
    return Material(paints.random_colour(rng, pale=0.2), gloss=0.45)


def _bowl(r_top: float, r_foot: float, h: float, deep: float, oval: float) -> FloatArray64:
    """A bowl open at the top, its outside and its inside."""
    return lathe(
        [(r_foot, 0), (r_foot * 1.05, h * 0.4), (r_top, h * 0.9), (r_top, h),
         (r_top * 0.75, h), (r_top * 0.6, h - deep * 0.6), (r_top * 0.2, h - deep)],
        sides=18, stretch=(1, oval),
    )  # fmt: skip


def toilet(rng: np.random.Generator) -> Thing:
    """A bowl on the floor with a tank, or one that hangs at the wall; lid up or down."""
    thing = Thing("toilet")
    white = _white(rng)
    seat = white if rng.random() < 0.7 else paints.wood(rng)
    h, r, oval = rng.uniform(0.37, 0.43), rng.uniform(0.175, 0.2), rng.uniform(1.2, 1.4)
    hung = rng.random() < 0.35
    tank = 0.12 if hung else rng.uniform(0.16, 0.2)
    centre = np.array([0, tank + r * oval + 0.01, 0.0])
    if hung:
        bowl = _bowl(r, r * 0.6, h - 0.17, 0.15, oval) + centre + np.array([0, 0, 0.17])
        thing.box((-0.11, 0, 0.17), (0.11, tank + 0.2, h - 0.06), white)
    else:
        bowl = _bowl(r, r * 0.62, h, 0.17, oval) + centre
        thing.box((-0.1, 0.05, 0), (0.1, tank + 0.15, h - 0.05), white)
    thing.add(bowl, white)
    if hung:
        thing.box((-0.12, 0.0, h + 0.45), (0.12, 0.012, h + 0.6), white)
    else:
        w = rng.uniform(0.36, 0.44) / 2
        top = rng.uniform(0.72, 0.84)
        thing.box((-w, 0.005, h - 0.02), (w, tank, top), white)
        thing.box((-w - 0.01, 0, top), (w + 0.01, tank + 0.01, top + 0.03), white)
    ring = lathe([(r * 1.02, 0), (r * 1.02, 0.02), (r * 0.7, 0.02), (r * 0.7, 0)], sides=18,
                 stretch=(1, oval))  # fmt: skip
    thing.add(ring + centre + np.array([0, 0, h + 0.002]), seat)
    if rng.random() < 0.5:
        lid = lathe([(r * 1.02, 0), (r * 1.02, 0.015)], sides=18, stretch=(1, oval))
        thing.add(lid + centre + np.array([0, 0, h + 0.024]), seat)
    else:
        y = tank + 0.02
        thing.add(cushion((-r, y, h + 0.02), (r, y + 0.02, h + 2 * r * oval), roundness=0.5), seat)
    return thing


def bathtub(rng: np.random.Generator) -> Thing:
    """Built in with a panel, or standing free on its own; with a tap."""
    thing = Thing("bathtub")
    white = _white(rng)
    w, d, h = rng.uniform(1.5, 1.75), rng.uniform(0.68, 0.82), rng.uniform(0.5, 0.6)
    if rng.random() < 0.65:
        front = white if rng.random() < 0.5 else paints.tiles(rng)
        rim, deep = rng.uniform(0.05, 0.09), rng.uniform(0.36, 0.42)
        thing.box((-w / 2, 0, 0), (w / 2, d - 0.03, h - deep), white)
        thing.box((-w / 2, d - 0.03, 0), (w / 2, d, h - 0.02), front)
        for low, high in (
            ((-w / 2, 0, h - deep), (-w / 2 + rim * 1.5, d - 0.03, h)),
            ((w / 2 - rim, 0, h - deep), (w / 2, d - 0.03, h)),
            ((-w / 2 + rim * 1.5, 0, h - deep), (w / 2 - rim, rim, h)),
            ((-w / 2 + rim * 1.5, d - 0.03 - rim, h - deep), (w / 2 - rim, d - 0.03, h)),
        ):
            thing.box(low, high, white)
        faucet(thing, w / 2 - 0.25, 0.02, h, rng)
    else:
        shell = white if rng.random() < 0.6 else paints.paint(rng)
        body = lathe(
            [(0.7, 0.02), (0.82, 0.1), (0.96, 0.6), (1.0, 1.0), (0.94, 1.0), (0.85, 0.5),
             (0.6, 0.25)],
            sides=28,
        )  # fmt: skip
        thing.add(body * np.array([w / 2, d / 2, h]) + np.array([0, d / 2, 0]), shell)
        # Its bounds hold nothing below the rim but itself.
    return thing


def wash_basin(rng: np.random.Generator) -> tuple[Thing, Thing | None]:
    """A sink on a column or on the wall; or one that stands on a vanity, the second thing."""
    sink = Thing("sink")
    white = _white(rng)
    r, h = rng.uniform(0.2, 0.27), rng.uniform(0.8, 0.88)
    if rng.random() < 0.5:
        oval = rng.uniform(0.75, 1.0)
        centre = np.array([0, r * oval + 0.08, h - 0.16])
        sink.add(_bowl(r, r * 0.5, 0.16, 0.12, oval) + centre, white)
        sink.box((-r * 0.7, 0, h - 0.12), (r * 0.7, 0.14, h), white)
        if rng.random() < 0.6:
            sink.pole((0, r * oval + 0.02, 0), h - 0.15, 0.08, white)
        faucet(sink, 0, 0.06, h, rng)
        return sink, None
    w, d = rng.uniform(0.55, 1.1), rng.uniform(0.44, 0.52)
    vanity = Thing("cabinet")
    body, top = paints.anything(rng), paints.stone(rng)
    foot = 0.0 if rng.random() < 0.5 else rng.uniform(0.2, 0.35)
    table = h - 0.1
    vanity.box((-w / 2, 0, foot), (w / 2, d - 0.02, table), body)
    middle = rng.uniform(0.4, 0.6) * w - w / 2
    for a, b in ((-w / 2, middle), (middle, w / 2)):
        vanity.box((a + 0.004, d - 0.02, foot + 0.01), (b - 0.004, d, table - 0.02), body)
        x = middle + (-0.05 if a < -w / 2 + 0.01 else 0.05)
        low = (x - 0.01, d, table - 0.2)
        vanity.box(low, (x + 0.01, d + 0.025, table - 0.08), paints.STEEL)
    vanity.box((-w / 2 - 0.01, 0, table), (w / 2 + 0.01, d + 0.01, table + 0.025), top)
    z, oval = table + 0.026, min(1.0, (d - 0.12) / (2 * r))
    sink.add(_bowl(r, r * 0.6, 0.12, 0.09, oval) + np.array([0, d - 0.01 - r * oval, z]), white)
    faucet(sink, 0, 0.04, z, rng)
    if w > 0.85:
        vanity.tops.append(Top(r + 0.05, w / 2, 0.03, d, table + 0.025, 0.3))
    return sink, vanity
