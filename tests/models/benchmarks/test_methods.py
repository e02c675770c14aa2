# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewpoints.models.benchmarks.errors import BadProtocol
from fewpoints.models.benchmarks.methods import (
    METHOD_NAMES,
    check_methods,
    method_options,
    prepare_scene,
    scenes_of,
)
from tests.models.benchmarks.rooms import room, rooms_dataset, setting


def test_each_method_gives_different_rows_that_depend_on_the_seed_alone(tiny: str) -> None:
    first = prepare_scene(room("a"), setting(tiny), largest_budget=12, title="rooms")
    second = prepare_scene(room("a"), setting(tiny), largest_budget=12, title="rooms")
    for method in METHOD_NAMES:
        rows = first.rows(method, 12, 3)
        assert len(set(rows.tolist())) == 12
        assert rows.tolist() == second.rows(method, 12, 3).tolist()
        if method in ("random", "kmeans_color", "kmeans_features"):
            assert rows.tolist() != first.rows(method, 12, 4).tolist()


def test_both_scalings_of_k_means_are_methods() -> None:
    assert method_options("kmeans_color", 5).model_dump()["scaling"] == "scaled"
    options = method_options("kmeans_features_reference", 5)
    assert (options.name, options.model_dump()["scaling"]) == ("kmeans_features", "reference")
    with pytest.raises(BadProtocol, match='no method "random_reference"'):
        check_methods(["random_reference"])


def test_large_scans_are_thinned_out_the_same_way_each_time(tiny: str) -> None:
    thin = replace(setting(tiny), max_points=500)
    scenes = [prepare_scene(room("a"), thin, largest_budget=5, title="r") for _ in range(2)]
    assert len(scenes[0].truth.scan) == 500
    np.testing.assert_array_equal(scenes[0].truth.classes, scenes[1].truth.classes)


def test_scenes_come_from_the_split_and_more_of_them_keep_the_first() -> None:
    dataset = rooms_dataset(*(f"{i:02d}" for i in range(12)))
    root = Path("rooms")
    assert scenes_of(dataset, None, None, root=root) == ["00"]  # The split "val".
    assert len(scenes_of(dataset, "all", None, root=root)) == 12
    few = scenes_of(dataset, "train", 4, root=root)
    more = scenes_of(dataset, "train", 7, root=root)
    assert len(few) == 4
    assert few == sorted(few)
    assert set(few) < set(more)


def test_a_split_of_which_nothing_is_there_is_refused() -> None:
    dataset = replace(rooms_dataset("a"), splits={"val": ("b", "c")})
    with pytest.raises(BadProtocol, match='None of the 2 scenes of the split "val" is in rooms'):
        scenes_of(dataset, "val", None, root=Path("rooms"))
