# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How commands read a scan: in a process of its own, like the server."""

from __future__ import annotations

from pathlib import Path

from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.annotations.scans.readers.in_process import read_scan_in_process
from fewpoints.annotations.scans.readers.text_layout import TextLayout
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.commands.terminal import existing_file
from fewpoints.server.scans.inspection import PATIENCE, reading_limits
from fewpoints.server.settings import Settings


def read_file(
    path: Path, progress: Progress = no_progress, *, text: TextLayout | None = None
) -> PointScan:
    """Read a scan file with the patience of an import; its arrays cannot be written to.

    `text`: how a table of points as text is laid out; None detects it.

    Raises:
        BadArgument: there is no such file.
        UnreadableScan, UnsupportedFormat: it cannot be read.
    """
    limits = reading_limits(Settings(), existing_file(path)).patient(PATIENCE)
    return read_scan_in_process(
        path, options=ImportOptions(text=text), limits=limits, progress=progress
    )
