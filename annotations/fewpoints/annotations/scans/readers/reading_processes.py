# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that read files for others, each with the pipes to it.

One that has read a file, or refused it by a check of ours, stays for the next one, because starting
one costs about half a second; any other is not used again.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from fewpoints.annotations.errors import AppError, UnreadableScan, UnsupportedFormat
from fewpoints.annotations.progress import Progress
from fewpoints.annotations.scans.readers.reading_limits import (
    ReaderCrashed,
    ReaderFailed,
    ReadingLimits,
    ReadingTooLarge,
    ReadingTooSlow,
    how_ended,
)

CHILD_MODULE = "fewpoints.annotations.scans.readers.reading_child"
START_S = 60.0
# How often the one who asked is asked back whether to go on.
TICK_S = 0.2
MOST_IDLE = 2
MOST_FILES = 100
# A process that held more than this may not have given it back.
MOST_KEPT_BYTES = 500_000_000
logger = logging.getLogger(__name__)
_idle: list[ReadingProcess] = []
_lock = threading.Lock()


@contextmanager
def process_for(request: dict[str, Any]) -> Iterator[ReadingProcess]:
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


@atexit.register
def end_idle_processes() -> None:
    """End the processes that wait for another file."""
    with _lock:
        waiting = list(_idle)
        _idle.clear()
    for process in waiting:
        process.end()


def _begun(request: dict[str, Any]) -> ReadingProcess:
    while True:
        with _lock:
            waiting = _idle.pop() if _idle else None
        process = waiting if waiting is not None else ReadingProcess()
        begun = False
        try:
            begun = process.begin(request)
        finally:
            if not begun:
                process.end()
        if begun:
            return process
        if waiting is None:  # One that waited may have ended just now; a new one may not.
            raise RuntimeError(f"a reading process did not start ({how_ended(process.status)})")


class ReadingProcess:
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
