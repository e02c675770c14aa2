# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Writes of many rows in short transactions, between which everybody else gets their turn.

SQLite has one writer. Threads of a process queue for that, but processes try again and again, ten
times a second when they have waited for long; so nothing is held for that long after each portion.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import TypeVar

from sqlalchemy.orm import Session

from fewpoints.server.db.engine import Database

Transaction = Callable[[], AbstractContextManager[Session]]
Item = TypeVar("Item")

AIM_S = 0.25  # How long a portion holds the database; longer where a single row is very large.
FIRST, MOST = 16, 4000  # Items in a portion.
PAUSE_S = 0.15  # Longer than the longest time between two tries of SQLite.


class Portions:
    """Transactions whose length follows from how long the ones before them took."""

    def __init__(self, database: Database, transaction: Transaction) -> None:
        self._transaction = transaction
        self._pause_s = PAUSE_S if database.is_sqlite else 0.0
        self._ended = -self._pause_s
        self._took = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One portion: committed at the end of the block, rolled back if it raises."""
        time.sleep(max(0.0, self._ended + self._pause_s - time.monotonic()))
        with self._transaction() as session:
            began = time.monotonic()
            yield session
        self._ended = time.monotonic()
        self._took = self._ended - began

    def blocks(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        """Yield items in lists, each to be written in one portion before the next is asked for."""
        remaining = iter(items)
        size = FIRST
        while block := list(islice(remaining, size)):
            self._took = 0.0
            yield block
            # At most four times as many: the next ones may be larger.
            share = AIM_S / max(self._took, AIM_S / 4)
            size = min(MOST, max(1, int(size * share)))
