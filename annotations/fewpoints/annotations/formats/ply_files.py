# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labelled scans as PLY: all the scan's own columns, then class, confidence and instance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import AnyArray
from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.formats.content import LabelledScan, LabelledScans, WrittenFile
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.writers import ply_bytes, write_ply


def comments(classes: ClassList) -> tuple[str, ...]:
    """Return what the header of a PLY with classes explains."""
    return (
        "class 255 is none; confidence is a probability times 255",
        *(f"class {entry.index} {entry.name}" for entry in classes),
    )


def labels_ply_bytes(scan: PointScan, classes: ClassList, *, instances: bool) -> int:
    """Return how large a scan's file becomes."""
    extra: dict[str, AnyArray] = {
        name: np.broadcast_to(np.uint8(0), (len(scan),)) for name in ("class", "confidence")
    }
    if instances:
        extra["instance"] = np.broadcast_to(np.int32(0), (len(scan),))
    return ply_bytes(scan, extra, comments=comments(classes))


def write_labels_ply(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write one PLY per scan."""
    written = []
    for labelled in scans:
        name = f"{labelled.stem}.ply"
        write_ply(
            folder / name,
            labelled.scan,
            _columns(labelled),
            comments=comments(classes),
            progress=labelled.progress,
        )
        written.append(WrittenFile(name, labelled.scan_id))
    return written


def _columns(labelled: LabelledScan) -> dict[str, AnyArray]:
    columns: dict[str, AnyArray] = {
        "class": labelled.classes,
        "confidence": labelled.confidence,
    }
    if labelled.instances is not None:
        columns["instance"] = labelled.instances
    return columns
