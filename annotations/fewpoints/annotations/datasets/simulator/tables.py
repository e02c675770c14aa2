# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables and desks."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import Material
from fewpoints.annotations.datasets.simulator.meshes import FOOT_M, Thing, Top, lathe, tube


def _four_legs(
    thing: Thing, w: float, d: float, under: float, material: Material, rng: np.random.Generator
) -> None:
    style, leg, inset = rng.integers(3), rng.uniform(0.035, 0.08), rng.uniform(0.0, 0.1)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x = sx * (w / 2 - inset - leg / 2)
            y = d / 2 + sy * (d / 2 - inset - leg / 2)
            if style == 0:
                low = (x - leg / 2, y - leg / 2, 0)
                thing.box(low, (x + leg / 2, y + leg / 2, under), material)
            elif style == 1:
                thing.pole((x, y, 0), under, leg / 2, material)
            else:
                out = min(inset, 0.08)
                thing.add(
                    tube((x, y, under), (x + sx * out, y + sy * out, FOOT_M), leg / 3), material
                )


def table(
    rng: np.random.Generator, *, coffee: bool = False, size: tuple[float, float] | None = None
) -> Thing:
    """A rectangular table on legs, a trestle or two panels."""
    thing = Thing("table")
    if size is None:
        w = rng.uniform(0.7, 1.2) if coffee else rng.uniform(1.1, 2.0)
        d = rng.uniform(0.45, 0.7) if coffee else rng.uniform(0.7, 0.95)
    else:
        w, d = size
    h = rng.uniform(0.32, 0.5) if coffee else rng.uniform(0.7, 0.78)
    top = paints.anything(rng)
    leg = top if rng.random() < 0.5 else paints.anything(rng)
    thick = rng.uniform(0.018, 0.05)
    thing.box((-w / 2, 0, h - thick), (w / 2, d, h), top)
    style = rng.random()
    if style < 0.7:
        _four_legs(thing, w, d, h - thick, leg, rng)
        if rng.random() < 0.5:
            drop = rng.uniform(0.05, 0.1)
            for y in (0.06, d - 0.08):
                low = (-w / 2 + 0.1, y, h - thick - drop)
                thing.box(low, (w / 2 - 0.1, y + 0.02, h - thick), leg)
    elif style < 0.85:
        for x in (-w / 2 + 0.08, w / 2 - 0.12):
            thing.box((x, 0.05, 0), (x + 0.04, d - 0.05, h - thick), leg)
    else:
        for x in (-w * 0.32, w * 0.32):
            thing.box((x - 0.035, d / 2 - 0.05, 0.05), (x + 0.035, d / 2 + 0.05, h - thick), leg)
            thing.box((x - 0.04, 0.06, 0), (x + 0.04, d - 0.06, 0.05), leg)
    if coffee and rng.random() < 0.4:
        shelf = (-w / 2 + 0.13, 0.1, h * 0.35), (w / 2 - 0.13, d - 0.1, h * 0.35 + 0.015)
        thing.box(*shelf, leg)
    thing.tops.append(Top(-w / 2, w / 2, 0, d, h))
    return thing


def round_table(rng: np.random.Generator, *, coffee: bool = False) -> Thing:
    """A round or oval top on a column or four legs."""
    thing = Thing("table")
    r = rng.uniform(0.25, 0.45) if coffee else rng.uniform(0.4, 0.65)
    h = rng.uniform(0.35, 0.55) if coffee else rng.uniform(0.7, 0.78)
    top, leg = paints.anything(rng), paints.anything(rng)
    oval = rng.uniform(1.0, 1.4)
    disc = lathe([(r, 0.0), (r, 0.03)], sides=28, stretch=(oval, 1)) + np.array([0, r, h - 0.03])
    thing.add(disc, top)
    if rng.random() < 0.6:
        thing.pole((0, r, 0.03), h - 0.06, rng.uniform(0.03, 0.06), leg)
        thing.pole((0, r, 0), 0.03, r * 0.55, leg)
    else:
        for a in np.arange(4) * np.pi / 2 + 0.7:
            x, y = 0.6 * r * np.cos(a) * oval, r + 0.6 * r * np.sin(a)
            foot = (x * 1.25, r + (y - r) * 1.25, FOOT_M)
            thing.add(tube((x, y, h - 0.03), foot, 0.018), leg)
    thing.tops.append(Top(-0.7 * r * oval, 0.7 * r * oval, 0.3 * r, 1.7 * r, h))
    return thing


def coffee_table(rng: np.random.Generator) -> Thing:
    """A low table, square or round."""
    return table(rng, coffee=True) if rng.random() < 0.65 else round_table(rng, coffee=True)


def desk(rng: np.random.Generator) -> Thing:
    """A desk: panel sides or legs, drawers on one side or both, sometimes a raised shelf."""
    thing = Thing("desk")
    w, d, h = rng.uniform(1.0, 1.7), rng.uniform(0.55, 0.8), rng.uniform(0.7, 0.77)
    top = paints.anything(rng)
    side = top if rng.random() < 0.6 else paints.anything(rng)
    thick = rng.uniform(0.02, 0.04)
    thing.box((-w / 2, 0, h - thick), (w / 2, d, h), top)
    style = rng.random()
    drawers = [s for s in (-1, 1) if rng.random() < 0.55]
    if style < 0.55:
        for x in (-w / 2, w / 2 - 0.025):
            thing.box((x, 0.0, 0), (x + 0.025, d, h - thick), side)
        drop = rng.uniform(0.2, h - 0.1)
        low = (-w / 2 + 0.025, 0.02, h - thick - drop)
        thing.box(low, (w / 2 - 0.025, 0.04, h - thick), side)
    else:
        _four_legs(thing, w, d, h - thick, side, rng)
    edge = 0.13 if style >= 0.55 else 0.03
    for s in drawers:
        x0, x1 = sorted((s * (w / 2 - edge), s * (w / 2 - edge - rng.uniform(0.3, 0.42))))
        foot = 0.0 if rng.random() < 0.5 else h * 0.35
        thing.box((x0, 0.06, foot), (x1, d - 0.05, h - thick), side)
        count = int(rng.integers(1, 4))
        high = (h - thick - foot) / count
        for k in range(count):
            z = foot + k * high
            thing.box((x0 + 0.01, d - 0.05, z + 0.01), (x1 - 0.01, d - 0.035, z + high - 0.01), top)
            middle = (x0 + x1) / 2
            thing.box(
                (middle - 0.05, d - 0.035, z + high * 0.6),
                (middle + 0.05, d - 0.015, z + high * 0.6 + 0.012),
                paints.STEEL,
            )
    back = 0.0
    if rng.random() < 0.3:
        back, rise = rng.uniform(0.2, 0.28), rng.uniform(0.3, 0.5)
        thing.box((-w / 2, 0, h + rise), (w / 2, back, h + rise + 0.02), top)
        for x in (-w / 2, w / 2 - 0.02):
            thing.box((x, 0, h), (x + 0.02, back, h + rise), side)
        thing.tops.append(Top(-w / 2, w / 2, 0, back, h + rise + 0.02))
    thing.tops.insert(0, Top(-w / 2 + 0.03, w / 2 - 0.03, back + 0.01, d, h, 0.9))
    return thing
