# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Other furniture (lamps, bins, plants, screens, boxes …) and clutter, which has no class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import Material
from fewpoints.annotations.datasets.simulator.meshes import Thing, cushion, ellipsoid, lathe, tube

OTHER = "otherfurniture"


def floor_lamp(rng: np.random.Generator) -> Thing:
    """A foot, a pole, a shade."""
    return _lamp(rng, float(rng.uniform(1.3, 1.75)), float(rng.uniform(0.14, 0.24)))


def table_lamp(rng: np.random.Generator) -> Thing:
    """The same, for a table."""
    return _lamp(rng, float(rng.uniform(0.3, 0.55)), float(rng.uniform(0.08, 0.16)))


def _lamp(rng: np.random.Generator, h: float, r: float) -> Thing:
    thing = Thing(OTHER)
    metal = paints.paint(rng)
    shade = Material(paints.random_colour(rng, pale=0.6), gloss=0.02, glow=rng.choice([0.0, 0.8]))
    thing.pole((0, r, 0), 0.02, r * 0.75, metal)
    thing.pole((0, r, 0.02), h * 0.7, 0.012, metal)
    top, high = r * rng.uniform(0.4, 1.0), h * rng.uniform(0.15, 0.35)
    cone = lathe([(r, 0), (top, high), (top * 0.97, high), (r * 0.97, 0)], sides=18)
    thing.add(cone + np.array([0, r, h - high]), shade)
    return thing


def bin_(rng: np.random.Generator) -> Thing:
    """A round or square bin, open or with a lid."""
    thing = Thing(OTHER)
    material = paints.STEEL if rng.random() < 0.3 else paints.paint(rng)
    r, h = rng.uniform(0.11, 0.19), rng.uniform(0.25, 0.6)
    sides = 4 if rng.random() < 0.3 else 18
    low = r * rng.uniform(0.75, 1.0)
    if rng.random() < 0.5:
        profile = [(low, 0), (r, h), (r * 0.95, h), (low * 0.93, 0.02)]
    else:
        profile = [(low, 0), (r, h), (r * 0.9, h + 0.05), (r * 0.3, h + 0.08)]
    thing.add(lathe(profile, sides=sides) + np.array([0, r, 0]), material)
    return thing


def plant(rng: np.random.Generator, *, small: bool = False) -> Thing:
    """A pot with leaves on stalks."""
    thing = Thing(OTHER)
    size = rng.uniform(0.25, 0.45) if small else rng.uniform(0.7, 1.5)
    r = size * rng.uniform(0.16, 0.24)
    pot = paints.anything(rng)
    deep = r * 1.6
    thing.add(
        lathe([(r * 0.7, 0), (r, deep), (r * 0.9, deep), (r * 0.85, deep * 0.85)])
        + np.array([0, r, 0]),
        pot,
    )
    hue = rng.uniform(0.15, 0.6)
    leaf = Material((hue * 0.5, rng.uniform(0.3, 0.6), 0.15 * hue), gloss=0.15)
    for _ in range(int(rng.integers(7, 16))):
        a, lift = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.0)
        reach = size * rng.uniform(0.12, 0.32)
        tip = (reach * np.cos(a), r + reach * np.sin(a), deep + (size - deep) * lift)
        thing.add(tube((0, r, deep * 0.8), tip, 0.006, sides=5), leaf)
        wide = size * rng.uniform(0.06, 0.12)
        thing.add(ellipsoid(tip, (wide, wide, wide * 0.3), sides=8), leaf)
    low, high = thing.bounds()
    return thing.shifted((0, -float(low[1]), 0)) if high[1] > 0 else thing


def monitor(rng: np.random.Generator) -> Thing:
    """A screen on a foot; black, or showing something."""
    thing = Thing(OTHER)
    w = rng.uniform(0.42, 0.7)
    h = w * rng.uniform(0.5, 0.62)
    lift = rng.uniform(0.08, 0.16)
    thing.box((-0.11, 0.02, 0), (0.11, 0.18, 0.012), paints.BLACK)
    thing.box((-0.025, 0.06, 0.012), (0.025, 0.09, lift + 0.1), paints.BLACK)
    thing.box((-w / 2, 0.09, lift), (w / 2, 0.125, lift + h), paints.BLACK)
    lit = Material(paints.random_colour(rng), (0.9, 0.92, 0.95), paints.PICTURE, 0.2, gloss=0.8,
                   glow=0.6, phase=rng.uniform(0, 9))  # fmt: skip
    screen = lit if rng.random() < 0.4 else paints.DARK_SCREEN
    thing.box((-w / 2 + 0.012, 0.125, lift + 0.012), (w / 2 - 0.012, 0.127, lift + h - 0.012),
              screen)  # fmt: skip
    return thing


def television(rng: np.random.Generator) -> Thing:
    """A wide dark screen on two feet."""
    thing = Thing(OTHER)
    w = rng.uniform(0.8, 1.25)
    h = w * 0.58
    for x in (-w * 0.3, w * 0.3):
        thing.box((x - 0.02, 0.02, 0), (x + 0.02, 0.22, 0.05), paints.BLACK)
    thing.box((-w / 2, 0.08, 0.05), (w / 2, 0.13, 0.05 + h), paints.BLACK)
    low = (-w / 2 + 0.01, 0.13, 0.06)
    thing.box(low, (w / 2 - 0.01, 0.133, 0.04 + h), paints.DARK_SCREEN)
    return thing


def carton(rng: np.random.Generator) -> Thing:
    """A box of cardboard, plastic or cloth, open or closed."""
    thing = Thing(OTHER)
    w, d, h = rng.uniform(0.2, 0.55), rng.uniform(0.2, 0.45), rng.uniform(0.15, 0.45)
    board = Material((0.66, 0.5, 0.34)) if rng.random() < 0.4 else paints.cloth(rng)
    if rng.random() < 0.6:
        thing.box((-w / 2, 0, 0), (w / 2, d, h), board)
        return thing
    thing.box((-w / 2, 0, 0), (w / 2, d, 0.01), board)
    for low, high in (
        ((-w / 2, 0, 0.01), (-w / 2 + 0.012, d, h)),
        ((w / 2 - 0.012, 0, 0.01), (w / 2, d, h)),
        ((-w / 2 + 0.012, 0, 0.01), (w / 2 - 0.012, 0.012, h)),
        ((-w / 2 + 0.012, d - 0.012, 0.01), (w / 2 - 0.012, d, h)),
    ):
        thing.box(low, high, board)
    return thing


def radiator(rng: np.random.Generator) -> Thing:
    """Ribs at a wall."""
    thing = Thing(OTHER)
    n, h = int(rng.integers(6, 16)), rng.uniform(0.45, 0.65)
    white = paints.WHITE if rng.random() < 0.7 else paints.paint(rng)
    for k in range(n):
        x = (k - n / 2) * 0.06
        thing.box((x, 0.03, 0.1), (x + 0.045, 0.12, 0.1 + h), white)
    for z in (0.15, 0.05 + h):
        thing.box((-n * 0.03, 0.05, z), (n * 0.03, 0.09, z + 0.03), white)
    return thing


def coat_rack(rng: np.random.Generator) -> Thing:
    """A pole with arms, and coats on some of them."""
    thing = Thing(OTHER)
    stand = paints.anything(rng)
    h = rng.uniform(1.6, 1.85)
    thing.pole((0, 0.25, 0), 0.03, 0.2, stand)
    thing.pole((0, 0.25, 0.03), h, 0.02, stand)
    for a in np.arange(4) * np.pi / 2 + 0.4:
        tip = (0.16 * np.cos(a), 0.25 + 0.16 * np.sin(a), h)
        thing.add(tube((0, 0.25, h - 0.12), tip, 0.012), stand)
        if rng.random() < 0.5:
            x, y = tip[0], tip[1]
            low = (x - 0.1, y - 0.08, h - rng.uniform(0.6, 0.95))
            thing.add(cushion(low, (x + 0.1, y + 0.08, h - 0.03), roundness=0.4), paints.cloth(rng))
    return thing


def ceiling_lamp(rng: np.random.Generator) -> Thing:
    """Hangs below z = 0."""
    thing = Thing(OTHER)
    glow = Material((1.0, 0.97, 0.9), gloss=0.1, glow=1.5)
    if rng.random() < 0.5:
        r = rng.uniform(0.14, 0.25)
        thing.add(ellipsoid((0, 0, -r * 0.4), (r, r, r * 0.35)), glow)
    else:
        r, drop = rng.uniform(0.12, 0.22), rng.uniform(0.3, 0.5)
        thing.add(tube((0, 0, -0.001), (0, 0, -drop), 0.006, sides=5), paints.BLACK)
        thing.add(ellipsoid((0, 0, -drop - r * 0.6), (r, r, r * 0.7)), glow)
    return thing


def cup(rng: np.random.Generator) -> Thing:
    """A cup, a glass, a vase or a bottle."""
    thing = Thing("")
    r, h = rng.uniform(0.025, 0.05), rng.uniform(0.07, 0.3)
    neck = r * rng.uniform(0.35, 1.2)
    profile = [(r * 0.8, 0), (r, h * 0.5), (neck, h * 0.8), (neck, h)]
    thing.add(lathe(profile, sides=12) + np.array([0, r, 0]), paints.paint(rng))
    return thing


def bowl(rng: np.random.Generator) -> Thing:
    """A bowl or plate, sometimes with fruit."""
    thing = Thing("")
    r, h = rng.uniform(0.07, 0.15), rng.uniform(0.02, 0.09)
    profile = [(r * 0.5, 0), (r, h), (r * 0.93, h), (r * 0.4, h * 0.3)]
    thing.add(lathe(profile) + np.array([0, r, 0]), paints.paint(rng))
    if h > 0.05 and rng.random() < 0.6:
        fruit = Material(paints.random_colour(rng, pale=0.0))
        for a in np.arange(3) * 2.1:
            at = (r * 0.4 * np.cos(a), r + r * 0.4 * np.sin(a), h)
            thing.add(ellipsoid(at, (0.035, 0.035, 0.034), sides=8), fruit)
    return thing


def papers(rng: np.random.Generator) -> Thing:
    """A pile of books or paper."""
    thing = Thing("")
    z = 0.0
    for _ in range(int(rng.integers(1, 5))):
        w, d, thick = rng.uniform(0.13, 0.24), rng.uniform(0.18, 0.3), rng.uniform(0.008, 0.045)
        x = rng.uniform(-0.02, 0.02)
        thing.box((x - w / 2, 0.02, z), (x + w / 2, 0.02 + d, z + thick), paints.paint(rng))
        z += thick
    return thing


def keyboard(rng: np.random.Generator) -> Thing:
    """A keyboard and a mouse, or an open laptop."""
    thing = Thing("")
    body = paints.BLACK if rng.random() < 0.6 else paints.STEEL
    if rng.random() < 0.5:
        thing.box((-0.22, 0, 0), (0.22, 0.14, 0.02), body)
        thing.box((0.27, 0.03, 0), (0.33, 0.13, 0.03), body)
    else:
        thing.box((-0.16, 0.05, 0), (0.16, 0.27, 0.018), body)
        thing.box((-0.16, 0.035, 0.018), (0.16, 0.045, 0.22), body)
    return thing


def pillow(rng: np.random.Generator) -> Thing:
    """A cushion that lies flat."""
    thing = Thing("")
    w, h = rng.uniform(0.15, 0.22), rng.uniform(0.08, 0.14)
    thing.add(cushion((-w, 0, 0), (w, 2 * w, h), roundness=0.55), paints.cloth(rng))
    return thing


def jar(rng: np.random.Generator) -> Thing:
    """A kettle, toaster, radio or tin: a small box or drum."""
    thing = Thing("")
    r, h = rng.uniform(0.05, 0.11), rng.uniform(0.1, 0.25)
    material = paints.STEEL if rng.random() < 0.3 else paints.paint(rng)
    if rng.random() < 0.5:
        thing.box((-r * 1.3, 0, 0), (r * 1.3, 2 * r, h), material)
    else:
        thing.pole((0, r, 0), h, r, material)
    return thing


CLUTTER: tuple[Callable[[np.random.Generator], Thing], ...] = (
    cup, cup, bowl, papers, papers, jar,
)  # fmt: skip
