# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""SemanticKITTI: one little-endian uint32 per point: object above, class below."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.formats.content import LabelledScans, WrittenFile, file_ids

MOST_ID = 65535


def write_semantic_kitti(
    folder: Path, scans: LabelledScans, classes: ClassList
) -> list[WrittenFile]:
    """Write labels/<scan>.label; numbers of objects above 65535 become 0, as they do not fit."""
    ids = file_ids(classes, most=MOST_ID).astype("<u4")
    (folder / "labels").mkdir()
    written = []
    for labelled in scans:
        numbers = labelled.numbers().astype("<u4")
        values = ids[labelled.classes] | np.where(numbers <= MOST_ID, numbers, 0) << 16
        name = f"labels/{labelled.title}.label"
        (folder / name).write_bytes(values.astype("<u4").tobytes())
        written.append(WrittenFile(name, labelled.scan_id))
    return written
