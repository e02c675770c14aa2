# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What runs jobs."""

from __future__ import annotations

from typing import Protocol


class Executor(Protocol):
    """Takes queued jobs and brings each into an end state."""

    def start(self) -> None:
        """Begin to take jobs; put those that an earlier server left running into a true state."""

    def stop(self) -> None:
        """Take no more jobs and end the running ones, which go back into the queue."""
