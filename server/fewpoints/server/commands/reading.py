# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How commands read a scan: in a process of its own, like the server."""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.fixes import Fixed
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.readers.in_process import read_fixed_in_process
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.commands.terminal import existing_scan
from fewpoints.server.scans.inspection import PATIENCE, reading_limits
from fewpoints.server.settings import Settings


def read_file(
    path: Path,
    progress: Progress = no_progress,
    options: ImportOptions = NOTHING,
) -> PointScan:
    """Return the scan alone of what `read_fixed` does."""
    return read_fixed(path, progress, options).scan


def read_fixed(
    path: Path,
    progress: Progress = no_progress,
    options: ImportOptions = NOTHING,
) -> Fixed:
    """Read a scan file or folder as an import would; its arrays cannot be written to.

    Whatever writes coordinates undoes what was done to them.

    Raises:
        BadArgument: there is no such file.
        UnreadableScan, UnsupportedFormat: it cannot be read.
    """
    limits = reading_limits(Settings(), existing_scan(path)).patient(PATIENCE)
    return read_fixed_in_process(path, options=options, limits=limits, progress=progress)
