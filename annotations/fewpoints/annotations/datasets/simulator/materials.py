# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What simulated surfaces are painted with: solid textures, evaluated where a ray hits.

A texture is a function of the place in the object's own frame, so it needs no unwrapping: a plank
cut from wood shows its rings on every side. Any pattern can be on any furniture; colour alone must
not tell the class.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.arrays import FloatArray64, IntArray

Rgb: TypeAlias = tuple[float, float, float]
# Float32 or float64; short, as every pattern below has the same five arguments.
_F: TypeAlias = NDArray[np.floating[Any]]
PLAIN, WOOD, STRIPES, CHECKS, SPECKLED, FLOWERS, TILES, PLANKS, OUTDOORS, PICTURE = range(10)


@dataclass(frozen=True)
class Material:
    """One paint.

    first, second: albedo 0-1 as a display shows it. pattern: one of the constants above.
    scale_m: size of the pattern. axis: 0, 1, 2, the direction of grain and stripes.
    gloss: 0-1; shiny surfaces return less depth. glow: light it gives off itself.
    phase: any number; moves the pattern, so that equal objects differ.
    """

    first: Rgb
    second: Rgb = (0.5, 0.5, 0.5)
    pattern: int = PLAIN
    scale_m: float = 0.1
    axis: int = 0
    gloss: float = 0.1
    glow: float = 0.0
    phase: float = 0.0


WHITE = Material((0.9, 0.9, 0.88))
CERAMIC = Material((0.93, 0.93, 0.92), gloss=0.45)
STEEL = Material((0.62, 0.63, 0.65), gloss=0.62)
BLACK = Material((0.07, 0.07, 0.08), gloss=0.5)
DARK_SCREEN = Material((0.03, 0.03, 0.04), gloss=0.9)


def random_colour(rng: np.random.Generator, *, pale: float = 0.3) -> Rgb:
    """Any colour a shop sells; `pale` is the share of near-greys and near-whites."""
    if rng.random() < pale:
        value = float(rng.choice([rng.uniform(0.75, 0.95), rng.uniform(0.12, 0.75)]))
        return colorsys.hsv_to_rgb(float(rng.random()), float(rng.uniform(0, 0.15)), value)
    hue = float(rng.random())
    return colorsys.hsv_to_rgb(hue, float(rng.uniform(0.15, 0.75)), float(rng.uniform(0.25, 0.9)))


def wood(rng: np.random.Generator) -> Material:
    """Birch to walnut, or stained."""
    tone = float(rng.random())
    light, dark = np.array([0.86, 0.72, 0.53]), np.array([0.3, 0.19, 0.12])
    base = light + (dark - light) * tone
    base = base * rng.uniform(0.9, 1.1, 3)
    grain = base * rng.uniform(0.65, 0.88)
    return Material(
        _rgb(base), _rgb(grain), WOOD, float(rng.uniform(0.01, 0.035)), int(rng.integers(3)),
        gloss=float(rng.uniform(0.05, 0.35)), phase=float(rng.uniform(0, 50)),
    )  # fmt: skip


def cloth(rng: np.random.Generator) -> Material:
    """Plain, striped, checked, flowered or speckled cloth."""
    pattern = int(rng.choice([PLAIN, PLAIN, SPECKLED, STRIPES, CHECKS, FLOWERS]))
    return Material(
        random_colour(rng), random_colour(rng), pattern, float(np.exp(rng.uniform(-4.0, -2.0))),
        int(rng.integers(3)), gloss=0.02, phase=float(rng.uniform(0, 50)),
    )  # fmt: skip


def paint(rng: np.random.Generator) -> Material:
    """Lacquer or plastic of one colour."""
    return Material(random_colour(rng), gloss=float(rng.uniform(0.1, 0.6)))


def stone(rng: np.random.Generator) -> Material:
    """Speckled stone or laminate."""
    first = random_colour(rng, pale=0.8)
    second = _rgb(np.array(first) * rng.uniform(0.5, 1.3))
    return Material(first, second, SPECKLED, float(rng.uniform(0.004, 0.02)), gloss=0.3)


def anything(rng: np.random.Generator) -> Material:
    """Mostly wood or lacquer, now and then a pattern."""
    makers = (wood, wood, paint, paint, stone, cloth)
    return makers[int(rng.integers(len(makers)))](rng)


def wall_paper(rng: np.random.Generator) -> Material:
    """Walls: mostly pale paint, sometimes strong colours, stripes or flowers."""
    strong = rng.random() < 0.25
    first = random_colour(rng, pale=0.0) if strong else _pale(rng)
    if rng.random() < 0.75:
        return Material(first, gloss=0.03)
    second = _rgb(np.array(first) * rng.uniform(0.75, 0.95))
    pattern = int(rng.choice([STRIPES, FLOWERS, CHECKS]))
    return Material(first, second, pattern, float(rng.uniform(0.04, 0.25)), gloss=0.03)


def floor_cover(rng: np.random.Generator, *, wet: bool) -> Material:
    """Boards, carpet or tiles; tiles in wet rooms."""
    kind = "tiles" if wet else str(rng.choice(["boards", "boards", "carpet", "tiles"]))
    if kind == "boards":
        return replace(wood(rng), pattern=PLANKS, scale_m=float(rng.uniform(0.08, 0.2)))
    if kind == "carpet":
        first = random_colour(rng, pale=0.5)
        second = _rgb(np.array(first) * rng.uniform(0.7, 1.2, 3))
        return replace(cloth(rng), first=first, second=second, pattern=SPECKLED)
    first = random_colour(rng, pale=0.7)
    joint = _rgb(np.array(first) * rng.uniform(0.6, 0.8))
    return Material(first, joint, TILES, float(rng.uniform(0.15, 0.5)), gloss=0.35)


def tiles(rng: np.random.Generator) -> Material:
    """Small glazed wall tiles."""
    first = random_colour(rng, pale=0.6)
    joint = _rgb(np.array(first) * 0.75)
    return Material(first, joint, TILES, float(rng.uniform(0.08, 0.2)), gloss=0.4)


def _pale(rng: np.random.Generator) -> Rgb:
    return colorsys.hsv_to_rgb(
        float(rng.random()), float(rng.uniform(0.0, 0.18)), float(rng.uniform(0.75, 0.95))
    )


def _rgb(values: FloatArray64) -> Rgb:
    r, g, b = np.clip(values, 0.02, 0.97).tolist()
    return r, g, b


class MaterialTable:
    """Many materials as columns, so that millions of hits are painted at once."""

    def __init__(self, materials: Sequence[Material]) -> None:
        self.first = np.array([m.first for m in materials], np.float32)
        self.second = np.array([m.second for m in materials], np.float32)
        self.pattern = np.array([m.pattern for m in materials])
        self.scale = np.array([m.scale_m for m in materials], np.float32)
        self.axis = np.array([m.axis for m in materials])
        self.gloss = np.array([m.gloss for m in materials], np.float32)
        self.glow = np.array([m.glow for m in materials], np.float32)
        self.phase = np.array([m.phase for m in materials], np.float32)

    def albedo(self, which: IntArray, places: FloatArray64, normals: FloatArray64) -> FloatArray64:
        """(n, 3) albedo 0-1 of material `which` (n,) at (n, 3) places and normals of the object."""
        blend = np.zeros(len(which), np.float32)
        pattern = self.pattern[which]
        for kind, blend_of in _BLENDS.items():
            rows = np.flatnonzero(pattern == kind)
            if len(rows):
                own = which[rows]
                p, n = places[rows].astype(np.float32), normals[rows]
                blend[rows] = blend_of(p, n, self.scale[own], self.axis[own], self.phase[own])
        first = self.first[which]
        return np.asarray(first + (self.second[which] - first) * blend[:, None], np.float64)


def _cell_noise(*cells: _F) -> FloatArray64:
    """A fixed pseudo-random number 0-1 per whole-number cell."""
    total = np.zeros(len(cells[0]))
    for weight, cell in zip((12.9898, 78.233, 37.719), cells, strict=False):
        total += weight * np.asarray(cell, np.float64)
    value = np.sin(total) * 43758.5453
    return np.asarray(value - np.floor(value))


def _flat(p: _F, n: _F) -> tuple[_F, _F]:
    """The two coordinates along the surface: the axis nearest the normal is left out."""
    drop = np.abs(n).argmax(axis=1)
    u = np.where(drop == 0, p[:, 1], p[:, 0])
    v = np.where(drop == 2, p[:, 1], p[:, 2])
    return u, v


def _along(p: _F, axis: IntArray) -> _F:
    return np.asarray(p[np.arange(len(p)), axis])


def _wood(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    x = _along(p, axis)
    a, b = _along(p, (axis + 1) % 3) + phase, _along(p, (axis + 2) % 3)
    # Boards are cut far from the heart of the tree, so rings are long and nearly straight.
    bend = 0.35 * s * np.sin(2.3 * x + phase) + 0.2 * s * np.sin(5 * x - phase)
    rings = np.hypot(a % 0.9 + 0.5, b * 0.8 + 0.6) + bend
    fibre = _cell_noise(np.floor(rings / s * 9), np.floor(x * 6))
    return np.asarray(0.35 + 0.22 * np.sin(2 * np.pi * rings / s) + 0.3 * (fibre - 0.5))


def _stripes(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    return np.asarray(np.floor((_along(p, axis) + phase) / s) % 2)


def _checks(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = _flat(p, n)
    return np.asarray((np.floor(u / s) % 2 + np.floor(v / s) % 2) / 2)


def _speckled(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = _flat(p, n)
    fine = _cell_noise(np.floor(u / s), np.floor(v / s))
    return 0.6 * fine + 0.2 + 0.2 * np.sin(u * 5 + phase) * np.sin(v * 6)


def _flowers(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = _flat(p, n)
    pitch = 3 * s
    cell_u, cell_v = np.floor(u / pitch), np.floor(v / pitch)
    du = u / pitch - cell_u - 0.3 - 0.4 * _cell_noise(cell_u, cell_v)
    dv = v / pitch - cell_v - 0.3 - 0.4 * _cell_noise(cell_v, cell_u + 7)
    radius = 0.2 + 0.08 * np.cos(5 * np.arctan2(dv, du) + phase)
    return (np.hypot(du, dv) < radius).astype(np.float32)


def _tiles(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = _flat(p, n)
    joint = (u % s < 0.006) | (v % s < 0.006)
    shade = 0.35 * _cell_noise(np.floor(u / s), np.floor(v / s))
    return np.where(joint, 1.0, shade)


def _planks(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = p[:, 0], p[:, 1]
    u, v = np.where(axis == 0, u, v), np.where(axis == 0, v, u)
    row = np.floor(v / s)
    shifted = u + 1.2 * _cell_noise(row)
    board = np.floor(shifted / 1.2)
    tone = _cell_noise(row, board)
    grain = np.sin((v * 60 + 1.8 * np.sin(2.2 * u + phase + 9 * tone)) + 40 * tone)
    joint = (v - row * s < 0.005) | (shifted - board * 1.2 < 0.006)
    return np.where(joint, 1.6, 0.15 + 0.6 * tone + 0.15 * grain)


def _outdoors(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = _flat(p, n)
    skyline = s + 0.12 * np.sin(u * 4 + phase) + 0.05 * np.sin(u * 17)
    leaves = 0.7 + 0.3 * _cell_noise(np.floor(u / 0.03), np.floor(v / 0.03))
    return np.where(v < skyline, leaves, 0.12 * np.sin(u * 3 + v * 2 + phase) + 0.12)


def _picture(p: _F, n: _F, s: _F, axis: IntArray, phase: _F) -> _F:
    u, v = p[:, 0] / s, p[:, 2] / s
    hills = np.sin(3 * u + phase) + 0.5 * np.sin(7 * u - phase) - 2.5 * v
    blobs = np.sin(5 * u + phase) * np.sin(4 * v + 2 * phase)
    return np.clip(0.5 + np.where(np.sin(phase * 9) > 0, np.sign(hills), blobs), 0, 1)


# pattern -> how much of the second colour shows: (places, normals, scale, axis, phase) -> (n,)
_BLENDS = {
    WOOD: _wood,
    STRIPES: _stripes,
    CHECKS: _checks,
    SPECKLED: _speckled,
    FLOWERS: _flowers,
    TILES: _tiles,
    PLANKS: _planks,
    OUTDOORS: _outdoors,
    PICTURE: _picture,
}
