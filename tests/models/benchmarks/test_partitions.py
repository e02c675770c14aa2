# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.measuring import Extent
from fewpoints.models.benchmarks.pages import partitions_page
from fewpoints.models.benchmarks.partitions import (
    ALL_TOGETHER,
    UNTRAINED,
    PartitionStudy,
    partition_keys,
    partition_methods,
    run_config,
    run_partitions,
)
from fewpoints.models.benchmarks.runs import Key, open_run
from fewpoints.models.evaluation.frozen_features import probe
from fewpoints.models.features.extract import extract_features
from fewpoints.models.nets.checkpoint import untrained_network
from fewpoints.models.selection.options import KMeansFeatures
from fewpoints.models.selection.registry import select_points
from tests.models.benchmarks.rooms import VOXEL_M, room, rooms_dataset, setting
from tests.models.pretrain.tiny import tiny_config, tiny_source

EXTENT = Extent((ALL_TOGETHER,), ("1 partition", "8 partitions"), (64,), (0,))


def study(arch: str) -> PartitionStudy:
    config = tiny_config(steps=4, arch=arch)
    return PartitionStudy([tiny_source()], rooms_dataset("a"), ("a",), config, setting(arch))


def test_each_figure_has_its_own_partitions_points_and_seed() -> None:
    config = run_config(tiny_config(lr=0.03), Key("", "16 partitions", 512, 7))
    assert (config.partitions, config.points, config.seed) == (16, 512, 7)
    assert config.partition == "paper"
    assert (config.lr, config.voxel_size_m) == (0.03, 0.08)


def test_other_numbers_of_partitions_are_refused() -> None:
    assert partition_methods([1, 2]) == ("1 partition", "2 partitions")
    with pytest.raises(BadProtocol, match=r"There are no 3 partitions\. Use any of: 1, 2, 4"):
        partition_methods([3])


def test_a_run_that_was_stopped_ends_in_the_same_tables(tiny: str, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stopping(fraction: float, sentence: str) -> None:
        if sentence.startswith("8 partitions, 64 points: Step 4"):
            raise Stop

    whole = open_run(tmp_path / "whole", {})
    run_partitions(whole, study(tiny), EXTENT)
    cut = open_run(tmp_path / "cut", {})
    with pytest.raises(Stop):
        run_partitions(cut, study(tiny), EXTENT, stopping)
    assert len(cut.cells) == 2  # Untrained, and one partition.
    assert list((tmp_path / "cut" / "pretraining").iterdir())
    resumed = open_run(tmp_path / "cut", {})
    run_partitions(resumed, study(tiny), EXTENT)
    page = partitions_page(whole.cells, EXTENT)
    assert partitions_page(resumed.cells, EXTENT) == page
    assert not list((tmp_path / "cut" / "pretraining").iterdir())
    assert set(whole.cells) == set(partition_keys(EXTENT))


def test_features_are_measured_by_the_model_cards_measures(tiny: str, tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", {})
    run_partitions(run, study(tiny), EXTENT)
    found = run.cells[Key(ALL_TOGETHER, UNTRAINED, 0, 0)]
    truth = room("a")
    network = untrained_network(tiny, out_channels=8).network
    features = extract_features(truth.scan, network, voxel_size_m=VOXEL_M, device="cpu")
    rows = select_points(truth.scan, KMeansFeatures(seed=0), 20, features=features)
    objects = {truth.instances[row] for row in rows.tolist() if truth.classes[row] in (2, 3)}
    assert found["objects"] == len(objects)
    assert found["all objects"] == 4
    known = np.flatnonzero(truth.classes != 255)
    answered = np.random.default_rng([11, 0]).choice(known, 50, replace=False)
    assert found["probe"] == probe(features, truth.classes, answered)
