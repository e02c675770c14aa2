# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What the fields of a file mean: positions, colours, normals, intensity, labels.

Names are compared without case, and without the prefix `scalar_` that CloudCompare adds.

Label-like names: label, labels, class, classes, classification, category, segment, segmentation,
seg, semantic, instance, instances, object, cluster, annotation, prediction, gt, groundtruth; and
any of them joined to "id", "label", "class", "gt" or "pred" by an underscore or nothing
(`object_id`, `semantic_label`, `gt_class`, `instanceId`). Such a field is a label field if all
its values are whole numbers; a NaN in a float field counts as -1 (CloudCompare writes NaN where
nothing was assigned).

Colours end as uint8 0-255:
* 8-bit fields are taken as they are;
* wider integer fields hold 0-65535 (divided by 257) unless no value is above 255: then they hold
  0-255, as many LAS and some PLY writers do;
* floats hold 0-1 if no value is above 1.05 (rounding and sharpening lead a little over 1, which
  counts as 1), 0-255 if none is above 255, else 0-65535.
A colour that is zero at every point is a field nobody filled: it is dropped, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import (
    AnyArray,
    Float32Array,
    FloatArray64,
    IntArray,
    UInt8Array,
)
from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.printable import REPLACEMENT, printable
from fewpoints.annotations.scans.scan import (
    BLOCK_ROWS,
    Field,
    PointScan,
    choose_shift,
    finite_rows,
)

FRACTIONS_TO = 1.05  # Float colours up to here are fractions; above 1 they count as 1.
_COLOURS = (
    ("red", "green", "blue"),
    ("r", "g", "b"),
    ("diffuse_red", "diffuse_green", "diffuse_blue"),
    ("rf", "gf", "bf"),
)
_NORMALS = (
    ("nx", "ny", "nz"),
    ("normal_x", "normal_y", "normal_z"),
    ("normalx", "normaly", "normalz"),
)
_INTENSITY = ("intensity", "intensities", "reflectance", "remission")
_LABEL = re.compile(
    r"(?:(?:gt|pred|sem|semantic|point|part|vertex)_?)?"
    r"(?:labels?|class(?:es)?|classification|category|segment|segmentation|seg|semantics?"
    r"|instances?|inst|object|obj|cluster|annotation|prediction|pred|gt|ground_?truth)"
    r"(?:_?(?:id|ids|label|labels|class|index|idx))?"
)


def plain(name: str) -> str:
    """The name as it is compared: lower case, without CloudCompare's prefix."""
    return name.strip().lower().removeprefix("scalar_")


def looks_like_label(name: str) -> bool:
    """Whether a field of this name holds classes or object ids."""
    return _LABEL.fullmatch(plain(name)) is not None


@dataclass(frozen=True)
class Roles:
    """Which field of a file plays which part; names as the file spells them."""

    position: tuple[str, str, str]
    colour: tuple[str, str, str] | None = None
    packed_colour: str | None = None
    normal: tuple[str, str, str] | None = None
    intensity: str | None = None
    labels: tuple[str, ...] = ()

    def columns(self) -> list[str]:
        """All used fields except the position."""
        names = [*(self.colour or ()), *(self.normal or ()), *self.labels]
        names += [n for n in (self.packed_colour, self.intensity) if n is not None]
        return names


def find_roles(name: str, names: Sequence[str], *, packed: bool = False) -> Roles:
    """Give each field of the file `name` its part.

    `packed`: the format stores colours as one field `rgb` or `rgba` (PCD).
    Raises UnreadableScan without x, y and z.
    """
    by_plain: dict[str, str] = {}
    for original in names:
        by_plain.setdefault(plain(original), original)
    for original in names:  # An exact spelling wins over "X" or "scalar_x".
        if original == plain(original):
            by_plain[original] = original

    def group(choices: Sequence[tuple[str, str, str]]) -> tuple[str, str, str] | None:
        for a, b, c in choices:
            if a in by_plain and b in by_plain and c in by_plain:
                return by_plain[a], by_plain[b], by_plain[c]
        return None

    position = group([("x", "y", "z")])
    if position is None:
        have = ", ".join(names) if names else "no fields at all"
        if len(have) > 200:
            have = have[:200] + "…"
        missing = " and ".join(axis for axis in "xyz" if axis not in by_plain)
        raise UnreadableScan(name, f"there is no field {missing}; the points have {have}.")
    packed_name = next((by_plain[n] for n in ("rgb", "rgba") if packed and n in by_plain), None)
    intensity = next((by_plain[n] for n in _INTENSITY if n in by_plain), None)
    return Roles(
        position=position,
        colour=None if packed_name else group(_COLOURS),
        packed_colour=packed_name,
        normal=group(_NORMALS),
        intensity=intensity,
        labels=tuple(n for n in names if looks_like_label(n)),
    )


class ColumnStore:
    """The used columns of `count` points, filled block by block."""

    def __init__(
        self,
        roles: Roles,
        types: Mapping[str, np.dtype[Any]],
        count: int,
        *,
        others: Sequence[str] = (),
    ) -> None:
        """Allocate. The caller has checked that the file is large enough for `count` points.

        `others`: fields without a role that are wanted, too.
        """
        self.roles = roles
        self.positions: FloatArray64 = np.empty((count, 3), np.float64)
        self.columns: dict[str, AnyArray] = {
            name: np.empty(count, types[name].newbyteorder("="))
            for name in [*roles.columns(), *others]
        }

    def put(self, start: int, block: Mapping[str, AnyArray] | AnyArray) -> None:
        """Store a block of rows that begins at row `start`.

        `block` maps (or is a structured array of) at least the used fields to equal-length columns.
        """
        # Text may name numbers that its float type cannot; a signalling NaN is a NaN.
        with np.errstate(over="ignore", invalid="ignore"):
            for axis, name in enumerate(self.roles.position):
                values = block[name]
                self.positions[start : start + len(values), axis] = values
            for name, column in self.columns.items():
                values = block[name]
                column[start : start + len(values)] = values


@dataclass
class ScanParts:
    """The columns of a scan as the file stores them, before they get a common form."""

    positions: FloatArray64
    colours: Sequence[AnyArray] | None = None
    normals: Sequence[AnyArray] | None = None
    intensity: AnyArray | None = None
    labels: Mapping[str, AnyArray] = field(default_factory=dict)


def parts_of(store: ColumnStore) -> ScanParts:
    """Hand the filled columns over by their role (packed colours excepted)."""
    roles, columns = store.roles, store.columns
    return ScanParts(
        positions=store.positions,
        colours=[columns[n] for n in roles.colour] if roles.colour else None,
        normals=[columns[n] for n in roles.normal] if roles.normal else None,
        intensity=columns[roles.intensity] if roles.intensity else None,
        labels={n: columns[n] for n in roles.labels},
    )


def build_scan(
    name: str,
    parts: ScanParts,
    *,
    fields: Sequence[Field],
    source_format: str,
    details: Mapping[str, str],
    notes: Sequence[str] = (),
) -> PointScan:
    """Bring all columns into the common form, names and all, and make the scan.

    Raises UnreadableScan for a file without a single usable point.
    """
    told = list(notes)
    count = len(parts.positions)
    if count == 0:
        raise UnreadableScan(name, "the file is well formed but holds no points.")
    finite = finite_rows(parts.positions)
    if not finite.any():
        raise UnreadableScan(
            name, f"none of its {count:,} points has finite coordinates; there is nothing to label."
        )
    colours = None
    if parts.colours is not None:
        colours, note = normalise_colours(parts.colours)
        told += note
    intensity = None
    if parts.intensity is not None:
        if np.count_nonzero(parts.intensity):  # any() warns of signalling NaN.
            intensity = _float32(parts.intensity)
        else:
            told.append("The intensity is zero at every point and is ignored.")
    labels: dict[str, IntArray] = {}
    for label_name, values in parts.labels.items():
        whole, note = whole_numbers(label_name, values)
        told += note
        if whole is not None:
            shown = printable(label_name)
            while shown in labels:
                shown += REPLACEMENT
            labels[shown] = whole
    scan = PointScan(
        positions=parts.positions,
        colours=colours,
        normals=_stack_normals(parts.normals),
        intensity=intensity,
        labels=labels,
        global_shift=choose_shift(parts.positions, finite),
        fields=tuple(Field(*map(printable, field)) for field in fields),
        source_format=source_format,
        details={key: printable(value) for key, value in details.items()},
        notes=tuple(map(printable, told)),
    )
    scan.__dict__["finite"] = finite  # Seeds the cached property; it was needed here anyway.
    return scan


def normalise_colours(channels: Sequence[AnyArray]) -> tuple[UInt8Array | None, list[str]]:
    """Return ((N, 3) uint8 or None, notes) for three columns; the rules are in the module text."""
    count = len(channels[0])
    peaks = [_peak(c) for c in channels]
    peak = max(peaks)
    if peak <= 0:
        return None, ["The colour fields are zero at every point and are ignored."]
    kinds = {c.dtype.kind for c in channels}
    widest = max(c.dtype.itemsize for c in channels)
    notes: list[str] = []
    factor = 1.0
    if "f" in kinds:
        if peak <= FRACTIONS_TO:
            factor = 255.0
        elif peak > 255.0:
            factor = 255.0 / 65535.0
    elif widest > 1:
        if peak > 255:
            factor = 1.0 / 257.0
        else:
            notes.append(f"Colours are 0-255 stored in {8 * widest}-bit fields; taken as 8-bit.")
    colours = np.empty((count, 3), np.uint8)
    broken = 0
    for axis, channel in enumerate(channels):
        if channel.dtype.kind == "u" and factor == 1.0:
            colours[:, axis] = channel
            continue
        if channel.dtype == np.uint16 and factor == 1.0 / 257.0:
            for start in range(0, count, BLOCK_ROWS):
                wide = channel[start : start + BLOCK_ROWS].astype(np.uint32)
                colours[start : start + BLOCK_ROWS, axis] = (wide + 128) // 257
            continue
        for start in range(0, count, BLOCK_ROWS):
            values = float64(channel[start : start + BLOCK_ROWS])
            bad = ~np.isfinite(values)
            if bad.any():
                broken += int(bad.sum())
                values[bad] = 0
            with np.errstate(over="ignore"):
                values *= factor
            np.clip(np.rint(values, out=values), 0, 255, out=values)
            colours[start : start + BLOCK_ROWS, axis] = values
    if broken:
        notes.append(f"{broken:,} colour values are not finite and count as 0.")
    return colours, notes


def unpack_rgb(packed: AnyArray) -> list[AnyArray]:
    """Split 32-bit packed colours `0xAARRGGBB` into three uint8 columns.

    A float column carries the bits (PCL's way) unless it plainly holds the number itself, as some
    ASCII writers do: whole numbers above 255, which as float bits would be a colour of zeros.
    """
    if packed.dtype == np.float32 and not (packed >= 256).any():
        bits = packed.view(np.uint32)
    elif packed.dtype.kind == "f":
        values = float64(packed)
        finite = np.isfinite(values)
        # As bits, any colour but near-black with alpha 0 is far below 1 (0x00FFFFFF is 2.4e-38).
        as_number = bool(finite.any()) and bool(
            (values[finite] == np.rint(values[finite])).all()
            and values[finite].max() >= 256
            and values[finite].min() >= 0
            and values[finite].max() < 2**32
        )
        if as_number:
            bits = np.where(finite, values, 0).astype(np.uint32)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                bits = np.ascontiguousarray(packed.astype(np.float32)).view(np.uint32)
    else:
        bits = packed.astype(np.uint32)
    channels = np.ascontiguousarray(bits, "<u4").view(np.uint8).reshape(-1, 4)
    return [channels[:, i] for i in (2, 1, 0)]


def whole_numbers(name: str, values: AnyArray) -> tuple[IntArray | None, list[str]]:
    """Return (the column as integers or None, notes)."""
    if values.dtype.kind in "iub":
        return _narrow(values), []
    finite = np.isfinite(values)
    inside = values[finite]
    if len(inside) == 0:
        return None, [f'The field "{name}" holds no number and is ignored.']
    if not (inside == np.rint(inside)).all() or float(np.abs(inside).max()) > 2**53:
        return None, [f'The field "{name}" has a label-like name but no whole numbers; ignored.']
    notes = []
    missing = len(values) - len(inside)
    if missing:
        lacking = "One point has" if missing == 1 else f"{missing:,} points have"
        notes.append(f'{lacking} no value in "{name}": taken as -1.')
    return _narrow(np.where(finite, values, -1).astype(np.int64)), notes


def _narrow(values: AnyArray) -> IntArray:
    low, high = int(values.min()), int(values.max())
    if low >= -(2**31) and high < 2**31:
        return values.astype(np.int32)
    if high >= 2**63:
        return values.astype(np.uint64)
    return values.astype(np.int64)


def _peak(values: AnyArray) -> float:
    if values.dtype.kind != "f":
        return float(values.max())
    peak = float(values.max())
    if np.isfinite(peak):
        return peak
    finite = values[np.isfinite(values)]
    return float(finite.max()) if len(finite) else 0.0


def float64(values: AnyArray) -> FloatArray64:
    """A copy in double precision; a signalling NaN becomes a NaN, without NumPy's warning."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def _float32(values: AnyArray) -> Float32Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np.float32)


def _stack_normals(channels: Sequence[AnyArray] | None) -> Float32Array | None:
    if channels is None:
        return None
    normals = np.empty((len(channels[0]), 3), np.float32)
    for axis, channel in enumerate(channels):
        normals[:, axis] = _float32(channel)
    return normals
