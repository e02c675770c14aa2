# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Surfaces that the simulated room is made of, and what they are painted with.

Lengths are metres, z is up. A surface hands out random points on itself, uniform by area, with
outward normals and texture coordinates in metres.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np

from fewpoints.annotations.arrays import FloatArray64

Rgb: TypeAlias = tuple[float, float, float]


class Sample(NamedTuple):
    """(n, 3) points and unit normals, (n, 2) texture coordinates in metres."""

    points: FloatArray64
    normals: FloatArray64
    uv: FloatArray64


# (uv (n, 2), generator) -> (n, 3) albedo, 0-1, as a display shows it.
Paint: TypeAlias = Callable[[FloatArray64, np.random.Generator], FloatArray64]
Sampler: TypeAlias = Callable[[np.random.Generator, int], Sample]


@dataclass(frozen=True)
class Surface:
    """One sampled surface of `area` square metres, in its object's frame."""

    sample: Sampler
    area: float
    paint: Paint


def spread(rng: np.random.Generator, n: int) -> FloatArray64:
    """(n, 2) points of the unit square, evenly spread: a scanner's points neither clump nor gape.

    The R2 sequence (multiples of the powers of the plastic number, modulo 1), with a little jitter.
    """
    step = np.array([0.7548776662466927, 0.5698402909980532])
    points = rng.random(2) + np.arange(n)[:, None] * step
    points += rng.normal(0, 0.15 / np.sqrt(max(n, 1)), (n, 2))
    return np.asarray(points % 1.0)


def moved(surface: Surface, *, yaw: float = 0.0, by: tuple[float, float, float]) -> Surface:
    """The surface turned about z by `yaw` radians, then shifted."""
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    offset = np.array(by)

    def sample(rng: np.random.Generator, n: int) -> Sample:
        inner = surface.sample(rng, n)
        return Sample(inner.points @ turn.T + offset, inner.normals @ turn.T, inner.uv)

    return replace(surface, sample=sample)


def quad(
    corner: tuple[float, float, float],
    u: tuple[float, float, float],
    v: tuple[float, float, float],
    paint: Paint,
    *,
    holes: tuple[tuple[float, float, float, float], ...] = (),
) -> Surface:
    """A parallelogram whose normal is u x v; `holes` are (u0, u1, v0, v1) in metres."""
    base, a, b = np.array(corner), np.array(u), np.array(v)
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    cut = sum((h[1] - h[0]) * (h[3] - h[2]) for h in holes)

    def draw(rng: np.random.Generator, n: int) -> FloatArray64:
        return spread(rng, n) * (length_a, length_b)

    def sample(rng: np.random.Generator, n: int) -> Sample:
        uv = draw(rng, n)
        for _ in range(20):  # Points that fell into a hole are drawn again.
            inside = np.zeros(n, bool)
            for u0, u1, v0, v1 in holes:
                inside |= (uv[:, 0] > u0) & (uv[:, 0] < u1) & (uv[:, 1] > v0) & (uv[:, 1] < v1)
            if not inside.any():
                break
            uv[inside] = draw(rng, int(inside.sum()))
        points = base + uv[:, :1] * (a / length_a) + uv[:, 1:] * (b / length_b)
        return Sample(points, np.broadcast_to(normal, points.shape).copy(), uv)

    return Surface(sample, length_a * length_b - cut, paint)


def box(
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    paint: Paint,
    *,
    radius: float = 0.008,
    faces: str = "xXyYzZ",
) -> Surface:
    """A box with edges rounded by `radius`; `faces` are those that exist, capitals the far ones."""
    lo, hi = np.minimum(low, high).astype(float), np.maximum(low, high).astype(float)
    size = hi - lo
    r = min(radius, float(size.min()) / 2)
    areas = np.repeat([size[1] * size[2], size[0] * size[2], size[0] * size[1]], 2)
    areas = areas * [letter in faces for letter in "xXyYzZ"]

    def sample(rng: np.random.Generator, n: int) -> Sample:
        # Faces in turn, each with its share, so that each gets a run of the even sequence.
        face = np.searchsorted(np.cumsum(areas) / areas.sum(), (np.arange(n) + rng.random()) / n)
        axis, side = np.minimum(face, 5) // 2, face % 2
        rows = np.arange(n)
        even = spread(rng, n)
        on_box = np.empty((n, 3))
        on_box[rows, (axis + 1) % 3] = even[:, 0]
        on_box[rows, (axis + 2) % 3] = even[:, 1]
        on_box[rows, axis] = 0
        on_box = lo + on_box * size
        on_box[rows, axis] = np.where(side == 1, hi[axis], lo[axis])
        # The rounded box is everything within r of the box shrunk by r.
        inner = np.clip(on_box, lo + r, hi - r)
        away = on_box - inner
        length = np.linalg.norm(away, axis=1, keepdims=True)
        flat = np.zeros((n, 3))
        flat[rows, axis] = np.where(side == 1, 1.0, -1.0)
        normals = np.where(length > 1e-9, away / np.maximum(length, 1e-9), flat)
        points = np.where(length > 1e-9, inner + r * normals, on_box)
        first, second = np.where(axis == 0, 1, 0), np.where(axis == 2, 1, 2)
        uv = np.stack([points[rows, first] - lo[first], points[rows, second] - lo[second]], 1)
        return Sample(points, normals, uv)

    return Surface(sample, float(areas.sum()), paint)


def cylinder(
    base: tuple[float, float, float],
    height: float,
    radius: float,
    paint: Paint,
    *,
    top_radius: float | None = None,
    caps: bool = True,
) -> Surface:
    """An upright cylinder or truncated cone, with or without its two ends."""
    r0, r1 = radius, radius if top_radius is None else top_radius
    slant = float(np.hypot(height, r1 - r0))
    areas = np.array([np.pi * (r0 + r1) * slant, np.pi * r0**2 * caps, np.pi * r1**2 * caps])

    def sample(rng: np.random.Generator, n: int) -> Sample:
        part = rng.choice(3, n, p=areas / areas.sum())
        angle = rng.random(n) * 2 * np.pi
        t = rng.random(n)
        along = np.select([part == 0, part == 1], [t, 0.0], 1.0)
        rim = r0 + (r1 - r0) * along
        distance = np.where(part == 0, rim, rim * np.sqrt(t))
        points = np.stack(
            [distance * np.cos(angle), distance * np.sin(angle), along * height], axis=1
        ) + np.array(base)
        tilt = (r0 - r1) / slant
        flat = height / slant
        normals = np.stack([np.cos(angle) * flat, np.sin(angle) * flat, np.full(n, tilt)], axis=1)
        normals[part == 1] = (0, 0, -1)
        normals[part == 2] = (0, 0, 1)
        return Sample(points, normals, np.stack([angle * max(r0, r1), along * height], 1))

    return Surface(sample, float(areas.sum()), paint)


def ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float], paint: Paint
) -> Surface:
    """An ellipsoid; its points are uniform in angle, which is near enough for round shapes."""
    axes = np.array(radii)
    a, b, c = radii
    p = 1.6075  # Knud Thomsen's formula, within 1.1 %.
    area = 4 * np.pi * (((a * b) ** p + (a * c) ** p + (b * c) ** p) / 3) ** (1 / p)

    def sample(rng: np.random.Generator, n: int) -> Sample:
        direction = rng.normal(size=(n, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        normals = direction / axes
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        uv = np.stack([np.arctan2(direction[:, 1], direction[:, 0]) * a, direction[:, 2] * c], 1)
        return Sample(direction * axes + np.array(centre), normals, uv)

    return Surface(sample, float(area), paint)


def drape(
    corner: tuple[float, float, float], width: float, height: float, paint: Paint, *, waves: float
) -> Surface:
    """A curtain: hangs in the x-z plane from `corner` up and to +x, waving in y, facing -y."""
    depth, pitch = 0.035, width / waves

    def sample(rng: np.random.Generator, n: int) -> Sample:
        s, t = (spread(rng, n) * (width, height)).T
        phase = 2 * np.pi * s / pitch
        # Folds open towards the hem.
        swell = depth * (1.15 - 0.3 * t / height)
        points = np.array(corner) + np.stack([s, -swell * np.sin(phase), t], 1)
        slope = -swell * np.cos(phase) * 2 * np.pi / pitch
        normals = np.stack([slope, -np.ones(n), np.zeros(n)], 1)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return Sample(points, normals, np.stack([s, t], 1))

    return Surface(sample, width * height * 1.4, paint)


def _cell_noise(cells: FloatArray64) -> FloatArray64:
    """(n,) a fixed pseudo-random number 0-1 for each (n, k) row of whole numbers."""
    weights = np.array([12.9898, 78.233, 37.719])[: cells.shape[1]]
    value = np.sin(cells @ weights) * 43758.5453
    return np.asarray(value - np.floor(value))


def _smooth_noise(uv: FloatArray64, scale: float, phase: float) -> FloatArray64:
    """(n,) slow variation, about -1 to 1, over `scale` metres."""
    u, v = uv[:, 0] / scale, uv[:, 1] / scale
    total = (
        np.sin(u * 2.1 + phase)
        + np.sin(v * 2.7 + 1.7 * phase)
        + np.sin(1.6 * u + 1.9 * v + 0.6 * phase)
        + np.sin(3.1 * u - 2.3 * v + 2.9 * phase)
    )
    return np.asarray(total / 4)


def plain(color: Rgb, *, grain: float = 0.015, blotch: float = 0.02, scale: float = 0.6) -> Paint:
    """One colour with fine grain and slow blotches, like paint, plastic or leather."""
    phase = sum(color) * 7.0

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        shade = 1 + blotch * _smooth_noise(uv, scale, phase) + rng.normal(0, grain, len(uv))
        return np.array(color) * shade[:, None]

    return paint


def wood(color: Rgb, *, plank: float = 0.0, length: float = 1.2, vertical: bool = False) -> Paint:
    """Wood grain along u (or v); with `plank` > 0 boards of that width with dark joints."""
    phase = sum(color) * 11.0

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        u, v = (uv[:, 1], uv[:, 0]) if vertical else (uv[:, 0], uv[:, 1])
        shade = np.ones(len(uv))
        offset = np.zeros(len(uv))
        if plank > 0:
            row = np.floor(v / plank)
            shifted = u + _cell_noise(row[:, None]) * length
            board = np.stack([row, np.floor(shifted / length)], 1)
            offset = _cell_noise(board)
            shade += 0.26 * (offset - 0.5)
            joint = (v / plank - row < 0.035) | (shifted / length - board[:, 1] < 0.006)
            shade = np.where(joint, 0.55, shade)
        rings = v * 60 + 1.8 * np.sin(u * 2.2 + phase + 9 * offset) + offset * 40
        shade += 0.055 * np.sin(rings) + 0.03 * np.sin(rings * 2.7 + u * 3)
        shade += rng.normal(0, 0.02, len(uv))
        return np.array(color) * shade[:, None]

    return paint


def fabric(color: Rgb, *, weave: float = 0.06) -> Paint:
    """Woven cloth: mottled, with soft wear."""
    phase = sum(color) * 5.0

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        shade = 1 + 0.05 * _smooth_noise(uv, 0.25, phase) + rng.normal(0, weave, len(uv))
        return np.array(color) * shade[:, None]

    return paint


def stripes(first: Rgb, second: Rgb, pitch: float) -> Paint:
    """Stripes across u, each `pitch` metres wide."""

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        odd = (np.floor(uv[:, 0] / pitch) % 2)[:, None]
        shade = 1 + rng.normal(0, 0.04, len(uv))
        return np.where(odd == 1, np.array(second), np.array(first)) * shade[:, None]

    return paint


def rug(size: tuple[float, float], colors: tuple[Rgb, Rgb, Rgb]) -> Paint:
    """A rug with a border and a lattice of diamonds."""

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        edge = np.minimum(np.minimum(uv, np.array(size) - uv).min(axis=1), 1.0)
        cell = np.abs((uv / 0.32) % 1 - 0.5).sum(axis=1)
        out = np.where((cell < 0.3)[:, None], np.array(colors[1]), np.array(colors[0]))
        out = np.where(((cell > 0.46) & (cell < 0.54))[:, None], np.array(colors[2]), out)
        border = (edge < 0.16) & (edge > 0.05)
        out = np.where(border[:, None], np.array(colors[2]), out)
        out = np.where((edge > 0.085)[:, None] | ~border[:, None], out, np.array(colors[1]))
        return out * (1 + rng.normal(0, 0.06, len(uv)))[:, None]

    return paint


def painting(size: tuple[float, float], seed: int) -> Paint:
    """A landscape under glass with a white mount: sky, two ranges of hills, water, a sun."""
    tones = np.random.default_rng(seed).random(6)

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        s, t = uv[:, 0] / size[0], uv[:, 1] / size[1]
        sky = np.stack([0.95 - 0.45 * t, 0.62 + 0.1 * tones[0] - 0.05 * t, 0.42 + 0.45 * t], 1)
        far = 0.48 + 0.09 * np.sin(s * 7 + 6 * tones[1]) + 0.04 * np.sin(s * 17 + tones[2])
        near = 0.33 + 0.08 * np.sin(s * 5 + 6 * tones[3])
        out = np.where((t < far)[:, None], np.array([0.32, 0.42, 0.58]), sky)
        out = np.where((t < near)[:, None], np.array([0.16, 0.36 + 0.1 * tones[4], 0.24]), out)
        out = np.where((t < 0.2)[:, None], np.array([0.2, 0.45, 0.55]), out)
        sun = np.hypot((s - 0.25 - 0.5 * tones[5]) * size[0], (t - 0.76) * size[1]) < 0.07
        out = np.where(sun[:, None], np.array([1.0, 0.93, 0.7]), out)
        mount = (np.minimum(s, 1 - s) * size[0] < 0.05) | (np.minimum(t, 1 - t) * size[1] < 0.05)
        out = np.where(mount[:, None], np.array([0.93, 0.92, 0.89]), out)
        return np.asarray(out * (1 + rng.normal(0, 0.02, len(uv)))[:, None])

    return paint


def outdoors(height: float) -> Paint:
    """What a window pane shows: bright sky over trees."""

    def paint(uv: FloatArray64, rng: np.random.Generator) -> FloatArray64:
        t = uv[:, 1] / height
        trees = 0.34 + 0.07 * np.sin(uv[:, 0] * 9) + 0.04 * np.sin(uv[:, 0] * 23 + 1)
        sky = np.stack([0.78 + 0.1 * t, 0.88 + 0.05 * t, 0.97 + 0 * t], 1)
        leaf = np.array([0.42, 0.55, 0.34]) * (0.8 + 0.5 * rng.random((len(uv), 1)))
        return np.where((t < trees)[:, None], leaf, sky)

    return paint
