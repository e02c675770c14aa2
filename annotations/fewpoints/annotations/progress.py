# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How long work reports where it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

# (fraction in 0..1, one sentence). It may raise to cancel: callers leave no half-written file.
Progress = Callable[[float, str], None]


def no_progress(fraction: float, sentence: str) -> None:
    """Listen to nothing."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress whose 0..1 is `start`..`end` of `progress`."""

    def report(fraction: float, sentence: str) -> None:
        progress(start + (end - start) * fraction, sentence)

    return report
