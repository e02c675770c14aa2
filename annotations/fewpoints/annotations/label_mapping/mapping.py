# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How the numbers in a label field of a file become classes, and its JSON form.

    {
      "format": "class_mapping", "version": 1,
      "field": "label",                 the field as the file spells it
      "packed": false,                  true: the class is in the low 16 bits, the object above them
      "instance": {"field": "instance", "none": 0},        or null; not with "packed"
      "values": [
        {"value": 1, "class": "wall"},  a class by its name,
        {"value": 2, "class": 1},       or by its index;
        {"value": 0, "class": null, "name": "unannotated"}         null is "ignore"
      ]
    }

A value that is not listed is ignored. "name" is what the value is called in its source: for people,
and where a file has words, whose numbers are other ones in other files, the name is what counts.
Objects are numbered from 1: the number is the value of the instance field less "none", and what is
not above "none" is no object.

Letters used in shapes: N points.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import BoolArray, IntArray, UInt8Array
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.errors import AppError
from fewpoints.annotations.printable import printable

FORMAT = "class_mapping"
VERSION = 1
MAX_FIELD = 200
LARGEST = 2**53  # What JSON numbers keep everywhere.
LARGEST_INSTANCE = 2**31 - 1
LOW_BITS = 0xFFFF


class InvalidMapping(AppError):
    """A class mapping contradicts itself, the classes, or the file."""

    status = 422
    code = "invalid_mapping"


@dataclass(frozen=True)
class InstanceField:
    """Where objects are numbered; values up to `none` are no object."""

    field: str
    none: int = 0


@dataclass(frozen=True)
class ClassMapping:
    """Which class each value of a field is.

    classes: value -> class index, or None for "ignore". names: value -> what its source calls it.
    packed: class in the low 16 bits of a value, object in those above.
    """

    field: str
    classes: Mapping[int, int | None]
    packed: bool = False
    instance: InstanceField | None = None
    names: Mapping[int, str] = made_by(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that a scan must have."""
        return (self.field,) if self.instance is None else (self.field, self.instance.field)

    def classes_of(self, values: IntArray) -> UInt8Array:
        """(N,) values of the field -> (N,) class indices, 255 for what is ignored."""
        known = sorted((v, c) for v, c in self.classes.items() if c is not None)
        out = np.full(len(values), UNLABELLED, np.uint8)
        if not known:
            return out
        keys = np.array([value for value, _ in known], np.int64)
        targets = np.array([index for _, index in known], np.uint8)
        # Beyond int64 is no value that a mapping can have; the low bits are the same in any type.
        if values.dtype == np.uint64 and not self.packed:
            values = np.minimum(values, np.uint64(2 * LARGEST))
        wide = values.astype(np.int64)
        if self.packed:
            wide &= LOW_BITS
        place = np.minimum(np.searchsorted(keys, wide), len(keys) - 1)
        hit: BoolArray = keys[place] == wide
        out[hit] = targets[place[hit]]
        return out

    def for_words(self, words: Mapping[int, str]) -> ClassMapping:
        """The same for a file whose values stand for these words: those are what counts.

        A mapping that names none of its values means them as they are.
        """
        if not self.names:
            return self
        by_word = {word: self.classes[v] for v, word in self.names.items() if v in self.classes}
        found = {value: by_word[word] for value, word in words.items() if word in by_word}
        return replace(self, classes=found, names=words)

    def instances_of(self, values: IntArray, instances: IntArray | None) -> IntArray:
        """(N,) numbers of objects from 1, 0 for none, from (N,) values and the instance field's."""
        if self.packed:
            # The upper half of 32 bits, also of those that were stored as a negative number.
            return values.astype(np.int64) >> 16 & LOW_BITS
        if self.instance is None or instances is None:
            return np.zeros(len(values), np.int64)
        if instances.dtype == np.uint64:
            instances = np.minimum(instances, np.uint64(2 * LARGEST))
        numbers = instances.astype(np.int64) - self.instance.none
        numbers[(numbers < 0) | (numbers > LARGEST_INSTANCE)] = 0
        return numbers

    def to_json(self, classes: ClassList) -> dict[str, Any]:
        """Return the mapping as JSON has it, classes by name; the values are plain JSON."""
        entries = []
        for value, index in sorted(self.classes.items()):
            entry: dict[str, Any] = {"value": value}
            entry["class"] = None if index is None else classes[index].name
            if value in self.names:
                entry["name"] = self.names[value]
            entries.append(entry)
        instance = self.instance
        return {
            "format": FORMAT,
            "version": VERSION,
            "field": self.field,
            "packed": self.packed,
            "instance": instance and {"field": instance.field, "none": instance.none},
            "values": entries,
        }


# Any: JSON from outside, looked at bit by bit.
def mapping_of_json(raw: Any, classes: ClassList) -> ClassMapping:
    """Read a mapping onto a class list.

    Raises:
        InvalidMapping: it is no mapping, or contradicts itself or the class list.
    """
    if not isinstance(raw, dict):
        raise InvalidMapping("A class mapping is a JSON object with a field and its values.")
    if raw.get("format", FORMAT) != FORMAT or raw.get("version") != VERSION:
        raise InvalidMapping(
            f'This is no class mapping of version {VERSION}: it needs "format": "{FORMAT}" and '
            f'"version": {VERSION}.'
        )
    known = {"format", "version", "field", "packed", "instance", "values"}
    unknown = sorted(set(raw) - known)
    if unknown:
        raise InvalidMapping(f'A class mapping has no "{printable(str(unknown[0])[:40])}".')
    name = _field_name(raw.get("field"), "field")
    packed = raw.get("packed", False)
    if not isinstance(packed, bool):
        raise InvalidMapping('"packed" is true or false.')
    instance = _instance(raw.get("instance"))
    if packed and instance is not None:
        raise InvalidMapping(
            f'Objects are either in the upper bits of "{name}" ("packed") or in '
            f'"{instance.field}", not in both.'
        )
    if instance is not None and instance.field == name:
        raise InvalidMapping(f'"{name}" cannot hold both the class and the object.')
    entries = raw.get("values")
    if not isinstance(entries, list):
        raise InvalidMapping('"values" is a list of entries such as {"value": 1, "class": "wall"}.')
    found: dict[int, int | None] = {}
    names: dict[int, str] = {}
    for entry in entries:
        value, index = _entry(entry, classes)
        if value in found and found[value] != index:
            said = [_said(each, classes) for each in (found[value], index)]
            raise InvalidMapping(f"The value {value} is given twice, as {said[0]} and {said[1]}.")
        if packed and not 0 <= value <= LOW_BITS:
            raise InvalidMapping(f"The value {value} does not fit the low 16 bits.")
        found[value] = index
        called = entry.get("name")
        if called is not None:
            names[value] = str(called)[:MAX_FIELD]
    if not any(index is not None for index in found.values()):
        raise InvalidMapping("The mapping ignores every value: give one of them a class.")
    return ClassMapping(name, found, packed=packed, instance=instance, names=names)


def read_mapping(content: bytes, classes: ClassList, *, name: str) -> ClassMapping:
    """Read a mapping from the bytes of a file that is called `name`.

    Raises:
        InvalidMapping: it is no JSON, or no mapping.
    """
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InvalidMapping(f"{name} is no JSON: {str(error)[:120]}.") from None
    return mapping_of_json(raw, classes)


def _field_name(raw: Any, what: str) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= MAX_FIELD:
        raise InvalidMapping(f'"{what}" is the name of a label field.')
    return raw


def _instance(raw: Any) -> InstanceField | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or not set(raw) <= {"field", "none"}:
        raise InvalidMapping('"instance" is null or {"field": "…", "none": 0}.')
    none = raw.get("none", 0)
    if isinstance(none, bool) or not isinstance(none, int) or abs(none) > LARGEST:
        raise InvalidMapping('"none" of the instance field is a whole number.')
    return InstanceField(_field_name(raw.get("field"), "field"), none)


def _entry(entry: Any, classes: ClassList) -> tuple[int, int | None]:
    if not isinstance(entry, dict) or "value" not in entry or "class" not in entry:
        raise InvalidMapping(
            'Every entry of "values" is like {"value": 1, "class": "wall"}; null is "ignore".'
        )
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise InvalidMapping(f"The value {str(value)[:40]} is not a whole number.")
    wanted = entry["class"]
    if wanted is None:
        return value, None
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if not 0 <= wanted < len(classes):
            raise InvalidMapping(
                f"The value {value} is to be class {wanted}, but there are classes 0 to "
                f"{len(classes) - 1}."
            )
        return value, wanted
    found = classes.find(wanted) if isinstance(wanted, str) else None
    if found is None:
        listed = ", ".join(classes.names[:8]) + (", …" if len(classes) > 8 else "")
        raise InvalidMapping(
            f'The value {value} is to be "{str(wanted)[:60]}", but the classes are {listed}.'
        )
    return value, found.index


def _said(index: int | None, classes: ClassList) -> str:
    return "ignored" if index is None else f'"{classes[index].name}"'
