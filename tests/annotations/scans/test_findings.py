# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a preflight finds, how grave it is, and which fix is offered or even suggested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.scans.findings import Finding, float32_step
from fewpoints.annotations.scans.fixes import apply_fixes, to_file_frame
from fewpoints.annotations.scans.import_options import Fixes
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan import PointScan, choose_shift
from tests.annotations.files import DATA, needs_data
from tests.annotations.scans.test_preflight import ROOM


def findings(positions: Any, **more: Any) -> dict[str, Finding]:
    positions = np.asarray(positions, np.float64)
    shift = choose_shift(positions, np.isfinite(positions).all(axis=1))
    report = inspect_scan(PointScan(positions, global_shift=shift, **more), name="scan")
    return {finding.code: finding for finding in report.findings}


class TestFindings:
    def test_plain_facts_wait_for_nobody(self) -> None:
        found = findings(ROOM + np.array([500_000.0, 4_000_000.0, 0.0]), notes=("Read so.",))
        assert set(found) == {"shift", "density", "note", "no_colour"}
        assert {finding.severity for finding in found.values()} == {"info"}

    def test_a_named_unit_is_suggested(self) -> None:
        unit = findings(ROOM / 0.3048, details={"unit": "feet"})["unit"]
        assert (unit.severity, unit.fix, unit.suggested) == ("warning", {"unit": "feet"}, True)

    def test_a_unit_that_is_hardly_likelier_is_only_offered(self) -> None:
        sizes = np.geomspace(10, 10_000, 40)
        found = [findings(ROOM / np.ptp(ROOM) * size).get("unit") for size in sizes]
        assert any(f is not None and not f.suggested for f in found)
        assert found[-1] is not None
        assert (found[-1].fix, found[-1].suggested) == ({"unit": "millimetres"}, True)

    def test_another_up_is_offered(self) -> None:
        up = findings(np.roll(ROOM, 2, axis=1))["up"]
        assert (up.severity, up.fix) == ("warning", {"up": "+y"})

    def test_twins_and_degenerate_scans(self) -> None:
        twins = findings(np.concatenate([ROOM, ROOM[:5000]]))["duplicates"]
        assert (twins.fix, twins.suggested) == ({"drop_duplicates": True}, True)
        assert findings(np.zeros((5, 3)))["one_place"].severity == "problem"
        assert findings(ROOM, details={"unit": "degrees"})["degrees"].severity == "problem"

    def test_an_image_says_how_much_of_it_is_empty(self) -> None:
        positions = ROOM[:30_000].copy()
        positions[::4] = np.nan
        found = findings(positions, details={"organised": "200 x 150"})
        assert "25% of its pixels" in found["organised"].sentence
        assert found["missing_points"].severity == "info"
        assert findings(positions)["missing_points"].severity == "warning"

    def test_density_is_that_of_a_grid(self) -> None:
        x, y = np.meshgrid(np.arange(0, 10, 0.1), np.arange(0, 10, 0.1))
        flat = np.c_[x.ravel(), y.ravel(), np.zeros(x.size)]
        assert "10 cm apart: about 100 on each" in findings(flat)["density"].sentence
        assert "are 1.5 m apart: about 0.4 on" in findings(15 * flat)["density"].sentence

    def test_fixed_scans_have_nothing_left_to_fix(self) -> None:
        turned = np.roll(np.concatenate([ROOM, ROOM[:2000]]), 2, axis=1) * 1000
        scan = PointScan(turned, colours=np.full(turned.shape, 7, np.uint8))
        fixed, undo = apply_fixes(scan, Fixes("millimetres", "+y", drop_duplicates=True))
        assert undo is not None
        assert undo.left_out == 2000
        report = inspect_scan(fixed, name="scan", undo=undo)
        assert [f.code for f in report.findings if f.severity != "info"] == []
        assert (report.unit, report.up_axis, report.up_sign) == ("metres", "z", 1)


class TestPrecision:
    @pytest.mark.parametrize(("far", "step"), [(655_000.0, 0.0625), (4_100_000.0, 0.25)])
    def test_lost_precision_is_measured(self, far: float, step: float) -> None:
        positions = (ROOM * 10 + far).astype(np.float32).astype(np.float64)
        assert float32_step(positions, np.ones(len(positions), bool)) == step
        found = findings(positions)["float32_steps"]
        assert found.severity == "warning"
        assert f"steps of {step:.3g} metres" in found.sentence

    def test_exact_numbers_are_no_loss(self) -> None:
        far = ROOM * 10 + 655_000
        assert "float32_steps" not in findings(far), "64-bit"
        assert "float32_steps" not in findings(ROOM.astype(np.float32)), "near the origin"
        grid = np.round(ROOM * 1000)
        assert float32_step(grid, np.ones(len(grid), bool)) is None, "whole millimetres"


@needs_data
@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("las-pdal/autzen_trim.las", {"unit": "feet"}),
        ("ipad-lidar-rooms/user_808-60.ply", {"up": "+y"}),
        ("mosd-labelled/test/test0.pcd", {"up": "-y"}),
        ("zoo/derived/ply_millimetres.ply", {"unit": "millimetres"}),
    ],
)
def test_real_files_are_fixed_and_given_back(name: str, suggested: dict[str, Any]) -> None:
    scan = read_scan(DATA / name)
    report = inspect_scan(scan, name=name)
    fix: dict[str, Any] = {}
    for finding in report.findings:
        if finding.fix and finding.suggested:
            fix |= finding.fix
    assert fix == suggested
    fixed, undo = apply_fixes(scan, Fixes.from_json({**fix, "thin_to": report.spacing_m}))
    assert undo is not None
    after = inspect_scan(fixed, name=name, undo=undo)
    assert [f.code for f in after.findings if f.fix] == []
    rows = np.arange(len(scan))
    back, columns = to_file_frame(fixed, {"row": rows}, undo)
    assert back.positions.tobytes() == scan.positions.tobytes()
    assert fixed.finite[columns["row"]].tolist() == scan.finite.tolist()
