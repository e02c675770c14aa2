# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints serve` in processes that find its modules loaded.

Loading them takes most of the processor time of a start, and every browser test starts a server:
one process loads them once, and servers are forked off it. Where that cannot be, each starts anew.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from pathlib import Path

STOP_S = 30


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fewpoints.server.cli", "fewpoints.server.serve"])
    return context


CONTEXT = _context()


@contextmanager
def served(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Run `fewpoints serve` on a home folder with an environment; yields its sign-in link."""
    log = home.parent / f"{home.name}.log"
    output, child_output = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(  # type: ignore[attr-defined] # Every context has one.
        target=_serve, args=(child_output, log, str(home), dict(environment)), daemon=True
    )
    process.start()
    child_output.close()
    try:
        with os.fdopen(os.dup(output.fileno()), encoding="utf-8") as lines:
            link = next((line.strip() for line in lines if "?token=" in line), None)
            if link is None:
                raise AssertionError(f"the server printed no link: {log.read_text()}")
            yield link
    finally:
        process.terminate()
        process.join(STOP_S)
        ended = process.exitcode is not None
        process.kill()
        process.join()
        process.close()
        output.close()
    assert ended, f"the server did not end within {STOP_S} s: {log.read_text()}"


def _serve(output: Connection, log: Path, home: str, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(output.fileno(), 1)
    with log.open("ab") as errors:
        os.dup2(errors.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
    sys.argv = ["fewpoints", "serve", "--port", "0", "--home", home]

    from fewpoints.server.cli import main

    main()
