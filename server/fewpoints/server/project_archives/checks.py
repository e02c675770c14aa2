# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What values of an archive's rows may be, beyond the types of their columns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

# Any: JSON of any shape; True where it may be so.
Check = Callable[[Any], bool]

_NUMBER_LIMIT = 1e15
MOST_DEPTH = 12


def one_of(*allowed: str) -> Check:
    """One of these words."""
    return lambda value: value in allowed


def between(least: float, most: float) -> Check:
    """A number from `least` to `most`."""
    return lambda value: is_number(value) and least <= value <= most


def matching(pattern: str) -> Check:
    """A text that matches as a whole."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def is_number(value: Any) -> bool:
    """A finite number of a size that coordinates and times have."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -_NUMBER_LIMIT < value < _NUMBER_LIMIT
    )


def is_vector(value: Any) -> bool:
    """Three numbers."""
    return isinstance(value, list) and len(value) == 3 and all(map(is_number, value))


def is_name(value: Any) -> bool:
    """A text that can be seen."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def is_object(value: Any) -> bool:
    """A JSON object."""
    return isinstance(value, dict)


def is_texts(value: Any) -> bool:
    """A list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def vectors(*names: str) -> Check:
    """An object of exactly these vectors."""
    return lambda value: (
        isinstance(value, dict) and set(value) == set(names) and all(map(is_vector, value.values()))
    )


def shaped(adapter: Callable[[], TypeAdapter[Any]]) -> Check:
    """A value that a schema accepts; the schema is made when it is needed."""

    def check(value: Any) -> bool:
        try:
            adapter().validate_python(value)
        except (ValidationError, RecursionError):
            return False
        return True

    return check


def field_of(schema: type[BaseModel], name: str) -> Check:
    """A value that this field of a schema may have."""
    field = schema.model_fields[name]
    # Any: a type that only exists while the program runs.
    annotated: Any = Annotated[(field.annotation, *field.metadata, None)]
    adapter: TypeAdapter[Any] = TypeAdapter(annotated)

    def check(value: Any) -> bool:
        try:
            return bool(adapter.validate_python(value) == value)
        except ValidationError:
            return False

    return check


def accepted(parse: Callable[[Any], object], refused: type[Exception]) -> Check:
    """A value that `parse` takes without raising `refused`."""

    def check(value: Any) -> bool:
        try:
            parse(value)
        except refused:
            return False
        return True

    return check


def is_rows_of_snapshot(value: Any) -> bool:
    """[event id, scan id, point, class] each."""
    return isinstance(value, list) and all(
        isinstance(row, list)
        and len(row) == 4
        and all(isinstance(number, int) and not isinstance(number, bool) for number in row)
        and min(row) >= 0
        and row[3] < 250
        for row in value
    )


def is_classes_of_snapshot(value: Any) -> bool:
    """{id, name, color} each."""
    return (
        isinstance(value, list)
        and len(value) <= 250
        and all(
            isinstance(entry, dict)
            and isinstance(entry.get("id"), int)
            and isinstance(entry.get("name"), str)
            and isinstance(entry.get("color"), str)
            for entry in value
        )
    )


def is_ids(value: Any) -> bool:
    """A list of ids."""
    return isinstance(value, list) and all(
        isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 2**31 for item in value
    )


def is_mapping(value: Any) -> bool:
    """What an import of labels keeps of its class_mapping (`file_labels/service.py`)."""
    if not isinstance(value, dict) or not {"field", "values", "packed", "instance"} <= set(value):
        return False
    instance = value["instance"]
    return (
        isinstance(value["field"], str)
        and isinstance(value["packed"], bool)
        and (
            instance is None or (isinstance(instance, dict) and {"field", "none"} <= set(instance))
        )
        and isinstance(value["values"], list)
        and all(
            isinstance(entry, dict)
            and isinstance(entry.get("value"), int)
            and isinstance(entry.get("class", 0), (int, type(None)))
            and "class" in entry
            for entry in value["values"]
        )
    )


def is_points_by_class(value: Any) -> bool:
    """Class row id as text -> points."""
    return isinstance(value, dict) and all(
        re.fullmatch(r"[0-9]{1,10}", key) and isinstance(points, int) and points >= 0
        for key, points in value.items()
    )


def storable(value: Any, depth: int = 0) -> bool:
    """Whether every database stores this JSON, and it can be written again.

    No NUL, no broken characters, no infinite numbers (`1e999` is one), not too deep.
    """
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    if depth > MOST_DEPTH:
        return False
    if isinstance(value, Mapping):
        return all(storable(key) and storable(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        if value and isinstance(value[0], (int, float)):  # Quickly, of long lists of numbers.
            if any(isinstance(item, float) and not math.isfinite(item) for item in value):
                return False
            rest = [item for item in value if not isinstance(item, (int, float))]
            return all(storable(item, depth + 1) for item in rest)
        return all(storable(item, depth + 1) for item in value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return value is None or (isinstance(value, float) and math.isfinite(value))
