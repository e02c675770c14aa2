# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Removes uploads that nobody came back for, while the server runs."""

from __future__ import annotations

import logging
import threading

from fewpoints.server.db.engine import Database
from fewpoints.server.project_archives.arrivals import sweep as sweep_arrivals
from fewpoints.server.project_archives.service import sweep as sweep_archives
from fewpoints.server.storage import Storage
from fewpoints.server.uploads.service import Writers, sweep

EVERY_S = 600.0
logger = logging.getLogger(__name__)


class Sweeper:
    """A thread that looks at once, and then every ten minutes."""

    def __init__(self, database: Database, storage: Storage, writers: Writers) -> None:
        self._arguments = (database, storage, writers)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="uploads", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _loop(self) -> None:
        while True:
            try:
                sweep(*self._arguments)
                sweep_archives(*self._arguments[:2])
                sweep_arrivals(*self._arguments[:2])
            except Exception:
                logger.exception("could not remove expired uploads; trying again later")
            if self._stopped.wait(EVERY_S):
                return
