# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from fewpoints.annotations.classes import PALETTE, PRESETS, ClassList, LabelClass, preset
from fewpoints.annotations.errors import InvalidClasses


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
            "instanceable": False, "external_id": 1, "description": "",
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
