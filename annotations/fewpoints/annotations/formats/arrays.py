# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled scans as NumPy arrays under the names that Pointcept reads.

    coord       (N, 3) float64, the file's own frame (float32 would lose georeferenced digits)
    color       (N, 3) uint8, if the scan has colours
    normal      (N, 3) float32, if it has normals
    segment     (N,) int32 class index, -1 for none
    instance    (N,) int32 object, counted from 0 over the scan, -1 for none
    confidence  (N,) float32, 0 to 1

One .npz per scan, or one folder of .npy per scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.classes import UNLABELLED, ClassList
from fewpoints.annotations.files import replacing
from fewpoints.annotations.formats.content import (
    LabelledScan,
    LabelledScans,
    WrittenFile,
    objects_of,
)

IGNORED = -1


def arrays_of(labelled: LabelledScan) -> Iterator[tuple[str, AnyArray]]:
    """Yield name and values of every array."""
    scan = labelled.scan
    yield "coord", scan.positions
    if scan.colours is not None:
        yield "color", scan.colours
    if scan.normals is not None:
        yield "normal", np.asarray(scan.normals, np.float32)
    segment = labelled.classes.astype(np.int32)
    segment[labelled.classes == UNLABELLED] = IGNORED
    yield "segment", segment
    instance = np.full(len(scan), IGNORED, np.int32)
    for number, found in enumerate(objects_of(labelled)):
        instance[found.rows] = number
    yield "instance", instance
    yield "confidence", labelled.confidence / np.float32(255)


def write_npz(folder: Path, scans: LabelledScans, _: ClassList) -> list[WrittenFile]:
    """Write one compressed .npz per scan."""
    written = []
    for labelled in scans:
        name = f"{labelled.stem}.npz"
        with replacing(folder / name) as part, part.open("wb") as file:
            named: dict[str, Any] = dict(arrays_of(labelled))
            np.savez_compressed(file, **named)
        written.append(WrittenFile(name, labelled.scan_id))
    return written


def write_npy(folder: Path, scans: LabelledScans, _: ClassList) -> list[WrittenFile]:
    """Write one folder of .npy per scan."""
    written = []
    for labelled in scans:
        (folder / labelled.title).mkdir()
        for array, values in arrays_of(labelled):
            name = f"{labelled.title}/{array}.npy"
            np.save(folder / name, np.ascontiguousarray(values), allow_pickle=False)
            written.append(WrittenFile(name, labelled.scan_id))
    return written
