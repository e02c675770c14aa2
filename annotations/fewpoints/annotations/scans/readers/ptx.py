# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""PTX of Leica: stations of a laser scanner, each a grid in the scanner's own frame.

A station is ten lines and columns x rows points:

    columns                             of the grid
    rows
    x y z                               where the scanner stood
    x y z  three times                  its axes
    4 x 4 numbers                       to the common frame, for row vectors: (x y z 1) M
    x y z intensity [r g b]             one line per direction; 0 0 0 where nothing came back

The matrix is applied. Directions without a return keep their row, as NaN.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import ScanParts, build_scan
from fewpoints.annotations.scans.readers.text import TextBlock, TextRows
from fewpoints.annotations.scans.readers.text_detect import BOM, uses_carriage
from fewpoints.annotations.scans.readers.text_table import most_rows, read_head
from fewpoints.annotations.scans.scan import Field, PointScan

_HEADER = (1, 1, 3, 3, 3, 3, 4, 4, 4, 4)
_NAMES = ("x", "y", "z", "intensity", "r", "g", "b")
_WIDTHS = (4, 7)


def starts_like_ptx(head: bytes) -> bool:
    """Whether the first lines are the header of a station."""
    lines = [line.split() for line in head.removeprefix(BOM).splitlines()]
    filled = [words for words in lines if words][:7]
    if [len(words) for words in filled] != list(_HEADER[:7]):
        return False
    try:
        for word in (word for words in filled for word in words):
            float(word)
    except ValueError:
        return False
    return filled[0][0].isdigit() and filled[1][0].isdigit()


class _Station(NamedTuple):
    """The head of a station; `line` is the number of its first line."""

    line: int
    columns: int
    rows: int
    matrix: FloatArray64

    @property
    def points(self) -> int:
        return self.columns * self.rows


def read_ptx(path: Path, *, name: str, progress: Progress = no_progress) -> PointScan:
    """Read all stations of a PTX file into one frame; `name` is what messages call the file.

    Raises UnreadableScan naming the line.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = read_head(file)
        file.seek(len(BOM) if head.startswith(BOM) else 0)
        carriage = uses_carriage(head)
        most = most_rows(file, 2 * _WIDTHS[0], carriage=carriage)
        rows = TextRows(file, name, first_line=1, carriage=carriage)
        cloud = _Cloud(most)
        stations: list[_Station] = []
        while (station := _read_header(rows, name)) is not None:
            stations.append(station)
            if cloud.count + station.points > most:
                raise UnreadableScan(
                    name,
                    f"a grid of {station.columns:,} x {station.rows:,} points is promised, but the "
                    "file is too short for it: it is truncated or its counts are wrong.",
                    where=f"line {station.line}",
                )
            done = width = 0
            for block in rows.take(station.points):
                width = width or int(block.tokens[0])
                cloud.put(_table(block, width, name), station.matrix)
                done += len(block.lines)
                progress(min(1.0, file.tell() / size), "Reading points")
            if done < station.points:
                raise UnreadableScan(
                    name,
                    f"the file ends after {done:,} of {station.points:,} points of station "
                    f"{len(stations)}: it is truncated or its counts are wrong.",
                    where=f"line {rows.line}",
                )
    grids = [f"{s.columns} x {s.rows}" for s in stations[:10]]
    details = {
        "stations": f"{len(stations):,}",
        "grids": ", ".join(grids) + (", …" if len(stations) > len(grids) else ""),
    }
    return cloud.scan(name, details)


def _read_header(rows: TextRows, name: str) -> _Station | None:
    """Read the ten lines before the points of a station; None at the end of the file."""
    first = rows.next_filled_line()
    if first is None:
        return None
    values: list[float] = []
    read = 0
    for block in rows.take(len(_HEADER)):
        for line, tokens in zip(block.lines.tolist(), block.tokens.tolist(), strict=True):
            if tokens != _HEADER[read]:
                raise UnreadableScan(
                    name,
                    f"{tokens} values where line {read + 1} of a station's header has "
                    f"{_HEADER[read]}; the counts before may be wrong.",
                    where=f"line {line}",
                )
            read += 1
        values += block.values.tolist()
    if read < len(_HEADER):
        raise UnreadableScan(
            name, "the file ends in the header of a station.", where=f"line {rows.line}"
        )
    for count in values[:2]:
        if not 0 <= count < 2**31 or count != int(count):
            raise UnreadableScan(
                name, f"{count:g} is no number of columns or rows.", where=f"line {first}"
            )
    matrix = np.array(values[14:30]).reshape(4, 4)
    if not np.isfinite(matrix).all() or np.abs(matrix[:, 3] - (0, 0, 0, 1)).max() > 1e-6:
        raise UnreadableScan(
            name,
            "the matrix of a station must be finite and end its rows in 0, 0, 0 and 1.",
            where=f"line {first}",
        )
    return _Station(first, int(values[0]), int(values[1]), matrix)


def _table(block: TextBlock, width: int, name: str) -> FloatArray64:
    """(L, 4) or (L, 7) values of a block's lines; `width` is that of the station's first line."""
    if width in _WIDTHS and (block.tokens == width).all():
        return block.table
    row = 0 if width not in _WIDTHS else int(np.argmax(block.tokens != width))
    raise UnreadableScan(
        name,
        f"{block.tokens[row]:,} values where a point has x, y, z, intensity and, in some files, "
        "red, green and blue.",
        where=f"line {block.lines[row]}",
    )


class _Cloud:
    """The points of all stations; room for `most`."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self.silent = 0
        self.colourless = 0
        self._positions = np.empty((most, 3), np.float64)
        self._intensity = np.empty(most, np.float32)
        self._colours: list[AnyArray] = []

    def put(self, table: FloatArray64, matrix: FloatArray64) -> None:
        """Add lines of a station in the frame that `matrix` leads to."""
        stop = self.count + len(table)
        none = (table[:, :3] == 0).all(axis=1)
        out = self._positions[self.count : stop]
        with np.errstate(over="ignore", invalid="ignore"):
            np.matmul(table[:, :3], matrix[:3, :3], out=out)
            out += matrix[3, :3]
            self._intensity[self.count : stop] = table[:, 3]
        out[none] = np.nan
        self.silent += int(none.sum())
        if table.shape[1] == len(_NAMES):
            if not self._colours:
                most = len(self._positions)
                self._colours = [np.zeros(most, np.float32) for _ in range(3)]
            with np.errstate(over="ignore", invalid="ignore"):
                for i, column in enumerate(self._colours):
                    column[self.count : stop] = table[:, 4 + i]
        else:
            self.colourless += len(table)
        self.count = stop

    def scan(self, name: str, details: dict[str, str]) -> PointScan:
        """Return all points as a scan."""
        count = self.count
        notes = []
        if self.silent:
            notes.append(
                f"Nothing came back in {self.silent:,} of {count:,} directions (0 0 0 in the file)."
            )
        if self._colours and self.colourless:
            notes.append(f"{self.colourless:,} points are of stations without colour: black.")
        names = _NAMES if self._colours else _NAMES[:4]
        return build_scan(
            name,
            ScanParts(
                positions=self._positions[:count],
                colours=[column[:count] for column in self._colours] or None,
                intensity=self._intensity[:count],
            ),
            fields=[Field(n, "number") for n in names],
            source_format="ptx",
            details=details,
            notes=notes,
        )
