# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes of a scan: what they do, and that undoing them gives the file back to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.fixes import apply_fixes, first_of_equal, to_file_frame
from fewpoints.annotations.scans.import_options import (
    UP_AXES,
    Fixes,
    ImportOptions,
    InvalidImportOptions,
)
from fewpoints.annotations.scans.orientation import scan_up
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_in_file_frame, load_undo, save_arrays
from fewpoints.annotations.scans.units import METRES

# Few different ones, so that twins are common; and everything that a damaged file may hold.
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 655_000.123, 5e-324, 1e11, 2e12, 1e30]),
    st.floats(allow_nan=True, allow_infinity=True),
)
POSITIONS = st_numpy.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(3)), elements=NUMBERS)
FIXES = st.builds(
    Fixes,
    unit=st.one_of(st.none(), st.sampled_from(list(METRES))),
    up=st.one_of(st.none(), st.sampled_from(UP_AXES)),
    drop_duplicates=st.booleans(),
    thin_to=st.one_of(st.none(), st.floats(1e-6, 1e6)),
    unaligned=st.booleans(),
)


def bits(array: Any) -> Any:
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}").tolist()


def scan_of(positions: Any, **more: Any) -> PointScan:
    return PointScan(np.array(positions, np.float64).reshape(-1, 3), **more)


class TestRoundTrip:
    @settings(max_examples=300, deadline=None)
    @given(positions=POSITIONS, fixes=FIXES)
    def test_undoing_gives_the_file_back_bit_by_bit(
        self, positions: FloatArray64, fixes: Fixes
    ) -> None:
        normals = np.arange(positions.size, dtype=np.float32).reshape(-1, 3) - 3
        scan = PointScan(positions.copy(), normals=normals, details={"unit": "feet"})
        fixed, undo = apply_fixes(scan, fixes)
        assert len(fixed) == len(scan)
        assert not (fixed.finite & ~scan.finite).any(), "no damaged point becomes a good one"
        rows = np.arange(len(scan))
        back, columns = to_file_frame(fixed, {"row": rows}, undo)
        assert bits(back.positions) == bits(positions)
        assert back.normals is not None
        assert bits(back.normals) == bits(normals)
        assert back.details == scan.details
        # Whatever was dropped gets what a point that takes part has.
        assert fixed.finite[columns["row"][scan.finite]].all()
        stays = fixed.finite | ~scan.finite
        assert columns["row"][stays].tolist() == rows[stays].tolist()

    @settings(max_examples=40, deadline=None)
    @given(positions=POSITIONS, fixes=FIXES)
    def test_it_survives_being_stored(
        self, tmp_path_factory: pytest.TempPathFactory, positions: FloatArray64, fixes: Fixes
    ) -> None:
        folder = tmp_path_factory.mktemp("scan") / "arrays"
        scan = PointScan(positions, details={"a": "b"}, notes=("read",))
        fixed, undo = apply_fixes(scan, fixes)
        save_arrays(fixed, folder, undo)
        back, columns = load_in_file_frame(folder, {"row": np.arange(len(scan))})
        assert bits(back.positions) == bits(positions)
        assert (back.details, back.notes) == (scan.details, scan.notes)
        expected = to_file_frame(fixed, {"row": np.arange(len(scan))}, undo)[1]["row"]
        assert columns["row"].tolist() == expected.tolist()

    def test_nothing_decided_stores_nothing(self, tmp_path: Path) -> None:
        scan = scan_of([[1, 2, 3]])
        fixed, undo = apply_fixes(scan, Fixes())
        assert fixed is scan
        save_arrays(fixed, tmp_path / "arrays", undo)
        assert load_undo(tmp_path / "arrays") is None


class TestFixes:
    def test_feet_become_metres(self) -> None:
        fixed, _ = apply_fixes(scan_of([[10, 20, 30]]), Fixes(unit="feet"))
        assert fixed.positions.tolist() == [[10 * 0.3048, 20 * 0.3048, 30 * 0.3048]]
        fixed, _ = apply_fixes(scan_of([[3937, 0, 0]]), Fixes(unit="US survey feet"))
        assert fixed.positions[0, 0] == pytest.approx(1200, abs=1e-12)
        report = inspect_scan(fixed, name="a")
        assert (report.unit, report.spacing_m) == ("metres", None)

    @pytest.mark.parametrize("up", UP_AXES)
    def test_up_becomes_z_by_a_rotation(self, up: str) -> None:
        direction = np.zeros(3)
        direction["xyz".index(up[1])] = -1 if up[0] == "-" else 1
        rows = np.vstack([direction, np.eye(3)])
        fixed, _ = apply_fixes(scan_of(rows, normals=rows.astype(np.float32)), Fixes(up=up))
        assert fixed.positions[0].tolist() == [0, 0, 1]
        assert np.linalg.det(fixed.positions[1:]) == pytest.approx(1)
        assert fixed.normals is not None
        assert fixed.normals.tolist() == fixed.positions.tolist()
        assert scan_up(fixed)[:2] == ("z", 1)

    def test_the_first_of_twins_stays(self) -> None:
        scan = scan_of([[1, 1, 1], [0, 0, 0], [1, 1, 1], [-0.0, 0, 0], [2, 2, 2], [1, 1, 1]])
        fixed, undo = apply_fixes(scan, Fixes(drop_duplicates=True))
        assert fixed.finite.tolist() == [True, True, False, False, True, False]
        assert undo is not None
        assert undo.kept is not None
        assert undo.kept.tolist() == [0, 1, 0, 1, 4, 0]

    def test_thinning_keeps_one_point_per_cube(self) -> None:
        rng = np.random.default_rng(1)
        scan = scan_of(rng.uniform(-100, 100, (2000, 3)))
        fixed, undo = apply_fixes(scan, Fixes(unit="centimetres", thin_to=0.25))
        cubes: dict[tuple[int, int, int], int] = {}
        expected = []
        for row, point in enumerate(scan.positions):
            x, y, z = (int(np.floor(value * 0.01 / 0.25)) for value in point)
            expected.append(cubes.setdefault((x, y, z), row))
        assert undo is not None
        assert undo.kept is not None
        assert undo.kept.tolist() == expected
        assert np.flatnonzero(fixed.finite).tolist() == sorted(cubes.values())

    def test_first_of_equal_is_that_of_a_dictionary(self) -> None:
        points = np.random.default_rng(0).integers(0, 4, (500, 3)).astype(np.float64)
        seen: dict[tuple[float, ...], int] = {}
        expected = [seen.setdefault(tuple(p), i) for i, p in enumerate(points)]
        assert first_of_equal(points).tolist() == expected

    def test_what_was_done_is_said(self) -> None:
        scan = scan_of([[1, 2, 3], [1, 2, 3]])
        fixed, _ = apply_fixes(scan, Fixes(unit="inches", up="-y", drop_duplicates=True))
        assert fixed.notes == (
            "Coordinates are inches in the file and metres here.",
            "The axis -y is up in the file and z here.",
            "1 points with the coordinates of an earlier one take no part.",
        )


class TestOptions:
    @given(fixes=FIXES)
    def test_json_there_and_back(self, fixes: Fixes) -> None:
        options = ImportOptions(fixes)
        assert ImportOptions.parse(json.dumps(options.to_json())) == options

    def test_nothing_decided_is_short(self) -> None:
        assert ImportOptions().to_json() == {"version": 1}
        assert ImportOptions.from_json(None) == ImportOptions()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"fixes": {"units": "feet"}}', 'no import option "units" among the fixes'),
            ('{"fix": {}}', 'no import option "fix" among the options'),
            ('{"version": 2}', "version 2 cannot be used"),
            ('{"fixes": {"unit": "parsecs"}}', 'unit "parsecs": use one of metres'),
            ('{"fixes": {"up": "z"}}', 'up "z": use one of +x'),
            ('{"fixes": {"up": 1}}', "up must be of the type str"),
            ('{"fixes": {"drop_duplicates": 1}}', "drop_duplicates must be of the type bool"),
            ('{"fixes": {"thin_to": 0}}', "it must be at least"),
            ('{"fixes": {"thin_to": NaN}}', "it must be at least"),
            ('{"fixes": {"thin_to": 1e999}}', "it must be at least"),
            (f'{{"fixes": {{"thin_to": 1{"0" * 400}}}}}', "thin_to is too large"),
            ('{"fixes": {"thin_to": true}}', "thin_to must be a number"),
            ('{"fixes": []}', "must be an object"),
            ('{"fixes": {"unaligned": "no"}}', "unaligned must be of the type bool"),
            ("[]", "must be an object"),
            ("{", "must be JSON"),
        ],
    )
    def test_what_is_not_known_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(InvalidImportOptions, match=said.replace("+", r"\+")):
            ImportOptions.parse(text)
