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
from fewpoints.server.commands.terminal import existing_scan
from fewpoints.server.scans.inspection import PATIENCE, reading_limits
from fewpoints.server.settings import Settings


def read_file(
    path: Path,
    progress: Progress = no_progress,
    *,
    text: TextLayout | None = None,
    member: str | None = None,
) -> PointScan:
    """Read a scan file or folder with the patience of an import; its arrays cannot be written to.

    `text`: how a table of points as text is laid out; None detects it. `member`: which of the scans
    in an archive or a folder; None is the only one.

    Raises:
        BadArgument: there is no such file.
        UnreadableScan, UnsupportedFormat: it cannot be read.
    """
    limits = reading_limits(Settings(), existing_scan(path)).patient(PATIENCE)
    return read_scan_in_process(
        path, options=ImportOptions(text=text, member=member), limits=limits, progress=progress
    )
