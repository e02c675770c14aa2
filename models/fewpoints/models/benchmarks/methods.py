# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to choose points, by name, and what they may look at: a scene made ready.

Letters used in shapes: N points, F features, K chosen points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import Dataset, GroundTruth
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.densify.labeller import DenseLabeller
from fewpoints.models.features.extract import (
    extract_features,
    extract_features_to,
    open_features,
)
from fewpoints.models.nets.checkpoint import LoadedNetwork
from fewpoints.models.selection.options import (
    STRATEGY_NAMES,
    AnyStrategy,
    needs_answers,
    needs_features,
    needs_superpoints,
    strategy_options,
)
from fewpoints.models.selection.registry import select_points
from fewpoints.models.superpoints.look import looks, mean_directions
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints

_REFERENCE = "_reference"
ALL_SCENES = "all"
# Strategies that look at answers are given those of the rounds before.
FIRST_ROUND, LATER_ROUNDS = 20, 5
# Every strategy, and k-means as the published script scales its columns.
METHOD_NAMES: tuple[str, ...] = tuple(
    name
    for strategy in STRATEGY_NAMES
    for name in ((strategy, strategy + _REFERENCE) if "kmeans" in strategy else (strategy,))
)


def check_methods(names: Sequence[str], known: Sequence[str] = METHOD_NAMES) -> tuple[str, ...]:
    """Return different names in the order given. Raises BadProtocol for one that is unknown."""
    for name in names:
        if name not in known:
            raise BadProtocol(f'There is no method "{name}". Use any of: {", ".join(known)}.')
    return tuple(dict.fromkeys(names))


def method_options(name: str, seed: int) -> AnyStrategy:
    """Return the options of the strategy that a method is."""
    if name.endswith(_REFERENCE):
        return strategy_options(name.removesuffix(_REFERENCE), scaling="reference", seed=seed)
    return strategy_options(name, seed=seed)


@dataclass(frozen=True)
class Setting:
    """How scenes are made ready.

    voxel_size_m: None for what the preflight proposes for each scan. max_points: thin out larger
    scans to so many points. device: "auto", "cpu", "cuda", … features: a folder to keep features
    in, which belong to these weights and this voxel size; else they are in memory.
    """

    network: LoadedNetwork
    voxel_size_m: float | None = None
    max_points: int | None = None
    device: str = "auto"
    features: Path | None = None

    def course(self) -> dict[str, str | float | int | None]:
        """Return what figures depend on, as JSON values."""
        return {
            "weights": "untrained" if self.network.untrained else self.network.sha256,
            "voxel size": self.voxel_size_m or "proposed for each scan",
            "most points": self.max_points,
        }


@dataclass(eq=False)
class PreparedScene:
    """A scene with all that methods look at, each made when it is first asked for."""

    truth: GroundTruth
    voxel_size_m: float
    setting: Setting
    _chosen: dict[tuple[str, int, int], NDArray[np.int64]] = field(default_factory=dict)
    _rounds: dict[tuple[str, int], NDArray[np.int64]] = field(default_factory=dict)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """(N, F)."""
        scan, network, folder = self.truth.scan, self.setting.network.network, self.setting.features
        if folder is None:
            return extract_features(
                scan, network, voxel_size_m=self.voxel_size_m, device=self.setting.device
            )
        path = folder / f"{self.truth.name}.npy"
        if path.exists():
            return open_features(path)
        return extract_features_to(
            path, scan, network, voxel_size_m=self.voxel_size_m, device=self.setting.device
        )

    @cached_property
    def superpoints(self) -> Superpoints:
        """Of the scan."""
        return cut_into_superpoints(self.truth.scan, voxel_size_m=self.voxel_size_m)

    @cached_property
    def labeller(self) -> DenseLabeller:
        """From answers to dense labels."""
        directions = mean_directions(self.superpoints, self.features)
        return DenseLabeller(
            self.superpoints, looks(self.superpoints, directions), self.truth.scan.positions
        )

    def rows(self, method: str, budget: int, seed: int) -> NDArray[np.int64]:
        """Return the (K,) rows that a method asks about."""
        # The published script draws nothing at random.
        key = (method, budget, 0 if method.endswith(_REFERENCE) else seed)
        if key not in self._chosen:
            options = method_options(method, seed)
            chosen = self._in_rounds if needs_answers(options) else self._at_once
            self._chosen[key] = chosen(options, budget)
        return self._chosen[key]

    def _at_once(
        self, options: AnyStrategy, budget: int, asked: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Choose K points that are not among those `asked` already, of which the truth is known."""
        asked = np.zeros(0, np.int64) if asked is None else asked
        answered = self.answers(asked)
        return select_points(
            self.truth.scan,
            options,
            budget,
            features=self.features if needs_features(options) else None,
            superpoints=self.superpoints if needs_superpoints(options) else None,
            voxel_size_m=self.voxel_size_m,
            answers=(answered, self.truth.classes[answered]),
            exclude=asked,
        )

    def _in_rounds(self, options: AnyStrategy, budget: int) -> NDArray[np.int64]:
        """Choose `FIRST_ROUND` points, answer them, then `LATER_ROUNDS` at a time."""
        rows = self._rounds.get((options.name, options.seed), np.zeros(0, np.int64))
        if budget < FIRST_ROUND:
            return self._at_once(options, budget)
        while len(rows) < budget:
            size = LATER_ROUNDS if len(rows) else FIRST_ROUND
            size = min(size, int(self.truth.scan.finite.sum()) - len(rows))
            rows = np.concatenate([rows, self._at_once(options, size, rows)])
        # Fewer points are the beginning of more.
        self._rounds[options.name, options.seed] = rows
        return rows[:budget]

    def forget(self) -> None:
        """Free what can be made again."""
        for name in ("features", "superpoints", "labeller"):
            self.__dict__.pop(name, None)

    def answers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of `rows` that have a class; the others are skipped, as by a person."""
        return np.asarray(rows[self.truth.classes[rows] != UNLABELLED], np.int64)


def prepare_scene(
    truth: GroundTruth, setting: Setting, *, largest_budget: int, title: str
) -> PreparedScene:
    """Make a scene of the data set called `title` ready.

    Raises:
        BadProtocol: none of its points has a class, or it has fewer points than are to be chosen.
    """
    if setting.max_points is not None and len(truth.scan) > setting.max_points:
        kept = np.random.default_rng(7).permutation(len(truth.scan))[: setting.max_points]
        truth = truth.rows(np.sort(kept))
    known = (truth.classes != UNLABELLED) & truth.scan.finite
    if not known.any():
        raise BadProtocol(
            f"{title}: no point of {truth.name} has a class, so nothing can be measured. Choose "
            "another split, or other scenes."
        )
    finite = int(truth.scan.finite.sum())
    if finite < largest_budget:
        raise BadProtocol(
            f"{title}: {truth.name} has {finite:,} points with finite coordinates, fewer than the "
            f"{largest_budget:,} to be chosen. Choose fewer."
        )
    voxel = setting.voxel_size_m or inspect_scan(truth.scan, name=truth.name).voxel_size_m
    return PreparedScene(truth, float(voxel), setting)


def scenes_of(dataset: Dataset, split: str | None, count: int | None, *, root: Path) -> list[str]:
    """Return `count` scenes of a split in order, or all; more of them keep the ones of fewer.

    Args:
        split: None for "val" or "test", whichever there is, else all scenes; "all" for these.
        root: what messages call the data set's place.

    Raises:
        BadProtocol: none of the split's scenes is there.
    """
    if split is None:
        split = next((name for name in ("val", "test") if name in dataset.splits), None)
    if split == ALL_SCENES and ALL_SCENES not in dataset.splits:
        split = None
    here = set(dataset.names)
    names = [name for name in dataset.scenes(split) if name in here]
    if not names:
        raise BadProtocol(
            f'None of the {len(dataset.scenes(split))} scenes of the split "{split}" is in '
            f"{root.name}. Choose another split."
        )
    if count is not None and count < len(names):
        some = np.random.default_rng(0).permutation(len(names))[:count]
        names = [names[index] for index in sorted(some.tolist())]
    return names
