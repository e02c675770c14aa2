# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Chairs, sofas and beds."""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.datasets.simulator import materials as paints
from fewpoints.annotations.datasets.simulator.materials import Material
from fewpoints.annotations.datasets.simulator.meshes import (
    FOOT_M,
    Thing,
    Top,
    cushion,
    ellipsoid,
    slanted,
    tube,
)


def wooden_chair(rng: np.random.Generator) -> Thing:
    """Four legs, a seat, a back of slats, rungs or one panel, sometimes arms."""
    chair = Thing("chair")
    frame = paints.anything(rng)
    seat = frame if rng.random() < 0.5 else paints.cloth(rng)
    w, d = rng.uniform(0.38, 0.5), rng.uniform(0.38, 0.48)
    h, top = rng.uniform(0.42, 0.48), rng.uniform(0.75, 1.05)
    leg = rng.uniform(0.03, 0.05)
    lean = -rng.uniform(0.0, 0.1)
    for x in (-w / 2, w / 2 - leg):
        for y in (0.0, d - leg):
            chair.box((x, y, 0), (x + leg, y + leg, h - 0.03), frame)
    thick = rng.uniform(0.03, 0.07)
    if rng.random() < 0.5:
        chair.box((-w / 2, 0, h - 0.03), (w / 2, d, h - 0.03 + thick), seat)
    else:
        chair.add(cushion((-w / 2, 0, h - 0.03), (w / 2, d, h + thick), roundness=0.3), seat)
    high = h + thick
    for x in (-w / 2, w / 2 - leg):
        chair.add(slanted((x, 0, high), (x + leg, 0.025, top), lean), frame)
    style = rng.integers(3)
    if style == 0:
        inner = (-w / 2 + leg, 0.002, high + 0.12), (w / 2 - leg, 0.022, top - 0.01)
        chair.add(slanted(*inner, lean * 0.9), seat)
    elif style == 1:
        for x in np.linspace(-w / 2 + leg + 0.03, w / 2 - leg - 0.05, int(rng.integers(3, 6))):
            chair.add(slanted((x, 0.004, high), (x + 0.025, 0.02, top - 0.06), lean), frame)
        chair.add(
            slanted((-w / 2, lean * 0.9, top - 0.06), (w / 2, lean * 0.9 + 0.025, top), lean * 0.1),
            frame,
        )
    else:
        for z in np.linspace(high + 0.1, top - 0.07, int(rng.integers(2, 4))):
            shift = lean * (z - high) / (top - high)
            low = (-w / 2 + leg, shift + 0.003, z)
            chair.box(low, (w / 2 - leg, shift + 0.02, z + 0.06), frame)
    if rng.random() < 0.25:
        _arms(chair, w, d, h + 0.2, frame)
    return chair


def _arms(chair: Thing, w: float, d: float, z: float, material: Material) -> None:
    for side in (-1, 1):
        x = side * (w / 2 + 0.02)
        chair.box((x - 0.025, 0.0, z), (x + 0.025, d * 0.9, z + 0.03), material)
        chair.box((x - 0.018, d * 0.75, z - 0.24), (x + 0.018, d * 0.83, z), material)


def office_chair(rng: np.random.Generator) -> Thing:
    """A swivel chair: five spokes, a column, a padded seat and back, mostly arms."""
    chair = Thing("chair")
    metal = paints.STEEL if rng.random() < 0.4 else paints.BLACK
    pad = paints.cloth(rng)
    w, d = rng.uniform(0.44, 0.54), rng.uniform(0.44, 0.5)
    h, back = rng.uniform(0.42, 0.52), rng.uniform(0.4, 0.7)
    middle = d / 2
    start = rng.uniform(0, 2)
    for k in range(5):
        a = start + k * 2 * np.pi / 5
        end = (0.29 * np.cos(a), middle + 0.29 * np.sin(a), 0.06)
        chair.add(tube((0, middle, 0.1), end, 0.02, sides=6), metal)
        chair.add(ellipsoid((end[0], end[1], 0.03), (0.028, 0.028, 0.03), sides=8), paints.BLACK)
    chair.pole((0, middle, 0.08), h - 0.13, 0.03, metal)
    chair.add(cushion((-w / 2, 0, h - 0.06), (w / 2, d, h + 0.03), roundness=0.35), pad)
    tall = slanted_cushion((-w / 2 + 0.02, -0.06, h + 0.12), (w / 2 - 0.02, 0.02, h + back), -0.1)
    chair.add(tall, pad)
    chair.box((-0.03, -0.04, h - 0.04), (0.03, -0.02, h + 0.3), metal)
    if rng.random() < 0.7:
        _arms(chair, w, d, h + 0.2, metal)
    return chair


def slanted_cushion(
    low: tuple[float, float, float], high: tuple[float, float, float], lean: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """A cushion whose top is shifted by `lean` in y."""
    triangles = cushion(low, high, roundness=0.3)
    triangles[..., 1] += lean * (triangles[..., 2] - low[2]) / (high[2] - low[2])
    return triangles


def shell_chair(rng: np.random.Generator) -> Thing:
    """One bent sheet of plastic or plywood on thin tubes."""
    chair = Thing("chair")
    shell, metal = paints.anything(rng), paints.STEEL if rng.random() < 0.5 else paints.wood(rng)
    w, d, h = rng.uniform(0.4, 0.48), rng.uniform(0.4, 0.46), rng.uniform(0.42, 0.47)
    top = h + rng.uniform(0.32, 0.45)
    chair.box((-w / 2, 0.05, h), (w / 2, d, h + 0.018), shell)
    chair.add(slanted((-w / 2, 0.035, h), (w / 2, 0.055, top), -0.09), shell)
    spread = rng.uniform(0.0, 0.06)
    for sx in (-1, 1):
        for y, out in ((0.09, -spread), (d - 0.05, spread)):
            x = sx * (w / 2 - 0.05)
            chair.add(tube((x, y, h), (x + sx * spread, y + out, FOOT_M), 0.012), metal)
    return chair


def armchair(rng: np.random.Generator) -> Thing:
    """A padded seat for one."""
    return _padded(rng, "chair", float(rng.uniform(0.7, 0.9)), seats=1)


def stool(rng: np.random.Generator) -> Thing:
    """A seat without a back."""
    chair = Thing("chair")
    material, leg = paints.anything(rng), paints.anything(rng)
    r, h = rng.uniform(0.15, 0.2), rng.uniform(0.4, 0.7)
    if rng.random() < 0.5:
        chair.pole((0, r, h - 0.04), 0.04, r, material)
    else:
        chair.add(cushion((-r, 0, h - 0.06), (r, 2 * r, h), roundness=0.3), material)
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = (sx * r * 0.85, r + sy * r * 0.85, FOOT_M)
            chair.add(tube((sx * r * 0.6, r + sy * r * 0.6, h - 0.05), foot, 0.015), leg)
    return chair


def sofa(rng: np.random.Generator) -> Thing:
    """Two or three seats in a row."""
    seats = int(rng.integers(2, 4))
    return _padded(rng, "sofa", float(seats * rng.uniform(0.6, 0.75) + 0.3), seats=seats)


def corner_sofa(rng: np.random.Generator) -> Thing:
    """A sofa with a long seat at one end."""
    thing = _padded(rng, "sofa", float(rng.uniform(2.0, 2.6)), seats=3, arms=0.12)
    high = thing.bounds()[1]
    side = 1 if rng.random() < 0.5 else -1
    x0, x1 = sorted((side * (high[0] - 0.13), side * (high[0] - 0.85)))
    reach = high[1] + rng.uniform(0.5, 0.75)
    pad = thing.materials[-1]
    thing.box((x0, high[1] + 0.005, 0.06), (x1, reach, 0.3), pad)
    thing.add(cushion((x0, high[1], 0.3), (x1, reach, 0.44), roundness=0.2), pad)
    return thing


def _padded(
    rng: np.random.Generator, name: str, w: float, *, seats: int, arms: float | None = None
) -> Thing:
    thing = Thing(name)
    fabric = paints.cloth(rng) if rng.random() < 0.8 else paints.paint(rng)
    pads = fabric if rng.random() < 0.7 else paints.cloth(rng)
    d, seat = rng.uniform(0.78, 0.95), rng.uniform(0.38, 0.46)
    back, foot = rng.uniform(0.7, 0.9), rng.uniform(0.03, 0.14)
    arm = rng.uniform(0.1, 0.22) if arms is None else arms
    arm_top = rng.uniform(seat + 0.08, back - 0.08)
    feet = paints.anything(rng)
    for x in (-w / 2 + 0.05, w / 2 - 0.1):
        for y in (0.05, d - 0.1):
            thing.box((x, y, 0), (x + 0.05, y + 0.05, foot), feet)
    inside = w / 2 - arm
    thing.box((-inside, 0.02, foot), (inside, d - 0.03, seat - 0.13), fabric)
    square = rng.random() < 0.5
    for side in (-1, 1):
        x0, x1 = sorted((side * w / 2, side * inside))
        if square:
            thing.box((x0, 0, foot), (x1, d, arm_top), fabric)
        else:
            thing.add(cushion((x0, 0, foot), (x1, d, arm_top), roundness=0.25), fabric)
    thick = rng.uniform(0.18, 0.28)
    thing.add(
        slanted((-inside, 0.1, foot), (inside, 0.1 + thick - 0.08, back - 0.03), -0.1), fabric
    )
    each = 2 * inside / seats
    for k in range(seats):
        x = -inside + k * each
        low = (x + 0.003, thick - 0.02, seat - 0.14)
        thing.add(cushion(low, (x + each - 0.003, d, seat), roundness=0.18), pads)
        thing.add(
            slanted_cushion(
                (x + 0.005, thick - 0.06, seat), (x + each - 0.005, thick + 0.1, back), -0.08
            ),
            pads,
        )
    thing.tops.append(Top(-inside, inside, thick + 0.12, d - 0.08, seat + 0.001))
    return thing


def bed(rng: np.random.Generator) -> Thing:
    """Single or double; box or legs; headboard, duvet, pillows."""
    thing = Thing("bed")
    w, length = float(rng.choice([0.95, 1.45, 1.7])) + rng.uniform(-0.05, 0.05), rng.uniform(2, 2.1)
    frame, sheet, duvet = paints.anything(rng), paints.cloth(rng), paints.cloth(rng)
    deck, thick = rng.uniform(0.2, 0.38), rng.uniform(0.16, 0.28)
    style = rng.integers(3)
    if style == 0:
        thing.box((-w / 2, 0.05, 0.0), (w / 2, length, deck), frame)
    else:
        for x in (-w / 2, w / 2 - 0.07):
            for y in (0.05, length - 0.07):
                thing.box((x, y, 0), (x + 0.07, y + 0.07, deck), frame)
        thing.box((-w / 2, 0.05, deck - 0.12), (w / 2, length, deck), frame)
    head = deck + rng.uniform(0.3, 0.85)
    if style < 2:
        thing.box((-w / 2 - 0.02, 0, 0.0), (w / 2 + 0.02, 0.05, head), frame)
    else:
        for x in np.linspace(-w / 2, w / 2 - 0.03, int(rng.integers(5, 12))):
            thing.box((x, 0.01, 0), (x + 0.03, 0.04, head), frame)
        thing.box((-w / 2, 0.0, head), (w / 2, 0.05, head + 0.06), frame)
    z = deck + thick
    thing.add(
        cushion((-w / 2 + 0.01, 0.06, deck), (w / 2 - 0.01, length - 0.01, z), roundness=0.12),
        sheet,
    )
    top, hang = z + rng.uniform(0.02, 0.09), rng.uniform(0.0, 0.06)
    fold = rng.uniform(0.5, 0.9)
    low = (-w / 2 - hang, fold, z - rng.uniform(0.05, 0.25))
    thing.add(_duvet(rng, low, (w / 2 + hang, length + hang, top)), duvet)
    count = 1 if w < 1.2 else 2
    for k in range(count):
        x = (k - (count - 1) / 2) * w / count
        wide = min(w / count - 0.08, 0.7) / 2
        thing.add(
            cushion(
                (x - wide, 0.1, z), (x + wide, 0.48, z + rng.uniform(0.1, 0.18)), roundness=0.5
            ),
            sheet if rng.random() < 0.5 else paints.cloth(rng),
        )
    return thing


def _duvet(
    rng: np.random.Generator, low: tuple[float, float, float], high: tuple[float, float, float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """A blanket: flat on top with creases, hanging at the sides."""
    triangles = cushion(low, high, roundness=0.13)
    p = triangles.reshape(-1, 3)
    a, b = rng.uniform(3, 9, 2)
    crease = 0.012 * (np.sin(a * p[:, 0] + b * p[:, 1]) + np.sin(b * p[:, 0] - a * p[:, 1]))
    share = np.clip((p[:, 2] - low[2]) / (high[2] - low[2]), 0, 1)
    p[:, 2] += crease * share
    return triangles
