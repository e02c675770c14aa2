# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""A worker whose "features" jobs do what a test needs: `python -m tests.server.odd_worker`."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from fewpoints.server.errors import Conflict
from fewpoints.server.jobs import registry, worker
from fewpoints.server.jobs.context import JobContext

MODULE = "tests.server.odd_worker"


def odd(context: JobContext, *, how: str, folder: str, times: int = 0) -> dict[str, Any]:
    """Do what `how` says; leave a file per attempt with the worker's process id."""
    (Path(folder) / f"attempt-{context.attempt}").write_text(str(os.getpid()), encoding="ascii")
    print("odd job", how, flush=True)
    if how == "raise":
        raise KeyError("surprise")
    if how == "refuse":
        raise Conflict("The moon is in the wrong phase.")
    if how == "memory":
        raise MemoryError
    if how == "die" and context.attempt <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "crash" and context.attempt <= times:
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "exit" and context.attempt <= times:
        os._exit(7)
    if how == "stubborn":
        time.sleep(600)
    if how == "slow":
        for step in range(6000):
            context.progress(step / 6000, f"Step {step}")
            time.sleep(0.01)
    if how == "orphan":
        # Holds on to its result until the test says so, then tries to publish it.
        while not (Path(folder) / "publish").exists():
            time.sleep(0.01)
        with context.session():
            (Path(folder) / "published").touch()
    return {"how": how, "attempt": context.attempt}


registry.KINDS["features"] = registry.JobKind("heavy", f"{MODULE}:odd", "odd job")

if __name__ == "__main__":
    worker.main()
