# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Curves over a logarithmic axis of budgets, with bands, as an SVG that needs nothing else.

The picture brings its own background, and is dark where the reader's system is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from fewpoints.annotations.classes import PALETTE

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 250, 44, 48
# Yellow and the lightest tones of the palette do not show on white.
_COLOURS = tuple(PALETTE[i] for i in (4, 5, 2, 6, 0, 1, 8, 10, 12, 13, 14, 17))
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.title{font-size:14px;font-weight:600}"
    ".paper{fill:#fff}.grid{stroke:#ddd}.bound{stroke:#555}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#16181d}.grid{stroke:#3a3d44}"
    ".bound{stroke:#aaa}}"
)


class Point(NamedTuple):
    """One figure: x > 0, its mean, and how far the band reaches up and down."""

    x: float
    mean: float
    spread: float = 0.0


class Curve(NamedTuple):
    """A named curve. bound: dashed and grey, for what cannot be exceeded."""

    label: str
    points: Sequence[Point]
    bound: bool = False


def draw_curves(
    title: str, curves: Sequence[Curve], *, x_label: str, y_label: str, percent: bool = True
) -> str:
    """Return an SVG. Curves without points are left out.

    percent: y goes from 0 to 100; else from the least to the greatest value.
    """
    shown = [Curve(c.label, sorted(c.points), c.bound) for c in curves if c.points]
    points = [point for curve in shown for point in curve.points]
    if not points:
        raise ValueError("there is nothing to draw")
    ticks = sorted({point.x for point in points})
    low, high = (0.0, 100.0) if percent else _range(points)
    first, last = math.log(ticks[0]), math.log(ticks[-1])

    def x(value: float) -> float:
        share = (math.log(value) - first) / (last - first) if last > first else 0.5
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{_attribute(title)}">',
        f'<style>{_STYLE}</style><rect class="paper" width="100%" height="100%" rx="6"/>',
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>',
    ]
    right = WIDTH - _RIGHT
    for part in range(6):
        value = low + (high - low) * part / 5
        level = f"{y(value):.1f}"
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{level}" y2="{level}"/>'
            f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    for tick in ticks:
        parts.append(
            f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{_TOP}" '
            f'y2="{HEIGHT - _BOTTOM}"/><text x="{x(tick):.1f}" y="{HEIGHT - _BOTTOM + 18}" '
            f'text-anchor="middle">{tick:g}</text>'
        )
    middle = (_TOP + HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text x="{(_LEFT + right) / 2:.1f}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(x_label)}</text>"
        f'<text x="16" y="{middle:.1f}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle:.1f})">{escape(y_label)}</text>'
    )
    places = _apart([y(curve.points[-1].mean) for curve in shown])
    colours = iter(_COLOURS * (1 + len(shown) // len(_COLOURS)))
    for curve, place in zip(shown, places, strict=True):
        stroke = 'class="bound"' if curve.bound else f'stroke="{(colour := next(colours))}"'
        if not curve.bound and any(point.spread > 0 for point in curve.points):
            upper = [f"{x(p.x):.1f},{y(p.mean + p.spread):.1f}" for p in curve.points]
            lower = [f"{x(p.x):.1f},{y(p.mean - p.spread):.1f}" for p in reversed(curve.points)]
            parts.append(
                f'<polygon points="{" ".join(upper + lower)}" fill="{colour}" fill-opacity="0.18"/>'
            )
        line = " ".join(f"{x(p.x):.1f},{y(p.mean):.1f}" for p in curve.points)
        dashes = ' stroke-dasharray="6 4"' if curve.bound else ""
        parts.append(f'<polyline points="{line}" fill="none" {stroke} stroke-width="2"{dashes}/>')
        if not curve.bound:
            parts += [
                f'<circle cx="{x(p.x):.1f}" cy="{y(p.mean):.1f}" r="3" fill="{colour}"/>'
                for p in curve.points
            ]
        end = curve.points[-1]
        parts.append(
            f'<path d="M{x(end.x) + 4:.1f} {y(end.mean):.1f}L{right + 18} {place:.1f}h8" '
            f'fill="none" {stroke}{dashes}/>'
            f'<text x="{right + 32}" y="{place + 4:.1f}">{escape(curve.label)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _apart(wanted: Sequence[float], gap: float = 16.0) -> list[float]:
    """Return places near the wanted ones, at least `gap` apart, inside the picture if possible."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = [0.0] * len(wanted)
    least = float(_TOP)
    for index in order:
        places[index] = least = max(wanted[index], least)
        least += gap
    over = (least - gap) - (HEIGHT - _BOTTOM)
    if over > 0:
        most = float(HEIGHT - _BOTTOM)
        for index in reversed(order):
            places[index] = most = min(places[index], most)
            most -= gap
    return places


def _range(points: Sequence[Point]) -> tuple[float, float]:
    low = min(point.mean - point.spread for point in points)
    high = max(point.mean + point.spread for point in points)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
