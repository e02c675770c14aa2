# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How a text file is laid out, from its first lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.printable import printable
from fewpoints.annotations.scans.readers.text_cells import (
    SAMPLE_LINES,
    as_number,
    cells_of,
    columns_of_words,
    fitted,
    is_time,
)
from fewpoints.annotations.scans.readers.text_layout import (
    DELIMITERS,
    MOST_COLUMNS,
    TextLayout,
    as_floats,
    is_number,
    numbers_of,
    split_line,
)
from fewpoints.annotations.scans.readers.text_roles import (
    clean_name,
    leading_words,
    roles_by_names,
    roles_by_values,
)

HEAD_BYTES = 128 << 10
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
_THREE_NUMBERS = re.compile(r"\d.*?\D\d.*?\D\d")
_LOOKED_FOR = (
    "looked for lines of at least three numbers (x y z …), separated by blanks, tabs, commas or "
    "semicolons"
)


class _Line(NamedTuple):
    number: int
    text: str


class _Found(NamedTuple):
    """A dialect, the place of its first line in the list, its width, and how many lines fit.

    `gaps`: how many of these lines lack a number between two delimiters; `words`: its columns of
    words.
    """

    delimiter: str
    decimal: str
    first: int
    width: int
    fitting: int
    gaps: int
    words: frozenset[int] = frozenset()


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
    if found is None or _leaves_numbers_out(lines, found):
        wordy = _dialect_of_words(lines)
        if wordy is not None and (found is None or wordy.fitting > found.fitting):
            found = wordy
    if found is None or not found.words:
        _check_commas(lines, found, name)
    if found is None:
        raise UnreadableScan(name, _no_table(lines))
    _check_line_before(lines, found, name)
    _check_plausible(lines, found, name)
    first = lines[found.first]
    names = _names(lines, found)
    sample = _sample(lines, found)
    roles = roles_by_names(names, found.words) if names else None
    if roles is None and found.words:
        _check_commas(lines, found, name)
        _check_named_places(lines, found, names, name)
    if roles is None and not _places_first(sample, found, lines):
        raise UnreadableScan(name, _no_table(lines))
    if roles is not None:
        reason = f"the names before line {first.number} say so"
    else:
        roles, reason = roles_by_values(sample, found.words)
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
    text = text.lstrip(" \t\"'")
    return text.startswith(_COMMENT) and not text.upper().startswith("#N/A")


def _dialect(lines: list[_Line]) -> _Found | None:
    """The dialect that most lines fit; its first line is the first one of three or more numbers."""
    best: _Found | None = None
    letters = set().union(*(line.text for line in lines))
    for delimiter, decimal in _DIALECTS:
        if delimiter != "blanks" and DELIMITERS[delimiter] not in letters:
            continue  # No line has two fields.
        widths = [_widths(line, delimiter, decimal) for line in lines]
        first = next((i for i, width in enumerate(widths) if width and width[0] >= 3), None)
        if first is None:
            continue
        counts = Counter(chain.from_iterable(widths[first:]))
        width = max(widths[first], key=lambda w: (counts[w], _naming(lines[:first], delimiter, w)))
        while first and width in widths[first - 1]:  # Of three numbers, the last one is missing.
            first -= 1
        fit = [i for i in range(first, len(lines)) if width in widths[i]]
        gaps = sum("" in split_line(lines[i].text, delimiter) for i in fit)
        if best is None or (len(fit), -gaps) > (best.fitting, -best.gaps):
            best = _Found(delimiter, decimal, first, width, len(fit), gaps)
    return best


def _widths(line: _Line, delimiter: str, decimal: str) -> range:
    """How many columns a line of numbers may have: an empty last cell can be one or none."""
    count = 0 if _is_comment(line.text) else numbers_of(line.text, delimiter, decimal)
    last = line.text.rpartition(DELIMITERS[delimiter])[2]
    ends_empty = count > 0 and delimiter != "blanks" and not as_number(last)
    return range(count, count + 1 + ends_empty) if count else range(0)


def _naming(lines: Sequence[_Line], delimiter: str, width: int) -> int:
    """2 if a line before the first point names so many columns, x, y and z among them.

    1 if one has as many words, else 0.
    """
    names = [_names_in(line, delimiter, width) for line in lines[-MOST_WORDS:]]
    return 2 if any(map(_tells, names)) else int(any(names))


def _leaves_numbers_out(lines: list[_Line], found: _Found) -> bool:
    """Whether lines that do not fit could be of numbers and words."""
    if found.first + found.fitting == len(lines) and found.first == 0:
        return False
    return any(
        _THREE_NUMBERS.search(line.text)
        and not _is_comment(line.text)
        and found.width not in _widths(line, found.delimiter, found.decimal)
        for line in lines
    )


def _dialect_of_words(lines: list[_Line]) -> _Found | None:
    """The dialect that most lines fit if some columns hold words."""
    best: _Found | None = None
    letters = set().union(*(line.text for line in lines))
    for delimiter, decimal in _DIALECTS:
        if delimiter != "blanks" and DELIMITERS[delimiter] not in letters:
            continue
        split = [
            None if _is_comment(line.text) else cells_of(line.text, delimiter) for line in lines
        ]
        width = _common_width(lines, split, delimiter, decimal)
        rows = [fitted(cells, width) for cells in split]
        first = next((i for i, row in enumerate(rows) if _numbers(row, decimal) >= 3), None)
        if first is None:
            continue
        words = columns_of_words([row for row in rows[first:] if row is not None], decimal)
        numbers = [i for i in range(width) if i not in words]
        sound = [
            row is not None and _all_numbers([row[i] for i in numbers], decimal) for row in rows
        ]
        while first and sound[first - 1]:  # A point that lacks numbers.
            first -= 1
        fitting = sum(sound[first:])
        if not words or len(numbers) < 3 or 2 * fitting < len(rows) - first:
            continue
        # Numbers with the other decimal mark look like words.
        if best is None or (fitting, len(numbers)) > (best.fitting, best.width - len(best.words)):
            best = _Found(delimiter, decimal, first, width, fitting, 0, words)
    return best


def _common_width(
    lines: Sequence[_Line], split: Sequence[Sequence[str] | None], delimiter: str, decimal: str
) -> int:
    """How many cells most lines with three numbers have.

    One empty last cell of all is none, unless a line before them names it.
    """
    rows = [cells for cells in split if cells is not None and _numbers(cells, decimal) >= 3]
    if not rows:
        return 0
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if any(as_number(cells[-1]) for cells in rows if len(cells) == width):
        return width
    above = lines[: split.index(rows[0])]
    return max((width - 1, width), key=lambda w: _naming(above, delimiter, w))


def _numbers(cells: Sequence[str] | None, decimal: str) -> int:
    return sum(is_number(as_number(cell), decimal) for cell in cells or ())


def _all_numbers(cells: Sequence[str], decimal: str) -> bool:
    filled = [cell for cell in map(as_number, cells) if cell]
    return bool(filled) and all(is_number(cell, decimal) for cell in filled)


def _places_first(sample: FloatArray64, found: _Found, lines: list[_Line]) -> bool:
    """Whether columns without names begin with three of numbers, perhaps behind times.

    Otherwise a line with words is rather one of another kind of file: boxes, calibrations, shapes.
    """
    if not found.words:
        return True
    start = leading_words(found.words)
    row = fitted(cells_of(lines[found.first].text, found.delimiter), found.width)
    assert row is not None
    return all(map(is_time, row[:start])) and found.words.isdisjoint(range(start, start + 3))


def _check_commas(lines: list[_Line], found: _Found | None, name: str) -> None:
    """Refuse numbers with commas between commas: only quotes tell which of them part columns."""
    if found is not None and found.delimiter not in ("comma", "blanks"):
        return
    # Behind the place there may be words that look like such a number.
    most = leading_words(found.words) + 3 if found is not None and found.words else None
    for line in lines[found.first if found is not None else 0 :]:
        cells = (cells_of(line.text, "comma") if '"' in line.text else None) or []
        wrong = next((cell for cell in cells[:most] if _has_commas(as_number(cell))), None)
        if len(cells) >= 3 and wrong is not None:
            raise UnreadableScan(
                name,
                f"the number {wrong[:30]!a} in quotes has a comma in it. Save the table with "
                "semicolons between columns, or with decimal points and no other marks in numbers.",
                where=f"line {line.number}",
            )


def _has_commas(cell: str) -> bool:
    return "," in cell and is_number(cell.replace(",", ""), "point")


def _check_named_places(lines: list[_Line], found: _Found, names: Sequence[str], name: str) -> None:
    """Refuse words in the columns that are called x, y and z: no others are meant by them."""
    told = roles_by_names(names)
    for i, role in enumerate(told or ()):
        if role in ("x", "y", "z") and i in found.words:
            raise UnreadableScan(
                name,
                f'most cells of the column "{printable(names[i])}" are no numbers, so it cannot be '
                f"taken as {role}. Say which columns are x, y and z, or what parts them.",
                where=f"line {lines[found.first].number}",
            )


def _check_line_before(lines: list[_Line], found: _Found, name: str) -> None:
    """Refuse a damaged point in front of the first sound one: it would be taken for a header."""
    above = lines[: found.first]
    if not above or _is_comment(above[-1].text):
        return
    line = above.pop()
    split = cells_of(line.text, found.delimiter)
    row = fitted(split, found.width)
    if row is not None:
        split = [cell for i, cell in enumerate(row) if i not in found.words]
    cells = [cell for cell in map(as_number, split or ()) if cell]
    numbers = [cell for cell in cells if is_number(cell, found.decimal)]
    if len(numbers) < 3 and (row is None or 2 * len(numbers) <= len(cells)):
        return
    wrong = next((cell for cell in cells if not is_number(cell, found.decimal)), None)
    if wrong is None or _tells(_names_in(line, found.delimiter, found.width)):
        return
    # Titles begin with a word; columns without names are numbered from 0 beside those with one.
    counted = wrong[0].isalpha() and numbers == [str(i) for i in range(len(numbers))]
    title = counted or cells[0][0].isalpha()
    if title and not any(
        _tells(_names_in(line, found.delimiter, found.width)) for line in above[-MOST_WORDS:]
    ):
        return
    shown = ascii(wrong if len(wrong) <= 30 else wrong[:30] + "…")
    raise UnreadableScan(
        name,
        f"{shown} is not a number, but the line looks like a point. Mend it, or begin the line "
        "with # if it is none.",
        where=f"line {line.number}",
    )


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

    Of the lines that have as many words as the table has columns, the nearest wins that tells x, y
    and z, else the nearest.
    """
    above = reversed(lines[max(0, found.first - MOST_WORDS) : found.first])
    all_names = [
        names
        for names in (_names_in(line, found.delimiter, found.width) for line in above)
        if names
    ]
    return next(filter(_tells, all_names), all_names[0] if all_names else ())


def _tells(names: Sequence[str]) -> bool:
    return roles_by_names(names) is not None


def _names_in(line: _Line, delimiter: str, width: int) -> tuple[str, ...]:
    """The words of a line if it has as many as the table has columns; else ()."""
    text = line.text.strip()
    if _is_comment(text):
        text = text.lstrip("\"'#/%;! \t")
    for mark in (delimiter, "blanks", "comma", "semicolon", "tab"):
        for cells in (split_line(text, mark), cells_of(text, mark) or ()):
            if len(cells) != width:
                continue
            words = tuple(clean_name(word)[:80] for word in cells)
            if any(re.search(r"[^\W\d_]", w) for w in words):
                return words
    return ()


def _sample(lines: list[_Line], found: _Found) -> FloatArray64:
    rows = []
    for line in lines[found.first : found.first + SAMPLE_LINES]:
        if found.words:
            cells = fitted(cells_of(line.text, found.delimiter), found.width)
            fields = [] if cells is None else list(map(as_number, cells))
        else:
            fields = split_line(line.text, found.delimiter)
            if len(fields) < found.width and found.width in _widths(
                line, found.delimiter, found.decimal
            ):
                fields.append("")
        if len(fields) == found.width:
            rows.append(as_floats(fields, found.decimal))
    table = np.array(rows, np.float64).reshape(-1, found.width)
    table[:, list(found.words)] = np.nan
    return table
