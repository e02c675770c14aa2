# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of points as text: XYZ, TXT, CSV, ASC.

How the table is laid out is detected from the first lines (`text_detect`) unless it is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.printable import printable
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import ScanParts, build_scan
from fewpoints.annotations.scans.readers.text import Dialect, TextBlock, TextRows
from fewpoints.annotations.scans.readers.text_cells import FoundWord, find_words
from fewpoints.annotations.scans.readers.text_detect import (
    BOM,
    HEAD_BYTES,
    detect_layout,
    uses_carriage,
)
from fewpoints.annotations.scans.readers.text_layout import (
    DECIMALS,
    DELIMITERS,
    SINGLE_ROLES,
    TextLayout,
    as_floats,
    is_number,
)
from fewpoints.annotations.scans.readers.text_roles import in_degrees, roles_by_names
from fewpoints.annotations.scans.readers.text_words import WordRows
from fewpoints.annotations.scans.scan import BLOCK_ROWS, WORDS, Field, PointScan

# Blank lines before the first line of words are read past, up to here.
MOST_BLANK = 16 << 20
# Columns of words that are left out, each with a sentence.
MOST_TOLD = 20


def read_text(
    path: Path,
    *,
    name: str,
    progress: Progress = no_progress,
    layout: TextLayout | None = None,
    source_format: str = "text",
) -> PointScan:
    """Read a table of points; `name` is what messages call it.

    `layout`: how the table is laid out; None detects it.
    Raises UnreadableScan naming the line.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = read_head(file)
        if layout is None:
            layout = detect_layout(head, name=name, whole=len(head) == size)
        carriage = uses_carriage(head)
        _skip_lines(file, layout.skip, carriage=carriage, name=name)
        start = file.tell()
        with_words = find_words(file.read(HEAD_BYTES), layout, carriage=carriage)
        _check_words(with_words, layout, name)
        words = WordRows(
            file,
            name,
            layout,
            first_line=layout.skip + 1,
            carriage=carriage,
            word_columns=with_words,
        )

        def collected(blocks: Iterable[TextBlock]) -> TextColumns:
            file.seek(start)
            columns = TextColumns(layout.columns, _likely_rows(head, size, len(layout.columns)))
            for block in blocks:
                columns.put(block, name)
                progress(min(1.0, file.tell() / size), "Reading points")
            return columns

        if with_words:
            columns = collected(words.blocks())
        else:
            try:
                columns = collected(_numbers(file, layout, size, carriage=carriage, name=name))
            except UnreadableScan:
                if "skip" not in layout.columns:
                    raise
                # Perhaps there are words further down in what is not wanted.
                columns = collected(words.blocks())
    if columns.count == 0:
        raise UnreadableScan(name, f"no line follows the {layout.skip:,} that are skipped.")
    names = layout.column_names()
    parts = columns.parts(names)
    by_values = bool(layout.reason) and roles_by_names(layout.names) is None
    notes, details = _named(parts, words, with_words, layout, told=by_values)
    if by_values and (layout.names or set(layout.columns) != {"x", "y", "z"}):
        notes.append(f"What the columns mean is a guess: {layout.reason}.")
    if in_degrees(layout.names, layout.columns) and _within_a_turn(parts.positions):
        details["unit"] = "degrees"
    details["table"] = layout.describe()
    if layout.reason:
        details["columns_from"] = layout.reason
    return build_scan(
        name,
        parts,
        fields=[Field(n, WORDS if i in with_words else "number") for i, n in enumerate(names)],
        source_format=source_format,
        details=details,
        notes=notes,
    )


def _numbers(
    file: BinaryIO, layout: TextLayout, size: int, *, carriage: bool, name: str
) -> Iterator[TextBlock]:
    """The lines from the file's position on, which hold nothing but numbers."""
    dialect = Dialect(DELIMITERS[layout.delimiter], DECIMALS[layout.decimal], len(layout.columns))
    rows = TextRows(file, name, first_line=layout.skip + 1, carriage=carriage, dialect=dialect)
    return rows.take(size + 1)


def _check_words(with_words: Mapping[int, FoundWord], layout: TextLayout, name: str) -> None:
    """Words can only be labels."""
    for i, found in with_words.items():
        role = layout.columns[i]
        if role in SINGLE_ROLES:
            raise UnreadableScan(
                name,
                f"{found.shown} is not a number, but column {i + 1} is to be {role}. Say which "
                "column is, or what parts the columns.",
                where=f"line {found.line}",
            )


def _named(
    parts: ScanParts,
    rows: WordRows,
    with_words: dict[int, FoundWord],
    layout: TextLayout,
    *,
    told: bool,
) -> tuple[list[str], dict[str, str]]:
    """(notes, details) about columns of words; labels get the places of words in their order.

    Labels whose words are too many are taken out of the parts, columns whose words are all numbers
    out of `with_words`. `told`: the reason of the layout says which words are left out.
    """
    names = layout.column_names()
    labels = dict(parts.labels)
    notes, details = [], {}
    for i in sorted(with_words):
        column = f'Column {i + 1} "{names[i]}"' if layout.names else f"Column {i + 1}"
        words = rows.words(i)
        if words is not None:
            if all(is_number(word, layout.decimal) for word in words):  # NA at first, then numbers.
                _renumber(labels[names[i]], np.array(as_floats(words, layout.decimal), np.float64))
                del with_words[i]
                continue
            in_order = sorted(words)
            places = {word: place for place, word in enumerate(in_order)}
            _renumber(labels[names[i]], np.array([places[word] for word in words], np.float64))
            details[f"names of {printable(names[i])}"] = json.dumps(
                dict(enumerate(in_order)), ensure_ascii=False
            )
        elif i in rows.given_up:
            del labels[names[i]]
            notes.append(f"{column} holds {rows.given_up[i]}: it is no label and is left out.")
        elif layout.reason and not told:
            notes.append(f"{column} holds words and is left out.")
    if len(notes) > MOST_TOLD:
        notes[MOST_TOLD:] = [f"{len(notes) - MOST_TOLD:,} more columns of words are left out."]
    parts.labels = labels
    return notes, details


def _within_a_turn(positions: FloatArray64) -> bool:
    """Whether x and y of (N, 3) positions can be degrees; map coordinates are larger."""
    low, high = np.fmin.reduce(positions[:, :2]), np.fmax.reduce(positions[:, :2])
    return bool((low >= -360).all() and (high <= 360).all())


def _renumber(values: AnyArray, places: FloatArray64) -> None:
    """Put the place of each code for it; NaN stays."""
    for start in range(0, len(values), BLOCK_ROWS):
        block = values[start : start + BLOCK_ROWS]
        known = ~np.isnan(block)
        block[known] = places[block[known].astype(np.int64)]


def detect_text(path: Path, *, name: str) -> TextLayout:
    """Return how a file is a table of points.

    Raises UnreadableScan where it is none.
    """
    with path.open("rb") as file:
        head = read_head(file)
        return detect_layout(head, name=name, whole=len(head) == path.stat().st_size)


def read_head(file: BinaryIO) -> bytes:
    """The first lines of a file, however many blank ones come first; the file is rewound."""
    head = file.read(HEAD_BYTES)
    while len(head) < MOST_BLANK and not head.strip():
        more = file.read(1 << 20)
        if not more:
            break
        head += more
    file.seek(0)
    return head


def _skip_lines(file: BinaryIO, count: int, *, carriage: bool, name: str) -> None:
    """Go to the line behind the first `count` ones, or behind the byte order mark."""
    if file.read(len(BOM)) != BOM:
        file.seek(0)
    mark = b"\r" if carriage else b"\n"
    left = count
    while left > 0:
        block = file.read(1 << 20)
        if not block:
            raise UnreadableScan(
                name, f"{count:,} lines are to be skipped, but it has only {count - left:,}."
            )
        found = block.count(mark)
        if found < left:
            left -= found
            continue
        at = -1
        for _ in range(left):
            at = block.index(mark, at + 1)
        file.seek(at + 1 - len(block), 1)
        left = 0


def most_rows(file: BinaryIO, least_bytes: int, *, carriage: bool) -> int:
    """How many points can follow, from the line ends; each line of one needs `least_bytes`."""
    start = file.tell()
    mark = ord("\r" if carriage else "\n")
    ends = size = 0
    while block := file.read(1 << 18):
        ends += int(np.count_nonzero(np.frombuffer(block, np.uint8) == mark))
        size += len(block)
    file.seek(start)
    return min(ends + 1, (size + 1) // least_bytes)


def _likely_rows(head: bytes, size: int, columns: int) -> int:
    """How many points a file of `size` bytes has if its lines are as long as those of its head."""
    ends = max(1, head.count(b"\n"), head.count(b"\r"))
    return min(int(1.02 * ends * size / max(1, len(head))), size // (2 * columns)) + 1


class TextColumns:
    """The used columns of any number of points, filled block by block."""

    def __init__(self, roles: tuple[str, ...], room: int) -> None:
        """`room`: for so many points there is room at once."""
        self.count = 0
        self._roles = roles
        self._positions: FloatArray64 = np.empty((room, 3), np.float64)
        self._columns: dict[int, AnyArray] = {
            i: np.empty(room, np.float64 if role == "label" else np.float32)
            for i, role in enumerate(roles)
            if role not in ("x", "y", "z", "skip")
        }

    def put(self, block: TextBlock, name: str) -> None:
        """Store consecutive lines.

        Raises UnreadableScan for a line with another number of values.
        """
        width = len(self._roles)
        wrong = np.flatnonzero(block.tokens != width)
        if len(wrong):
            row = int(wrong[0])
            raise UnreadableScan(
                name,
                f"{block.tokens[row]:,} values where the table has {width:,} columns.",
                where=f"line {block.lines[row]}",
            )
        table = block.table
        stop = self.count + len(table)
        if stop > len(self._positions):
            self._make_room(stop + stop // 8)
        for axis, role in enumerate("xyz"):
            self._positions[self.count : stop, axis] = table[:, self._roles.index(role)]
        with np.errstate(over="ignore", invalid="ignore"):
            for i, column in self._columns.items():
                column[self.count : stop] = table[:, i]
        self.count = stop

    def _make_room(self, count: int) -> None:
        """Lengthen or shorten the columns, where the system can without a copy."""
        self._positions.resize((count, 3), refcheck=False)
        for column in self._columns.values():
            column.resize(count, refcheck=False)

    def parts(self, names: tuple[str, ...]) -> ScanParts:
        """Hand the columns over by their part; `names` are those of all columns."""
        roles = self._roles
        self._make_room(self.count)

        def group(*wanted: str) -> list[AnyArray] | None:
            if wanted[0] not in roles:
                return None
            return [self._columns[roles.index(role)] for role in wanted]

        intensity = group("intensity")
        return ScanParts(
            positions=self._positions,
            colours=group("r", "g", "b"),
            normals=group("nx", "ny", "nz"),
            intensity=intensity[0] if intensity else None,
            labels={names[i]: self._columns[i] for i, role in enumerate(roles) if role == "label"},
        )
