# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of the database as lines of JSON, and back: each value is checked against its column."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from fewpoints.server.db.types import UtcDateTime, in_reach
from fewpoints.server.project_archives.checks import storable
from fewpoints.server.project_archives.rules import TableRule

MOST_TEXT = 100_000  # Characters, in columns without a limit of their own.
MOST_LINE = 128 * 1024 * 1024  # Bytes.

Row = dict[str, Any]
# Raises with a sentence on what is wrong; the caller knows where.
Refuse = Callable[[str], NoReturn]


def to_line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line; times as ISO 8601 with microseconds, in UTC."""
    values = {
        name: value.astimezone(timezone.utc).isoformat(timespec="microseconds")
        if isinstance(value, datetime)
        else value
        for name, value in row.items()
    }
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def lines(path: Path, refuse: Callable[[int], Refuse]) -> Iterator[tuple[Row, Refuse]]:
    """Yield the objects of a file of JSON lines, each with what refuses it.

    Args:
        refuse: from the number of a line to what refuses it.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MOST_LINE + 1):
            number += 1
            refused = refuse(number)
            if len(line) > MOST_LINE:
                refused("the line is too long.")
            yield parse_object(line, refused), refused


def parse_object(text: bytes, refuse: Refuse) -> Row:
    """Return the JSON object that `text` is; its numbers are finite."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        refuse("it is not JSON.")
    if not isinstance(value, dict):
        refuse("it is not a JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def from_json(rule: TableRule, row: Row, refuse: Refuse) -> Row:
    """Return a row as the database takes it, with its old ids.

    Columns that the archive lacks get their defaults, as in a database that is brought up to date.
    """
    columns = rule.table.columns
    unknown = [name for name in row if name not in columns]
    if unknown:
        refuse(f'there is no column "{unknown[0][:60]}" in the table {rule.name}.')
    made: Row = {}
    for column in columns:
        if column.name not in row:
            made[column.name] = _default(column, refuse)
            continue
        value = row[column.name]
        if value is None:
            if not column.nullable:
                refuse(f"{column.name} must not be null.")
            made[column.name] = None
            continue
        made[column.name] = _value(column, value, refuse)
        check = rule.checks.get(column.name)
        if check is not None and not check(value):
            refuse(f"{column.name} cannot be {_shown(value)}.")
    return made


def from_checked(rule: TableRule, row: Row, refuse: Refuse) -> Row:
    """The same as `from_json`, sooner, of a row that went through that before."""
    made: Row = {}
    for column in rule.table.columns:
        name = column.name
        value = row[name] if name in row else _default(column, refuse)
        if isinstance(value, str) and isinstance(column.type, UtcDateTime):
            value = _time(name, value, refuse)
        made[name] = value
    return made


def _default(column: Column[Any], refuse: Refuse) -> Any:
    default = column.default
    if isinstance(default, ScalarElementColumnDefault):
        return default.arg
    if column.nullable:
        return None
    return refuse(f"{column.name} is missing.")


def _value(column: Column[Any], value: Any, refuse: Refuse) -> Any:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return _time(column.name, value, refuse)
    if isinstance(kind, JSON):
        fits = storable(value)
    elif isinstance(kind, Boolean):
        fits = isinstance(value, bool)
    elif isinstance(kind, Integer):
        limit = 2**63 if isinstance(kind, BigInteger) else 2**31
        fits = isinstance(value, int) and not isinstance(value, bool) and -limit <= value < limit
    elif isinstance(kind, Float):
        fits = _is_finite(value)
        value = float(value) if fits else value
    else:
        assert isinstance(kind, String), kind
        most = kind.length or MOST_TEXT
        fits = isinstance(value, str) and len(value) <= most and storable(value)
    if not fits:
        refuse(f"{column.name} cannot be {_shown(value)}.")
    return value


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _time(name: str, value: Any, refuse: Refuse) -> datetime:
    try:
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        refuse(f"{name} cannot be {_shown(value)}; it must be a time such as 2026-01-31T12:00:00Z.")
    utc = None if time.tzinfo is None else in_reach(time)
    if utc is None:
        refuse(f"{name} cannot be {_shown(value)}.")
    return utc


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
