# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Parametric furniture of the simulated room.

Each piece is built around the origin, standing on z = 0, its front towards -y and its back at +y.
Lengths are metres. The generator only varies sizes and colours.
"""

from __future__ import annotations

import numpy as np

from fewpoints.annotations.datasets.room_shapes import (
    Paint,
    Rgb,
    Surface,
    box,
    cylinder,
    ellipsoid,
    fabric,
    moved,
    plain,
    stripes,
    wood,
)

OAK: Rgb = (0.66, 0.48, 0.31)
WALNUT: Rgb = (0.43, 0.29, 0.2)
WHITE: Rgb = (0.9, 0.89, 0.86)
BLACK: Rgb = (0.13, 0.13, 0.14)
STEEL: Rgb = (0.62, 0.63, 0.65)


def _finish(
    color: Rgb, *, plank: float = 0.0, length: float = 1.2, vertical: bool = False
) -> Paint:
    """Wood, or lacquer where the colour is too light to be wood."""
    if min(color) > 0.8:
        return plain(color)
    return wood(color, plank=plank, length=length, vertical=vertical)


def table(
    rng: np.random.Generator, *, width: float, depth: float, height: float, color: Rgb
) -> list[Surface]:
    """A top on four legs, with an apron."""
    top = _finish(color, plank=0.14, length=width * 1.01)
    leg = _finish(color, vertical=True)
    w, d = width / 2, depth / 2
    inset, thick = 0.05, 0.06
    parts = [box((-w, -d, height - 0.035), (w, d, height), top)]
    for x in (-w + inset, w - inset - thick):
        for y in (-d + inset, d - inset - thick):
            parts.append(box((x, y, 0), (x + thick, y + thick, height - 0.035), leg))
    low = height - 0.11
    for y in (-d + inset + 0.01, d - inset - 0.03):
        parts.append(box((-w + inset, y, low), (w - inset, y + 0.02, height - 0.035), leg))
    return parts


def chair(rng: np.random.Generator, *, color: Rgb, seat_color: Rgb) -> list[Surface]:
    """A dining chair: four legs, padded seat, slatted back."""
    leg, w, d, seat = wood(color, vertical=True), 0.22, 0.22, 0.45
    parts = [box((-w, -d, seat - 0.045), (w, d, seat), fabric(seat_color), radius=0.02)]
    for x in (-w, w - 0.04):
        parts.append(box((x, -d, 0), (x + 0.04, -d + 0.04, seat - 0.04), leg))
        parts.append(box((x, d - 0.04, 0), (x + 0.04, d, 0.93), leg))
    for z in (0.58, 0.70, 0.82):
        parts.append(box((-w + 0.02, d - 0.03, z), (w - 0.02, d - 0.008, z + 0.085), wood(color)))
    return parts


def office_chair(rng: np.random.Generator, *, color: Rgb) -> list[Surface]:
    """Five-star foot, column, padded seat and back, arm rests."""
    dark, cloth = plain(BLACK), fabric(color)
    parts = [
        cylinder((0, 0, 0.09), 0.33, 0.03, plain(STEEL)),
        box((-0.24, -0.24, 0.42), (0.24, 0.24, 0.51), cloth, radius=0.04),
        box((-0.22, 0.22, 0.56), (0.22, 0.30, 1.06), cloth, radius=0.04),
        box((-0.03, 0.25, 0.40), (0.03, 0.29, 0.62), dark),
    ]
    for k in range(5):
        spoke = box((0, -0.02, 0.05), (0.29, 0.02, 0.085), dark)
        wheel = ellipsoid((0.28, 0, 0.03), (0.03, 0.02, 0.03), dark)
        turn = 2 * np.pi * k / 5
        parts += [moved(p, yaw=turn, by=(0, 0, 0)) for p in (spoke, wheel)]
    for x in (-0.27, 0.23):
        parts.append(box((x, -0.14, 0.66), (x + 0.04, 0.14, 0.69), dark))
        parts.append(box((x + 0.01, -0.02, 0.45), (x + 0.03, 0.02, 0.67), dark))
    return parts


def sofa(
    rng: np.random.Generator, *, width: float, color: Rgb, accents: tuple[Rgb, Rgb]
) -> list[Surface]:
    """Base, seat and back cushions, arm rests, two throw cushions; the back at +y."""
    cloth, w, d = fabric(color), width / 2, 0.45
    parts = [
        box((-w, -d, 0.07), (w, d, 0.30), cloth, radius=0.03),
        box((-w, d - 0.2, 0.25), (w, d, 0.80), cloth, radius=0.06),
    ]
    for x in (-w, w - 0.19):
        parts.append(box((x, -d, 0.10), (x + 0.19, d, 0.60), cloth, radius=0.06))
    seats = 3 if width > 1.9 else 2
    span = (width - 0.40) / seats
    for k in range(seats):
        x = -w + 0.20 + k * span
        parts.append(
            box((x + 0.008, -d - 0.01, 0.29), (x + span - 0.008, 0.24, 0.45), cloth, radius=0.05)
        )
        parts.append(box((x + 0.01, 0.10, 0.44), (x + span - 0.01, 0.30, 0.84), cloth, radius=0.08))
    for x, tone, turn in ((-w + 0.38, accents[0], 0.35), (w - 0.42, accents[1], -0.3)):
        cushion = box((-0.21, -0.07, 0), (0.21, 0.07, 0.38), fabric(tone, weave=0.04), radius=0.07)
        parts.append(moved(cushion, yaw=turn, by=(x, 0.02, 0.45)))
    for x in (-w + 0.08, w - 0.08):
        for y in (-d + 0.08, d - 0.08):
            parts.append(cylinder((x, y, 0), 0.08, 0.025, wood(WALNUT)))
    return parts


def bed(rng: np.random.Generator, *, width: float, color: Rgb) -> list[Surface]:
    """Frame, mattress, blanket, pillows; the head at +y. 2.05 m long."""
    w, d, frame = width / 2, 1.025, wood(WALNUT)
    parts = [
        box((-w - 0.04, -d, 0.1), (w + 0.04, d, 0.3), frame),
        box(
            (-w - 0.05, d - 0.05, 0),
            (w + 0.05, d + 0.02, 1.0),
            wood(WALNUT, plank=0.2),
            radius=0.02,
        ),
        box((-w, -d + 0.02, 0.28), (w, d - 0.06, 0.5), fabric(WHITE, weave=0.02), radius=0.05),
        box(
            (-w - 0.02, -d - 0.01, 0.3),
            (w + 0.02, 0.35, 0.56),
            stripes(color, WHITE, 0.24),
            radius=0.06,
        ),
    ]
    for x in (-w / 2, w / 2):
        pillow = box((-0.3, -0.2, 0), (0.3, 0.2, 0.15), fabric(WHITE, weave=0.03), radius=0.07)
        parts.append(moved(pillow, yaw=float(rng.normal(0, 0.08)), by=(x, 0.68, 0.49)))
    for x in (-w, w - 0.06):
        for y in (-d + 0.02, d - 0.1):
            parts.append(box((x, y, 0), (x + 0.06, y + 0.06, 0.12), frame))
    return parts


def cabinet(
    rng: np.random.Generator, *, width: float, depth: float, height: float, color: Rgb, doors: int
) -> list[Surface]:
    """A closed body on a plinth, with gaps between its doors and a knob on each."""
    w, d = width / 2, depth / 2
    shell, front = _finish(color), _finish(color, vertical=True)
    parts = [
        box((-w, -d + 0.02, 0.07), (w, d, height), shell),
        box((-w + 0.03, -d + 0.06, 0), (w - 0.03, d - 0.02, 0.07), plain(BLACK)),
    ]
    leaf = width / doors
    for k in range(doors):
        x = -w + k * leaf
        parts.append(
            box((x + 0.006, -d, 0.085), (x + leaf - 0.006, -d + 0.022, height - 0.02), front)
        )
        knob = x + (0.05 if k % 2 else leaf - 0.05)
        parts.append(
            ellipsoid((knob, -d - 0.018, height * 0.55), (0.016, 0.018, 0.016), plain(STEEL))
        )
    return parts


def bookshelf(
    rng: np.random.Generator, *, width: float, depth: float, height: float, color: Rgb
) -> list[Surface]:
    """Sides, back and boards, filled with books of many colours, a few lying or leaning."""
    w, d, board = width / 2, depth / 2, wood(color)
    side = wood(color, vertical=True)
    back = plain((color[0] * 0.8, color[1] * 0.8, color[2] * 0.8))
    parts = [
        box((-w, -d, 0), (-w + 0.022, d, height), side),
        box((w - 0.022, -d, 0), (w, d, height), side),
        box((-w, d - 0.012, 0), (w, d, height), back, faces="y"),
    ]
    shelves = max(3, round(height / 0.36))
    gap = height / shelves
    spines: list[Rgb] = [
        (0.62, 0.16, 0.15), (0.16, 0.28, 0.47), (0.85, 0.79, 0.63), (0.2, 0.4, 0.3),
        (0.83, 0.55, 0.18), (0.35, 0.2, 0.38), (0.9, 0.9, 0.88), (0.15, 0.15, 0.18),
        (0.25, 0.5, 0.6),
    ]  # fmt: skip
    for k in range(shelves + 1):
        z = min(k * gap, height - 0.022)
        parts.append(box((-w, -d, z), (w, d, z + 0.022), board))
    for k in range(shelves):
        z, x = k * gap + 0.022, -w + 0.03
        stop = w - 0.03 - (rng.random() * 0.35 if k % 2 else 0.03)
        while x < stop - 0.06:
            thick = float(rng.uniform(0.022, 0.055))
            tall = float(rng.uniform(0.6, 0.86)) * (gap - 0.03)
            deep = float(rng.uniform(0.55, 0.8)) * depth
            tone = plain(spines[rng.integers(len(spines))], grain=0.03)
            gone = rng.random() < 0.06  # Somebody is reading the next one.
            parts.append(
                box(
                    (x, d - 0.02 - deep, z),
                    (x + thick, d - 0.02, z + tall),
                    tone,
                    radius=0.004,
                    faces="yZX" if gone else "yZ",  # The rest touches the neighbours.
                )
            )
            x += thick + (float(rng.uniform(0.05, 0.14)) if gone else 0.002)
        if stop < w - 0.2:
            vase = plain(spines[rng.integers(len(spines))])
            parts.append(ellipsoid((stop + 0.1, 0, z + 0.09), (0.06, 0.06, 0.09), vase))
    return parts


def monitor(rng: np.random.Generator) -> list[Surface]:
    """A computer screen on a foot, with keyboard and mug; stands on z = 0."""
    screen = plain((0.16, 0.22, 0.34), grain=0.04, blotch=0.5, scale=0.15)
    return [
        box((-0.28, 0.0, 0.12), (0.28, 0.03, 0.46), plain(BLACK)),
        box((-0.265, -0.004, 0.135), (0.265, 0.002, 0.445), screen, radius=0.001),
        box((-0.03, 0.02, 0), (0.03, 0.05, 0.2), plain(BLACK)),
        box((-0.11, -0.05, 0), (0.11, 0.11, 0.012), plain(BLACK)),
        box((-0.22, -0.34, 0), (0.22, -0.2, 0.022), plain((0.25, 0.25, 0.27), grain=0.08)),
        cylinder((0.36, -0.22, 0), 0.095, 0.042, plain((0.75, 0.3, 0.2))),
    ]


def floor_lamp(rng: np.random.Generator) -> list[Surface]:
    """Foot, pole and a conical shade."""
    shade = fabric((0.95, 0.88, 0.7), weave=0.03)
    return [
        cylinder((0, 0, 0), 0.025, 0.15, plain(BLACK)),
        cylinder((0, 0, 0.02), 1.35, 0.014, plain(BLACK)),
        cylinder((0, 0, 1.3), 0.27, 0.22, shade, top_radius=0.15, caps=False),
    ]


def plant(rng: np.random.Generator) -> list[Surface]:
    """A pot with a bush of leaves."""
    parts = [cylinder((0, 0, 0), 0.32, 0.13, plain((0.72, 0.42, 0.3)), top_radius=0.17)]
    for _ in range(26):
        angle, lean = rng.random() * 2 * np.pi, rng.uniform(0.05, 0.34)
        z = rng.uniform(0.45, 1.2)
        green = (0.16 + 0.12 * rng.random(), 0.4 + 0.15 * rng.random(), 0.17)
        leaf = ellipsoid((0, 0, 0), (0.15, 0.05, 0.035), plain(green, grain=0.08))
        by = (float(lean * np.cos(angle)), float(lean * np.sin(angle)), float(z))
        parts.append(moved(leaf, yaw=float(angle), by=by))
    parts += [cylinder((0, 0, 0.3), 0.7, 0.012, plain((0.35, 0.27, 0.15)))]
    return parts


def tableware(rng: np.random.Generator, *, spread: float) -> list[Surface]:
    """A bowl of fruit, plates and a bottle; stands on z = 0."""
    parts = [cylinder((0, 0, 0), 0.08, 0.07, plain((0.3, 0.45, 0.55)), top_radius=0.15, caps=False)]
    for k, tone in enumerate(((0.85, 0.25, 0.15), (0.9, 0.6, 0.15), (0.5, 0.65, 0.2))):
        angle = 2 * np.pi * k / 3
        at = (0.05 * float(np.cos(angle)), 0.05 * float(np.sin(angle)), 0.09)
        parts.append(ellipsoid(at, (0.042, 0.042, 0.042), plain(tone)))
    for x in (-spread, spread):
        parts.append(cylinder((x, -0.15, 0), 0.015, 0.12, plain(WHITE), top_radius=0.13))
    parts.append(cylinder((0.26, 0.08, 0), 0.26, 0.037, plain((0.15, 0.3, 0.2))))
    return parts
