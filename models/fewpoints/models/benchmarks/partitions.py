# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What partitions of the scene and more matches per pair are worth in pre-training (fig. 3).

Every figure is a pre-training run of its own, from random weights, whose features are then measured
as they are: objects touched by a selection, and a linear head on few points of the same scan. The
paper fine-tunes each run on S3DIS instead, for which these short runs are no stand-in. Methods are
numbers of partitions, budgets matches per pair. Untrained weights are measured as well, with a
budget of 0.
"""

from __future__ import annotations

import math
import shutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import Dataset, countable_instances
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.methods import PreparedScene, Setting, prepare_scene
from fewpoints.models.benchmarks.runs import Key, Run, Values
from fewpoints.models.evaluation.frozen_features import coverage, probe
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network, untrained_network
from fewpoints.models.pretrain.config import PretrainConfig, make_config
from fewpoints.models.pretrain.sources import Source
from fewpoints.models.pretrain.steps import CHECKPOINT
from fewpoints.models.pretrain.trainer import pretrain

PROTOCOL = "partitions"
COUNTS = (1, 2, 4, 8, 16, 32)
UNTRAINED = "untrained"
ALL_TOGETHER = ""
_TOUCHING, _PROBED = 20, 50


@dataclass(frozen=True, eq=False)
class PartitionStudy:
    """What is pre-trained on and what features are measured on.

    config: but for the seed, the partitions and the points.
    """

    sources: Sequence[Source]
    dataset: Dataset
    scenes: tuple[str, ...]
    config: PretrainConfig
    setting: Setting


def partition_methods(counts: Sequence[int]) -> tuple[str, ...]:
    """Return a method per number of partitions. Raises BadProtocol for a number that is none."""
    for count in counts:
        if count not in COUNTS:
            known = ", ".join(map(str, COUNTS))
            raise BadProtocol(f"There are no {count} partitions. Use any of: {known}.")
    return tuple("1 partition" if count == 1 else f"{count} partitions" for count in counts)


def partition_keys(extent: Extent) -> list[Key]:
    """Return all figures, the untrained ones first."""
    untrained = [Key(ALL_TOGETHER, UNTRAINED, 0, seed) for seed in extent.seeds]
    return untrained + extent.of_scene(ALL_TOGETHER)


def run_partitions(
    run: Run, study: PartitionStudy, extent: Extent, progress: Progress = no_progress
) -> None:
    """Pre-train and measure whatever is missing; a run that was cut short goes on by itself."""
    missing = run.missing(partition_keys(extent))
    for index, key in enumerate(missing):
        report = part_of(progress, index / len(missing), (index + 1) / len(missing))
        began = time.monotonic()
        work = run.folder / "pretraining" / f"{key.method} {key.budget} {key.seed}"
        if key.method == UNTRAINED:
            network = untrained_network(
                study.config.arch, out_channels=study.config.channels, seed=key.seed
            )
        else:
            network = _pretrained(study, key, work, part_of(report, 0, 0.9))
        values = measure_features(study, network, key.seed, part_of(report, 0.9, 1))
        run.add(key, {**values, "seconds": round(time.monotonic() - began, 3)})
        shutil.rmtree(work, ignore_errors=True)
    progress(1.0, "All figures are there")


def run_config(config: PretrainConfig, key: Key) -> PretrainConfig:
    """Return how one figure's network is pre-trained."""
    given = config.model_dump(exclude={"preset", "method", "partition", "partitions"})
    given |= {"points": key.budget, "seed": key.seed, "partitions": int(key.method.split()[0])}
    return make_config(config.preset, config.method, partition="paper", **given)


def _pretrained(study: PartitionStudy, key: Key, work: Path, progress: Progress) -> LoadedNetwork:
    def report(fraction: float, sentence: str) -> None:
        progress(fraction, f"{key.method}, {key.budget} points: {sentence}")

    if not (work / CHECKPOINT).exists():  # Else it was finished, but not measured.
        work.parent.mkdir(exist_ok=True)
        pretrain(
            study.sources,
            run_config(study.config, key),
            run_dir=work,
            resume=(work / "config.json").exists(),
            device=study.setting.device,
            progress=report,
        )
    return load_network(work / CHECKPOINT)


def measure_features(
    study: PartitionStudy, network: LoadedNetwork, seed: int, progress: Progress = no_progress
) -> Values:
    """Return what features are worth, over all scenes."""
    setting = replace(study.setting, network=network)
    touched, everything, probes = 0, 0, []
    for index, name in enumerate(study.scenes):
        progress(index / len(study.scenes), f"Measuring on {name}")
        scene = prepare_scene(
            study.dataset.read(name), setting, largest_budget=_PROBED, title=study.dataset.title
        )
        truth = replace(
            scene.truth, instances=countable_instances(scene.truth, study.dataset.classes)
        )
        touched += coverage(truth, scene.rows("kmeans_features", _TOUCHING, seed)).objects
        everything += coverage(truth, np.arange(len(truth.scan))).objects
        value = _probe(scene, seed)
        if not math.isnan(value):
            probes.append(value)
    return {
        "objects": touched,
        "all objects": everything,
        "probe": statistics.fmean(probes) if probes else math.nan,
    }


def _probe(scene: PreparedScene, seed: int) -> float:
    """Fit a head to random points with a class; the same ones for every network."""
    labelled = np.flatnonzero((scene.truth.classes != UNLABELLED) & scene.truth.scan.finite)
    rng = np.random.default_rng([11, seed])
    chosen = rng.choice(labelled, min(_PROBED, len(labelled)), replace=False)
    return probe(scene.features, scene.truth.classes, chosen)
