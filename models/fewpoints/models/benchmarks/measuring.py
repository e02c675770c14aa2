# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Measure scene by scene whatever a run lacks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from fewpoints.annotations.datasets.dataset import Dataset
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.methods import PreparedScene, Setting, prepare_scene
from fewpoints.models.benchmarks.runs import Key, Run, Values


@dataclass(frozen=True)
class Extent:
    """Which figures are wanted: every scene by every method, budget and seed."""

    scenes: tuple[str, ...]
    methods: tuple[str, ...]
    budgets: tuple[int, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        for what in ("scenes", "methods", "budgets", "seeds"):
            if not getattr(self, what):
                raise BadProtocol(f"There is nothing to measure: no {what} were given.")
        if min(self.budgets) < 1 or min(self.seeds) < 0:
            raise BadProtocol("Budgets must be 1 or more, seeds 0 or more.")

    def of_scene(self, scene: str) -> list[Key]:
        """Return the figures of one scene, in the order in which they are measured."""
        return [
            Key(scene, method, budget, seed)
            for seed in self.seeds
            for budget in self.budgets
            for method in self.methods
        ]


def measure_scenes(
    run: Run,
    dataset: Dataset,
    extent: Extent,
    setting: Setting,
    measure: Callable[[PreparedScene, Key], Values],
    progress: Progress = no_progress,
) -> None:
    """Add all figures of `extent` that `run` lacks. Each also says how many `seconds` it took."""
    missing = {scene: run.missing(extent.of_scene(scene)) for scene in extent.scenes}
    total, done = sum(map(len, missing.values())), 0
    for scene, keys in missing.items():
        if not keys:
            continue
        progress(done / total, f"Reading {scene}")
        ready = prepare_scene(
            dataset.read(scene), setting, largest_budget=max(extent.budgets), title=dataset.title
        )
        for key in keys:
            progress(done / total, f"{scene}: {key.method}, {key.budget} points, seed {key.seed}")
            began = time.monotonic()
            values = measure(ready, key)
            run.add(key, {**values, "seconds": round(time.monotonic() - began, 3)})
            done += 1
    progress(1.0, "All figures are there")


def wanted_cells(run: Run, extent: Extent) -> dict[Key, Values]:
    """Return the figures of `extent` that are there."""
    keys = [key for scene in extent.scenes for key in extent.of_scene(scene)]
    return {key: run.cells[key] for key in keys if key in run.cells}
