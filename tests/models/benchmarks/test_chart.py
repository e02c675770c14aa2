# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from fewpoints.models.benchmarks.chart import HEIGHT, WIDTH, Curve, Point, draw_curves

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*curves: Curve, **options: bool) -> ElementTree.Element:
    text = draw_curves("A & <B>", curves, x_label="clicks", y_label="mIoU, %", **options)
    return ElementTree.fromstring(text)


def places(element: ElementTree.Element) -> list[tuple[float, float]]:
    pairs = element.attrib["points"].split()
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in pairs)]


def test_equal_factors_are_equal_steps_to_the_right() -> None:
    curve = Curve("ours", [Point(200, 80), Point(20, 10), Point(2000, 100)])
    (line,) = drawn(curve).iter(f"{SVG}polyline")
    (x0, y0), (x1, _), (x2, y2) = places(line)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y2 < y0  # Up is more.


def test_the_band_reaches_one_spread_up_and_down() -> None:
    picture = drawn(Curve("ours", [Point(20, 40, 10), Point(50, 60, 0)]))
    (band,) = picture.iter(f"{SVG}polygon")
    (line,) = picture.iter(f"{SVG}polyline")
    corners, (start, end) = places(band), places(line)
    unit = (start[1] - end[1]) / 20  # Pixels per percent.
    assert corners[0][1] == pytest.approx(start[1] - 10 * unit, abs=0.2)
    assert corners[-1][1] == pytest.approx(start[1] + 10 * unit, abs=0.2)


def test_bounds_are_dashed_and_have_no_band() -> None:
    picture = drawn(
        Curve("ours", [Point(20, 40)]), Curve("ceiling", [Point(20, 90, 5)], bound=True)
    )
    dashed = [e.attrib.get("stroke-dasharray") for e in picture.iter(f"{SVG}polyline")]
    assert dashed == [None, "6 4"]
    assert not list(picture.iter(f"{SVG}polygon"))


def test_labels_keep_apart_and_inside() -> None:
    curves = [Curve(f"method {i}", [Point(20, 50 + i / 10), Point(50, 99)]) for i in range(14)]
    texts = [e for e in drawn(*curves).iter(f"{SVG}text") if (e.text or "").startswith("method")]
    heights = sorted(float(e.attrib["y"]) for e in texts)
    assert len(heights) == 14
    assert min(b - a for a, b in pairwise(heights)) > 15
    assert heights[0] > 0
    assert heights[-1] < HEIGHT
    assert all(float(e.attrib["x"]) < WIDTH for e in texts)


def test_one_budget_and_values_beyond_the_axis_are_drawn() -> None:
    text = draw_curves("t", [Curve("a", [Point(20, 130)])], x_label="x", y_label="y")
    assert not re.search(r"nan|inf", text)
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_curves("t", [Curve("a", [])], x_label="x", y_label="y")
