# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from fewpoints.models.nets.checkpoint import load_network
from fewpoints.models.superpoints import kinds
from fewpoints.models.superpoints.columns import appearance
from fewpoints.models.superpoints.kinds import (
    Perceptron,
    description,
    kinds_know,
    kinds_of,
    packaged_perceptron,
    read_perceptron,
)
from fewpoints.models.superpoints.look import looks
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from tests.models.densify.rooms import boxes_room


@pytest.fixture(scope="module")
def room() -> Superpoints:
    return cut_into_superpoints(boxes_room()[0], voxel_size_m=0.04)


@pytest.fixture
def perceptron(monkeypatch: pytest.MonkeyPatch) -> Perceptron:
    """Three kinds, at random, for features of 4 columns whose mean points along (1, 1, 1, 1)."""
    rng = np.random.default_rng(0)
    made = Perceptron(
        (
            (rng.normal(size=(57, 5)), rng.normal(size=5)),
            (rng.normal(size=(10, 4)), rng.normal(size=4)),
            (rng.normal(size=(4, 3)), np.ones(3)),
        ),
        np.full(4, 0.5),
        0.6,
        "a network",
    )
    monkeypatch.setattr(kinds, "packaged_perceptron", lambda: made)
    return made


def directions_of(room: Superpoints, sign: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(1)
    values: np.ndarray = np.array([1, 1, 1, sign]) + 0.1 * rng.normal(size=(len(room), 4))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    return values.astype(np.float32)


def test_surroundings_are_means_over_contacts(room: Superpoints) -> None:
    directions = directions_of(room)
    seen = appearance(room, directions)
    around = np.zeros_like(seen)
    for superpoint in range(len(room)):
        total = 0.0
        for (one, two), contacts in zip(room.touching, room.contacts, strict=True):
            if superpoint in (one, two):
                around[superpoint] += contacts * seen[two if one == superpoint else one]
                total += contacts
        around[superpoint] /= max(total, 1e-9)
    found = description(room, directions)
    columns = seen.shape[1]
    np.testing.assert_allclose(found[:, :columns], seen)
    share = room.sizes / room.sizes.sum()
    for block, expected in (
        (found[:, -2 * columns : -columns], around),
        (found[:, -columns:], seen - around),
    ):
        centred = expected - share @ expected
        scale = 0.7 / np.sqrt((share[:, None] * centred**2).sum())
        np.testing.assert_allclose(block, centred * scale, atol=1e-9)


def test_kinds_are_those_of_the_perceptron(room: Superpoints, perceptron: Perceptron) -> None:
    directions = directions_of(room)
    found = kinds_of(room, directions)
    assert found is not None
    (first, first_bias), (second, second_bias), (third, third_bias) = perceptron.layers

    def layer(row: list[float], weight: np.ndarray, bias: np.ndarray) -> list[float]:
        return [
            sum(value * float(weight[i, k]) for i, value in enumerate(row)) + float(bias[k])
            for k in range(len(bias))
        ]

    rows = [list(map(float, row)) for row in description(room, directions)]
    one = [[max(value, 0.0) for value in layer(row, first, first_bias)] for row in rows]
    pairs = list(zip(room.touching.tolist(), room.contacts.tolist(), strict=True))
    for superpoint, roots in enumerate(found):
        around, total = [0.0] * 5, 0.0
        for (a, b), contacts in pairs:
            if superpoint in (a, b):
                other = one[b if a == superpoint else a]
                around = [s + contacts**0.5 * v for s, v in zip(around, other, strict=True)]
                total += contacts**0.5
        around = [value / max(total, 1e-9) for value in around]
        two = [max(value, 0.0) for value in layer(one[superpoint] + around, second, second_bias)]
        logits = layer(two, third, third_bias)
        powers = np.exp(np.array(logits) - max(logits))
        np.testing.assert_allclose(roots**2, powers / powers.sum(), atol=1e-9)


def test_looks_are_kinds_beside_appearance(room: Superpoints, perceptron: Perceptron) -> None:
    directions = directions_of(room)
    known = kinds_of(room, directions)
    assert known is not None
    found = looks(room, directions)
    share = room.sizes / room.sizes.sum()
    # The mean square away from the middle, each superpoint counted by its cells, is the say it has.
    for columns, say in ((found[:, :3], 1.2), (found[:, 3:7], 0.7)):
        centred = columns - share @ columns
        assert (share[:, None] * centred**2).sum() == pytest.approx(say**2)
    np.testing.assert_allclose(found[:, 3:], 0.7 * appearance(room, directions))
    assert np.corrcoef(found[:, 0], known[:, 0])[0, 1] == pytest.approx(1)


def test_features_of_another_network_are_left_alone(
    room: Superpoints, perceptron: Perceptron
) -> None:
    strange = directions_of(room, sign=-1.0)
    assert kinds_of(room, strange) is None
    np.testing.assert_array_equal(looks(room, strange), appearance(room, strange))
    assert kinds_of(room, directions_of(room)[:, :3]) is None


def test_without_a_file_looks_are_appearance(
    room: Superpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "packaged_perceptron", lambda: None)
    directions = directions_of(room)
    np.testing.assert_array_equal(looks(room, directions), appearance(room, directions))


def test_features_that_are_known_to_fit_are_not_asked_about(
    room: Superpoints, perceptron: Perceptron
) -> None:
    unlike = -directions_of(room)
    assert kinds_of(room, unlike) is None
    found = kinds_of(room, unlike, insist=True)
    assert found is not None
    assert (found**2).sum(axis=1) == pytest.approx(np.ones(len(room)))
    assert kinds_know(perceptron.network)
    assert not kinds_know("another network")


def test_the_packaged_kinds_are_of_the_packaged_network() -> None:
    assert kinds_know(load_network(None).sha256)


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "weight0": rng.normal(size=(6, 4)).astype(np.float16),
        "bias0": rng.normal(size=4).astype(np.float16),
        "weight1": rng.normal(size=(4, 2)).astype(np.float16),
        "bias1": rng.normal(size=2).astype(np.float16),
        "direction": rng.normal(size=3).astype(np.float32),
        "least_likeness": np.array([0.5], np.float32),
    }
    facts = {"fewpoints": json.dumps({"network": "abc"})}
    save_file(arrays, tmp_path / "kinds.safetensors", metadata=facts)
    found = read_perceptron(tmp_path / "kinds.safetensors")
    assert [weight.shape for weight, _ in found.layers] == [(6, 4), (4, 2)]
    np.testing.assert_array_equal(found.layers[1][1], arrays["bias1"].astype(np.float64))
    assert found.least_likeness == 0.5
    assert found.network == "abc"


def test_the_packaged_file_fits_what_is_described(room: Superpoints) -> None:
    packaged = packaged_perceptron()
    assert packaged is not None
    directions = np.tile(packaged.direction.astype(np.float32), (len(room), 1))
    found = kinds_of(room, directions)
    assert found is not None
    np.testing.assert_allclose((found**2).sum(axis=1), 1)
    grey = replace(room, colours=None)
    assert kinds_of(grey, directions) is not None
    assert appearance(grey, directions).shape == appearance(room, directions).shape
