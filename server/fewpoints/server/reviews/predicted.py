# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint predicts at the points that people answered about.

A prediction has two bytes for each of millions of points; few of them are read, and kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from fewpoints.annotations.numpy_files import map_array
from fewpoints.server.storage import Storage
from fewpoints.server.training.predictions import SCAN_ORDER

CAPACITY = 20_000  # Scans.


class PredictedPoints:
    """Class and confidence at some points of many scans; those used last stay in memory."""

    def __init__(self, storage: Storage, *, capacity: int = CAPACITY) -> None:
        self._storage = storage
        self._capacity = capacity
        self._guard = threading.Lock()
        self._kept: OrderedDict[
            tuple[int, int, str], tuple[NDArray[np.int64], NDArray[np.uint8]]
        ] = OrderedDict()

    def at(
        self, scan_id: int, checkpoint_id: int, made: str, points: NDArray[np.int64]
    ) -> NDArray[np.uint8] | None:
        """Return (P, 2) class, as the checkpoint counts them, and confidence (0-255).

        Args:
            made: names the prediction: another text, another one.
            points: (P,) rows of the scan as imported.

        Returns:
            None where the file is not there: the scan or the checkpoint is being deleted.
        """
        key = (scan_id, checkpoint_id, made)
        with self._guard:
            kept = self._kept.get(key)
        if kept is not None and len(kept[0]):
            place = np.minimum(np.searchsorted(kept[0], points), len(kept[0]) - 1)
            if np.array_equal(kept[0][place], points):
                with self._guard:
                    if key in self._kept:
                        self._kept.move_to_end(key)
                return kept[1][place]
        rows = np.unique(points if kept is None else np.concatenate([points, kept[0]]))
        path = self._storage.prediction_folder(scan_id, checkpoint_id) / SCAN_ORDER
        try:
            stored = map_array(path)
        except FileNotFoundError:
            return None
        values: NDArray[np.uint8] = np.array(stored[rows])
        with self._guard:
            self._kept[key] = (rows, values)
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return values[np.searchsorted(rows, points)]
