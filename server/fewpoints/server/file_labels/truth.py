# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of files as the true class of every point, which labels are compared with.

A truth is an (N,) uint8 file beside the scan: the class by its index when the import was asked for,
255 for points without one.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.label_mapping.choice import mapped_blocks
from fewpoints.annotations.label_mapping.mapping import ClassMapping
from fewpoints.server.file_labels.tables import GroundTruth, LabelImport


def write_truth(arrays: Path, mapping: ClassMapping, file: Path, *, points: int) -> dict[int, int]:
    """Write the truth of a scan whose arrays are in `arrays`; return class index -> its points.

    Raises:
        FileNotFoundError: the scan is being deleted.
    """
    file.parent.mkdir(exist_ok=True)  # Not its parents: a deleted scan stays deleted.
    part = file.with_name(f".{uuid.uuid4().hex}.part")
    counts = np.zeros(256, np.int64)
    try:
        classes = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(points,))
        for block in mapped_blocks(arrays, mapping):
            classes[block.start : block.start + len(block.classes)] = block.classes
            counts += np.bincount(block.classes, minlength=256)
        classes.flush()
        del classes
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    return {
        int(index): int(counts[index]) for index in np.flatnonzero(counts) if index != UNLABELLED
    }


def current_truth(session: Session, scan_id: int) -> tuple[GroundTruth, LabelImport] | None:
    """Return the truth of a scan that counts, and its import; None without one."""
    row = session.execute(
        select(GroundTruth, LabelImport)
        .join(LabelImport, LabelImport.id == GroundTruth.import_id)
        .where(GroundTruth.scan_id == scan_id, LabelImport.undone_at.is_(None))
        .order_by(GroundTruth.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])
