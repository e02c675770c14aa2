# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the columns behind x, y and z mean when nothing names them: a guess that is told.

In order, and only where the numbers leave little doubt:

* three columns without negative numbers, all up to 1 (or a hair above) or all up to 255, are
  colours (where all three are whole numbers up to 255, or fractions that are no unit vectors);
* three columns that are unit vectors at 95 % of the points are normals;
* a single column of at most `LABEL_VALUES` different whole numbers from -1 up is a label; a second
  one directly behind it may have more: an object number;
* a single column without negative numbers directly behind x, y and z is the intensity.

Columns that fit none of these are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fewpoints.annotations.arrays import AnyArray, FloatArray64
from fewpoints.annotations.scans.readers.fields import FRACTIONS_TO

SAMPLE = 200_000
LABEL_VALUES = 64


@dataclass
class Guess:
    """Places in the list of columns behind x, y and z; `notes` tells people what was assumed."""

    colours: int | None = None
    normals: int | None = None
    intensity: int | None = None
    labels: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def guess_columns(columns: Sequence[AnyArray]) -> Guess:
    """Guess what (N,) `columns` behind x, y and z hold."""
    guess = Guess()
    if not columns or len(columns[0]) == 0:
        return guess
    step = max(1, len(columns[0]) // SAMPLE)
    with np.errstate(over="ignore", invalid="ignore"):
        sample = [column[::step].astype(np.float64) for column in columns]
    taken: list[str] = []
    ignored: list[str] = []
    at = 0
    while at < len(sample):
        three = sample[at : at + 3]
        if len(three) == 3 and guess.normals is None and _unit_vectors(three):
            guess.normals = at
            taken.append(f"{_numbers(at, 3)} as normals")
            at += 3
        elif len(three) == 3 and guess.colours is None and (top := _colour_range(three)):
            guess.colours = at
            taken.append(f"{_numbers(at, 3)} as colours (0-{top})")
            at += 3
        elif name := _label_name(sample[at], guess, at):
            guess.labels[name] = at
            taken.append(f"{_numbers(at, 1)} as {name}")
            at += 1
        elif at == 0 and len(sample) != 3 and _intensity(sample[0]):
            guess.intensity = 0
            taken.append(f"{_numbers(0, 1)} as intensity")
            at += 1
        else:
            ignored.append(_numbers(at, 1))
            at += 1
    if taken:
        guess.notes.append(f"Columns have no names; taken by their numbers: {', '.join(taken)}.")
    if ignored:
        what = "Column" if len(ignored) == 1 else "Columns"
        guess.notes.append(f"{what} {', '.join(ignored)}: the meaning is not plain; left out.")
    return guess


def _numbers(at: int, count: int) -> str:
    """Columns as people count them, x being 1."""
    return f"{at + 4}" if count == 1 else f"{at + 4}-{at + 3 + count}"


def _usable(columns: Sequence[FloatArray64]) -> bool:
    return all(bool(np.isfinite(c).all()) for c in columns)


def _colour_range(columns: Sequence[FloatArray64]) -> int | None:
    """1 or 255, or None for columns that are no colours."""
    if not _usable(columns) or min(float(c.min()) for c in columns) < 0:
        return None
    top = max(float(c.max()) for c in columns)
    whole = all(bool((c == np.rint(c)).all()) for c in columns)
    if top <= FRACTIONS_TO:
        # Ones and zeros alone are more likely flags than a black and white scan.
        return None if whole and top > 0 else 1
    return 255 if whole and top <= 255 else None


def _unit_vectors(columns: Sequence[FloatArray64]) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt(sum(c * c for c in columns))
    near = np.abs(length - 1) < 0.02
    # Colours are no unit vectors, except a scan that is red, green or blue throughout.
    directions = len(np.unique(np.stack(columns, axis=1)[:1000], axis=0))
    return bool(near.mean() > 0.95) and directions > 3 and min(c.min() for c in columns) < 0


def _label_name(column: FloatArray64, guess: Guess, at: int) -> str | None:
    """ "label", "instance", or None."""
    if not _usable([column]) or not (column == np.rint(column)).all() or column.min() < -1:
        return None
    if guess.labels.get("label") == at - 1 and "instance" not in guess.labels:
        return "instance"
    few = len(np.unique(column)) <= LABEL_VALUES
    return "label" if few and "label" not in guess.labels else None


def _intensity(column: FloatArray64) -> bool:
    return _usable([column]) and float(column.min()) >= 0
