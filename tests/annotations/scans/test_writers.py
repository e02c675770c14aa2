# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import write_ply


def full_scan() -> PointScan:
    rng = np.random.default_rng(0)
    positions = rng.random((50, 3)) + np.array([500_000.123456, 4e6, 10])
    positions[7] = np.nan
    return PointScan(
        positions=positions,
        colours=rng.integers(0, 256, (50, 3), dtype=np.uint8),
        normals=rng.random((50, 3)).astype(np.float32),
        intensity=rng.random(50).astype(np.float32),
        labels={"label": np.arange(50, dtype=np.int32) - 1},
    )


def test_what_is_written_is_read_again_bit_by_bit(tmp_path: Path) -> None:
    scan = full_scan()
    extra: dict[str, AnyArray] = {
        "class": np.arange(50, dtype=np.uint8),
        "confidence": np.linspace(0, 1, 50, dtype=np.float32),
        "object id": np.arange(50, dtype=np.int64) * 10**9,
    }
    path = tmp_path / "out.ply"
    write_ply(path, scan, extra, comments=("made by\na test",))
    back = read_scan(path)
    np.testing.assert_array_equal(back.positions, scan.positions)
    np.testing.assert_array_equal(back.colours, scan.colours)
    np.testing.assert_array_equal(back.normals, scan.normals)
    np.testing.assert_array_equal(back.intensity, scan.intensity)
    assert list(back.labels) == ["label", "class", "object_id"]
    np.testing.assert_array_equal(back.labels["label"], scan.labels["label"])
    np.testing.assert_array_equal(back.labels["object_id"], extra["object id"])
    assert back.details["comments"] == "made by a test"


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    scan = PointScan(positions=np.array([[1.5, -2.0, 3.25]]))
    write_ply(tmp_path / "out.ply", scan, {"class": np.array([7], np.uint8)})
    expected = (
        b"ply\nformat binary_little_endian 1.0\nelement vertex 1\n"
        b"property double x\nproperty double y\nproperty double z\nproperty uchar class\n"
        b"end_header\n"
    ) + struct.pack("<dddB", 1.5, -2.0, 3.25, 7)
    assert (tmp_path / "out.ply").read_bytes() == expected


def test_a_new_label_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.ply"
    write_ply(path, full_scan(), {"label": np.full(50, 9, np.uint8)})
    assert read_scan(path).labels["label"].tolist() == [9] * 50


def test_names_are_words_and_differ(tmp_path: Path) -> None:
    names = ["intensity", "x", "intensity_2", "種類", "ラベル", "a b", "a_b", "label", "naïve"]
    labels = {name: np.full(50, place, np.int32) for place, name in enumerate(names)}
    extra: dict[str, AnyArray] = {"label": np.full(50, 99, np.uint8)}
    write_ply(tmp_path / "out.ply", replace(full_scan(), labels=labels), extra)
    header = (tmp_path / "out.ply").read_bytes().partition(b"end_header\n")[0].decode("ascii")
    properties = [line.split()[2] for line in header.splitlines() if line.startswith("property")]
    assert properties[10:] == [
        "intensity_2", "x_2", "intensity_2_2", "label_2", "label_3", "a_b", "a_b_2", "label",
        "na_ve",
    ]  # fmt: skip
    assert read_scan(tmp_path / "out.ply").labels["label"].tolist() == [99] * 50


def test_a_cancelled_writing_leaves_nothing(tmp_path: Path) -> None:
    def cancel(fraction: float, sentence: str) -> None:
        raise KeyError(sentence)

    with pytest.raises(KeyError):
        write_ply(tmp_path / "out.ply", full_scan(), progress=cancel)
    assert list(tmp_path.iterdir()) == []
