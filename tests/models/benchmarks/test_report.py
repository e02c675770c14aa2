# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import math
import statistics

import numpy as np

from fewpoints.models.benchmarks import paper
from fewpoints.models.benchmarks.report import (
    Figure,
    figure_table,
    mean_of,
    over_seeds,
    provenance,
    share_of,
)
from fewpoints.models.benchmarks.runs import Key


def test_figures_are_those_of_plain_loops() -> None:
    rng = np.random.default_rng(0)
    cells: dict[Key, dict[str, float]] = {
        Key(scene, method, budget, seed): {
            "hit": int(rng.integers(1, 5)),
            "all": 9,
            "mIoU": rng.random(),
        }
        for scene in "abc"
        for method in ("one", "two")
        for budget in (20, 50)
        for seed in range(3)
    }
    means = over_seeds(cells, mean_of("mIoU"))
    shares = over_seeds(cells, share_of("hit", "all"))
    for method in ("one", "two"):
        for budget in (20, 50):
            of_seeds, shares_of_seeds = [], []
            for seed in range(3):
                chosen = [cells[Key(scene, method, budget, seed)] for scene in "abc"]
                of_seeds.append(100 * sum(c["mIoU"] for c in chosen) / 3)
                shares_of_seeds.append(100 * sum(c["hit"] for c in chosen) / 27)
            found = means[method, budget]
            np.testing.assert_allclose(
                (found.mean, found.spread), (sum(of_seeds) / 3, statistics.stdev(of_seeds))
            )
            np.testing.assert_allclose(shares[method, budget].mean, sum(shares_of_seeds) / 3)


def test_scenes_and_seeds_without_a_value_do_not_count() -> None:
    cells = {
        Key("a", "m", 20, 0): {"mIoU": 0.5},
        Key("b", "m", 20, 0): {"mIoU": math.nan},
        Key("a", "m", 20, 1): {"mIoU": math.nan},
        Key("a", "n", 20, 0): {"mIoU": math.nan},
    }
    assert over_seeds(cells, mean_of("mIoU")) == {("m", 20): Figure(50.0, 0.0, 1)}


def test_the_papers_rows_stand_beside_ours_where_it_has_the_budget() -> None:
    figures = {("diverse", 20): Figure(48.04, 1.26, 3), ("diverse", 30): Figure(50, 0, 1)}
    table = figure_table("objects", figures, ["diverse"], [20, 30], paper=paper.COVERAGE)
    assert table.splitlines()[:4] == [
        "| objects | 20 points | 30 points |",
        "| --- | ---: | ---: |",
        "| diverse | 48.0 ± 1.3 | 50.0 |",
        "| *paper: k-means of position and colour* | *25.5* | – |",
    ]
    assert table.endswith("(fig. 7: 200 cluttered scenes of ScanNet with 2,873 objects).")


def test_budgets_that_the_paper_has_not_get_none_of_its_rows() -> None:
    table = figure_table("objects", {}, ["diverse"], [7], paper=paper.COVERAGE)
    assert table.splitlines() == ["| objects | 7 points |", "| --- | ---: |", "| diverse | – |"]


def test_the_papers_shares_are_its_counts_over_its_objects() -> None:
    counts = ((734, 1034, 1386, 1688), (1151, 1726, 2153, 2456))
    for row, published in zip(paper.COVERAGE.rows, counts, strict=True):
        for share, count in zip(row.values.values(), published, strict=True):
            assert abs(share - 100 * count / 2873) < 0.07


def test_the_origin_says_what_a_reader_needs_to_repeat_it() -> None:
    cells = {Key("a", "m", 20, 0): {"mIoU": 0.5, "seconds": 7200.0}}
    text = provenance(
        cells, data="Rooms, 1 scene (a)", weights="Net, sha256 abc", seeds=[0], extra=["Thin."]
    )
    assert text.splitlines()[:3] == [
        "- Data: Rooms, 1 scene (a).",
        "- Thin.",
        "- 1 seed, so no spread.",
    ]
    assert "Weights: Net, sha256 abc. fewpoints " in text
    assert "2.0 h for 1 figure." in text
