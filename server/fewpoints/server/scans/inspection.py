# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The preflight of a file, read in a process of its own: no file can take the server down."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from fewpoints.annotations.scans.archives.container import effort_bytes
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.readers import in_process
from fewpoints.annotations.scans.readers.reading_limits import ReadingLimits, ReadingTooSlow
from fewpoints.server.errors import AppError
from fewpoints.server.settings import Settings

AT_ONCE = threading.BoundedSemaphore(2)
# How many times longer than a preflight an import may read: nobody waits for it.
PATIENCE = 6


class InspectionTimeout(AppError):
    """Reading the file takes too long."""

    status = 422
    code = "inspection_timeout"

    def __init__(self, name: str, timeout_s: float) -> None:
        super().__init__(
            f"{name} could not be read within {timeout_s:.0f} s. Upload it; an import may take "
            "longer."
        )


def reading_limits(settings: Settings, path: Path, *, effort: int | None = None) -> ReadingLimits:
    """Return what reading a file, an archive or a folder of this size may take.

    effort: the size of what is read of it; None is all.
    """
    limits = ReadingLimits(settings.read_timeout_s, settings.read_memory_bytes)
    return limits.for_file(effort_bytes(path) if effort is None else effort)


def inspect_upload(
    path: Path,
    *,
    name: str,
    settings: Settings,
    options: ImportOptions = NOTHING,
    effort: int | None = None,
    within_s: float | None = None,
) -> dict[str, Any]:
    """Return the preflight of a file as an import with these options would have it.

    What must be unpacked is so beside the file. effort: as `reading_limits` has it. within_s: less
    time than usual.

    Raises:
        UnreadableScan, UnsupportedFormat: it cannot be read.
        InspectionTimeout: not in the time that somebody would wait.
    """
    limits = reading_limits(settings, path, effort=effort).at_most(settings.inspect_timeout_s)
    if within_s is not None:
        limits = limits.at_most(within_s)
    with AT_ONCE:
        try:
            return in_process.inspect_in_process(
                path, name=name, scratch_in=path.parent, options=options, limits=limits
            )
        except ReadingTooSlow as error:
            raise InspectionTimeout(name, limits.seconds) from error
