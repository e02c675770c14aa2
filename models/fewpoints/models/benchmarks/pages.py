# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What each benchmark leaves in its folder for people: report.md and chart.svg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fewpoints.annotations.files import replacing
from fewpoints.models.benchmarks import paper
from fewpoints.models.benchmarks.chart import Curve, Point, draw_curves
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.partitions import UNTRAINED
from fewpoints.models.benchmarks.report import (
    Cells,
    Figures,
    figure_table,
    mean_of,
    over_seeds,
    share_of,
    total_of,
)

REPORT, CHART = "report.md", "chart.svg"


def write_page(folder: Path, title: str, tables: Sequence[str], origin: str, chart: str) -> Path:
    """Write the page and its picture; return the page."""
    text = "\n\n".join([f"# {title}", f"![{title}]({CHART})", *tables, origin]) + "\n"
    for name, content in ((CHART, chart), (REPORT, text)):
        with replacing(folder / name) as part:
            part.write_text(content, encoding="utf-8")
    return folder / REPORT


def coverage_page(cells: Cells, extent: Extent) -> tuple[list[str], str]:
    """Return the tables and the picture of `coverage`."""
    share = over_seeds(cells, share_of("objects", "all objects"))
    count = over_seeds(cells, total_of("objects"))
    classes = over_seeds(cells, share_of("classes", "all classes"))
    some = {scene: values for (scene, *_), values in cells.items()}
    everything = sum(values["all objects"] for values in some.values())
    tables = [
        figure_table("objects touched, %", share, *_rows(extent), paper=paper.COVERAGE),
        figure_table(f"objects touched, of {everything:,.0f}", count, *_rows(extent)),
        figure_table("classes touched, %, summed over scans", classes, *_rows(extent)),
    ]
    shown = share or classes  # A data set without objects still has classes.
    what = "objects" if share else "classes"
    curves = [*_curves(shown, extent.methods), *(_paper_curves(extent) if share else [])]
    chart = draw_curves(
        f"Different {what} touched", curves, x_label="points per scan", y_label=f"{what}, %"
    )
    return tables, chart


def densify_page(cells: Cells, extent: Extent) -> tuple[list[str], str]:
    """Return the tables and the picture of `densify`."""
    miou = over_seeds(cells, mean_of("mIoU"))
    oracle = over_seeds(cells, mean_of("class oracle"))
    ceiling = over_seeds(cells, mean_of("ceiling"))
    reached = over_seeds(cells, share_of("mIoU", "class oracle"))
    answered = over_seeds(cells, mean_of("answered"))
    selections = _by_selection(extent.methods)
    top = max(figure.mean for figure in ceiling.values())
    budgets = extent.budgets
    tables = [
        figure_table("mIoU of the clicked scan, %", miou, extent.methods, budgets)
        + f"\n\nThe ceiling, every superpoint with its most frequent class: {top:.1f}. Nobody has "
        "published this curve, so there is nothing to put beside it.",
        figure_table(
            "class oracle of the clicks, %", oracle, list(selections), budgets, labels=selections
        ),
        figure_table("mIoU as a share of the class oracle, %", reached, extent.methods, budgets),
        figure_table(
            "clicks that hit a point with a class, %",
            answered,
            list(selections),
            budgets,
            labels=selections,
        ),
    ]
    best = extent.methods[-1] if not miou else max(miou, key=lambda key: miou[key].mean)[0]
    bounds = [
        Curve("ceiling of the superpoints", [Point(b, top) for b in budgets], bound=True),
        Curve(
            f"class oracle of {best.partition('/')[0]}",
            [Point(b, oracle[best, b].mean) for b in budgets if (best, b) in oracle],
            bound=True,
        ),
    ]
    chart = draw_curves(
        "Labels of the clicked scan",
        [*_curves(miou, extent.methods), *bounds],
        x_label="clicks per scan",
        y_label="mIoU, %",
    )
    return tables, chart


def learning_page(cells: Cells, extent: Extent, *, scenes: bool) -> tuple[list[str], str]:
    """Return the tables and the picture of `la`, or of `lr` if whole `scenes` were labelled."""
    known = paper.LIMITED_SCENES if scenes else paper.LIMITED_ANNOTATIONS
    column = "{} % of scenes".format if scenes else "{} points".format
    voxels = over_seeds(cells, mean_of("mIoU voxels"))
    points = over_seeds(cells, mean_of("mIoU points"))
    labels = over_seeds(cells, lambda values: values[0]["labels"])
    tables = [
        figure_table("mIoU of voxels, %", voxels, *_rows(extent), column=column, paper=known),
        figure_table("mIoU of points, %", points, *_rows(extent), column=column),
        *_object_tables(cells, extent, scenes=scenes),
        figure_table("labels learned from", labels, *_rows(extent), column=column, digits=0),
    ]
    chart = draw_curves(
        "Unseen scenes after learning from " + ("few scenes" if scenes else "few points"),
        _curves(voxels, extent.methods),
        x_label="scenes, %" if scenes else "points per scene",
        y_label="mIoU of voxels, %",
    )
    return tables, chart


def _object_tables(cells: Cells, extent: Extent, *, scenes: bool) -> list[str]:
    """Return the tables of objects, where they were learned."""
    if not all("AP50 voxels" in values for values in cells.values()):
        return []
    known = paper.LIMITED_SCENES_OBJECTS if scenes else paper.LIMITED_ANNOTATIONS_OBJECTS
    column = "{} % of scenes".format if scenes else "{} points".format
    voxels = over_seeds(cells, mean_of("AP50 voxels"))
    points = over_seeds(cells, mean_of("AP50 points"))
    return [
        figure_table("AP50 of voxels, %", voxels, *_rows(extent), column=column, paper=known),
        figure_table("AP50 of points, %", points, *_rows(extent), column=column),
    ]


def partitions_page(cells: Cells, extent: Extent) -> tuple[list[str], str]:
    """Return the tables and the picture of `partitions`."""
    probe = over_seeds(cells, mean_of("probe"))
    share = over_seeds(cells, share_of("objects", "all objects"))
    column = "{} matches".format
    tables = []
    for title, figures in (
        ("mIoU of a linear head on 50 points, %", probe),
        ("objects touched by 20 points, %", share),
    ):
        plain = figures.get((UNTRAINED, 0))
        table = figure_table(title, figures, *_rows(extent), column=column)
        tables.append(table + (f"\n\nUntrained: {plain.mean:.1f}." if plain else ""))
    tables.append(
        figure_table(
            "AP50 of instances, %", {}, [], extent.budgets, column=column, paper=paper.PARTITIONS
        )
    )
    bound = probe.get((UNTRAINED, 0))
    curves = _curves(probe, extent.methods)
    if bound:
        points = [Point(budget, bound.mean) for budget in extent.budgets]
        curves.append(Curve("untrained", points, bound=True))
    chart = draw_curves(
        "Features after a short pre-training",
        curves,
        x_label="matches per pair of views",
        y_label="mIoU of a linear head, %",
        percent=False,
    )
    return tables, chart


def _rows(extent: Extent) -> tuple[Sequence[str], Sequence[int]]:
    return extent.methods, extent.budgets


def _curves(figures: Figures, methods: Sequence[str]) -> list[Curve]:
    return [
        Curve(
            method,
            [Point(b, f.mean, f.spread) for (name, b), f in figures.items() if name == method],
        )
        for method in methods
    ]


def _paper_curves(extent: Extent) -> list[Curve]:
    """Return the paper's curves at the budgets that were measured, as bounds are drawn."""
    return [
        Curve(
            f"paper: {row.label}",
            [Point(b, row.values[b]) for b in extent.budgets if b in row.values],
            bound=True,
        )
        for row in paper.COVERAGE.rows
    ]


def _by_selection(methods: Sequence[str]) -> Mapping[str, str]:
    """Return one method per way to choose points -> that way: its clicks are the same."""
    first: dict[str, str] = {}
    for method in methods:
        first.setdefault(method.partition("/")[0], method)
    return {method: selection for selection, method in first.items()}
