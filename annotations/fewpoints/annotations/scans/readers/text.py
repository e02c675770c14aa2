# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of numbers as text, read by blocks: one record per line, columns parted by blanks.

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
        self, file: BinaryIO, name: str, *, first_line: int, carriage: bool = False
    ) -> None:
        """`first_line`: number of the line the file is at; `carriage`: lines end in CR alone."""
        self._file = file
        self._name = name
        self._line = first_line
        self._carriage = carriage
        self._buffer = b""
        self._ended = False

    @property
    def line(self) -> int:
        """Number of the line that is read next."""
        return self._line

    def take(self, count: int) -> Iterator[TextBlock]:
        """Yield blocks that hold the next `count` non-blank lines, fewer if the file ends."""
        while count > 0:
            if not self._fill():
                return
            data = np.frombuffer(self._buffer, np.uint8)
            ends = np.flatnonzero(data == 10) + 1
            tokens = _tokens_per_line(data, ends)
            filled = np.flatnonzero(tokens)
            if len(filled) > count:
                used = int(filled[count - 1]) + 1  # Lines up to the last one wanted.
                filled = filled[:count]
            else:
                used = len(ends)
            part = self._buffer[: int(ends[used - 1])]
            lines = filled + self._line
            self._buffer = self._buffer[len(part) :]
            self._line += used
            if len(filled) == 0:
                continue
            count -= len(filled)
            per_line = tokens[filled]
            yield TextBlock(self._parse(part, int(per_line.sum()), lines), per_line, lines)

    def next_filled_line(self) -> int | None:
        """Number of the next non-blank line, or None if only blank ones follow."""
        while self._fill():
            data = np.frombuffer(self._buffer, np.uint8)
            inked = np.flatnonzero(~_BLANK[data])
            if len(inked):
                return self._line + int((data[: inked[0]] == 10).sum())
            self._line += int((data == 10).sum())
            self._buffer = b""
        return None

    def _fill(self) -> bool:
        """Have at least one whole line in the buffer; the last line gets its missing newline."""
        while not self._ended and b"\n" not in self._buffer:
            block = self._file.read(BLOCK_BYTES)
            if not block:
                self._ended = True
                if self._buffer:
                    self._buffer += b"\n"
                break
            if self._carriage:
                block = block.replace(b"\r", b"\n")
            self._buffer += block
            if len(self._buffer) > LONGEST_LINE and b"\n" not in self._buffer:
                raise UnreadableScan(
                    self._name,
                    f"more than {LONGEST_LINE >> 20} MB without a line end; this is no text table.",
                    where=f"line {self._line}",
                )
        return bool(self._buffer)

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
        try:
            if "_" not in text:
                return float(text)
        except ValueError:
            pass
        sign = -1.0 if text.startswith("-") else 1.0
        special = _SPECIAL.get(text.lstrip("+-").lower())
        if special is None:
            shown = ascii(text if len(text) <= 30 else text[:30] + "…")
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
