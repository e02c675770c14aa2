# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the columns of a text table mean: by their names, else by their values."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import count

import numpy as np

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.scans.readers.fields import (
    FRACTIONS_TO,
    find_roles,
    looks_like_label,
    plain,
)

# Fewer distinct whole numbers than this are classes or objects, not intensities.
FEW_VALUES = 64
# The channels of a colour are correlated. Of fewer rows nothing can be said, nor of less than this.
_FEW_ROWS = 20
_CLEARLY = 0.5
# So many runs of columns are listed in a sentence.
_MOST_RUNS = 6
_NAME = re.compile(r"[ _-]?names?$")
_UNITS = re.compile(r"\s*[\[(<][^\])>]*[\])>]\s*$")
_AXIS = re.compile(
    r"(?:points?|points_m_xyz|pos|position|coords?|coordinates?|p|v|world)[ _:.-]?([xyz012])"
    r"|([xyz])[ _-]?(?:coords?|coordinates?|pos|m|mm|cm|ft)"
)
# Map and survey words; only where they name all three axes.
_SURVEY = {
    "x": ("easting", "east", "ost", "rechtswert", "lon", "longitude", "e"),
    "y": ("northing", "north", "nord", "hochwert", "lat", "latitude", "n"),
    "z": ("elevation", "height", "altitude", "elev", "alt", "hoehe", "höhe", "h", "z"),
}
_DEGREES = ("lon", "longitude", "lat", "latitude")
_MORE_INTENSITY = ("i", "int", "intens", "reflectivity", "refl", "amplitude")


def clean_name(name: str) -> str:
    """A column's name without marks of comments, quotes and a unit in brackets."""
    name = name.strip(" \t\"'").lstrip("#/%;").strip(" \t\"'")
    return _UNITS.sub("", name).strip()


def roles_by_names(names: Sequence[str], words: Collection[int] = ()) -> tuple[str, ...] | None:
    """The part of each column, or None where names do not tell x, y and z.

    `words`: the columns that hold words; they can only be labels.
    """
    roles = _roles_by_names(names)
    if roles is None or not words:
        return roles
    found = [
        ("label" if _names_classes(names[i]) else "skip") if i in words else role
        for i, role in enumerate(roles)
    ]
    for group in ("rgb", ("nx", "ny", "nz")):  # All three or none.
        if not set(group) <= set(found):
            found = ["skip" if role in group else role for role in found]
    return tuple(found) if {"x", "y", "z"} <= set(found) else None


def in_degrees(names: Sequence[str], roles: Sequence[str]) -> bool:
    """Whether x and y are called longitude and latitude."""
    called = dict(zip(roles, map(_common, names), strict=False))  # There may be no names.
    return all(called.get(axis) in _DEGREES for axis in "xy")


def leading_words(words: Collection[int]) -> int:
    """How many columns of words come before the first one of numbers."""
    return next(i for i in count() if i not in words)


def _names_classes(name: str) -> bool:
    """Whether a column of words is called like one of classes: "class", "label name"."""
    return looks_like_label(_NAME.sub("", plain(name)))


def _roles_by_names(names: Sequence[str]) -> tuple[str, ...] | None:
    common = [_common(name) for name in names]
    if not {"x", "y", "z"} <= set(common):
        common = _survey(common)
    seen: set[str] = set()
    unique = []  # Of two columns of one name, the first counts.
    for i, name in enumerate(common):
        unique.append(f"\0{i}" if name in seen and not looks_like_label(name) else name)
        seen.add(name)
    try:
        found = find_roles("", unique)
    except UnreadableScan:
        return None
    parts = dict(zip(found.position, "xyz", strict=True))
    if found.colour:
        parts |= dict(zip(found.colour, "rgb", strict=True))
    if found.normal:
        parts |= dict(zip(found.normal, ("nx", "ny", "nz"), strict=True))
    intensity = found.intensity
    if intensity is None:
        intensity = next((n for n in unique if n in _MORE_INTENSITY and n not in parts), None)
    if intensity is not None:
        parts[intensity] = "intensity"
    return tuple(parts.get(n) or ("label" if looks_like_label(n) else "skip") for n in unique)


def _common(name: str) -> str:
    short = plain(clean_name(name))
    match = _AXIS.fullmatch(short)
    if match:
        axis = match[1] or match[2]
        return "xyz"[int(axis)] if axis.isdigit() else axis
    return short


def _survey(names: list[str]) -> list[str]:
    out = list(names)
    for axis, words in _SURVEY.items():
        place = next((names.index(w) for w in (axis, *words) if w in names), None)
        if place is None:
            return names
        out[place] = axis
    return out


def roles_by_values(
    sample: FloatArray64, words: Collection[int] = ()
) -> tuple[tuple[str, ...], str]:
    """The part of each column, and why.

    `sample`: (S, K) numbers of the first lines, NaN where there is none; K >= 3. `words`: columns
    that hold words; none of the three behind those that the lines begin with.
    """
    columns = sample.shape[1]
    roles = ["skip"] * columns
    reasons = []
    start = leading_words(words) if words else _first_axis(sample)
    if start == 1 and not words:
        reasons.append("column 1 counts the lines")
    roles[start : start + 3] = "xyz"
    reasons.append(f"columns {start + 1} to {start + 3} are taken as x, y and z")
    rest = [i for i in range(columns) if roles[i] == "skip" and i >= start and i not in words]
    reasons += _normals(sample, rest, roles)
    reasons += _colours(sample, rest, roles)
    reasons += _singles(sample, rest, roles)
    reasons += _told(sorted(words), "holds words and is left out", "hold words and are left out")
    return tuple(roles), "; ".join(reasons)


def _told(columns: Sequence[int], of_one: str, of_several: str) -> list[str]:
    """What is said of ascending columns, if there are any: "columns 4, 6 to 9 hold words"."""
    if not columns:
        return []
    if len(columns) == 1:
        return [f"column {columns[0] + 1} {of_one}"]
    return [f"columns {_listed(columns)} {of_several}"]


def _listed(columns: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for column in columns:
        if runs and column == runs[-1][1] + 1:
            runs[-1][1] = column
        else:
            runs.append([column, column])
    shown = [
        f"{first + 1}" if first == last else f"{first + 1} to {last + 1}"
        for first, last in runs[:_MOST_RUNS]
    ]
    more = sum(last - first + 1 for first, last in runs[_MOST_RUNS:])
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _first_axis(sample: FloatArray64) -> int:
    """Column of x: 1 if column 0 numbers the lines, else 0."""
    if sample.shape[1] >= 4 and len(sample) >= 3:
        first = sample[:, 0]
        if first[0] in (0, 1) and np.array_equal(first, first[0] + np.arange(len(first))):
            return 1
    return 0


def _windows(rest: list[int], roles: Sequence[str]) -> list[int]:
    """Starts of three free columns side by side."""
    free = {i for i in rest if roles[i] == "skip"}
    return [i for i in rest if {i, i + 1, i + 2} <= free]


def _normals(sample: FloatArray64, rest: list[int], roles: list[str]) -> list[str]:
    for i in _windows(rest, roles):
        block = sample[:, i : i + 3]
        with np.errstate(over="ignore", invalid="ignore"):
            lengths = np.sqrt((block * block).sum(axis=1))
            used = lengths[np.isfinite(lengths) & (lengths > 0)]
            unit = len(used) > 0 and bool((np.abs(used - 1) < 0.02).mean() >= 0.95)
        # 0 0 1 in every line could be colours or labels; a normal points somewhere.
        if unit and (bool((block != np.rint(block)).any()) or bool((block < 0).any())):
            roles[i : i + 3] = ("nx", "ny", "nz")
            return [f"columns {i + 1} to {i + 3} have length 1: normals"]
    return []


def _colours(sample: FloatArray64, rest: list[int], roles: list[str]) -> list[str]:
    """Three columns of 0-255, 0-1 or 0-65535; behind an intensity where there is room for one."""
    choices = []
    for i in _windows(rest, roles):
        block = sample[:, i : i + 3]
        if not np.isfinite(block).all() or block.min() < 0:
            continue
        whole = bool((block == np.rint(block)).all())
        peak = float(block.max())
        if whole and 1 < peak <= 255:
            choices.append((i, "whole numbers 0 to 255"))
        elif not whole and peak <= FRACTIONS_TO:
            choices.append((i, "numbers 0 to 1"))
        elif whole and peak <= 65535 and bool((block.max(axis=0) > 1000).all()):
            choices.append((i, "whole numbers 0 to 65535"))
    if not choices:
        return []
    i, what = choices[0]
    while (i + 1, what) in choices and _first_is_none(sample[:, i : i + 4]):
        i += 1
    roles[i : i + 3] = "rgb"
    said = [f"columns {i + 1} to {i + 3} are {what}: red, green and blue"]
    after = i + 3
    if after in rest and roles[after] == "skip" and bool(np.isin(sample[:, after], (1, 255)).all()):
        rest.remove(after)
        said.append(f"column {after + 1} is the same everywhere and left out")
    return said


def _first_is_none(four: FloatArray64) -> bool:
    """Whether of (S, 4) columns that could be colours the last three go together, not the first."""
    if len(four) < _FEW_ROWS:
        return False
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.asarray(np.nan_to_num(np.corrcoef(four, rowvar=False)))
    return bool(alike[3, 1] + alike[3, 2] > alike[0, 1] + alike[0, 2] + _CLEARLY)


def _singles(sample: FloatArray64, rest: list[int], roles: list[str]) -> list[str]:
    said = []
    labels, left_out = [], []
    for i in rest:
        if roles[i] != "skip":
            continue
        column = sample[:, i]
        finite = column[np.isfinite(column)]
        whole = len(finite) > 0 and bool((finite == np.rint(finite)).all())
        if whole and finite.min() >= -1 and len(np.unique(finite)) <= FEW_VALUES:
            roles[i] = "label"
            labels.append(i)
        elif len(finite) and "intensity" not in roles:
            roles[i] = "intensity"
            said.append(f"column {i + 1} is taken as the intensity")
        else:
            left_out.append(i)
    said += _told(labels, "holds few whole numbers: a label", "hold few whole numbers: labels")
    return said + _told(left_out, "is left out", "are left out")
