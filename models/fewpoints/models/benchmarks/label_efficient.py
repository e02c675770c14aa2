# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Learning from little, scored on scenes that were never seen.

*Limited annotations* (la): a few points of every training scene are answered; budgets are points
per scene, methods "start/selection". *Limited scenes* (lr): a few training scenes are labelled
whole; budgets are percent of the scenes, methods starts, and each seed draws its own scenes. A
start is the given weights ("pre-trained") or random ones of the same network ("scratch").

Scores add up all test scenes first, on points and, as the paper's, on voxels; classes that the test
scenes do not have are left out of the mean. Where objects are learned too, so is AP at IoU 0.5.

Letters used in shapes: N points, L answers.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import Dataset
from fewpoints.annotations.datasets.limited import keep_listed_points
from fewpoints.annotations.datasets.scene_lists import read_scene_list
from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.models.benchmarks.chosen_points import PointsOfScenes
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.methods import (
    METHOD_NAMES,
    PreparedScene,
    Setting,
    check_methods,
    prepare_scene,
)
from fewpoints.models.benchmarks.runs import Key, Run, Values
from fewpoints.models.benchmarks.unseen import scene_scores, score_scene
from fewpoints.models.features.extract import scan_voxels
from fewpoints.models.metrics.voxel_labels import voxel_classes
from fewpoints.models.nets.checkpoint import LoadedNetwork, load_network, untrained_network
from fewpoints.models.selection.files import read_points_pth
from fewpoints.models.training.config import FROZEN
from fewpoints.models.training.errors import NotEnoughAnswers
from fewpoints.models.training.finetune import FinetuneConfig, LabelledScan, finetune

LIMITED_ANNOTATIONS, LIMITED_SCENES = "la", "lr"
SCRATCH, PRE_TRAINED = "scratch", "pre-trained"
STARTS = (SCRATCH, PRE_TRAINED)
LISTED = "listed"
ALL_TOGETHER = ""


@dataclass(frozen=True, eq=False)
class Study:
    """What is learned from and scored on.

    train, test: scenes of `source` and `target`, none in both. config: but for the seed. lists: a
    folder of the benchmark's own lists of points or scenes. labels_per_scene: of a scene that is
    labelled whole, one point of so many voxels at most.
    """

    source: Dataset
    target: Dataset
    train: tuple[str, ...]
    test: tuple[str, ...]
    config: FinetuneConfig
    setting: Setting
    lists: Path | None = None
    labels_per_scene: int = 10_000
    _scenes: dict[str, PreparedScene] = field(default_factory=dict)
    _tests: dict[str, PreparedScene] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.source.classes != self.target.classes:
            raise BadProtocol(
                f"{self.source.title} and {self.target.title} have different classes, so what is "
                "learned on one cannot be scored on the other."
            )

    def scene(self, name: str, largest_budget: int = 1) -> PreparedScene:
        """Return a training scene, which stays in memory."""
        if name not in self._scenes:
            truth = self.source.read(name)
            self._scenes[name] = prepare_scene(
                truth, self.setting, largest_budget=largest_budget, title=self.source.title
            )
        return self._scenes[name]

    def test_scene(self, name: str) -> PreparedScene:
        """Return a test scene, which stays in memory where features are kept."""
        if name in self._tests:
            return self._tests[name]
        setting = self.setting
        if setting.features is not None:  # A training scene may have the same name.
            setting = replace(setting, features=setting.features / "test")
        scene = prepare_scene(
            self.target.read(name), setting, largest_budget=1, title=self.target.title
        )
        if setting.features is not None:
            self._tests[name] = scene
        return scene

    def start(self, name: str, seed: int) -> LoadedNetwork:
        """Return the weights to begin with."""
        given = self.setting.network
        if name == PRE_TRAINED:
            return given
        return untrained_network(given.meta.arch, out_channels=given.meta.out_channels, seed=seed)


def learning_scenes(
    source: Dataset, target: Dataset | None, *, train: int | None, test: int | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the training and the test scenes, at most so many of each.

    They are the splits "train" and "val" (else "test") where there are such; else the test scenes
    are drawn from all, a quarter by default, and the rest is trained on. With a data set `target`
    of its own, its scenes are the test.

    Raises:
        BadProtocol: one of the two is empty.
    """
    tested = source if target is None else target
    split = next((name for name in ("val", "test") if name in tested.splits), None)
    testing = _here(tested, split)
    if target is None and split is None:
        test = max(1, len(testing) // 4) if test is None else test
    testing = _some(testing, test)
    learning = _here(source, "train" if "train" in source.splits else None)
    if target is None:
        learning = [name for name in learning if name not in testing]
    learning = _some(learning, train)
    for what, names, dataset in (("train on", learning, source), ("score on", testing, tested)):
        if not names:
            raise BadProtocol(
                f"{dataset.title}: there is no scene to {what}. Add scenes, or name another data "
                "set to score on."
            )
    return tuple(learning), tuple(testing)


def _here(dataset: Dataset, split: str | None) -> list[str]:
    known = set(dataset.names)
    return [name for name in dataset.scenes(split) if name in known]


def _some(names: list[str], count: int | None) -> list[str]:
    if count is None or count >= len(names):
        return names
    chosen = np.random.default_rng(0).permutation(len(names))[:count]
    return [names[index] for index in sorted(chosen.tolist())]


def annotation_methods(
    starts: Sequence[str], selections: Sequence[str], *, lists: Path | None
) -> tuple[str, ...]:
    """Return "start/selection" names; `LISTED` is a selection where there are lists."""
    check_methods(starts, STARTS)
    known = (*METHOD_NAMES, LISTED) if lists is not None else METHOD_NAMES
    check_methods(selections, known)
    return tuple(dict.fromkeys(f"{start}/{name}" for start in starts for name in selections))


def run_limited_annotations(
    run: Run, study: Study, extent: Extent, progress: Progress = no_progress
) -> None:
    """Choose points in every training scene, then learn from each choice and score it."""
    missing = run.missing(extent.of_scene(ALL_TOGETHER))
    if not missing:
        return
    points = _choose(run, study, missing, part_of(progress, 0, 0.2))

    def labelled(key: Key) -> list[LabelledScan]:
        selection = key.method.partition("/")[2]
        wanted = Key("", selection, key.budget, key.seed)
        return [_labelled(study.scene(name), points.rows(name, wanted)) for name in study.train]

    _learn_all(run, study, missing, labelled, part_of(progress, 0.2, 1))


def run_limited_scenes(
    run: Run, study: Study, extent: Extent, progress: Progress = no_progress
) -> None:
    """Learn from some training scenes that are labelled whole, and score it."""

    def labelled(key: Key) -> list[LabelledScan]:
        names = limited_scenes(study.train, key.budget, key.seed, study.lists)
        return [_labelled_whole(study.scene(name), study.labels_per_scene) for name in names]

    _learn_all(run, study, run.missing(extent.of_scene(ALL_TOGETHER)), labelled, progress)


def limited_scenes(
    train: Sequence[str], percent: int, seed: int, lists: Path | None = None
) -> tuple[str, ...]:
    """Return the scenes that a subset of so many percent has, at least one.

    With a folder of lists they are those of `<percent>.txt`, whatever the seed.

    Raises:
        BadProtocol: more than 100 percent, or none of the listed scenes is there.
    """
    if lists is not None:
        listed = read_scene_list(lists / f"{percent}.txt")
        here = tuple(name for name in listed if name in set(train))
        if not here:
            raise BadProtocol(f"None of the {len(listed)} scenes of {percent}.txt is there.")
        return here
    if percent > 100:
        raise BadProtocol(f"{percent} % of the scenes are more than there are.")
    count = max(1, round(len(train) * percent / 100))
    chosen = np.random.default_rng([seed, percent]).permutation(len(train))[:count]
    return tuple(train[index] for index in sorted(chosen.tolist()))


def _choose(run: Run, study: Study, missing: list[Key], progress: Progress) -> PointsOfScenes:
    """Choose, or read from the lists, the points that every missing figure needs."""
    wanted = list(dict.fromkeys(Key("", k.method.partition("/")[2], *k[2:]) for k in missing))
    largest = max(key.budget for key in wanted)
    points = PointsOfScenes(run.folder / "points")
    lists: dict[int, Mapping[str, NDArray[np.int64]]] = {}
    for index, name in enumerate(study.train):
        progress(index / len(study.train), f"Choosing points of {name}")
        scene = study.scene(name, largest)
        chosen = {}
        for key in points.missing(name, wanted):
            if key.method != LISTED:
                chosen[key] = scene.rows(key.method, key.budget, key.seed)
                continue
            assert study.lists is not None
            file = study.lists / f"points{key.budget}"
            if key.budget not in lists:
                lists[key.budget] = read_points_pth(file)
            kept = keep_listed_points(scene.truth, lists[key.budget], name=file.name)
            chosen[key] = np.flatnonzero(kept.classes != UNLABELLED)
        points.add(name, chosen)
        scene.forget()
    return points


def _labelled(scene: PreparedScene, rows: NDArray[np.int64]) -> LabelledScan:
    rows = scene.answers(rows)
    return LabelledScan(
        scene.truth.name,
        scene.truth.scan,
        rows,
        scene.truth.classes[rows],
        voxel_size_m=scene.voxel_size_m,
        instances=scene.truth.instances[rows],
    )


def _with_features(study: Study, scans: list[LabelledScan]) -> list[LabelledScan]:
    """Give scans the features of the given weights, if there is a folder to keep them in."""
    if study.setting.features is None:
        return scans
    found = []
    for scan in scans:
        scene = study.scene(scan.name)
        found.append(replace(scan, features=scene.features, superpoints=scene.superpoints))
    return found


def _labelled_whole(scene: PreparedScene, most: int) -> LabelledScan:
    """Label one point of every voxel whose points agree, at most so many of them."""
    voxels = scan_voxels(scene.truth.scan, scene.voxel_size_m)
    known = np.flatnonzero(voxel_classes(scene.truth.classes, voxels) != UNLABELLED)
    chosen = np.random.default_rng(7).permutation(known)[:most]
    return _labelled(scene, np.sort(voxels.first_point[chosen]))


def _learn_all(
    run: Run,
    study: Study,
    missing: list[Key],
    labelled: Callable[[Key], list[LabelledScan]],
    progress: Progress,
) -> None:
    for index, key in enumerate(missing):
        start, _, selection = key.method.partition("/")
        told = f"{start}{' ' + selection if selection else ''}, {key.budget}, seed {key.seed}"
        report = part_of(progress, index / len(missing), (index + 1) / len(missing))
        report(0.0, told)
        began = time.monotonic()
        scans = labelled(key)
        if start == PRE_TRAINED:
            scans = _with_features(study, scans)
        values = _learn(
            study,
            scans,
            study.start(start, key.seed),
            study.config.model_copy(update={"seed": key.seed, "holdout": 0.0}),
            run.folder / "learning",
            _saying(report, told),
        )
        run.add(key, {**values, "seconds": round(time.monotonic() - began, 3)})
        shutil.rmtree(run.folder / "learning", ignore_errors=True)
    progress(1.0, "All figures are there")


def _saying(progress: Progress, what: str) -> Progress:
    return lambda fraction, sentence: progress(fraction, f"{what}: {sentence}")


def _learn(
    study: Study,
    labelled: list[LabelledScan],
    start: LoadedNetwork,
    config: FinetuneConfig,
    work: Path,
    progress: Progress,
) -> Values:
    stuff = [c.index for c in study.source.classes if not c.instanceable]
    try:
        result = finetune(
            labelled,
            start,
            study.source.classes.names,
            config,
            run_dir=work,
            stuff=stuff,
            device=study.setting.device,
            progress=part_of(progress, 0, 0.8),
        )
    except NotEnoughAnswers as error:
        count = sum(len(scan.rows) for scan in labelled)
        scenes = "1 scene" if len(labelled) == 1 else f"{len(labelled)} scenes"
        raise BadProtocol(
            f"{count} labels in {scenes} are too little to learn from: {error.message} Ask for "
            "more points or scenes."
        ) from error
    learned = load_network(result.path)
    scores = []
    for index, name in enumerate(study.test):
        progress(0.8 + 0.2 * index / len(study.test), name)
        scores.append(
            score_scene(
                study.test_scene(name),
                learned,
                len(study.target.classes),
                same_features=study.setting.features is not None
                and config.variant in FROZEN
                and start.sha256 == study.setting.network.sha256,
            )
        )
    told_apart = [c.index for c in study.target.classes if c.instanceable]
    return {
        **scene_scores(scores, told_apart if config.instances else ()),
        "labels": sum(len(scan.rows) for scan in labelled),
        "scenes": len(labelled),
    }
