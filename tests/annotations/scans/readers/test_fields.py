# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.fields import (
    ScanParts,
    build_scan,
    find_roles,
    looks_like_label,
    normalise_colours,
    whole_numbers,
)
from fewpoints.annotations.scans.scan import PointScan, choose_shift


def channels(values: list[Any], dtype: Any) -> list[Any]:
    return [np.array(values, dtype)] * 3


class TestColours:
    @pytest.mark.parametrize(
        ("values", "dtype", "expected"),
        [
            ([0, 1, 254, 255], "u1", [0, 1, 254, 255]),
            ([0, 257, 65278, 65535], "u2", [0, 1, 254, 255]),
            ([0, 1, 254, 255], "u2", [0, 1, 254, 255]),
            ([0.0, 1 / 255, 0.5, 1.0], "f4", [0, 1, 128, 255]),
            ([0.0, 1.0, 254.4, 255.0], "f8", [0, 1, 254, 255]),
            ([0.0, 257.0, 65278.0, 65535.0], "f4", [0, 1, 254, 255]),
            ([np.nan, -1.0, 1.0, 0.2], "f4", [0, 0, 255, 51]),
            ([0.0, 0.2, 1.00001, 1.05], "f4", [0, 51, 255, 255]),  # Rounded or sharpened.
            ([0.0, 1.0, 2.0, 255.0], "f4", [0, 1, 2, 255]),
            ([0, 255, 300, 65535], "i4", [0, 1, 1, 255]),
        ],
    )
    def test_every_storage_becomes_0_to_255(
        self, values: list[float], dtype: str, expected: list[int]
    ) -> None:
        colours, _ = normalise_colours(channels(values, dtype))
        assert colours is not None
        assert colours.dtype == np.uint8
        assert colours[:, 0].tolist() == expected
        assert colours[:, 2].tolist() == expected

    def test_every_value_of_16_bits_is_rounded_to_the_nearest(self) -> None:
        colours, _ = normalise_colours(channels(list(range(65536)), "u2"))
        assert colours is not None
        assert colours[:, 1].tolist() == [round(value / 257) for value in range(65536)]

    def test_the_scale_is_that_of_all_three_channels(self) -> None:
        red = np.array([100, 200], "u2")
        colours, _ = normalise_colours([red, red * 0, np.array([0, 65535], "u2")])
        assert colours is not None
        assert colours.tolist() == [[0, 0, 0], [1, 0, 255]]

    @pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
    def test_colours_nobody_filled_are_none_with_a_note(self, dtype: str) -> None:
        colours, notes = normalise_colours(channels([0, 0], dtype))
        assert colours is None
        assert "zero at every point" in notes[0]


class TestRoles:
    @pytest.mark.parametrize(
        "name",
        [
            "label", "labels", "Label", "class", "classification", "scalar_Classification",
            "semantic", "semantic_label", "segment", "instance", "instance_id", "instanceId",
            "object", "object_id", "category_id", "gt_class", "pred", "scalar_label", "sem_class",
            "classes", "gt", "ground_truth", "segmentation", "cluster_id", "prediction",
        ],
    )  # fmt: skip
    def test_label_like_names(self, name: str) -> None:
        assert looks_like_label(name)

    @pytest.mark.parametrize(
        "name", ["x", "red", "curvature", "class_score", "confidence", "objective", "id", "time"]
    )
    def test_other_names(self, name: str) -> None:
        assert not looks_like_label(name)

    def test_the_exact_spelling_wins(self) -> None:
        roles = find_roles("f", ["X", "x", "y", "z", "scalar_z"])
        assert roles.position == ("x", "y", "z")

    def test_missing_axes_are_named(self) -> None:
        with pytest.raises(UnreadableScan, match=r"^f: there is no field x and z; the points have"):
            find_roles("f", ["y", "red"])


class TestLabels:
    @pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
    def test_whole_floats_become_integers_and_nan_minus_one(self, kind: str) -> None:
        values, notes = whole_numbers("label", np.array([1.0, np.nan, 3.0], kind))
        assert values is not None
        assert values.tolist() == [1, -1, 3]
        assert "One point has no value" in notes[0]

    def test_fractions_are_no_labels(self) -> None:
        values, notes = whole_numbers("label", np.array([1.0, 0.5]))
        assert values is None
        assert "no whole numbers" in notes[0]

    def test_large_ids_keep_their_value(self) -> None:
        ids = np.array([2**63 + 5, 1], np.uint64)
        values, _ = whole_numbers("object_id", ids)
        assert values is not None
        assert values.tolist() == [2**63 + 5, 1]


class TestIntensity:
    @pytest.mark.parametrize(("bits", "used"), [((0, 0), False), ((0xFF8DFFFF, 0x3F800000), True)])
    def test_it_is_used_unless_it_is_zero_everywhere(
        self, bits: tuple[int, int], used: bool
    ) -> None:
        # The second has a signalling NaN, of which NumPy warns in some operations.
        intensity = np.array(bits, np.uint32).view(np.float32)
        parts = ScanParts(np.eye(3)[:2], intensity=intensity)
        scan = build_scan("f", parts, fields=[], source_format="ply", details={})
        assert (scan.intensity is not None) == used


class TestShift:
    def scan(self, positions: Any) -> PointScan:
        array = np.array(positions, np.float64)
        return build_scan(
            "f", ScanParts(positions=array), fields=[], source_format="ply", details={}
        )

    def test_small_coordinates_stay(self) -> None:
        assert self.scan([[0, 0, 0], [4000, -4000, 10]]).global_shift.tolist() == [0, 0, 0]

    def test_float32_copies_keep_millimetres(self) -> None:
        rng = np.random.default_rng(0)
        positions = rng.random((1000, 3)) * 500 + [512_345.6, 5_403_210.1, 312.0]
        scan = self.scan(positions)
        assert scan.global_shift[2] == 0
        assert (scan.global_shift % 1000 == 0).all()
        back = scan.local_positions().astype(np.float64) + scan.global_shift
        assert np.abs(back - positions).max() < 5e-4

    def test_wild_points_do_not_move_the_centre(self) -> None:
        positions = np.full((100, 3), 600_000.25)
        positions[:3] = 1e11
        scan = self.scan(positions)
        assert scan.global_shift.tolist() == [600_000] * 3

    def test_numbers_beyond_all_measure_are_not_finite(self) -> None:
        scan = self.scan([[0, 0, 0], [1e300, 0, 0], [np.inf, 0, 0], [0, np.nan, 0], [1e13, 0, 0]])
        assert scan.finite.tolist() == [True, False, False, False, False]
        assert np.isnan(scan.local_positions()[1:]).all()

    def test_no_finite_row_no_shift(self) -> None:
        positions = np.full((3, 3), np.nan)
        assert choose_shift(positions, np.zeros(3, bool)).tolist() == [0, 0, 0]
