# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""One fuzzer process: `python -m tests.fuzz.loop PARSER FINDINGS [what libFuzzer is to be told]`.

A mistake does not end it: its input is kept in FINDINGS, named after the place, and the search goes
on. A hang and a crash of the process do end it; `run.py` starts another one.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

from tests.fuzz.branches import Reporting, install
from tests.fuzz.mutator import mutated

MEMORY_BYTES = 1_000_000_000
# Libraries do not give back what damaged files made them take. A process that has so much before
# it reads ends with os.EX_TEMPFAIL, as it would have too little for what comes.
MOST_HELD_BYTES = 600_000_000
# Of the processor, not by the clock: others may use the machine.
SLOW_S = 3.0
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run libFuzzer until it is told to end; does not return."""
    parser, findings, *told = sys.argv[1:]
    install(Reporting("fewpoints.annotations", atheris))
    from tests.fuzz.targets import TARGETS

    warnings.simplefilter("error")
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    target = TARGETS[parser]
    feed = _watched(target.feed, Path(findings))
    words = [
        word.encode("latin-1").decode("unicode_escape").encode("latin-1") for word in target.words
    ]

    def mutate(content: bytes, longest: int, seed: int) -> bytes:
        if seed % 2:
            return bytes(atheris.Mutate(content, longest))
        return mutated(bytes(content), seed, words, longest=longest)

    atheris.Setup([sys.argv[0], *told], feed, custom_mutator=mutate)
    atheris.Fuzz()


def _watched(feed: Callable[[bytes], Any], findings: Path) -> Callable[[bytes], None]:
    def watched(content: bytes) -> None:
        if _held_bytes() > MOST_HELD_BYTES:
            os._exit(os.EX_TEMPFAIL)
        start = time.process_time()
        try:
            feed(content)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # Any: that is what is looked for.
            _keep(findings, _place(error), content, traceback.format_exc())
        seconds = time.process_time() - start
        if seconds > SLOW_S:
            _keep(findings, "slow", content, f"{seconds:.1f} s of the processor")

    return watched


def _held_bytes() -> int:
    """What counts for the limit on memory; 0 where the system does not tell."""
    try:
        sizes = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(sizes[5]) * resource.getpagesize()


def _place(error: BaseException) -> str:
    """The exception and the last line of ours that it went through, as a name of a file."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and "loop.py" not in frame.filename
    ]
    where = f"{Path(ours[-1].filename).stem}-{ours[-1].lineno}" if ours else "elsewhere"
    return re.sub(r"[^\w.-]", "_", f"{type(error).__name__}-{where}")


def _keep(findings: Path, place: str, content: bytes, details: str) -> None:
    """The shortest input for each place."""
    path = findings / f"{place}.bin"
    if path.exists() and path.stat().st_size <= len(content):
        return
    path.write_bytes(content)
    path.with_suffix(".txt").write_text(details, encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    main()
