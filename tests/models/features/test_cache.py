# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.arrays import Float32Array
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.models.features import cache
from fewpoints.models.features.cache import cache_path, cached_features, scan_hash
from fewpoints.models.nets.checkpoint import LoadedNetwork
from tests.models.features.scenes import lively_network, planes


def run(scan: PointScan, loaded: LoadedNetwork, folder: Path, voxel_m: float = 0.1) -> Float32Array:
    return cached_features(scan, "abc", loaded, voxel_size_m=voxel_m, cache_dir=folder)


def test_scan_hash_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "scan.ply"
    path.write_bytes(b"x" * 3_000_001)
    assert scan_hash(path) == hashlib.sha256(b"x" * 3_000_001).hexdigest()


def test_the_second_time_nothing_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, loaded = planes(points=50), lively_network()
    first = np.array(run(scan, loaded, tmp_path / "cache"))

    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(cache, "extract_features_to", fail)
    second = run(scan, loaded, tmp_path / "cache")
    np.testing.assert_array_equal(first, second)
    assert not second.flags.writeable


def test_the_name_depends_on_scan_weights_architecture_and_voxel_size(tmp_path: Path) -> None:
    loaded = lively_network()
    others = [
        cache_path(tmp_path, "abc", loaded, voxel_size_m=0.02),
        cache_path(tmp_path, "abd", loaded, voxel_size_m=0.02),
        cache_path(tmp_path, "abc", replace(loaded, sha256="x"), voxel_size_m=0.02),
        cache_path(tmp_path, "abc", loaded, voxel_size_m=0.020000001),
        cache_path(
            tmp_path,
            "abc",
            replace(loaded, meta=replace(loaded.meta, arch="Res16UNet18A")),
            voxel_size_m=0.02,
        ),
    ]
    assert len(set(others)) == 5
    assert cache_path(tmp_path, "abc", loaded, voxel_size_m=0.02) == others[0]


@pytest.mark.parametrize("damage", ["empty", "garbage", "cut", "pickle", "shape", "type"])
def test_a_damaged_file_is_computed_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    scan, loaded = planes(points=50), lively_network()
    expected = np.array(run(scan, loaded, tmp_path))
    path = cache_path(tmp_path, "abc", loaded, voxel_size_m=0.1)
    content = path.read_bytes()
    if damage == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif damage == "shape":
        np.save(path, expected[:-1])
    elif damage == "type":
        np.save(path, expected.astype(np.float64))
    else:
        path.write_bytes({"empty": b"", "garbage": b"\x93NUMPY junk", "cut": content[:-40]}[damage])
    np.testing.assert_array_equal(run(scan, loaded, tmp_path), expected)
    assert "computing them again" in caplog.text
    assert path.read_bytes() == content
