# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is a table of points: what parts its columns and what each of them means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fewpoints.annotations.errors import AppError

# Name -> the character between two columns; blanks stand for any number of blanks and tabs.
DELIMITERS = {"blanks": " ", "tab": "\t", "comma": ",", "semicolon": ";"}
DECIMALS = {"point": ".", "comma": ","}
# Parts that only one column can play; any number of columns may be "label" or "skip".
SINGLE_ROLES = ("x", "y", "z", "r", "g", "b", "nx", "ny", "nz", "intensity")
ROLES = (*SINGLE_ROLES, "label", "skip")
MOST_COLUMNS = 4096
_SEPARATED = {"blanks": "blanks", "tab": "tabs", "comma": "commas", "semicolon": "semicolons"}


class InvalidTextLayout(AppError):
    """A description of a text table contradicts itself."""

    status = 422
    code = "invalid_text_layout"


@dataclass(frozen=True)
class TextLayout:
    """How lines become points.

    Attributes:
        columns: the part of each column, of `ROLES`; as many as a line has values.
        delimiter: a key of `DELIMITERS`.
        decimal: a key of `DECIMALS`.
        skip: lines before the first point.
        names: what the file calls its columns; empty, or one per column.
        reason: how this came about, in a sentence; empty if a person said so.
    """

    columns: tuple[str, ...]
    delimiter: str = "blanks"
    decimal: str = "point"
    skip: int = 0
    names: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if not 3 <= len(self.columns) <= MOST_COLUMNS:
            raise InvalidTextLayout(
                f"{len(self.columns)} columns: a table of points has 3 to {MOST_COLUMNS:,}."
            )
        for role in self.columns:
            if role not in ROLES:
                raise InvalidTextLayout(
                    f'A column cannot be "{role[:50]}". Use one of {", ".join(ROLES)}.'
                )
        counts = Counter(self.columns)
        for role in SINGLE_ROLES:
            if counts[role] > 1:
                raise InvalidTextLayout(f"{counts[role]} columns are {role}; only one can be.")
        missing = [role for role in "xyz" if not counts[role]]
        if missing:
            raise InvalidTextLayout(f"No column is {' or '.join(missing)}. Say which one is.")
        for group in (("r", "g", "b"), ("nx", "ny", "nz")):
            if 0 < sum(counts[role] for role in group) < 3:
                raise InvalidTextLayout(f"Of {', '.join(group)}, give all three or none.")
        if self.delimiter not in DELIMITERS:
            raise InvalidTextLayout(
                f'delimiter "{self.delimiter[:50]}": use one of {", ".join(DELIMITERS)}.'
            )
        if self.decimal not in DECIMALS:
            raise InvalidTextLayout(
                f'decimal "{self.decimal[:50]}": use one of {", ".join(DECIMALS)}.'
            )
        if self.delimiter == self.decimal == "comma":
            raise InvalidTextLayout("A comma cannot part columns and be the decimal mark as well.")
        if not 0 <= self.skip < 2**31:
            raise InvalidTextLayout(f"skip {self.skip}: it must be 0 or more lines.")
        if self.names and len(self.names) != len(self.columns):
            raise InvalidTextLayout(
                f"{len(self.names)} names for {len(self.columns)} columns: give one per column."
            )

    def column_names(self) -> tuple[str, ...]:
        """What each column is called: by the file, else by its part, with a number if need be."""
        taken: set[str] = set()
        out = []
        for i, role in enumerate(self.columns):
            base = self.names[i] if self.names and self.names[i] else role
            if not self.names and role == "skip":
                base = f"column {i + 1}"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            taken.add(name)
            out.append(name)
        return tuple(out)

    def describe(self) -> str:
        """Return, for people: "columns: x y z r g b; separated by semicolons; …"."""
        parts = [
            f"columns: {' '.join('-' if role == 'skip' else role for role in self.columns)}",
            f"separated by {_SEPARATED[self.delimiter]}",
        ]
        if self.decimal == "comma":
            parts.append("decimal comma")
        if self.skip:
            lines = "line" if self.skip == 1 else "lines"
            parts.append(f"{self.skip:,} {lines} before the first point")
        return "; ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """Return the layout as JSON shows it."""
        return {
            "columns": list(self.columns),
            "delimiter": self.delimiter,
            "decimal": self.decimal,
            "skip": self.skip,
            "names": list(self.names),
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, value: Any) -> TextLayout:  # Any: JSON of any shape, verified here.
        """Return what `to_json` gave; only `columns` is needed.

        Raises InvalidTextLayout for anything unknown, of another type or contradictory.
        """
        if not isinstance(value, dict):
            raise InvalidTextLayout("The layout of a text table must be an object.")
        known = {"columns", "delimiter", "decimal", "skip", "names", "reason"}
        unknown = sorted(str(key) for key in value if key not in known)
        if unknown:
            raise InvalidTextLayout(
                f'A text table has no "{unknown[0][:50]}"; known are {", ".join(sorted(known))}.'
            )
        skip = value.get("skip", 0)
        if isinstance(skip, bool) or not isinstance(skip, int):
            raise InvalidTextLayout("skip must be a whole number of lines.")
        return cls(
            columns=_words(value.get("columns"), "columns"),
            delimiter=_word(value.get("delimiter", "blanks"), "delimiter"),
            decimal=_word(value.get("decimal", "point"), "decimal"),
            skip=skip,
            names=_words(value.get("names", []), "names"),
            reason=_word(value.get("reason", ""), "reason"),
        )


def _word(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidTextLayout(f"{what} must be a text.")
    return value


def _words(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise InvalidTextLayout(f"{what} must be a list of texts.")
    return tuple(value)


_NUMBER = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
    r"|nan(?:\([a-z]*\))?|-?inf(?:inity)?|1\.#[a-z]+)",
    re.IGNORECASE | re.ASCII,
)
_COMMA_NUMBER = re.compile(r"[+-]?\d*(?:,\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# What databases, R and spreadsheets write where there is no value.
_MISSING = frozenset({"na", "n/a", "#n/a", "null"})
_QUOTES = str.maketrans("\"'", "  ")
# As `bytes.split` has them; `str.split` knows more, such as the non-breaking one in a word.
_BLANKS = re.compile(r"[ \t\n\r\v\f]+")


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of a line without quotes and blanks around them; one empty last field is none."""
    if delimiter == "blanks":
        return [field for field in _BLANKS.split(line.translate(_QUOTES)) if field]
    fields = [field.strip(" \t\"'\r\v\f") for field in line.split(DELIMITERS[delimiter])]
    if len(fields) > 1 and not fields[-1]:
        fields.pop()
    return fields


def is_missing(field: str) -> bool:
    """Whether a field says in letters that it has no value: "NA", "NULL"."""
    return len(field) <= 4 and field.lower() in _MISSING


def is_number(field: str, decimal: str) -> bool:
    """Whether a field is a number, a NaN, an infinity or missing, however spelled."""
    if len(field) > 400:
        return False
    if is_missing(field):
        return True
    if decimal == "comma" and "," in field:
        return _COMMA_NUMBER.fullmatch(field) is not None and field[-1].isdigit()
    if decimal == "comma" and "." in field and "#" not in field:
        return False
    return _NUMBER.fullmatch(field) is not None


def numbers_of(line: str, delimiter: str, decimal: str) -> int:
    """How many fields a line of numbers has; 0 if any is none.

    An empty field between two delimiters is a missing number, but not all may be missing.
    """
    fields = split_line(line, delimiter)
    filled = [field for field in fields if field]
    if not filled or (delimiter == "blanks" and len(filled) < len(fields)):
        return 0
    return len(fields) if all(is_number(field, decimal) for field in filled) else 0


def as_floats(fields: Sequence[str], decimal: str) -> list[float]:
    """Fields that `is_number` accepts, as numbers; what is spelled in words is NaN."""
    out = []
    for field in fields:
        try:
            out.append(float(field.replace(",", ".") if decimal == "comma" else field))
        except ValueError:
            out.append(float("nan"))
    return out
