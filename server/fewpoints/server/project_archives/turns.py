# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One import of a project at a time on a data folder, whichever process does it.

Whoever holds the turn knows that every project on its way in is theirs, or was left by a process
that ended: the system lets go of the lock with the process, however it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fewpoints.server.home_lock import locked

try:
    import fcntl
except ImportError:  # Windows has no such lock; there people see to it that imports take turns.
    fcntl = None  # type: ignore[assignment]

_POLL_S = 0.2


@contextmanager
def turn(path: Path, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the turn for the block.

    Args:
        path: the file that is locked.
        waiting: called again and again as long as somebody else holds it; may raise.
    """
    with path.open("a", encoding="ascii") as file:
        while not locked(file):
            waiting()
            time.sleep(_POLL_S)
        yield


@contextmanager
def turn_if_free(path: Path) -> Iterator[bool]:
    """Hold the turn for the block, unless somebody else may have it; yield whether it is held."""
    with path.open("a", encoding="ascii") as file:
        yield fcntl is not None and locked(file)
