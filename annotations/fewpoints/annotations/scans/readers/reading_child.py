# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The process in which files are read; `reading_processes.py` starts it, talks to it and ends it.

A request is a line of JSON on stdin: {"path", "name", "folder", "scratch", "then", "options",
"seconds", "memory_bytes"}. The answers are lines of JSON on stdout: {"started"}, then any number
of {"progress": [fraction, sentence]}, then one of

* {"done": what it found},
* {"refused": {"kind", "message", "name", "where", "unharmed"}}, a sentence for people,
* {"memory": sentence}, when the limit did not suffice,
* {"failed": traceback}, a mistake of the reader's,

each with "peak_bytes", the most memory that it held.

It ends when stdin closes, also in the middle of a file, and when nothing was asked for a while.
"""

from __future__ import annotations

import json
import math
import os
import queue
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from fewpoints.annotations.errors import AppError, UnreadableScan
from fewpoints.annotations.json_values import without_nan
from fewpoints.annotations.progress import part_of
from fewpoints.annotations.scans.fixes import apply_fixes
from fewpoints.annotations.scans.import_options import ImportOptions
from fewpoints.annotations.scans.preflight import inspect_scan
from fewpoints.annotations.scans.readers import threads
from fewpoints.annotations.scans.readers.registry import read_scan
from fewpoints.annotations.scans.scan_arrays import save_arrays

IDLE_S = 60.0
REPORT_EVERY_S = 0.1

try:
    import resource
except ImportError:  # Windows.
    resource = None  # type: ignore[assignment]


def main() -> None:
    """Answer requests until stdin closes."""
    # Whatever a library prints goes to stderr; the answers have a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threads.start()
    half_written = _HalfWritten()
    requests: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, half_written), daemon=True).start()
    while True:
        try:
            request = json.loads(requests.get(timeout=IDLE_S))
        except queue.Empty:
            return
        _send(answers, {"started": True})
        _limit(request["seconds"], request["memory_bytes"])
        half = [Path(request[name]) for name in ("folder", "scratch") if request[name]]
        half_written.paths = half
        _send(answers, _answer(request, answers) | {"peak_bytes": _peak_bytes()})
        half_written.paths = []


class _HalfWritten:
    """Folders written to just now; nobody else can remove them when the parent was killed."""

    paths: Sequence[Path] = ()


def _listen(requests: queue.SimpleQueue[str], half_written: _HalfWritten) -> None:
    for line in sys.stdin:
        requests.put(line)
    for path in half_written.paths:
        # Under another name nothing new comes into it, whatever the main thread does.
        gone = path.with_name(f"{path.name}.gone")
        with suppress(OSError):
            path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    # The main thread may hang in a library, and a library may have started something.
    if resource is not None and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def _answer(request: dict[str, Any], answers: TextIO) -> dict[str, Any]:
    last = -math.inf

    def progress(fraction: float, sentence: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= REPORT_EVERY_S:
            last = now
            _send(answers, {"progress": [fraction, sentence]})

    try:
        done = _read(request, progress)
    except AppError as error:
        name, where = request["name"], ""
        if isinstance(error, UnreadableScan):
            name, where = error.name, error.where
        return {
            "refused": {
                "kind": type(error).__name__,
                "message": error.message,
                "name": name,
                "where": where,
                # A check of ours, not a library that gave up on damaged data.
                "unharmed": error.__cause__ is None,
            }
        }
    except MemoryError as error:
        return {"memory": str(error)}
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Rust libraries panic with exceptions that are no Exception.
        return {"failed": traceback.format_exc()}
    return {"done": done}


def _read(request: dict[str, Any], progress: Callable[[float, str], None]) -> Any:
    options = ImportOptions.from_json(request["options"])
    scan = read_scan(
        Path(request["path"]),
        name=request["name"],
        progress=part_of(progress, 0.0, 0.9),
        text=options.text,
        member=options.member,
        scratch=Path(request["scratch"]),
    )
    scan, undo = apply_fixes(scan, options.fixes)
    if request["then"] == "inspect":
        progress(0.9, "Looking at the points")
        return without_nan(inspect_scan(scan, name=request["name"], undo=undo).to_dict())
    progress(0.9, "Handing the points over")
    with_local = request["then"] == "save with local"
    save_arrays(scan, Path(request["folder"]), undo, with_local=with_local)
    return None


def _send(answers: TextIO, message: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # The other thread notices the parent's end.
        answers.write(json.dumps(message) + "\n")
        answers.flush()


def _limit(seconds: float, memory_bytes: int) -> None:
    """Let the system hold the limits, too: for the case that nobody watches any more.

    RLIMIT_DATA counts what is allocated and not what is mapped from files. It is raised and
    lowered from request to request, so only its soft value is set.
    """
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # The peak is counted from here.
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Decoders may keep every core busy for as long as the file may take.
    busy = used.ru_utime + used.ru_stime + (seconds + 5) * (os.cpu_count() or 1)
    for which, value in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CPU, int(busy))):
        hard = resource.getrlimit(which)[1]
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(which, (soft, hard))


def _peak_bytes() -> int:
    """The most memory that was resident since `_limit`, where the system tells it; else 0."""
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    return 0


if __name__ == "__main__":
    main()
