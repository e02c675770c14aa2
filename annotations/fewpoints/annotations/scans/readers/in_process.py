# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading a scan in a process that can be killed: no file can harm the one who asks.

The libraries behind some formats hang, crash or ask for absurd memory on damaged files. So a
file is read by another process, with a limit on its time and one on its memory; past either it
is ended, and the file is refused in a sentence. Arrays come back as files that are mapped, not
through a pipe.

The limit on memory needs Linux, where RLIMIT_DATA counts all that is allocated. macOS counts
only a part of it, and Windows has no such limit: there, only time is limited.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fewpoints.annotations.errors import UnreadableScan
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.archives.container import effort_bytes
from fewpoints.annotations.scans.fixes import Fixed
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.readers.reading_limits import ReadingLimits
from fewpoints.annotations.scans.readers.reading_processes import process_for
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_arrays, load_undo


def read_scan_in_process(
    path: Path | str,
    *,
    name: str | None = None,
    folder: Path | None = None,
    scratch_in: Path | None = None,
    options: ImportOptions = NOTHING,
    limits: ReadingLimits | None = None,
    progress: Progress = no_progress,
) -> PointScan:
    """Return the scan alone of what `read_fixed_in_process` does."""
    return read_fixed_in_process(
        path,
        name=name,
        folder=folder,
        scratch_in=scratch_in,
        options=options,
        limits=limits,
        progress=progress,
    ).scan


def read_fixed_in_process(
    path: Path | str,
    *,
    name: str | None = None,
    folder: Path | None = None,
    scratch_in: Path | None = None,
    options: ImportOptions = NOTHING,
    limits: ReadingLimits | None = None,
    progress: Progress = no_progress,
) -> Fixed:
    """Read a scan as `read_scan` does, in another process; its arrays are read-only maps.

    It comes aligned, if its file asks for that, and with the fixes among the `options` made, and
    with what undoes all that; a `folder` has both, too.

    With `folder`, which must not exist, the arrays are in it as `save_arrays` writes them. Without
    one nothing is left on disk. What must be unpacked is so in a folder in `scratch_in`, or in the
    system's for such things, and gone at the end. `limits` default to what a file of this size may
    take.
    `progress` is called a few times a second even while a library hangs; if it raises, the reading
    is stopped.

    Raises:
        UnreadableScan, UnsupportedFormat: as `read_scan`, and past a limit or after a crash.
    """
    if folder is not None:
        try:
            _ask(path, name, folder, scratch_in, "save with local", options, limits, progress)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Fixed(load_arrays(folder), load_undo(folder))
    with tempfile.TemporaryDirectory(prefix="fewpoints-", ignore_cleanup_errors=True) as parent:
        arrays = Path(parent) / "arrays"
        _ask(path, name, arrays, scratch_in, "save", options, limits, progress)
        fixed = Fixed(load_arrays(arrays), load_undo(arrays))
        # A mapped file may be removed, but on Windows.
        return _in_memory(fixed) if os.name == "nt" else fixed


def inspect_in_process(
    path: Path | str,
    *,
    name: str | None = None,
    scratch_in: Path | None = None,
    options: ImportOptions = NOTHING,
    limits: ReadingLimits | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Return the preflight of a scan as JSON has it; otherwise as `read_scan_in_process`."""
    found: dict[str, Any] = _ask(path, name, None, scratch_in, "inspect", options, limits, progress)
    return found


def _ask(
    path: Path | str,
    name: str | None,
    folder: Path | None,
    scratch_in: Path | None,
    then: Literal["inspect", "save", "save with local"],
    options: ImportOptions,
    limits: ReadingLimits | None,
    progress: Progress,
) -> Any:
    path = Path(path)
    shown = name if name is not None else path.name
    try:
        size = effort_bytes(path)
    except OSError as error:
        raise UnreadableScan(shown, f"cannot be opened: {error.strerror}.") from error
    allowed = limits if limits is not None else ReadingLimits().for_file(size)
    scratch = Path(tempfile.gettempdir() if scratch_in is None else scratch_in).absolute()
    scratch /= f"fewpoints-{uuid.uuid4().hex}"
    request = {
        "path": str(path.absolute()),
        "name": shown,
        "folder": None if folder is None else str(folder.absolute()),
        "scratch": str(scratch),
        "then": then,
        "options": options.to_json(),
        "seconds": allowed.seconds,
        "memory_bytes": allowed.memory_bytes,
    }
    try:
        with process_for(request) as process:
            return process.answer(shown, allowed, progress)
    finally:  # Of a process that was killed; any other has removed it.
        shutil.rmtree(scratch, ignore_errors=True)


def _in_memory(fixed: Fixed) -> Fixed:
    """The same in arrays of its own."""
    scan, undo = fixed

    def own(values: Any) -> Any:  # Any: an array of any type, or none.
        return None if values is None else np.array(values)

    if undo is not None:
        undo = replace(
            undo,
            positions=own(undo.positions),
            normals=own(undo.normals),
            kept=own(undo.kept),
        )
    mine = replace(
        scan,
        positions=own(scan.positions),
        colours=own(scan.colours),
        normals=own(scan.normals),
        intensity=own(scan.intensity),
        labels={label: own(values) for label, values in scan.labels.items()},
    )
    return Fixed(mine, undo)
