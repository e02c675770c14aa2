# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is laid out, from its first lines."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.printable import printable
from fewpoints.annotations.scans.readers.text_layout import (
    DELIMITERS,
    MOST_COLUMNS,
    TextLayout,
    as_floats,
    numbers_of,
    split_line,
)
from fewpoints.annotations.scans.readers.text_roles import (
    clean_name,
    roles_by_names,
    roles_by_values,
)

HEAD_BYTES = 128 << 10
SAMPLE_LINES = 1000
# Lines of words before the first point: more than this is prose with a table in it.
MOST_WORDS = 20
BOM = b"\xef\xbb\xbf"
_COMMENT = ("#", "//", "%", "!")
# In the order in which they are preferred where several fit equally well.
_DIALECTS = (
    ("tab", "point"),
    ("semicolon", "point"),
    ("semicolon", "comma"),
    ("tab", "comma"),
    ("comma", "point"),
    ("blanks", "point"),
    ("blanks", "comma"),
)
_GRID = re.compile(r"\s*(?:ncols|nrows)\s+\d+\s*$", re.IGNORECASE)
_LOOKED_FOR = (
    "looked for lines of at least three numbers (x y z …), separated by blanks, tabs, commas or "
    "semicolons"
)


class _Line(NamedTuple):
    number: int
    text: str


class _Found(NamedTuple):
    """A dialect, the place of its first line in the list, its width, and how many lines fit.

    `gaps`: how many of these lines lack a number between two delimiters.
    """

    delimiter: str
    decimal: str
    first: int
    width: int
    fitting: int
    gaps: int


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file can be text at all."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16: refused later, in words that help.
    return not re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", head[:4096])


def uses_carriage(head: bytes) -> bool:
    """Whether lines end in a carriage return alone, as on old Macs."""
    return b"\n" not in head and b"\r" in head


def detect_layout(head: bytes, *, name: str, whole: bool = True) -> TextLayout:
    """Return how the text that begins with `head` is a table of points.

    `whole`: `head` is the whole file; else its last line may be cut.
    Raises UnreadableScan, saying what was looked for, where it is none.
    """
    lines = _lines(head, name=name, whole=whole)
    for line in lines[:6]:
        if _GRID.match(line.text):
            raise UnreadableScan(
                name,
                "this is a grid of heights (ESRI ASCII), no table of points. Convert it to x y z "
                "lines first.",
                where=f"line {line.number}",
            )
    found = _dialect(lines)
    if found is None:
        raise UnreadableScan(name, _no_table(lines))
    _check_plausible(lines, found, name)
    first = lines[found.first]
    names = _names(lines, found)
    sample = _sample(lines, found)
    roles = roles_by_names(names) if names else None
    if roles is not None:
        reason = f"the names before line {first.number} say so"
    else:
        roles, reason = roles_by_values(sample)
        if names:
            reason = f"the names do not tell x, y and z; by their values, {reason}"
        else:
            reason = f"no line names the columns; by their values, {reason}"
    return TextLayout(
        columns=roles,
        delimiter=found.delimiter,
        decimal=found.decimal,
        skip=first.number - 1,
        names=names,
        reason=reason,
    )


def _lines(head: bytes, *, name: str, whole: bool) -> list[_Line]:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableScan(name, "the text is UTF-16. Save it as UTF-8.")
    if not is_text(head):
        raise UnreadableScan(name, "this is no text: it holds bytes that no text has.")
    text = head.removeprefix(BOM).decode("utf-8", "replace")
    parts = re.split("\r" if uses_carriage(head) else "\n", text)
    if not whole and len(parts) == 1:
        raise UnreadableScan(
            name, f"the first {len(head) >> 10} kB have no line end: this is no table of points."
        )
    if not whole:
        parts.pop()
    lines = [_Line(i + 1, part.strip("\r")) for i, part in enumerate(parts)]
    filled = [line for line in lines if line.text.strip(" \t\r\v\f,;")]
    if not filled:
        raise UnreadableScan(name, "there are only blank lines.")
    return filled[: SAMPLE_LINES + MOST_WORDS]


def _is_comment(text: str) -> bool:
    return text.lstrip(" \t\"'").startswith(_COMMENT)


def _dialect(lines: list[_Line]) -> _Found | None:
    """The dialect that most lines fit; its first line is the first one of three or more numbers."""
    best: _Found | None = None
    letters = set().union(*(line.text for line in lines))
    for delimiter, decimal in _DIALECTS:
        if delimiter != "blanks" and DELIMITERS[delimiter] not in letters:
            continue  # No line has two fields.
        widths = [
            0 if _is_comment(line.text) else numbers_of(line.text, delimiter, decimal)
            for line in lines
        ]
        first = next((i for i, width in enumerate(widths) if width >= 3), None)
        if first is None:
            continue
        fit = [i for i in range(first, len(lines)) if widths[i] == widths[first]]
        gaps = sum("" in split_line(lines[i].text, delimiter) for i in fit)
        if best is None or (len(fit), -gaps) > (best.fitting, -best.gaps):
            best = _Found(delimiter, decimal, first, widths[first], len(fit), gaps)
    return best


def _check_plausible(lines: list[_Line], found: _Found, name: str) -> None:
    before = lines[: found.first]
    words = [line for line in before if not _is_comment(line.text)]
    rest = len(lines) - found.first
    if len(words) > MOST_WORDS or (len(words) > 2 and found.fitting < max(3, rest / 2)):
        raise UnreadableScan(name, _no_table(lines))
    if found.width > MOST_COLUMNS:
        raise UnreadableScan(
            name,
            f"{found.width:,} numbers in one line; a table of points has at most {MOST_COLUMNS:,} "
            "columns.",
            where=f"line {lines[found.first].number}",
        )


def _no_table(lines: list[_Line]) -> str:
    line = next((line for line in lines if not _is_comment(line.text)), lines[0])
    text = line.text.strip()
    shown = printable(text if len(text) <= 60 else text[:60] + "…")
    return f"no table of points was found: {_LOOKED_FOR}; line {line.number} is '{shown}'."


def _names(lines: list[_Line], found: _Found) -> tuple[str, ...]:
    """The names of the columns from the lines before the first point; () without any.

    The nearest line wins that has as many words as the table has columns.
    """
    for line in reversed(lines[max(0, found.first - MOST_WORDS) : found.first]):
        text = line.text.strip()
        if _is_comment(text):
            text = text.lstrip("\"'#/%;! \t")
        for delimiter in (found.delimiter, "blanks", "comma", "semicolon", "tab"):
            words = tuple(clean_name(word)[:80] for word in split_line(text, delimiter))
            if len(words) == found.width and any(re.search(r"[^\W\d_]", w) for w in words):
                return words
    return ()


def _sample(lines: list[_Line], found: _Found) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = []
    for line in lines[found.first : found.first + SAMPLE_LINES]:
        fields = split_line(line.text, found.delimiter)
        if len(fields) == found.width:
            rows.append(as_floats(fields, found.decimal))
    return np.array(rows, np.float64).reshape(-1, found.width)
