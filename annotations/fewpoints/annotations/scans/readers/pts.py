# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""PTS of Leica: a line with the count, then as many lines `x y z [intensity] [r g b]`; repeated.

Intensities are -2048 to 2047 as scanners write them, and stay so. A file without a count is read as
any table of points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.readers.fields import build_scan
from fewpoints.annotations.scans.readers.text import TextBlock, TextRows
from fewpoints.annotations.scans.readers.text_detect import BOM, uses_carriage
from fewpoints.annotations.scans.readers.text_layout import MOST_COLUMNS, TextLayout
from fewpoints.annotations.scans.readers.text_roles import roles_by_values
from fewpoints.annotations.scans.readers.text_table import (
    TextColumns,
    detect_text,
    most_rows,
    read_head,
    read_text,
)
from fewpoints.annotations.scans.scan import Field, PointScan

_ROLES = {
    3: ("x", "y", "z"),
    4: ("x", "y", "z", "intensity"),
    7: ("x", "y", "z", "intensity", "r", "g", "b"),
}
_AXES = 3
_SAMPLE_ROWS = 1000


def read_pts(
    path: Path,
    *,
    name: str,
    progress: Progress = no_progress,
    layout: TextLayout | None = None,
) -> PointScan:
    """Read a PTS file; `name` is what messages call it.

    Raises UnreadableScan naming the line.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = read_head(file)
        if layout is None and not _starts_with_count(head):
            layout = detect_pts(path, name=name)
        if layout is not None:
            return read_text(path, name=name, progress=progress, layout=layout, source_format="pts")
        file.seek(len(BOM) if head.startswith(BOM) else 0)
        most = most_rows(file, 2 * _AXES, carriage=uses_carriage(head))
        rows = TextRows(file, name, first_line=1, carriage=uses_carriage(head))
        columns: TextColumns | None = None
        roles: tuple[str, ...] = ()
        guess = ""
        total = blocks = 0
        while (promised := _count(rows, name)) is not None:
            total, blocks = total + promised, blocks + 1
            if total > most:
                raise UnreadableScan(
                    name,
                    f"{promised:,} points are promised, but the file is too short for them: it is "
                    "truncated or its count is wrong.",
                    where=f"line {rows.line - 1}",
                )
            begun: list[TextBlock] = []
            if columns is None and (begun := list(rows.take(min(promised, _SAMPLE_ROWS)))):
                roles, guess = _roles(begun, name)
                columns = TextColumns(roles, most)
            left = promised
            for block in chain(begun, rows.take(promised - sum(len(b.lines) for b in begun))):
                assert columns is not None
                columns.put(block, name)
                left -= len(block.lines)
                progress(min(1.0, file.tell() / size), "Reading points")
            if left:
                raise UnreadableScan(
                    name,
                    f"the file ends after {promised - left:,} of {promised:,} points: it is "
                    "truncated or its count is wrong.",
                    where=f"line {rows.line}",
                )
    if columns is None:
        raise UnreadableScan(name, "the file is well formed but holds no points.")
    names = TextLayout(columns=roles).column_names()
    details = {"table": TextLayout(columns=roles).describe()}
    if blocks > 1:
        details["blocks"] = f"{blocks:,}"
    return build_scan(
        name,
        columns.parts(names),
        fields=[Field(n, "number") for n in names],
        source_format="pts",
        details=details,
        notes=[f"What the columns mean is a guess: {guess}."] if guess else [],
    )


def detect_pts(path: Path, *, name: str) -> TextLayout:
    """Return how the points of a file, of its first block if it has counts, are a table.

    Raises UnreadableScan where they are none.
    """
    found = detect_text(path, name=name)
    with path.open("rb") as file:
        counted = _starts_with_count(read_head(file))
    roles = _ROLES.get(len(found.columns))
    # Without a count it may be another table, unless there are colours and one column more.
    coloured = found.columns[:3] == ("x", "y", "z") and "r" in found.columns
    if roles is None or not (counted or (coloured and not found.names)):
        return found
    return replace(found, columns=roles, names=(), reason="PTS has its columns in this order")


def _starts_with_count(head: bytes) -> bool:
    words = head.removeprefix(BOM).split(maxsplit=1)
    if not words or not words[0].isdigit():
        return False
    first_line = head.removeprefix(BOM).lstrip().replace(b"\r", b"\n").split(b"\n", 1)[0]
    return len(first_line.split()) == 1


def _count(rows: TextRows, name: str) -> int | None:
    """Read the line with the count of a block; None at the end of the file."""
    for block in rows.take(1):
        value = float(block.values[0])
        if len(block.values) != 1 or not 0 <= value < 2**53 or value != np.rint(value):
            raise UnreadableScan(
                name,
                "here a line with the number of the next points is due; the count before is wrong.",
                where=f"line {block.lines[0]}",
            )
        return int(value)
    return None


def _roles(begun: Sequence[TextBlock], name: str) -> tuple[tuple[str, ...], str]:
    """What the columns are, by the first points, and why where the format does not say."""
    tokens = np.concatenate([block.tokens for block in begun])
    width = int(tokens[0])
    if not _AXES <= width <= MOST_COLUMNS:
        raise UnreadableScan(
            name,
            f"{width:,} values; a point has at least x, y and z.",
            where=f"line {begun[0].lines[0]}",
        )
    if width in _ROLES:
        return _ROLES[width], ""
    alike = tokens == width
    rows = int(np.argmin(alike)) if not alike.all() else len(alike)
    values = np.concatenate([block.values for block in begun])
    return roles_by_values(values[: rows * width].reshape(rows, width))
