# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Text files whose lines begin with a word that says what follows, read by blocks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64, IndexArray, UInt8Array
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.text import LONGEST_LINE, TextRows

# Several blocks of `TextRows`, which are parsed side by side.
BLOCK_BYTES = 4 << 20


def blocks_of_lines(
    path: Path, name: str, *, continued: bool = False
) -> Iterator[tuple[UInt8Array, int, float]]:
    """Yield (whole lines without leading blanks, number of the first, share of the file read).

    `continued`: a line that ends in a backslash goes on in the next.
    """
    size = max(1, path.stat().st_size)
    rest, line = b"", 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK_BYTES)
            text = rest + block
            cut = text.rfind(b"\n") + 1 if block else len(text)
            while continued and block and text.endswith((b"\\\n", b"\\\r\n"), 0, cut):
                cut = text.rfind(b"\n", 0, cut - 1) + 1
            if cut == 0 and len(text) > LONGEST_LINE:
                raise UnreadableScan(
                    name,
                    f"more than {LONGEST_LINE >> 20} MB without a line end; this is no text.",
                    where=f"line {line}",
                )
            whole, rest = text[:cut], text[cut:]
            if whole:
                lines = whole.count(b"\n")
                if not whole.endswith(b"\n"):
                    whole += b"\n"
                # A comment behind numbers, and blanks before the word, mean nothing.
                if b"#" in whole:
                    whole = re.sub(rb"#[^\n]*", b"", whole)
                if continued and b"\\" in whole:
                    whole = _joined(whole)
                data = np.frombuffer(b"\n" + whole, np.uint8)
                if ((data[:-1] == 10) & ((data[1:] == 32) | (data[1:] == 9))).any():
                    whole = re.sub(rb"(?m)^[ \t]+", b"", whole)
                    data = np.frombuffer(b"\n" + whole, np.uint8)
                yield data[1:], line, min(1.0, file.tell() / size)
                line += lines
            if not block:
                return


def _joined(whole: bytes) -> bytes:
    """Whole lines with their continuations; empty lines behind them keep the count of lines."""
    first, *rest = re.split(rb"\\\r?\n", whole)
    out, owed = [first], 0
    for piece in rest:
        line, end, more = piece.partition(b"\n")
        owed += 1
        out += [b" ", line, end]
        if end:
            out += [b"\n" * owed, more]
            owed = 0
    return b"".join(out) + b"\n" * owed


def select(data: UInt8Array, word: bytes, first: int) -> tuple[UInt8Array, IndexArray]:
    """(the lines that begin with `word`, without it; their numbers, `first` being the block's)."""
    ends = np.flatnonzero(data == 10) + 1
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    room = ends - starts > len(word)
    chosen = room.copy()
    for at, letter in enumerate(word):
        chosen[room] &= data[starts[room] + at] == letter
    behind = data[np.minimum(starts + len(word), len(data) - 1)]
    chosen &= (behind == 32) | (behind == 9)
    if not chosen.any():
        return data[:0], np.empty(0, np.int64)
    changed = data.copy()
    for at in range(len(word)):
        changed[starts[chosen] + at] = 32
    kept = changed if chosen.all() else changed[np.repeat(chosen, ends - starts)]
    return kept, np.flatnonzero(chosen) + first


def numbers(rows: AnyArray, lines: IndexArray, name: str) -> tuple[FloatArray64, IndexArray]:
    """(all numbers of the rows, how many each has); an error names the line of the file."""
    reader = TextRows(io.BytesIO(rows.tobytes()), name, first_line=1)
    values: list[FloatArray64] = []
    tokens = np.zeros(len(lines), np.int64)
    try:
        for block in reader.take(len(lines)):
            values.append(block.values)
            tokens[block.lines - 1] = block.tokens
    except UnreadableScan as error:
        found = re.fullmatch(r"line (\d+)", error.where)
        if found is None:
            raise
        problem = str(error).partition(": ")[2]
        where = f"line {lines[int(found[1]) - 1]}"
        raise UnreadableScan(name, problem, where=where) from error
    return (np.concatenate(values) if values else np.empty(0)), tokens
