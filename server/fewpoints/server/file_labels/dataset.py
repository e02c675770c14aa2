# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The scans of a project whose truth is known, as a data set that methods are measured on.

Letters used in shapes: N points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fewpoints.annotations.arrays import IndexArray
from fewpoints.annotations.classes import UNLABELLED
from fewpoints.annotations.datasets.dataset import NO_INSTANCE, Dataset, GroundTruth
from fewpoints.annotations.label_mapping.choice import mapped_blocks
from fewpoints.annotations.label_mapping.mapping import ClassMapping
from fewpoints.annotations.numpy_files import map_array
from fewpoints.annotations.scans.scan_arrays import load_arrays
from fewpoints.server.answers.sparse import class_list
from fewpoints.server.errors import AppError
from fewpoints.server.file_labels.service import stored_mapping
from fewpoints.server.file_labels.truth import current_truth
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.projects.tables import Project
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.queries import class_table


class NoTruth(AppError):
    """Nothing of a project says what its points truly are."""

    status = 409
    code = "no_truth"

    def __init__(self, project: str) -> None:
        super().__init__(
            f'No scan of the project "{project}" has a ground truth. Make one of labels that came '
            f"with its files: fewpoints labels import NAME --mapping class_mapping.json --as truth."
        )


class ScanGone(AppError):
    """A scan was deleted, or its truth taken back, while it was wanted."""

    status = 409
    code = "scan_gone"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: the scan, or its truth, was removed meanwhile. Start again.")


@dataclass(frozen=True, eq=False)
class _Known:
    """One scan with a truth. index_now: (256,) class index of its import -> of the project now."""

    name: str
    scan_id: int
    import_id: int
    mapping: ClassMapping
    index_now: NDArray[np.int64]


def project_dataset(session: Session, storage: Storage, project: Project) -> Dataset:
    """Return the scans of a project that have a truth, by the project's own classes.

    What it reads later it reads from files alone. Scans are as the app has them, with their fixes;
    objects are known where the mapping of the truth says which field numbers them.

    Raises:
        NoTruth: there is none.
    """
    order = [row.id for row in class_rows(session, [project.id]).get(project.id, [])]
    scans = session.execute(
        select(Scan.id, Scan.name)
        .where(Scan.project_id == project.id, Scan.state == "ready")
        .order_by(Scan.name, Scan.id)
    ).all()
    found: dict[str, _Known] = {}
    for scan_id, name in scans:
        current = current_truth(session, scan_id)
        if current is None:
            continue
        _, row = current
        index_now = np.frombuffer(class_table(row.class_ids, order), np.uint8).astype(np.int64)
        own = name
        while own in found:
            own = f"{own} ({scan_id})"
        found[own] = _Known(own, scan_id, row.id, stored_mapping(row), index_now)
    if not found:
        raise NoTruth(project.name)
    return Dataset(
        f'Project "{project.name}"',
        class_list(session, project.id),
        tuple(found),
        {},
        lambda name: _read(storage, found[name]),
        {name: f"{known.scan_id}/{known.import_id}" for name, known in found.items()},
    )


def _read(storage: Storage, known: _Known) -> GroundTruth:
    arrays = storage.scan_arrays(known.scan_id)
    try:
        scan = load_arrays(arrays)
        stored = map_array(storage.truth_file(known.scan_id, known.import_id))
        instances: IndexArray = np.full(len(scan), NO_INSTANCE, np.int64)
        for block in mapped_blocks(arrays, known.mapping):
            instances[block.start : block.start + len(block.instances)] = block.instances
    except FileNotFoundError as error:
        raise ScanGone(known.name) from error
    classes = np.where(scan.finite, known.index_now[stored], UNLABELLED)
    return GroundTruth(known.name, scan, instances, classes)
