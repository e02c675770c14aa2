# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Reading a scan in a process that can be killed: no file can harm the one who asks.

The libraries behind some formats hang, crash or ask for absurd memory on damaged files. So a
file is read by another process, with a limit on its time and one on its memory; past either it
is ended, and the file is refused in a sentence. Arrays come back as files that are mapped, not
through a pipe. A process that has read a file, or refused it by a check of ours, stays for the next
one, because starting one costs about half a second; any other is not used again.

The limit on memory needs Linux, where RLIMIT_DATA counts all that is allocated. macOS counts
only a part of it, and Windows has no such limit: there, only time is limited.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fewpoints.annotations.errors import AppError, UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress, no_progress
from fewpoints.annotations.scans.archives.container import effort_bytes
from fewpoints.annotations.scans.fixes import Fixed
from fewpoints.annotations.scans.import_options import NOTHING, ImportOptions
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.scan_arrays import load_arrays, load_undo

CHILD_MODULE = "fewpoints.annotations.scans.readers.reading_child"
SMALL_BYTES = 10_000_000
START_S = 60.0
# How often the one who asked is asked back whether to go on.
TICK_S = 0.2
MOST_IDLE = 2
MOST_FILES = 100
# A process that held more than this may not have given it back.
MOST_KEPT_BYTES = 500_000_000
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one file may take: `seconds` by the clock, `memory_bytes` allocated."""

    seconds: float = 10.0
    memory_bytes: int = 1_000_000_000

    def for_file(self, size: int) -> ReadingLimits:
        """these limits hold up to 10 MB; a larger file gets more in proportion to its size."""
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
            f"its reader ran out of memory or crashed ({_exit(status)}). The file is damaged; if "
            "it opens elsewhere, save it anew there.",
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


def end_idle_processes() -> None:
    """End the processes that wait for another file."""
    with _lock:
        waiting = list(_idle)
        _idle.clear()
    for process in waiting:
        process.end()


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
        with _process_for(request) as process:
            return process.answer(shown, allowed, progress)
    finally:  # Of a process that was killed; any other has removed it.
        shutil.rmtree(scratch, ignore_errors=True)


_idle: list[_Process] = []
_lock = threading.Lock()
atexit.register(end_idle_processes)


@contextmanager
def _process_for(request: dict[str, Any]) -> Iterator[_Process]:
    """A process that has begun with the request. It waits for another one if nothing harmed it."""
    process = _begun(request)
    try:
        yield process
    finally:
        with _lock:
            kept = process.fit and len(_idle) < MOST_IDLE
            if kept:
                _idle.append(process)
        if not kept:
            process.end()


def _begun(request: dict[str, Any]) -> _Process:
    while True:
        with _lock:
            waiting = _idle.pop() if _idle else None
        process = waiting if waiting is not None else _Process()
        begun = False
        try:
            begun = process.begin(request)
        finally:
            if not begun:
                process.end()
        if begun:
            return process
        if waiting is None:  # One that waited may have ended just now; a new one may not.
            raise RuntimeError(f"a reading process did not start ({_exit(process.status)})")


class _Process:
    """One child and the pipes to it."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", CHILD_MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # A group of its own: whatever it starts ends with it.
            # Nothing here multiplies matrices; idle threads would count as memory.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._replies: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._files = 0
        self._unharmed = False
        self.peak_bytes = 0

    def begin(self, request: dict[str, Any]) -> bool:
        """Hand over a request; False if the process has ended."""
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        self._files += 1
        self._unharmed = False
        try:
            return self._replies.get(timeout=START_S) is not None
        except queue.Empty:
            return False

    def answer(self, name: str, limits: ReadingLimits, progress: Progress) -> Any:
        """Wait for the answer to what has begun; raises as `read_scan_in_process` says."""
        until = time.monotonic() + limits.seconds
        last = (0.0, "Reading points")
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise ReadingTooSlow(name, limits.seconds)
            try:
                reply = self._replies.get(timeout=min(left, TICK_S))
            except queue.Empty:
                progress(*last)
                continue
            if reply is None:
                raise ReaderCrashed(name, self.status)
            if "progress" in reply:
                last = reply["progress"][0], reply["progress"][1]
                progress(*last)
                continue
            self.peak_bytes = max(self.peak_bytes, reply["peak_bytes"])
            self._unharmed = "done" in reply or reply.get("refused", {}).get("unharmed", False)
            if "done" in reply:
                return reply["done"]
            raise _error(reply, name, limits)

    @property
    def fit(self) -> bool:
        """Whether the process may read another file."""
        return self._unharmed and self._files < MOST_FILES and self.peak_bytes < MOST_KEPT_BYTES

    @property
    def status(self) -> int:
        """How the process ended; only for one that has."""
        return self._child.wait()

    def end(self) -> None:
        """End the process and all that it started, whatever it does; nothing of it is left."""
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                if os.name == "nt":
                    self._child.kill()
                else:
                    os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._listener.join()
        assert self._child.stdin is not None
        with suppress(OSError):  # A request that nobody reads any more.
            self._child.stdin.close()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as pipe:
            for line in pipe:
                try:
                    self._replies.put(json.loads(line))
                except ValueError:  # It was killed in the middle of a line.
                    break
        self._replies.put(None)


def _error(reply: dict[str, Any], name: str, limits: ReadingLimits) -> AppError:
    if "memory" in reply:
        return ReadingTooLarge(name, limits.memory_bytes)
    if "failed" in reply:
        logger.error("reading %s failed: %s", name, reply["failed"])
        return ReaderFailed(name, _last_line(reply["failed"]))
    refused = reply["refused"]
    message, where = refused["message"], refused["where"]
    if refused["kind"] == UnsupportedFormat.__name__:
        return UnsupportedFormat(message)
    name = refused["name"]  # With the part of an archive that was read.
    place = f"{name}, {where}" if where else name
    return UnreadableScan(name, message.removeprefix(f"{place}: "), where=where)


def _last_line(text: str) -> str:
    return ascii(text.strip().split("\n")[-1][:120])[1:-1]


def _exit(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with suppress(ValueError):
        return f"signal {signal.Signals(-status).name}"
    return f"signal {-status}"


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
