# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""class_mapping JSON: what goes in comes out, contradictions are refused, values become classes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.label_mapping.mapping import (
    ClassMapping,
    InstanceField,
    InvalidMapping,
    mapping_of_json,
    read_mapping,
)

CLASSES = ClassList.from_names(["wall", "floor", "chair"])


def raw(**changes: Any) -> dict[str, Any]:
    whole = {
        "format": "class_mapping",
        "version": 1,
        "field": "label",
        "values": [{"value": 1, "class": "wall"}, {"value": 5, "class": 2}],
    }
    return {**whole, **changes}


class TestJson:
    def test_classes_are_named_or_numbered(self) -> None:
        mapping = mapping_of_json(raw(), CLASSES)
        assert mapping == ClassMapping("label", {1: 0, 5: 2})

    @given(
        st.dictionaries(
            st.integers(-(2**53), 2**53), st.sampled_from([None, 0, 1, 2]), min_size=1
        ).filter(lambda found: any(index is not None for index in found.values())),
        st.sampled_from([None, InstanceField("object", 0), InstanceField("object", -1)]),
    )
    def test_what_is_written_is_read_again(
        self, classes: dict[int, int | None], instance: InstanceField | None
    ) -> None:
        mapping = ClassMapping("label", classes, instance=instance)
        content = json.dumps(mapping.to_json(CLASSES)).encode()
        assert read_mapping(content, CLASSES, name="class_mapping.json") == mapping

    def test_the_same_said_twice_is_no_contradiction(self) -> None:
        entries = [{"value": 1, "class": "wall"}, {"value": 1, "class": 0}]
        assert mapping_of_json(raw(values=entries), CLASSES).classes == {1: 0}

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"values": [{"value": 1, "class": "wall"}, {"value": 1, "class": None}]},
                'The value 1 is given twice, as "wall" and ignored.',
            ),
            (
                {"values": [{"value": 1, "class": "sofa"}]},
                'The value 1 is to be "sofa", but the classes are wall, floor, chair.',
            ),
            (
                {"values": [{"value": 1, "class": 3}]},
                "The value 1 is to be class 3, but there are classes 0 to 2.",
            ),
            (
                {"values": [{"value": 1, "class": None}]},
                "The mapping ignores every value: give one of them a class.",
            ),
            ({"values": []}, "The mapping ignores every value: give one of them a class."),
            (
                {"instance": {"field": "label"}},
                '"label" cannot hold both the class and the object.',
            ),
            (
                {"packed": True, "instance": {"field": "object"}},
                'Objects are either in the upper bits of "label" ("packed") or in "object", not in '
                "both.",
            ),
            (
                {"packed": True, "values": [{"value": 70_000, "class": 0}]},
                "The value 70000 does not fit the low 16 bits.",
            ),
            ({"values": [{"value": 1.5, "class": 0}]}, "The value 1.5 is not a whole number."),
            ({"values": [{"value": True, "class": 0}]}, "The value True is not a whole number."),
            ({"colour": "red"}, 'A class mapping has no "colour".'),
            ({"a\nb": "red"}, 'A class mapping has no "a b".'),
            ({"field": ""}, '"field" is the name of a label field.'),
        ],
    )
    def test_a_contradiction_is_one_sentence(self, changes: dict[str, Any], sentence: str) -> None:
        with pytest.raises(InvalidMapping) as error:
            mapping_of_json(raw(**changes), CLASSES)
        assert error.value.message == sentence

    @pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"null", b'{"version": 2}'])
    def test_other_files_are_refused(self, content: bytes) -> None:
        with pytest.raises(InvalidMapping):
            read_mapping(content, CLASSES, name="notes.json")


class TestValues:
    @given(
        st.lists(st.integers(-5, 30), max_size=60),
        st.dictionaries(st.integers(-5, 30), st.sampled_from([None, 0, 1, 2])),
        st.sampled_from(["i4", "i8"]),
    )
    def test_values_become_classes(
        self, values: list[int], classes: dict[int, int | None], dtype: str
    ) -> None:
        found = ClassMapping("label", classes).classes_of(np.array(values, dtype))
        expected = [c if (c := classes.get(v)) is not None else 255 for v in values]
        assert found.tolist() == expected

    def test_numbers_beyond_int64_are_no_known_value(self) -> None:
        values = np.array([2**64 - 1, 3], np.uint64)
        assert ClassMapping("label", {3: 1}).classes_of(values).tolist() == [255, 1]

    @pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "u4", "i8", "u8"])
    def test_packed_values_may_be_of_any_type(self, dtype: str) -> None:
        mapping = ClassMapping("label", {10: 2, 40: 1}, packed=True)
        values = np.array([10, 40, 0], dtype)
        assert mapping.classes_of(values).tolist() == [2, 1, 255]
        if dtype == "u8":
            assert mapping.classes_of(values + np.uint64(1 << 63)).tolist() == [2, 1, 255]
        assert mapping.instances_of(values, None).tolist() == [0, 0, 0]

    def test_packed_values_hold_class_and_object(self) -> None:
        values = np.array([(7 << 16) | 10, 40, (65535 << 16) | 10], np.int64)
        mapping = ClassMapping("label", {10: 2, 40: 1}, packed=True)
        assert mapping.classes_of(values).tolist() == [2, 1, 2]
        assert mapping.instances_of(values, None).tolist() == [7, 0, 65535]
        # 32 bits as a signed number: the same bits, the same objects.
        assert mapping.instances_of(values.astype(np.int32), None).tolist() == [7, 0, 65535]

    def test_objects_count_from_what_is_none(self) -> None:
        values, objects = np.array([1, 1, 1, 1]), np.array([-1, 0, 4, 2**40])
        from_zero = ClassMapping("label", {1: 0}, instance=InstanceField("object", -1))
        assert from_zero.instances_of(values, objects).tolist() == [0, 1, 5, 0]
        from_one = ClassMapping("label", {1: 0}, instance=InstanceField("object", 0))
        assert from_one.instances_of(values, objects).tolist() == [0, 0, 4, 0]
