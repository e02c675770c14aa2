# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The files that the ScanNet benchmark takes (`datasets/scannet_submission.py`), for any list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fewpoints.annotations.arrays import BoolArray
from fewpoints.annotations.classes import ClassList
from fewpoints.annotations.datasets.scannet_submission import write_each_instance, write_semantic
from fewpoints.annotations.formats.content import (
    LabelledScans,
    ObjectRows,
    WrittenFile,
    file_ids,
    objects_of,
)

MOST_ID = 2**31 - 1


def with_file_ids(classes: ClassList) -> ClassList:
    """The same classes, each with the id by which the files call it."""
    ids = file_ids(classes, most=MOST_ID)
    return ClassList([replace(c, external_id=int(ids[c.index])) for c in classes])


def write_scannet(folder: Path, scans: LabelledScans, classes: ClassList) -> list[WrittenFile]:
    """Write semantic/<scan>.txt and, where objects are told apart, instance/<scan>.txt with masks.

    An object's confidence is the mean of its points'.
    """
    numbered = with_file_ids(classes)
    written = []
    for labelled in scans:
        write_semantic(folder / "semantic", labelled.title, labelled.classes, class_list=numbered)
        written.append(WrittenFile(f"semantic/{labelled.title}.txt", labelled.scan_id))
        objects = objects_of(labelled)
        if not objects:
            continue
        write_each_instance(
            folder / "instance",
            labelled.title,
            (_mask(found, len(labelled.scan)) for found in objects),
            np.array([found.class_index for found in objects]),
            np.array([labelled.confidence[found.rows].mean() / 255 for found in objects]),
            class_list=numbered,
        )
        written += [
            WrittenFile(f"instance/predicted_masks/{labelled.title}_{at:03d}.txt", labelled.scan_id)
            for at in range(len(objects))
        ]
        written.append(WrittenFile(f"instance/{labelled.title}.txt", labelled.scan_id))
    return written


def _mask(found: ObjectRows, points: int) -> BoolArray:
    mask = np.zeros(points, bool)
    mask[found.rows] = True
    return mask
