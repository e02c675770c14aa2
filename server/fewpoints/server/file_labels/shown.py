# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The ground truth as the view shows it, by record of the tiles, alone and beside the labels.

Only the records that are asked for are worked out: a scan may have a hundred million.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fewpoints.annotations.classes import UNLABELLED
from fewpoints.server.errors import AppError
from fewpoints.server.file_labels.truth import current_truth
from fewpoints.server.projects.queries import class_rows
from fewpoints.server.records import RecordCounts, count_classes
from fewpoints.server.scans.tables import Scan
from fewpoints.server.storage import Storage
from fewpoints.server.training.queries import class_table, order_digest

_BLOCK = 1 << 20


class NoTruth(AppError):
    """The scan has no ground truth."""

    status = 404
    code = "no_truth"

    def __init__(self, scan_name: str) -> None:
        super().__init__(
            f"{scan_name} has no ground truth. Import the labels of its file as ground truth first."
        )


@dataclass(frozen=True, eq=False)
class ShownTruth:
    """The ground truth of one scan in the classes of the project as they are now.

    records: how many the tiles have. classes: (256,) uint8, class of the import -> present class,
    255 for none. version: the same exactly where the bytes are.
    """

    file: Path
    order_file: Path
    records: int
    classes: NDArray[np.uint8]
    version: str

    def pairs(self, start: int, stop: int) -> NDArray[np.uint8]:
        """(stop - start, 2) true class of each record, 255 for none, and 255.

        Raises:
            FileNotFoundError: the scan or its truth is being deleted.
        """
        out = np.full((stop - start, 2), 255, np.uint8)
        out[:, 0] = self._true(start, stop)
        return out

    def beside(self, found: NDArray[np.uint8], start: int, stop: int) -> NDArray[np.uint8]:
        """(stop - start, 2) true class of each record and the found one, 255 for none each.

        found: (R,) the class of every record.
        """
        return np.column_stack((self._true(start, stop), found[start:stop]))

    def counts(self) -> RecordCounts:
        """Return how many records have each true class."""
        classes = np.full((self.records, 2), UNLABELLED, np.uint8)
        for start, stop in _blocks(self.records):
            classes[start:stop, 0] = self._true(start, stop)
        return count_classes(classes)

    def right_and_wrong(self, found: NDArray[np.uint8]) -> tuple[int, int]:
        """Return of how many records with a truth the found class is that, and of how many not."""
        right = known = 0
        for start, stop in _blocks(self.records):
            true = self._true(start, stop)
            known += int(np.count_nonzero(true != UNLABELLED))
            same = (true == found[start:stop]) & (true != UNLABELLED)
            right += int(np.count_nonzero(same))
        return right, known - right

    def _true(self, start: int, stop: int) -> NDArray[np.uint8]:
        rows = np.fromfile(self.order_file, "<u4", count=stop - start, offset=4 * start)
        true = np.load(self.file, mmap_mode="r")
        classes: NDArray[np.uint8] = self.classes[true[rows]]
        return classes


def read_shown_truth(session: Session, storage: Storage, scan: Scan) -> ShownTruth:
    """Return the truth of a scan that is ready.

    Raises:
        NoTruth: it has none.
    """
    found = current_truth(session, scan.id)
    if found is None:
        raise NoTruth(scan.name)
    truth, taken = found
    order = [row.id for row in class_rows(session, [scan.project_id]).get(scan.project_id, [])]
    assert scan.finite_points is not None
    said = f"{scan.content_hash} {scan.id} {taken.client_id} {taken.id} {order_digest(order)}"
    return ShownTruth(
        file=storage.truth_file(scan.id, truth.import_id),
        order_file=storage.scan_file(scan.id, "order.bin"),
        records=scan.finite_points,
        classes=np.frombuffer(class_table(taken.class_ids, order), np.uint8),
        version=hashlib.sha256(said.encode()).hexdigest()[:32],
    )


def version_beside(truth: ShownTruth, labels_version: str) -> str:
    """Return a text that is the same exactly where truth and labels are."""
    return hashlib.sha256(f"{truth.version} {labels_version}".encode()).hexdigest()[:32]


def _blocks(records: int) -> list[tuple[int, int]]:
    return [(at, min(at + _BLOCK, records)) for at in range(0, records, _BLOCK)]
