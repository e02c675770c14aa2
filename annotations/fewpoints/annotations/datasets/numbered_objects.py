# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Single scans whose objects are numbered but have no classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import NO_INSTANCE, GroundTruth
from fewpoints.annotations.errors import UnreadableDataset
from fewpoints.annotations.scans.readers.registry import read_scan


def read_numbered_objects(path: Path, *, background: int) -> GroundTruth:
    """Read a scan whose `label` numbers objects, 0 for none.

    Each object is its own class; `background` is a class but no object.
    """
    scan = read_scan(path, name=path.name)
    if "label" not in scan.labels:
        raise UnreadableDataset(path.name, 'the points have no field "label".')
    numbers = scan.labels["label"].astype(np.int64)
    numbers[~scan.finite] = 0
    known = np.unique(numbers[numbers != 0])
    if len(known) > UNLABELLED:
        raise UnreadableDataset(
            path.name, f"{len(known):,} objects; as classes, {UNLABELLED} are possible."
        )
    classes = np.searchsorted(known, numbers)
    classes[numbers == 0] = UNLABELLED
    instances = np.where(numbers == background, NO_INSTANCE, numbers)
    return GroundTruth(path.name, scan, instances, classes)
