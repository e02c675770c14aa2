# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Who uses a home folder: one process runs its jobs, and any number of commands work beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fewpoints.server.errors import AppError

try:
    import fcntl
except ImportError:  # Windows has no such lock; there the rule is not enforced.
    fcntl = None  # type: ignore[assignment]


class HomeInUse(AppError):
    """Another server, or a command that runs jobs, is on the same home folder."""

    status = 409
    code = "home_in_use"

    def __init__(self, holder: str) -> None:
        number = f" ({holder})" if holder.isdigit() else ""
        super().__init__(
            f"Another fewpoints process{number} uses this data folder. Stop it, or wait until it "
            "ends, or set FEWPOINTS_HOME to another folder."
        )


class HomeLock:
    """Held until released, and by the system until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+", encoding="ascii")
        if not locked(self._file):
            self._file.seek(0)
            holder = self._file.read(20).strip()
            self._file.close()
            raise HomeInUse(holder)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another server use the folder."""
        self._file.close()


@contextmanager
def beside_others(path: Path) -> Iterator[None]:
    """Keep temporary files for the block, whichever server starts meanwhile; see `alone`.

    Args:
        path: the file that is locked, by every command that works beside a server.
    """
    with path.open("a", encoding="ascii") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Yield whether no command is `beside_others`; none begins within the block."""
    with path.open("a", encoding="ascii") as file:
        yield locked(file)


def locked(file: IO[str]) -> bool:
    """Lock an open file until it is closed, unless somebody else holds it; say which.

    Where the system has no such locks it is held by everybody.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
