# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The cells of one line of a table that has words in it, and which columns hold words.

Between commas, semicolons and tabs a cell may stand in double quotes, as RFC 4180 has it: then it
may hold what parts columns, and a doubled quote is one. A line break inside quotes is not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fewpoints.annotations.printable import printable
from fewpoints.annotations.scans.readers.text_layout import (
    DELIMITERS,
    TextLayout,
    is_missing,
    is_number,
    split_line,
)

# A longer one is a sentence, or many lines that lack their ends.
LONGEST_WORD = 100
SAMPLE_LINES = 1000
_AROUND = " \t\"'\r\v\f"
_TIME = re.compile(r"(?=.*\d)[\d:.,/+\-TZ ]+")


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """All cells of a line, an empty last one too; None if quotes do not end in it.

    `delimiter`: a key of `DELIMITERS`.
    """
    if delimiter == "blanks":
        return split_line(line, delimiter)
    mark = DELIMITERS[delimiter]
    return split_quoted(without_gaps(line.encode(), mark.encode()).decode(), mark)


def without_gaps(text: bytes, mark: bytes) -> bytes:
    """The same without a blank between what parts columns and a quote."""
    return text.replace(mark + b' "', mark + b'"')


def split_quoted(line: str, mark: str) -> list[str] | None:
    """The cells of a line without the quotes around them; None if the last quote does not end."""
    if '"' not in line:
        return line.split(mark)
    cells = []
    at = 0
    while True:
        inside = ""
        if line.startswith('"', at):
            pieces = []
            while True:
                end = line.find('"', at + 1)
                if end < 0:
                    return None
                pieces.append(line[at + 1 : end])
                at = end + 1
                if not line.startswith('"', at):
                    break
            inside = '"'.join(pieces)
        end = line.find(mark, at)
        cells.append(inside + line[at : end if end >= 0 else len(line)])
        if end < 0:
            return cells
        at = end + len(mark)


def fitted(cells: Sequence[str] | None, columns: int) -> Sequence[str] | None:
    """The cells if they are so many, or one more that is empty; else None."""
    if cells is not None and len(cells) == columns + 1 and not cells[-1].strip(_AROUND):
        cells = cells[:-1]
    return cells if cells is not None and len(cells) == columns else None


def as_number(cell: str) -> str:
    """What of a cell can be a number; empty if it has none."""
    return cell.strip(_AROUND)


def as_word(cell: str) -> str:
    """The word of a cell in one printable line; empty if it has none."""
    cell = cell.strip(" \t\r\v\f")
    if len(cell) > 1 and cell[0] == cell[-1] == "'":
        cell = cell[1:-1]
    return printable(cell)


def is_time(cell: str) -> bool:
    """Whether a cell is a date or a time, as far as its characters tell."""
    return len(cell) <= LONGEST_WORD and _TIME.fullmatch(cell) is not None


class FoundWord(NamedTuple):
    """The first word of a column: its line, and how it is shown in messages."""

    line: int
    shown: str


def find_words(head: bytes, layout: TextLayout, *, carriage: bool) -> dict[int, FoundWord]:
    """The columns of words of the table whose points begin with `head`.

    Labels of which only NA is seen are among them.
    """
    lines = head.decode("utf-8", "replace").split("\r" if carriage else "\n")
    if len(lines) > 1:
        lines.pop()  # Cut, or empty.
    rows, numbers = [], []
    for number, line in enumerate(lines[:SAMPLE_LINES], layout.skip + 1):
        cells = fitted(cells_of(line.rstrip("\r"), layout.delimiter), len(layout.columns))
        if cells is not None:
            rows.append(cells)
            numbers.append(number)
    with_words = columns_of_words(rows, layout.decimal)
    found = {}
    for i, role in enumerate(layout.columns):
        cells = [as_number(row[i]) for row in rows]
        if i in with_words:
            at = next(k for k, c in enumerate(cells) if c and not is_number(c, layout.decimal))
        elif role == "label" and any(cells) and all(map(is_missing, filter(None, cells))):
            at = 0  # Words may follow; if they are numbers, they become such in the end.
        else:
            continue
        shown = cells[at] if len(cells[at]) <= 30 else cells[at][:30] + "…"
        found[i] = FoundWord(numbers[at], ascii(shown))
    return found


def columns_of_words(rows: Sequence[Sequence[str]], decimal: str) -> frozenset[int]:
    """The columns of which at least half of the cells that hold something are no numbers.

    A few that are none in a column of numbers are damage.
    """
    found = set()
    for i, column in enumerate(zip(*rows, strict=True)):
        filled = [cell for cell in map(as_number, column) if cell and not is_missing(cell)]
        words = sum(not is_number(cell, decimal) for cell in filled)
        if words and 2 * words >= len(filled):
            found.add(i)
    return frozenset(found)
