# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of numbers as text, read by blocks: one record per line.

Columns are parted by blanks, or by another character that a byte table turns into one.
Nothing is done per value in Python: a block is split into lines and tokens by byte comparisons and
parsed in one call. Only a block that fails is looked at line by line, to name the line.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.errors import UnreadableScan

BLOCK_BYTES = 4 << 20
LONGEST_LINE = 16 << 20
WINDOW_BYTES = 1 << 18
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
    columns: how many values a line has; a missing one between two delimiters is a NaN.
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


class TextBlock(NamedTuple):
    """Consecutive non-blank lines.

    values: (T,) all numbers of the block; tokens: (L,) how many each line has;
    lines: (L,) one-based line numbers.
    """

    values: FloatArray64
    tokens: IndexArray
    lines: IndexArray


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
        while count > 0:
            if not self._fill():
                return
            part = self._window()
            data = np.frombuffer(part, np.uint8)
            ends = np.flatnonzero(data == 10) + 1
            tokens = _tokens_per_line(data, ends)
            filled = np.flatnonzero(tokens)
            if len(filled) > count:
                used = int(filled[count - 1]) + 1  # Lines up to the last one wanted.
                filled = filled[:count]
                part = part[: int(ends[used - 1])]
            else:
                used = len(ends)
            lines = filled + self._line
            self._at += len(part)
            self._line += used
            if len(filled) == 0:
                continue
            count -= len(filled)
            per_line = tokens[filled]
            yield TextBlock(self._parse(part, int(per_line.sum()), lines), per_line, lines)

    def next_filled_line(self) -> int | None:
        """Number of the next non-blank line, or None if only blank ones follow."""
        while self._fill():
            part = self._window()
            data = np.frombuffer(part, np.uint8)
            inked = np.flatnonzero(~_BLANK[data])
            if len(inked):
                return self._line + int((data[: inked[0]] == 10).sum())
            self._line += int((data == 10).sum())
            self._at += len(part)
        return None

    def _take_few(self, count: int) -> TextBlock:
        """The next `count` non-blank lines one by one: arrays would take longer to set up."""
        values: list[float] = []
        tokens: list[int] = []
        lines: list[int] = []
        while len(lines) < count and self._fill():
            end = self._buffer.index(b"\n", self._at)
            words = self._buffer[self._at : end].split()
            self._at = end + 1
            self._line += 1
            if words:
                lines.append(self._line - 1)
                tokens.append(len(words))
                values += [self._number(word, self._line - 1) for word in words]
        return TextBlock(
            np.array(values, np.float64), np.array(tokens, np.int64), np.array(lines, np.int64)
        )

    def _window(self) -> bytes:
        """The next whole lines, at least one; not more than the processor's cache holds."""
        end = self._buffer.rfind(b"\n", self._at, self._at + WINDOW_BYTES)
        if end < 0:
            end = self._buffer.index(b"\n", self._at)
        return self._buffer[self._at : end + 1]

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
        self._buffer = self._without_gaps(buffer)
        return bool(buffer)

    def _spelled(self, block: bytes) -> bytes:
        """The bytes as the parser wants them; as many as before."""
        if self._carriage:
            block = block.replace(b"\r", b"\n")
        dialect = self._dialect
        if dialect is None or (dialect.plain and b'"' not in block and b"'" not in block):
            return block
        return block.translate(self._table)

    def _without_gaps(self, buffer: bytes) -> bytes:
        """Write "nan" between delimiters that have no number between them; clear empty lines."""
        if self._dialect is None or self._dialect.delimiter == " ":
            return buffer
        end = buffer.rfind(b"\n") + 1
        data = np.frombuffer(buffer, np.uint8, end)
        if (data == 32).any() or (data == 9).any() or (data == 13).any():
            data = data[(data != 32) & (data != 9) & (data != 13)]
        gap, edge = data == _GAP, (data == _GAP) | (data == 10)
        if not (gap[:1].any() or (gap[1:] & edge[:-1]).any() or (gap[:-1] & edge[1:]).any()):
            return buffer
        rows = buffer[: end - 1].split(b"\n")
        return b"\n".join(map(self._filled, rows)) + b"\n" + buffer[end:]

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
        try:
            if "_" not in text:
                return float(text)
        except ValueError:
            pass
        sign = -1.0 if text.startswith("-") else 1.0
        special = _SPECIAL.get(text.lstrip("+-").lower())
        if special is None:
            shown = ascii(spelled if len(spelled) <= 30 else spelled[:30] + "…")
            raise UnreadableScan(self._name, f"{shown} is not a number.", where=f"line {line}")
        return sign * special


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
