# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.classes import PALETTE, PRESETS, ClassList, LabelClass, preset
from fewpoints.annotations.errors import InvalidClasses

# Full loss of the long- or middle-wave receptor, as a matrix on linear RGB (Machado, Oliveira and
# Fernandes 2009, table of severity 1.0).
DICHROMATS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
CONFUSED = ("#a0785a", "#80825a")


def linear(color: str) -> FloatArray64:
    """(3,) linear RGB, 0-1, of an sRGB colour."""
    coded = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float64) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def as_lab(rgb: FloatArray64) -> FloatArray64:
    """(3,) CIELAB (D65) of linear RGB: distances in it are about how different colours look."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


class TestPresets:
    def test_scannet20_has_the_names_and_numbers_of_the_benchmark(self) -> None:
        classes = preset("scannet20").classes
        assert len(classes) == 20
        assert [c.external_id for c in classes] == [
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39,
        ]  # fmt: skip
        assert [classes[i].name for i in (0, 1, 9, 19)] == [
            "wall", "floor", "bookshelf", "otherfurniture",
        ]  # fmt: skip
        # The instance benchmark leaves out wall and floor.
        assert [c.name for c in classes if not c.instanceable] == ["wall", "floor"]

    def test_s3dis13_covers_the_files_classes_but_stairs(self) -> None:
        classes = preset("s3dis13").classes
        assert len(classes) == 13
        ids = {c.external_id for c in classes}
        assert ids == set(range(14)) - {10}

    def test_semantickitti19_has_the_numbers_of_the_label_files(self) -> None:
        classes = preset("semantickitti19").classes
        assert [c.external_id for c in classes] == [
            10, 11, 15, 18, 20, 30, 31, 32, 40, 44, 48, 49, 50, 51, 70, 71, 72, 80, 81,
        ]  # fmt: skip
        # Published as blue, green, red: road (255, 0, 255), building (0, 200, 255).
        assert classes[8].rgb == (255, 0, 255)
        assert classes[12].rgb == (255, 200, 0)
        # The things of the panoptic benchmark.
        assert sum(c.instanceable for c in classes) == 8

    def test_las_airborne_has_codes_of_the_standard(self) -> None:
        codes = {c.name: c.external_id for c in preset("las_airborne").classes}
        assert (codes["ground"], codes["high vegetation"], codes["building"]) == (2, 5, 6)
        assert (codes["water"], codes["road surface"], codes["bridge deck"]) == (9, 11, 17)
        assert len(set(codes.values())) == 15

    @pytest.mark.parametrize("name", sorted(PRESETS))
    def test_presets_can_be_told_apart_and_answered_by_digit(self, name: str) -> None:
        classes = preset(name).classes
        assert [c.key for c in classes][:10] == list("1234567890")
        assert all(c.key is None for c in classes[10:])
        assert len({c.color for c in classes}) == len(classes)

    def test_an_unknown_preset_lists_the_known(self) -> None:
        with pytest.raises(InvalidClasses, match="scannet20, s3dis13"):
            preset("nuscenes")


def test_names_of_a_buildings_shell_have_no_objects_to_tell_apart() -> None:
    classes = ClassList.from_names(["Chair", "Wall", "floor lamp", "ceiling"])
    assert [c.instanceable for c in classes] == [True, False, True, False]


class TestPalette:
    def test_colours_differ(self) -> None:
        rgb = [tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in PALETTE]
        gaps = [
            sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
            for i, one in enumerate(rgb)
            for other in rgb[:i]
        ]
        assert min(gaps) > 25

    @pytest.mark.parametrize("sight", sorted(DICHROMATS))
    def test_the_first_eight_stay_apart_without_red_or_green_receptors(self, sight: str) -> None:
        seen = [as_lab(np.array(DICHROMATS[sight]) @ linear(color)) for color in PALETTE[:8]]
        gaps = [float(np.linalg.norm(a - b)) for i, a in enumerate(seen) for b in seen[:i]]
        assert min(gaps) > 15  # About seven just noticeable differences.
        # And the measure is able to fail: red and green of the same lightness come together.
        confused = [as_lab(np.array(DICHROMATS[sight]) @ linear(c)) for c in CONFUSED]
        assert float(np.linalg.norm(confused[0] - confused[1])) < 10

    def test_the_web_app_gives_out_the_same(self) -> None:
        source = Path(__file__).parents[2] / "webui" / "src" / "util" / "palette.ts"
        assert tuple(re.findall(r'"(#[0-9a-f]{6})"', source.read_text())) == PALETTE


class TestRules:
    def test_only_a_name_is_needed(self) -> None:
        classes = ClassList.from_dicts([{"name": " chair "}, {"name": "table"}])
        assert classes[0] == LabelClass(0, "chair", PALETTE[0], "1")
        assert classes.find("TABLE ") == classes[1]
        assert classes.names == ["chair", "table"]

    def test_lists_survive_json(self) -> None:
        classes = preset("scannet20").classes
        entries = classes.to_dicts()
        assert ClassList.from_dicts(entries) == classes
        assert entries[0] == {
            "index": 0, "name": "wall", "color": "#aec7e8", "key": "1",
            "instanceable": False, "external_id": 1, "parent": None, "description": "",
        }  # fmt: skip

    def test_keys_that_are_given_are_not_mixed_with_ours(self) -> None:
        classes = ClassList.from_dicts([{"name": "a", "key": None}, {"name": "b", "key": "x"}])
        assert [c.key for c in classes] == [None, "x"]

    def test_the_colour_table_is_grey_where_there_is_no_class(self) -> None:
        table = ClassList.from_dicts([{"name": "a", "color": "#0102FF"}]).color_table()
        assert table.shape == (256, 3)
        assert table[0].tolist() == [1, 2, 255]
        assert table[1].tolist() == table[255].tolist() == [128, 128, 128]

    @pytest.mark.parametrize(
        ("entries", "part"),
        [
            ([], "at least one class"),
            ([{"name": f"c{i}"} for i in range(251)], "251 classes; at most 250"),
            ([{}], "Class 1 has no name"),
            ([{"name": "  "}], "Class 1 needs a name"),
            ([{"name": "a\nb"}], "Class 1 needs a name of printable"),
            ([{"name": "x" * 65}], "has 65 characters; at most 64"),
            ([{"name": "a"}, {"name": "A"}], 'Two classes are called "A"'),
            ([{"name": "a", "color": "red"}], "not of the form #rrggbb"),
            ([{"name": "a", "color": 7}], "not of the form #rrggbb"),
            ([{"name": "a", "key": "xy"}], 'The key "xy" of class "a"'),
            ([{"name": "a", "key": "u"}], "the app uses itself"),
            ([{"name": "a", "key": 1}], "is not a character"),
            ([{"name": "a", "key": "q"}, {"name": "b", "key": "q"}], 'given to "a" and "b"'),
            ([{"name": "a", "external_id": "1"}], "not a whole number"),
            ([{"name": "a", "external_id": True}], "not a whole number"),
            ([{"name": "a", "instanceable": "yes"}], "true or false"),
            ([{"name": "a", "colour": "#000000"}], "unknown entries: colour"),
            ([{"name": "a", "description": "x" * 1001}], "longer than 1000"),
        ],
    )
    def test_broken_rules_are_named(self, entries: list[dict[str, Any]], part: str) -> None:
        with pytest.raises(InvalidClasses) as caught:
            ClassList.from_dicts(entries)
        assert part in str(caught.value)

    def test_indices_are_places(self) -> None:
        with pytest.raises(InvalidClasses, match='"a" has index 3 but place 0'):
            ClassList([LabelClass(3, "a", "#000000")])
