# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How many different objects the chosen points touch (fig. 7 of Contrastive Scene Contexts)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.datasets.dataset import Dataset, countable_instances
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.models.benchmarks.measuring import Extent, measure_scenes
from fewpoints.models.benchmarks.methods import PreparedScene, Setting
from fewpoints.models.benchmarks.runs import Key, Run, Values
from fewpoints.models.evaluation.frozen_features import coverage

PROTOCOL = "coverage"


def run_coverage(
    run: Run,
    dataset: Dataset,
    extent: Extent,
    setting: Setting,
    progress: Progress = no_progress,
) -> None:
    """Measure what is missing: objects and classes touched, and how many there are."""
    measure_scenes(
        run, dataset, extent, setting, lambda s, k: scene_coverage(s, k, dataset.classes), progress
    )


def scene_coverage(scene: PreparedScene, key: Key, classes: ClassList) -> Values:
    """Return objects and classes that are touched, and all that the scan has.

    Objects are those that instance benchmarks count: of a class whose objects can be told apart.
    """
    truth = replace(scene.truth, instances=countable_instances(scene.truth, classes))
    touched = coverage(truth, scene.rows(key.method, key.budget, key.seed))
    everything = coverage(truth, np.arange(len(truth.scan)))
    return {
        "objects": touched.objects,
        "all objects": everything.objects,
        "classes": touched.classes,
        "all classes": everything.classes,
    }
