# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of numbers as text, read by blocks: one record per line.

Columns are parted by blanks, or by another character that a byte table turns into one.
Nothing is done per value in Python. Lines that are alike go to `text_arrow`, several blocks at a
time; others are split into lines and tokens by byte comparisons and parsed in one call. Only what
fails there is looked at line by line, to name the line.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers import text_arrow, threads
from fewpoints.annotations.scans.readers.text_layout import is_missing

BLOCK_BYTES = 1 << 20
LONGEST_LINE = 16 << 20
WINDOW_BYTES = 1 << 18
# After so many more blocks that Arrow refused than it read, it is asked no more.
_MOST_REFUSED = 4
_FEW = 16

_BLANK = np.zeros(256, bool)
_BLANK[[9, 10, 11, 12, 13, 32]] = True
# What C runtimes print for NaN and infinity, beyond what strtod reads.
_SPECIAL = {
    "1.#qnan": np.nan,
    "1.#snan": np.nan,
    "1.#ind": np.nan,
    "1.#inf": np.inf,
    "nan(ind)": np.nan,
    "nan(snan)": np.nan,
}


# What a delimiter other than blanks becomes: a blank to every parser, yet told from blanks.
_GAP = 11


class Dialect(NamedTuple):
    """A table of numbers that is not simply parted by blanks.

    delimiter: the character between two columns, " " for any number of blanks;
    decimal: "." or ",";
    columns: how many values a line has; a missing one, "NA" or nothing between two delimiters,
        is a NaN.
    """

    delimiter: str
    decimal: str
    columns: int

    def table(self) -> bytes:
        """The byte table that gives numbers as C spells them, parted by blanks; quotes vanish."""
        table = bytearray(range(256))
        for byte in b"\x0b\"'":
            table[byte] = 32
        if self.decimal == ",":  # Both ways, so that a point stays what it is: no decimal mark.
            table[44], table[46] = 46, 44
        if self.delimiter != " ":
            table[ord(self.delimiter)] = _GAP
        return bytes(table)

    @property
    def plain(self) -> bool:
        """Whether only quotes need the table."""
        return self.delimiter == " " and self.decimal == "."


@dataclass(frozen=True)
class TextBlock:
    """Consecutive non-blank lines.

    numbers: (T,) all numbers of the block one behind the other, or (L, W) where all lines have W;
    tokens: (L,) how many each line has; lines: (L,) one-based line numbers.
    """

    numbers: FloatArray64
    tokens: IndexArray
    lines: IndexArray

    @cached_property
    def values(self) -> FloatArray64:
        """(T,) all numbers, line by line."""
        return self.numbers.ravel()

    @property
    def table(self) -> FloatArray64:
        """(L, W) the numbers, for a block whose lines all have W."""
        if self.numbers.ndim == 2:
            return self.numbers
        return self.numbers.reshape(len(self.lines), -1)


class _Part(NamedTuple):
    """Whole lines: their bytes, the number of the first one, how many they are."""

    text: bytes
    line: int
    lines: int


# Parts in order, and what comes of them if they are parsed already.
_Pending = deque[tuple[_Part, Future[FloatArray64 | None] | None]]


class TextRows:
    """The lines of a file from its current position on."""

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        *,
        first_line: int,
        carriage: bool = False,
        dialect: Dialect | None = None,
    ) -> None:
        """`first_line`: number of the line the file is at; `carriage`: lines end in CR alone."""
        self._dialect = dialect
        self._table = dialect.table() if dialect is not None else b""
        self._delimiter, self._columns = b" ", 0
        if dialect is not None and dialect.delimiter != " ":
            self._delimiter, self._columns = bytes([_GAP]), dialect.columns
        self._refused = 0
        self._late: UnreadableScan | None = None
        self._file = file
        self._name = name
        self._line = first_line
        self._carriage = carriage
        self._buffer = b""
        self._at = 0
        self._ended = False

    @property
    def line(self) -> int:
        """Number of the line that is read next."""
        return self._line

    def take(self, count: int) -> Iterator[TextBlock]:
        """Yield blocks that hold the next `count` non-blank lines, fewer if the file ends."""
        if count <= _FEW:
            few = self._take_few(count)
            if len(few.lines):
                yield few
            return
        pending: _Pending = deque()
        while True:
            count -= self._look_ahead(pending, count)
            if not pending:
                break
            part, even = pending.popleft()
            table = even.result() if even is not None else None
            if table is not None:
                self._refused = max(0, self._refused - 1)
                yield _even_block(table, part.line)
                continue
            self._refused += even is not None
            count += part.lines
            for block in self._blocks(part):
                count -= len(block.lines)
                yield block
        if self._late is not None:
            raise self._late

    def _look_ahead(self, pending: _Pending, most: int) -> int:
        """Have the next parts parsed, of at most so many lines; return how many lines they have."""
        lines = 0
        while lines < most and self._late is None and len(pending) <= threads.COUNT:
            try:
                part = self._cut(most - lines)
            except UnreadableScan as error:  # What stands before it comes first.
                self._late = error
                break
            if part is None:
                break
            lines += part.lines
            even = None
            if len(part.text) >= text_arrow.LEAST_BYTES and self._refused < _MOST_REFUSED:
                even = threads.submit(
                    text_arrow.parse_even,
                    part.text,
                    self._delimiter,
                    self._columns,
                    missing=self._dialect is not None,
                )
            pending.append((part, even))
        return lines

    def _cut(self, most: int) -> _Part | None:
        """The next lines, at most so many, blank ones among them; None at the end."""
        if not self._fill():
            return None
        text = self._window(len(self._buffer))
        data = np.frombuffer(text, np.uint8)
        lines = int(np.count_nonzero(data == 10))
        if lines > most:
            text = text[: int(np.flatnonzero(data == 10)[most - 1]) + 1]
            lines = most
        part = _Part(text, self._line, lines)
        self._at += len(text)
        self._line += lines
        return part

    def _blocks(self, part: _Part) -> Iterator[TextBlock]:
        """The non-blank lines of a part, by windows that the processor's cache holds."""
        at, line = 0, part.line
        while at < len(part.text):
            end = _end_of_lines(part.text, at, WINDOW_BYTES)
            text = self._without_gaps(part.text[at:end])
            data = np.frombuffer(text, np.uint8)
            ends = np.flatnonzero(data == 10) + 1
            tokens = _tokens_per_line(data, ends)
            filled = np.flatnonzero(tokens)
            if len(filled):
                lines = filled + line
                per_line = tokens[filled]
                values = self._parse(text, int(per_line.sum()), lines)
                yield TextBlock(values, per_line, lines)
            at = end
            line += len(ends)

    def next_filled_line(self) -> int | None:
        """Number of the next non-blank line, or None if only blank ones follow."""
        while self._fill():
            end = self._buffer.index(b"\n", self._at)
            if self._buffer[self._at : end].split(maxsplit=1):
                return self._line
            self._line += 1
            self._at = end + 1
        return None

    def _take_few(self, count: int) -> TextBlock:
        """The next `count` non-blank lines one by one: arrays would take longer to set up."""
        values: list[float] = []
        tokens: list[int] = []
        lines: list[int] = []
        while len(lines) < count and self._fill():
            end = self._buffer.index(b"\n", self._at) + 1
            words = self._without_gaps(self._buffer[self._at : end]).split()
            self._at = end
            self._line += 1
            if words:
                lines.append(self._line - 1)
                tokens.append(len(words))
                values += [self._number(word, self._line - 1) for word in words]
        return TextBlock(
            np.array(values, np.float64), np.array(tokens, np.int64), np.array(lines, np.int64)
        )

    def _window(self, size: int = WINDOW_BYTES) -> bytes:
        """The next whole lines, at least one, of about `size`."""
        return self._buffer[self._at : _end_of_lines(self._buffer, self._at, size)]

    def _fill(self) -> bool:
        """Have at least one whole line in the buffer; the last line gets its missing newline."""
        if self._buffer.find(b"\n", self._at) >= 0:
            return True
        if self._ended:
            return False
        buffer = self._buffer[self._at :]
        while b"\n" not in buffer:
            block = self._file.read(BLOCK_BYTES)
            if not block:
                self._ended = True
                buffer += b"\n" if buffer else b""
                break
            buffer += self._spelled(block)
            if len(buffer) > LONGEST_LINE and b"\n" not in buffer:
                raise UnreadableScan(
                    self._name,
                    f"more than {LONGEST_LINE >> 20} MB without a line end; this is no text table.",
                    where=f"line {self._line}",
                )
        self._at = 0
        self._buffer = buffer
        return bool(buffer)

    def _spelled(self, block: bytes) -> bytes:
        """The bytes as the parser wants them; as many as before."""
        if self._carriage:
            block = block.replace(b"\r", b"\n")
        dialect = self._dialect
        if dialect is None or (dialect.plain and b'"' not in block and b"'" not in block):
            return block
        return block.translate(self._table)

    def _without_gaps(self, part: bytes) -> bytes:
        """Write "nan" between delimiters that have no number between them; clear empty lines."""
        if self._delimiter == b" ":
            return part
        data = np.frombuffer(part, np.uint8)
        if (data == 32).any() or (data == 9).any() or (data == 13).any():
            data = data[(data != 32) & (data != 9) & (data != 13)]
        gap, edge = data == _GAP, (data == _GAP) | (data == 10)
        if not (gap[:1].any() or (gap[1:] & edge[:-1]).any() or (gap[:-1] & edge[1:]).any()):
            return part
        return b"\n".join(map(self._filled, part.split(b"\n")))

    def _filled(self, row: bytes) -> bytes:
        assert self._dialect is not None
        fields = [field.strip(b" \t\r\f") for field in row.split(bytes([_GAP]))]
        if not any(fields):
            return b""
        if not fields[-1] and len(fields) == self._dialect.columns + 1:
            fields.pop()
        return bytes([_GAP]).join(field or b"nan" for field in fields)

    def _parse(self, part: bytes, expected: int, lines: IndexArray) -> FloatArray64:
        try:
            with warnings.catch_warnings():
                # NumPy before 2.3 warns where later ones raise.
                warnings.simplefilter("error", DeprecationWarning)
                values = np.fromstring(part, np.float64, sep=" ")
            if len(values) == expected:
                return values
        except (ValueError, DeprecationWarning):
            pass
        return self._parse_slowly(part, lines)

    def _parse_slowly(self, part: bytes, lines: IndexArray) -> FloatArray64:
        values: list[float] = []
        filled = (row for row in part.split(b"\n") if row.strip(b"\t\x0b\x0c\r "))
        for number, row in zip(lines.tolist(), filled, strict=True):
            for token in row.split():
                values.append(self._number(token, number))
        return np.array(values, np.float64)

    def _number(self, token: bytes, line: int) -> float:
        text = token.decode("latin-1")
        spelled = text
        if self._dialect is not None and self._dialect.decimal == ",":
            spelled = text.translate({44: ".", 46: ","})
        value = number_of(text)
        if value is None and self._dialect is not None and is_missing(text):
            return np.nan
        if value is None:
            raise no_number(self._name, spelled, line)
        return value


def number_of(text: str) -> float | None:
    """The number that a text with a point as decimal mark is; None if it is none."""
    try:
        if "_" not in text:
            return float(text)
    except ValueError:
        pass
    sign = -1.0 if text.startswith("-") else 1.0
    special = _SPECIAL.get(text.lstrip("+-").lower())
    return None if special is None else sign * special


def no_number(name: str, spelled: str, line: int) -> UnreadableScan:
    """The refusal of what should be a number."""
    shown = ascii(spelled if len(spelled) <= 30 else spelled[:30] + "…")
    return UnreadableScan(name, f"{shown} is not a number.", where=f"line {line}")


def check_range(
    block: TextBlock, values: FloatArray64, kind: np.dtype[Any], *, field: str, name: str
) -> None:
    """Refuse values that an integer type cannot hold: storing them would change them."""
    if kind.kind not in "iu":
        return
    info = np.iinfo(kind)
    wrong = np.flatnonzero(
        ~((values >= info.min) & (values <= info.max)) | (values != np.rint(values))
    )
    if len(wrong):
        row = int(wrong[0])
        raise UnreadableScan(
            name,
            f'{values[row]:g} does not fit the type {info.dtype.name} of "{field}".',
            where=f"line {block.lines[row]}",
        )


def _even_block(table: FloatArray64, line: int) -> TextBlock:
    """The block of (L, W) numbers whose first line has the number `line`; none was blank."""
    count, width = table.shape
    return TextBlock(
        table,
        np.broadcast_to(np.int64(width), count),
        np.arange(line, line + count, dtype=np.int64),
    )


def _end_of_lines(text: bytes, start: int, size: int) -> int:
    """The byte behind the last whole line within `size` bytes, or behind the first one."""
    end = text.rfind(b"\n", start, start + size)
    return (end if end >= 0 else text.index(b"\n", start)) + 1


def _tokens_per_line(
    data: np.ndarray[tuple[int], np.dtype[np.uint8]], ends: IndexArray
) -> IndexArray:
    """(L,) number of blank-separated tokens of each line; `ends` are the bytes after the newlines.

    Bytes behind the last newline belong to no line.
    """
    blank = _BLANK[data]
    starts = ~blank
    starts[1:] &= blank[:-1]
    before = np.searchsorted(np.flatnonzero(starts), ends)
    return np.diff(before, prepend=0).astype(np.int64)
