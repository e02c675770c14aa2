# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What reading one file may take, and the sentences for readings that had to be ended."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass, replace

from fewpoints.annotations.errors import UnreadableScan

SMALL_BYTES = 10_000_000


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one file may take: `seconds` by the clock, `memory_bytes` allocated."""

    seconds: float = 10.0
    memory_bytes: int = 1_000_000_000

    def for_file(self, size: int) -> ReadingLimits:
        """These limits hold up to 10 MB; a larger file gets more in proportion to its size."""
        times = max(1.0, size / SMALL_BYTES)
        return ReadingLimits(self.seconds * times, int(self.memory_bytes * times))

    def at_most(self, seconds: float) -> ReadingLimits:
        """The same with less time, if that is less."""
        return replace(self, seconds=min(self.seconds, seconds))

    def patient(self, times: float) -> ReadingLimits:
        """The same with more time: for work that nobody waits for."""
        return replace(self, seconds=self.seconds * times)


class ReadingTooSlow(UnreadableScan):
    """Reading a file took longer than it may."""

    code = "reading_too_slow"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            name,
            f"reading it took more than {seconds:.3g} s and was stopped. If the file opens "
            "elsewhere, save it anew or in parts, or allow more time (FEWPOINTS_READ_TIMEOUT_S).",
        )


class ReadingTooLarge(UnreadableScan):
    """Reading a file took more memory than it may."""

    code = "reading_too_large"

    def __init__(self, name: str, memory_bytes: int) -> None:
        super().__init__(
            name,
            f"reading it takes more than {memory_bytes / 1e9:.3g} GB of memory and was stopped. If "
            "the file opens elsewhere, save it in parts, or allow more memory "
            "(FEWPOINTS_READ_MEMORY_BYTES).",
        )


class ReaderCrashed(UnreadableScan):
    """Reading a file ended the process that read it."""

    code = "reader_crashed"

    def __init__(self, name: str, status: int) -> None:
        super().__init__(
            name,
            f"its reader ran out of memory or crashed ({how_ended(status)}). The file is damaged; "
            "if it opens elsewhere, save it anew there.",
        )


class ReaderFailed(UnreadableScan):
    """A reader made a mistake; the log has the details."""

    code = "reader_failed"

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            name,
            f"its reader failed ({what}). The file is probably damaged; if it opens elsewhere, "
            "please report it.",
        )


def how_ended(status: int) -> str:
    """Return the exit status of a process in words."""
    if status >= 0:
        return f"exit status {status}"
    with suppress(ValueError):
        return f"signal {signal.Signals(-status).name}"
    return f"signal {-status}"
