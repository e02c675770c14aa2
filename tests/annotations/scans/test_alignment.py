# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Alignments that files ask for: which are rigid, what they do, and that they leave no trace."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.alignment import Alignment, why_not_rigid
from fewpoints.annotations.scans.fixes import apply_fixes, to_file_frame, up_in_file
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import (
    load_arrays,
    load_in_file_frame,
    load_undo,
    save_arrays,
)
from tests.annotations.scans.test_fixes import FIXES, POSITIONS, bits

ANGLES = st.floats(-math.pi, math.pi)


def rigid(about_x: float, about_y: float, about_z: float, shift: Any) -> FloatArray64:
    """Three turns about axes, one after the other, and a shift."""
    matrix = np.eye(4)
    for first, angle in ((1, about_x), (2, about_y), (0, about_z)):
        second, turn = (first + 1) % 3, np.eye(4)
        turn[first, first] = turn[second, second] = math.cos(angle)
        turn[first, second], turn[second, first] = -math.sin(angle), math.sin(angle)
        matrix = turn @ matrix
    matrix[:3, 3] = shift
    return matrix


MATRICES = st.builds(rigid, ANGLES, ANGLES, ANGLES, st.tuples(*[st.floats(-1e4, 1e4)] * 3))


@given(matrix=MATRICES)
def test_turns_and_shifts_are_rigid_also_when_rounded(matrix: FloatArray64) -> None:
    assert why_not_rigid(matrix) is None
    assert why_not_rigid(np.round(matrix, 4)) is None


@given(
    matrix=MATRICES,
    row=st.integers(0, 2),
    factor=st.one_of(st.floats(-1e3, 0.99), st.floats(1.01, 1e3), st.sampled_from([np.nan, 1e300])),
)
def test_a_stretched_row_is_not_rigid(matrix: FloatArray64, row: int, factor: float) -> None:
    matrix[row, :3] *= factor
    assert why_not_rigid(matrix) is not None


@settings(max_examples=60, deadline=None)
@given(positions=POSITIONS, matrix=MATRICES, fixes=FIXES)
def test_undoing_gives_the_file_back_bit_by_bit(
    tmp_path_factory: pytest.TempPathFactory,
    positions: FloatArray64,
    matrix: FloatArray64,
    fixes: Fixes,
) -> None:
    normals = np.arange(positions.size, dtype=np.float32).reshape(-1, 3) - 3
    alignment = Alignment(matrix, "the test")
    scan = PointScan(positions.copy(), normals=normals, alignment=alignment)
    fixed, undo = apply_fixes(scan, fixes)
    assert not (fixed.finite & ~scan.finite).any(), "no damaged point becomes a good one"
    folder = tmp_path_factory.mktemp("scan") / "arrays"
    save_arrays(fixed, folder, undo)
    back, _ = load_in_file_frame(folder, {})
    assert bits(back.positions) == bits(positions)
    assert back.normals is not None
    assert bits(back.normals) == bits(normals)
    stored = load_undo(folder)
    assert stored is not None
    assert (stored.alignment is None) == fixes.unaligned
    if stored.alignment is not None:
        assert stored.alignment.aligned_from_file.tolist() == matrix.tolist()
        assert stored.alignment.said_by == "the test"


def test_points_are_aligned_before_units_and_axes_change() -> None:
    matrix = rigid(0.1, 0.2, 0.3, (1, 2, 3))
    points = np.random.default_rng(0).uniform(-5, 5, (50, 3))
    normals = np.eye(3, dtype=np.float32)[np.arange(50) % 3]
    scan = PointScan(points, normals=normals, alignment=Alignment(matrix, "the test"))
    fixed, _ = apply_fixes(scan, Fixes(unit="feet", up="+y"))
    assert fixed.normals is not None
    for row, point in enumerate(points):
        x, y, z = (matrix @ [*point, 1])[:3] * 0.3048
        assert fixed.positions[row] == pytest.approx([x, -z, y])
        x, y, z = matrix[:3, :3] @ normals[row]
        assert fixed.normals[row] == pytest.approx([x, -z, y], abs=1e-6)
    assert fixed.alignment is None


def test_far_points_are_shifted_as_they_lie_then() -> None:
    points = np.random.default_rng(0).uniform((500_000, 0, 0), (500_010, 10, 10), (50, 3))
    alignment = Alignment(rigid(0, 0, math.pi / 2, (0, 0, 0)), "the test")
    fixed, undo = apply_fixes(PointScan(points, alignment=alignment), Fixes())
    assert fixed.global_shift.tolist() == [0, 500_000, 0]
    assert undo is not None
    assert to_file_frame(fixed, {}, undo)[0].global_shift.tolist() == [0, 0, 0]


@pytest.mark.parametrize("up", [(0, 0, 1), (0, -1, 0)])
def test_up_of_the_file_is_an_axis_of_it(up: tuple[int, int, int]) -> None:
    upward = np.array(up, np.float64)
    assert up_in_file(upward, None).tolist() == list(up)
    tilted = Alignment(rigid(math.pi / 2 + 0.2, 0, 0, (0, 0, 0)), "the test")
    _, undo = apply_fixes(PointScan(np.eye(3), alignment=tilted), Fixes())
    assert up_in_file(upward, undo).tolist() == {1: [0, 1, 0], 0: [0, 0, 1]}[up[2]]
    _, undo = apply_fixes(PointScan(np.eye(3), alignment=tilted), Fixes(up="-z"))
    assert up_in_file(np.array([0, 0, 1.0]), undo).tolist() == [0, -1, 0]


def test_scans_that_older_versions_aligned_stay_as_they_are(tmp_path: Path) -> None:
    """They kept no way back: what they stored is what exports have, as before."""
    points = np.random.default_rng(0).uniform(-5, 5, (50, 3))
    aligned = PointScan(points, details={"axisAlignment": "0 -1 0 0 1 0 0 0 0 0 1 0 0 0 0 1"})
    save_arrays(aligned, tmp_path / "plain")
    assert load_in_file_frame(tmp_path / "plain", {})[0].positions.tolist() == points.tolist()
    fixed, undo = apply_fixes(aligned, Fixes(up="+y"))
    save_arrays(fixed, tmp_path / "turned", undo)
    facts = json.loads((tmp_path / "turned" / "undo.json").read_text())
    assert "alignment" not in facts
    assert load_arrays(tmp_path / "turned").positions.tolist() != points.tolist()
    assert load_in_file_frame(tmp_path / "turned", {})[0].positions.tolist() == points.tolist()
