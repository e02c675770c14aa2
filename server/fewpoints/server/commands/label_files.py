# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of single points that a person gives on the command line: CSV with `index` and `class`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fewpoints.server.commands.terminal import BadArgument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_LARGEST = 2**62


class LabelledRows(NamedTuple):
    """rows, classes: (Q,) int64. unsure: (U,) rows that were asked about and have no class."""

    rows: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]
    unsure: npt.NDArray[np.int64]


def read_labels(path: Path) -> LabelledRows:
    """Read the columns `index` and `class` of a CSV file, in any order and case, among others.

    Raises:
        BadArgument: a column is missing, or a value is no whole number; names the line.
    """
    import numpy as np

    rows: list[int] = []
    classes: list[int] = []
    unsure: list[int] = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadArgument(f"--labels {path} cannot be read as text: {error}.") from None
    reader = csv.reader(text.splitlines())
    header = [name.strip().lower() for name in next(reader, [])]
    for column in ("index", "class"):
        if column not in header:
            raise BadArgument(
                f"--labels {path} has no column {column}. Its first line must name the columns "
                "index and class."
            )
    where = header.index("index"), header.index("class")
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        without = len(cells) > where[1] and not cells[where[1]].strip()
        try:
            index = int(cells[where[0]])
            value = 0 if without else int(cells[where[1]])
        except (ValueError, IndexError):
            raise BadArgument(
                f"--labels {path}, line {reader.line_num}: index and class must be whole numbers, "
                f'got "{",".join(cells)[:80]}".'
            ) from None
        if max(abs(index), abs(value)) > _LARGEST:
            raise BadArgument(f"--labels {path}, line {reader.line_num}: a number is too large.")
        if without:
            unsure.append(index)
        else:
            rows.append(index)
            classes.append(value)
    return LabelledRows(*(np.array(part, np.int64) for part in (rows, classes, unsure)))
