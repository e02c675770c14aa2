# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.superpoints.files import (
    DamagedSuperpoints,
    find_superpoints,
    load_superpoints,
    save_superpoints,
)
from fewpoints.models.superpoints.partition import cut_into_superpoints
from fewpoints.models.superpoints.superpoints import Superpoints
from tests.models.densify.rooms import boxes_room


@pytest.fixture(scope="module")
def found() -> Superpoints:
    return cut_into_superpoints(boxes_room()[0], voxel_size_m=0.04)


@pytest.fixture
def saved(found: Superpoints, tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "superpoints.npz"
    save_superpoints(path, found, np.ones((len(found), 5), np.float32))
    return path


def same(a: Superpoints, b: Superpoints) -> None:
    for field in fields(Superpoints):
        one, two = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == two.dtype
            np.testing.assert_array_equal(one, two)
        else:
            assert one == two


def test_what_is_saved_comes_back(found: Superpoints, tmp_path: Path) -> None:
    path = tmp_path / "superpoints.npz"
    directions = np.random.default_rng(0).normal(size=(len(found), 7)).astype(np.float32)
    save_superpoints(path, found, directions)
    stored = load_superpoints(path)
    same(stored.superpoints, found)
    np.testing.assert_array_equal(stored.directions, directions)
    save_superpoints(path, replace(found, colours=None), None)
    stored = load_superpoints(path)
    assert stored.superpoints.colours is None
    assert stored.directions is None
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_points(count: int, tmp_path: Path) -> None:
    scan = PointScan(positions=np.zeros((count, 3)))
    found = cut_into_superpoints(scan, voxel_size_m=0.02)
    save_superpoints(tmp_path / "s.npz", found, None)
    same(load_superpoints(tmp_path / "s.npz").superpoints, found)


def test_a_failed_write_leaves_the_old_file(found: Superpoints, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(ValueError, match="directions has shape"):
        save_superpoints(saved, found, np.ones((3, 5), np.float32))
    assert saved.read_bytes() == before
    assert len(list(saved.parent.iterdir())) == 1


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_file_cut_short_is_not_used(saved: Path, share: float, found: Superpoints) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DamagedSuperpoints, match=r"superpoints\.npz cannot be used"):
        load_superpoints(saved)
    assert find_superpoints(saved, len(found.of_point)) is None


def test_a_flipped_byte_is_noticed(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[len(data) // 2] ^= 255
    saved.write_bytes(bytes(data))
    with pytest.raises(DamagedSuperpoints):
        load_superpoints(saved)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("version", np.array(0), "another version"),
        ("voxel_size_m", np.array(np.nan), "voxel size is nan"),
        ("sizes", None, "lacks sizes"),
        ("upright", np.ones(3, np.float32), "upright has shape"),
        ("places", np.ones((4, 2)), "places has shape"),
        ("contacts", np.ones(4), "contacts is float64"),
        ("of_point", np.full(9, 10**6, np.int32), "of_point holds 1000000"),
        ("touching", np.full((9, 2), -1), "touching holds -1"),
        ("directions", np.array([{}], object), "allow_pickle"),
    ],
)
def test_what_contradicts_itself_is_not_used(
    saved: Path, name: str, value: np.ndarray | None, problem: str
) -> None:
    with np.load(saved) as file:
        arrays = {key: file[key] for key in file.files if key != name}
    if value is not None:
        arrays[name] = value
    if name == "touching":
        arrays |= {"contacts": np.ones(9, np.int64), "contrast": np.ones(9, np.float32)}
    np.savez(saved, **arrays)
    with pytest.raises(DamagedSuperpoints, match=problem):
        load_superpoints(saved)


def test_a_file_of_something_else_is_not_used(saved: Path) -> None:
    for content in (b"ply\nformat ascii 1.0\n", pickle.dumps({"version": 1}), b"PK\x03\x04" * 9):
        saved.write_bytes(content)
        with pytest.raises(DamagedSuperpoints):
            load_superpoints(saved)
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    saved.write_bytes(buffer.getvalue())
    with pytest.raises(DamagedSuperpoints):
        load_superpoints(saved)


def test_only_those_of_this_very_scan_are_found(saved: Path, found: Superpoints) -> None:
    stored = find_superpoints(saved, len(found.of_point))
    assert stored is not None
    same(stored.superpoints, found)
    assert find_superpoints(saved, len(found.of_point) + 1) is None
    assert find_superpoints(saved.with_name("other.npz"), 5) is None
