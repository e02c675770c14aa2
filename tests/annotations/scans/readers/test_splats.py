# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian splats; colours and opacities are worked out point by point with `math`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.scans.readers.registry import read_scan
from tests.annotations.files import Prop, ply
from tests.annotations.scans.readers.mutations import attacked, check, mutated

NAMES = [
    "x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "f_rest_0", "opacity",
    "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3",
]  # fmt: skip
PROPS: list[Prop] = [(name, "float") for name in NAMES]


def splats(count: int) -> list[list[float]]:
    rng = np.random.default_rng(3)
    table = rng.normal(size=(count, len(NAMES))).astype(np.float32) * 2
    table[:, 3:6] = 0
    return [[float(v) for v in row] for row in table]


@pytest.mark.parametrize("form", ["binary_little_endian", "binary_big_endian", "ascii"])
def test_colours_come_from_the_constant_term_and_every_point_stays(
    tmp_path: Path, form: str
) -> None:
    rows = splats(200)
    path = tmp_path / "point_cloud.ply"
    path.write_bytes(ply(form, [("vertex", PROPS, rows)]))
    scan = read_scan(path)
    assert scan.positions.tolist() == [row[:3] for row in rows]
    assert scan.colours is not None
    for got, row in zip(scan.colours.tolist(), rows, strict=True):
        for value, term in zip(got, row[6:9], strict=True):
            level = 0.5 + term / (2 * math.sqrt(math.pi))
            assert abs(value - 255 * min(1.0, max(0.0, level))) <= 0.5 + 1e-9
    assert scan.normals is None
    faint = sum(1 / (1 + math.exp(-row[10])) < 0.1 for row in rows)
    assert faint > 10
    assert f"{faint} of 200 have an opacity below 0.1; they are kept." in scan.notes[0]


def test_colours_of_its_own_come_first(tmp_path: Path) -> None:
    rows = [[*row, 10, 20, 30] for row in splats(5)]
    props: list[Prop] = [*PROPS, ("red", "uchar"), ("green", "uchar"), ("blue", "uchar")]
    path = tmp_path / "scan.ply"
    path.write_bytes(ply("binary_little_endian", [("vertex", props, rows)]))
    scan = read_scan(path)
    assert scan.colours is not None
    assert scan.colours.tolist() == [[10, 20, 30]] * 5


def test_fields_of_that_name_without_the_rest_are_no_splats(tmp_path: Path) -> None:
    path = tmp_path / "scan.ply"
    path.write_bytes(ply("ascii", [("vertex", PROPS[:9], [row[:9] for row in splats(5)])]))
    scan = read_scan(path)
    assert scan.colours is None
    assert scan.notes == ()


@attacked
@given(data=st.data())
def test_damaged_files(data: st.DataObject) -> None:
    check(data.draw(mutated(ply("binary_little_endian", [("vertex", PROPS, splats(5))]))), ".ply")
