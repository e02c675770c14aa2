# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One server per home folder: two would both run its jobs."""

from __future__ import annotations

import os
from pathlib import Path

from fewpoints.server.errors import AppError

try:
    import fcntl
except ImportError:  # Windows has no such lock; there the rule is not enforced.
    fcntl = None  # type: ignore[assignment]


class HomeInUse(AppError):
    """Another server runs on the same home folder."""

    status = 409
    code = "home_in_use"

    def __init__(self, holder: str) -> None:
        process = f" (process {holder})" if holder.isdigit() else ""
        super().__init__(
            f"Another fewpoints server{process} uses this data folder. Stop it first, or set "
            "FEWPOINTS_HOME to another folder."
        )


class HomeLock:
    """Held until released, and by the system until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+", encoding="ascii")
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read(20).strip()
            self._file.close()
            raise HomeInUse(holder) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another server use the folder."""
        self._file.close()
