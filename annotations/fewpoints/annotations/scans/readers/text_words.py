# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of numbers and words as text, read by blocks.

Only the columns that are asked for are looked at: numbers, and words, which become codes. The
others may hold anything. Lines that Arrow reads go to it, several blocks at a time; what it does
not accept is read line by line here, which names the line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import BinaryIO, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers import text, text_arrow, threads
from fewpoints.annotations.scans.readers.text_arrow import WordTable
from fewpoints.annotations.scans.readers.text_cells import (
    LONGEST_WORD,
    as_number,
    as_word,
    fitted,
    split_quoted,
    without_gaps,
)
from fewpoints.annotations.scans.readers.text_layout import (
    DECIMALS,
    DELIMITERS,
    TextLayout,
    is_missing,
)

# More different words than these are names of files or times, not classes.
MOST_WORDS = 1000
# Columns of words that become labels.
MOST_LABELS = 20
_QUOTES_ARE_BLANKS = bytes.maketrans(b"\"'\v\f", b"    ")


class _Part(NamedTuple):
    """Whole lines: their bytes, the number of the first one."""

    text: bytes
    line: int


class WordRows:
    """The lines of a file from its current position on.

    Of a block that it gives, columns of numbers hold numbers, and columns of words hold codes: the
    places of the words in `words`, NaN where there is none. All else is NaN.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        layout: TextLayout,
        *,
        first_line: int,
        carriage: bool,
        word_columns: Iterable[int],
    ) -> None:
        """`first_line`: number of the line the file is at; `carriage`: lines end in CR alone."""
        self._file = file
        self._name = name
        self._line = first_line
        self._carriage = carriage
        self._delimiter = DELIMITERS[layout.delimiter]
        self._decimal = DECIMALS[layout.decimal]
        self._columns = len(layout.columns)
        self._axes = [layout.columns.index(axis) for axis in "xyz"]
        self._codes: dict[int, dict[str, int]] = {
            i: {} for i in sorted(word_columns) if layout.columns[i] == "label"
        }
        self._numbers = [
            i for i, role in enumerate(layout.columns) if role != "skip" and i not in self._codes
        ]
        # Columns whose words are too many or too long, and why.
        self.given_up: dict[int, str] = dict.fromkeys(
            list(self._codes)[MOST_LABELS:], f"words, as {MOST_LABELS} columns before it do"
        )

    def words(self, column: int) -> list[str] | None:
        """The words of a column in the order of their codes; None if it has no codes."""
        codes = self._codes.get(column)
        return None if codes is None or column in self.given_up else list(codes)

    def blocks(self) -> Iterator[text.TextBlock]:
        """Yield the non-blank lines up to the end of the file."""
        pending: deque[tuple[_Part, Future[WordTable | None] | None]] = deque()
        parts = self._parts()
        late: UnreadableScan | None = None
        more = True
        while True:
            while more and len(pending) <= threads.COUNT:
                try:
                    part = next(parts, None)
                except UnreadableScan as error:  # What stands before it comes first.
                    part, late = None, error
                if part is None:
                    more = False
                else:
                    pending.append((part, self._submitted(part)))
            if not pending:
                break
            part, quick = pending.popleft()
            table = quick.result() if quick is not None else None
            if table is not None:
                yield self._block(table, part.line + np.arange(len(table.numbers)))
            else:
                yield from self._slowly(part)
        if late is not None:
            raise late

    def _submitted(self, part: _Part) -> Future[WordTable | None] | None:
        if len(part.text) < text_arrow.LEAST_BYTES:
            return None
        return threads.submit(
            text_arrow.parse_words,
            part.text,
            self._delimiter,
            self._decimal,
            self._columns,
            self._numbers,
            [i for i in self._codes if i not in self.given_up],
            self._axes,
        )

    def _parts(self) -> Iterator[_Part]:
        rest = b""
        while block := self._file.read(text.BLOCK_BYTES):
            if self._carriage:
                block = block.replace(b"\r", b"\n")
            rest += block
            end = rest.rfind(b"\n") + 1
            if end:
                yield self._part(rest[:end])
                rest = rest[end:]
            elif len(rest) > text.LONGEST_LINE:
                raise UnreadableScan(
                    self._name,
                    f"more than {text.LONGEST_LINE >> 20} MB without a line end; this is no text "
                    "table.",
                    where=f"line {self._line}",
                )
        if rest:
            yield self._part(rest + b"\n")

    def _part(self, lines: bytes) -> _Part:
        if self._delimiter == " ":
            spelled = lines.translate(_QUOTES_ARE_BLANKS)
        else:
            spelled = without_gaps(lines, self._delimiter.encode())
        part = _Part(spelled, self._line)
        self._line += lines.count(b"\n")
        return part

    def _block(
        self, table: WordTable, lines: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> text.TextBlock:
        for column, (codes, words) in table.words.items():
            table.numbers[:, column] = self._coded(column, words)[codes]
        width = np.broadcast_to(np.int64(self._columns), len(lines))
        return text.TextBlock(table.numbers, width, lines)

    def _coded(self, column: int, words: list[bytes]) -> FloatArray64:
        """The code of each word, NaN for none; a column with too many is given up."""
        codes = self._codes[column]
        out = np.full(len(words), np.nan)
        if column in self.given_up:
            return out
        for i, raw in enumerate(words):
            word = as_word(raw.decode("utf-8", "replace"))
            if len(word) > LONGEST_WORD:
                self.given_up[column] = f"words of more than {LONGEST_WORD} characters"
            elif word and not is_missing(word):
                out[i] = codes.setdefault(word, len(codes))
            if len(codes) > MOST_WORDS:
                self.given_up[column] = f"more than {MOST_WORDS:,} different words"
            if column in self.given_up:
                codes.clear()
                break
        return out

    def _slowly(self, part: _Part) -> Iterator[text.TextBlock]:
        """What Arrow does not accept, line by line."""
        rows: list[list[float]] = []
        lines: list[int] = []
        words: dict[int, list[bytes]] = {i: [] for i in self._codes}
        for at, line in enumerate(part.text[:-1].split(b"\n")):
            number = part.line + at
            cells = self._cells(line, number)
            if cells is None:
                continue
            row = [np.nan] * self._columns
            for i in self._numbers:
                row[i] = self._number(cells[i], number)
            for i, found in words.items():
                found.append(cells[i].encode("latin-1"))
            rows.append(row)
            lines.append(number)
        if not rows:
            return
        table = np.array(rows, np.float64)
        distinct = {}
        for i, found in words.items():
            numbers: dict[bytes, int] = {}
            codes = [numbers.setdefault(word, len(numbers)) for word in found]
            distinct[i] = np.array(codes, np.int64), list(numbers)
        yield self._block(WordTable(table, distinct), np.array(lines, np.int64))

    def _cells(self, line: bytes, number: int) -> list[str] | None:
        """The cells of a line, as bytes in the guise of characters; None if it is blank."""
        if self._delimiter == " ":
            cells: list[str] | None = [word.decode("latin-1") for word in line.split()]
            if not cells:
                return None
        else:
            cells = split_quoted(line.decode("latin-1").rstrip("\r"), self._delimiter)
            if cells is None:
                raise UnreadableScan(
                    self._name,
                    "a cell in quotes does not end in its line. Save the table without line "
                    "breaks inside cells.",
                    where=f"line {number}",
                )
            if not any(map(as_number, cells)):
                return None
        right = fitted(cells, self._columns) if self._delimiter != " " else cells
        if right is None or len(right) != self._columns:
            raise UnreadableScan(
                self._name,
                f"{len(cells):,} values where the table has {self._columns:,} columns.",
                where=f"line {number}",
            )
        return list(right)

    def _number(self, cell: str, line: int) -> float:
        cell = as_number(cell)
        if not cell or is_missing(cell):
            return np.nan
        spelled = cell.translate({44: ".", 46: ","}) if self._decimal == "," else cell
        value = text.number_of(spelled)
        if value is None:
            raise text.no_number(self._name, cell, line)
        return value
