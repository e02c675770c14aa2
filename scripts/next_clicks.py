# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What ten more answers were predicted to bring on simulated flats, and what they brought.

`fewpoints simulate --out flats --scenes 10 --seed 930000`, then
`python scripts/next_clicks.py flats`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewpoints.models.benchmarks.methods import PreparedScene, Setting, prepare_scene
from fewpoints.models.datasets.registry import open_dataset
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.learning_curve.held_out import changed_share, held_out_steps, run
from fewpoints.models.learning_curve.saturation import CLICKS, expected_gain, verdict
from fewpoints.models.nets.checkpoint import load_network
from fewpoints.models.superpoints.look import looks

ANSWERS = (40, 50, 60, 80, 100, 130)
CLICKED = 150
MAX_POINTS = 60_000
# Whether features are used, and how points are chosen.
CASES = ((True, "mixed"), (True, "random"), (False, "mixed"), (False, "random"))


class Prediction(NamedTuple):
    """Shares of a flat's points."""

    expected: float
    low: float
    high: float
    brought: float
    stop: bool


def predictions(
    scene: PreparedScene, labeller: DenseLabeller, rows: NDArray[np.int64]
) -> Iterator[Prediction]:
    """Compare for each number of answers, in the order of (Q,) clicked rows."""
    truth = scene.truth.classes.astype(np.int64)
    rows = scene.answers(rows)
    known = scene.answers(np.arange(len(truth)))

    def right(count: int) -> float:
        labels = labeller.label(rows[:count], truth[rows[:count]]).classes
        return float((labels == truth)[known].mean())

    for count in ANSWERS:
        if count + CLICKS > len(rows):
            return
        some = rows[:count]
        held = run(held_out_steps(labeller, some, truth[some]))
        gain = expected_gain(held, changed_share(labeller, some, truth[some], CLICKS))
        yield Prediction(
            gain.expected,
            gain.low,
            gain.high,
            right(count + CLICKS) - right(count),
            verdict(count, gain) == "stop",
        )


def main() -> None:
    dataset = open_dataset(Path(sys.argv[1]))
    setting = Setting(load_network(None), max_points=MAX_POINTS)
    found: dict[tuple[bool, str], list[Prediction]] = {case: [] for case in CASES}
    for name in dataset.names:
        scene = prepare_scene(
            dataset.read(name), setting, largest_budget=CLICKED, title=sys.argv[1]
        )
        plain = DenseLabeller(
            scene.superpoints, looks(scene.superpoints, None), scene.truth.scan.positions
        )
        for features, strategy in CASES:
            labeller = scene.labeller if features else plain
            rows = scene.rows(strategy, CLICKED, 0)
            found[features, strategy] += predictions(scene, labeller, rows)
        scene.forget()
    for (features, strategy), made in found.items():
        expected, low, high, brought, stop = (
            np.array(column) for column in zip(*made, strict=True)
        )
        inside = (low - 5e-4 <= brought) & (brought <= high + 5e-4)
        said = stop.astype(bool)
        sys.stdout.write(
            f"{strategy}, {'features' if features else 'no features'}: {len(made)} predictions,"
            f" expected {expected.mean():.2%}, brought {brought.mean():.2%},"
            f" inside {inside.mean():.0%}, above {(brought > high + 5e-4).mean():.0%};"
            f" stop {said.sum()} times: {brought[said].mean():.2%} on average,"
            f" 1 % or more {(brought[said] >= 0.01).sum()} times;"
            f" go on: {brought[~said].mean():.2%}\n"
        )


if __name__ == "__main__":
    main()
