# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled scans as LAS and LAZ: a classification code, and what was exported as extra dimensions.

Written as LAS 1.4, point format 6, or 7 with colours:

    classification  the published code of the class where the whole list has codes from 0 to 255,
                    as `las_airborne` does; else 64 + index, of what users may define; 0 for none
    label           uint8 class index, 255 for none
    instance        uint32 number of the object within its class, 0 for none
    confidence      float32 0 to 1
    withheld        1 where the file had no usable coordinates; LAS cannot hold those

Coordinates are whole multiples of a scale. Of a scan that came as LAS these are its own, and the
coordinates are equal to the last bit; others use the finest decimal scale that holds them all.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fewpoints.annotations.arrays import FloatArray64, IndexArray
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.files import replacing
from fewpoints.annotations.formats.content import LabelledScan, LabelledScans, WrittenFile
from fewpoints.annotations.scans.scan import PointScan

USER_CODES = 64  # From here to 255 LAS 1.4 leaves codes to users.
BLOCK_POINTS = 1 << 19
_MOST = 2**31 - 2
_FINEST = 9  # Decimals of the scale where the file has none.
# Any constant: the same labels give the same bytes on every day.
_CREATED = date(1970, 1, 1)


class Grid(NamedTuple):
    """(3,) scale and (3,) offset: a coordinate is `whole number * scale + offset`."""

    scale: FloatArray64
    offset: FloatArray64


def las_codes(classes: ClassList) -> IndexArray:
    """(256,) the classification code of each class index, 0 for none and beyond the list."""
    own = [entry.external_id for entry in classes]
    fits = len(set(own)) == len(own) and all(i is not None and 0 <= i <= 255 for i in own)
    table = np.zeros(256, np.int64)
    for entry in classes:
        mine = entry.external_id if fits else USER_CODES + entry.index
        # Lists too long for the user codes are told apart by `label` alone.
        table[entry.index] = mine if mine is not None and mine <= 255 else 0
    return table


def grid_of(scan: PointScan) -> Grid:
    """The grid of the LAS file a scan was read from, or the finest that holds its coordinates."""
    said = [scan.details.get(name, "").split() for name in ("scale", "offset")]
    if all(len(values) == 3 for values in said):
        grid = Grid(*(np.array(values, np.float64) for values in said))
        if (grid.scale != 0).all() and _holds(scan, grid):
            return grid
    finite = scan.positions[scan.finite]
    low, high = (
        (finite.min(axis=0), finite.max(axis=0)) if len(finite) else (np.zeros(3), np.zeros(3))
    )
    offset = np.round((low + high) / 2)
    reach = np.maximum(np.abs(low - offset), np.abs(high - offset)) + 1e-9
    decimals = np.minimum(np.floor(np.log10(_MOST / reach)), _FINEST)
    return Grid(10.0**-decimals, offset)


def _holds(scan: PointScan, grid: Grid) -> bool:
    """Whether every coordinate is a point of the grid, to the last bit."""
    finite = scan.finite
    for axis in range(3):
        given = scan.positions[finite, axis]
        whole = np.rint((given - grid.offset[axis]) / grid.scale[axis])
        if (np.abs(whole) > _MOST).any():
            return False
        if not np.array_equal(whole * grid.scale[axis] + grid.offset[axis], given):
            return False
    return True


def _write(
    folder: Path, scans: LabelledScans, classes: ClassList, *, suffix: str
) -> list[WrittenFile]:
    written = []
    for labelled in scans:
        name = f"{labelled.stem}{suffix}"
        with replacing(folder / name) as part:
            _write_one(part, labelled, classes, compressed=suffix == ".laz")
        written.append(WrittenFile(name, labelled.scan_id))
    return written


write_las = partial(_write, suffix=".las")
write_laz = partial(_write, suffix=".laz")


def _write_one(path: Path, labelled: LabelledScan, classes: ClassList, *, compressed: bool) -> None:
    import laspy  # Only workers write; who only reads the list of formats needs it not.

    scan = labelled.scan
    header = laspy.LasHeader(version="1.4", point_format=6 if scan.colours is None else 7)
    grid = grid_of(scan)
    header.scales, header.offsets = grid.scale, grid.offset
    header.add_extra_dims(
        [
            laspy.ExtraBytesParams("label", np.uint8, "class index, 255 for none"),
            laspy.ExtraBytesParams("instance", np.uint32, "object in its class, 0: none"),
            laspy.ExtraBytesParams("confidence", np.float32, "0 to 1"),
        ]
    )
    header.generating_software = "fewpoints"
    header.creation_date = _CREATED
    header.global_encoding.wkt = True  # LAS 1.4 asks for it from point format 6 on.
    codes = las_codes(classes)
    intensity = _intensity_scale(scan)
    with (
        path.open("wb") as file,
        laspy.open(file, mode="w", header=header, do_compress=compressed, closefd=False) as out,
    ):
        for start in range(0, len(scan), BLOCK_POINTS):
            rows = slice(start, min(start + BLOCK_POINTS, len(scan)))
            out.write_points(_block(laspy, header, labelled, grid, codes, intensity, rows))
            labelled.progress(rows.stop / len(scan), "Writing points")


def _block(
    laspy: Any,  # The module; it has no types.
    header: Any,
    labelled: LabelledScan,
    grid: Grid,
    codes: IndexArray,
    intensity: float | None,
    rows: slice,
) -> Any:
    scan, count = labelled.scan, rows.stop - rows.start
    block = laspy.ScaleAwarePointRecord.zeros(count, header=header)
    finite = scan.finite[rows]
    for axis, name in enumerate("XYZ"):
        whole = np.zeros(count, np.int32)
        given = scan.positions[rows, axis][finite]
        whole[finite] = np.rint((given - grid.offset[axis]) / grid.scale[axis])
        block[name] = whole
    found = labelled.classes[rows]
    block["classification"] = np.where(found == UNLABELLED, 0, codes[found]).astype(np.uint8)
    block["withheld"] = (~finite).astype(np.uint8)
    block["return_number"] = np.ones(count, np.uint8)
    block["number_of_returns"] = np.ones(count, np.uint8)
    block["label"] = found
    block["instance"] = labelled.numbers()[rows].astype(np.uint32)
    block["confidence"] = labelled.confidence[rows] / np.float32(255)
    if scan.colours is not None:
        for channel, name in enumerate(("red", "green", "blue")):
            block[name] = scan.colours[rows, channel].astype(np.uint16) * 257
    if scan.intensity is not None and intensity is not None:
        values = np.nan_to_num(scan.intensity[rows], nan=0.0, posinf=0.0, neginf=0.0)
        block["intensity"] = np.rint(values * intensity).astype(np.uint16)
    return block


def _intensity_scale(scan: PointScan) -> float | None:
    """By what intensities become 16 bits; None where they cannot."""
    if scan.intensity is None:
        return None
    values = scan.intensity[np.isfinite(scan.intensity)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if low < 0 or high > 65535:
        return None
    return 65535.0 if high <= 1 else 1.0
