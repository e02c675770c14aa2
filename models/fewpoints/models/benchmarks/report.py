# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""From figures to a page: tables beside the paper's numbers, and what they were measured on."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

import torch

from fewpoints.models.benchmarks.paper import PaperTable
from fewpoints.models.benchmarks.runs import Key, Values
from fewpoints.models.nets.checkpoint import LoadedNetwork

Cells = Mapping[Key, Values]


class Figure(NamedTuple):
    """Mean over seeds, and the standard deviation between them (0 for one seed)."""

    mean: float
    spread: float
    seeds: int


Figures = Mapping[tuple[str, int], Figure]  # (method, budget) -> figure


def over_seeds(
    cells: Cells, value: Callable[[Sequence[Values]], float]
) -> dict[tuple[str, int], Figure]:
    """Reduce the scenes of each method, budget and seed by `value`, then average over seeds.

    Where `value` is NaN the seed does not count; a method and budget without any has no figure.
    """
    groups: dict[tuple[str, int], dict[int, list[Values]]] = defaultdict(lambda: defaultdict(list))
    for key, values in cells.items():
        groups[key.method, key.budget][key.seed].append(values)
    figures = {}
    for group, by_seed in groups.items():
        found = [v for v in map(value, by_seed.values()) if not math.isnan(v)]
        if found:
            spread = statistics.stdev(found) if len(found) > 1 else 0.0
            figures[group] = Figure(statistics.fmean(found), spread, len(found))
    return figures


def mean_of(measure: str) -> Callable[[Sequence[Values]], float]:
    """Return what averages a measure over scenes, in percent; scenes without it do not count."""

    def value(scenes: Sequence[Values]) -> float:
        known = [scene[measure] for scene in scenes if not math.isnan(scene[measure])]
        return 100 * statistics.fmean(known) if known else math.nan

    return value


def total_of(measure: str) -> Callable[[Sequence[Values]], float]:
    """Return what adds up a measure over scenes."""
    return lambda scenes: math.fsum(scene[measure] for scene in scenes)


def share_of(part: str, whole: str) -> Callable[[Sequence[Values]], float]:
    """Return what divides two sums over scenes, in percent; NaN where the whole is 0."""

    def value(scenes: Sequence[Values]) -> float:
        everything = math.fsum(scene[whole] for scene in scenes)
        some = math.fsum(scene[part] for scene in scenes)
        return 100 * some / everything if everything else math.nan

    return value


def figure_table(
    title: str,
    figures: Figures,
    methods: Sequence[str],
    budgets: Sequence[int],
    *,
    column: Callable[[int], str] = "{} points".format,
    paper: PaperTable | None = None,
    labels: Mapping[str, str] | None = None,
    digits: int = 1,
) -> str:
    """Return a Markdown table: a row per method, then the paper's rows in italics.

    Args:
        title: of the first column: what is measured.
        column: how a budget is shown.
        labels: what a method is called; its own name by default.
        digits: after the point.
    """
    names = labels or {}
    rows = [
        [
            names.get(method, method),
            *(_cell(figures.get((method, budget)), digits) for budget in budgets),
        ]
        for method in methods
    ]
    known = [row for row in paper.rows if row.values.keys() & set(budgets)] if paper else []
    for row in known:
        values = [row.values.get(budget) for budget in budgets]
        shown = ["–" if v is None else f"*{v:.1f}*" for v in values]
        rows.append([f"*paper: {row.label}*", *shown])
    text = markdown([title, *map(column, budgets)], rows)
    if paper is None or not known:
        return text
    return f"{text}\n\nThe paper's numbers are of other scenes ({paper.source})."


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table whose columns after the first are numbers."""
    lines = [list(head), ["---", *("---:" for _ in head[1:])], *map(list, rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _cell(figure: Figure | None, digits: int) -> str:
    if figure is None:
        return "–"
    mean = f"{figure.mean:,.{digits}f}"
    return mean if figure.seeds < 2 else f"{mean} ± {figure.spread:,.{digits}f}"


def provenance(
    cells: Cells,
    *,
    data: str,
    weights: str,
    seeds: Sequence[int],
    extra: Sequence[str] = (),
) -> str:
    """Return what the figures were measured on, as a Markdown list."""
    seconds = math.fsum(values.get("seconds", 0.0) for values in cells.values())
    lines = [
        f"Data: {data}.",
        *extra,
        f"{len(seeds)} {'seed' if len(seeds) == 1 else 'seeds'}"
        + (": mean ± standard deviation between seeds." if len(seeds) > 1 else ", so no spread."),
        f"Weights: {weights}. fewpoints {version('fewpoints')}, PyTorch {torch.__version__}.",
        f"Machine: {os.cpu_count()} cores ({platform.machine()}); {_duration(seconds)} for "
        f"{len(cells):,} {'figure' if len(cells) == 1 else 'figures'}.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def weights_of(network: LoadedNetwork) -> str:
    """Return which weights these are, for people."""
    known = "untrained" if network.untrained else f"sha256 {network.sha256[:12]}"
    return f"{network.meta.arch}, {known}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
