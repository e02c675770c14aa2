# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The worker process: `python -m fewpoints.server.jobs.worker`.

It reads settings and then jobs as JSON lines from standard input, runs one job at a time, and says
on its first standard output when each is over. The end of its input means that the server is gone:
it ends at once, in the middle of a job too, so no orphan keeps computing.
"""

from __future__ import annotations

import errno
import json
import os
import queue
import sys
import threading
import traceback
from contextlib import suppress
from typing import Any, TextIO

from fewpoints.models.engine.memory import keep_freed_memory
from fewpoints.server.db.engine import Database
from fewpoints.server.errors import AppError
from fewpoints.server.jobs import service
from fewpoints.server.jobs.context import JobCancelled, JobContext, JobLost
from fewpoints.server.jobs.registry import KINDS, resolve
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage, readable_bytes

END_OF_INPUT = 3  # Exit status; nobody is left to read it.


def main() -> None:
    """Run jobs until the input ends."""
    inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read_input, args=(inbox,), name="input", daemon=True).start()
    start = inbox.get()
    settings = Settings.model_validate(start["settings"])
    storage = Storage(settings)
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _redirect_output(str(storage.worker_log(start["lane"])))
    _be_modest()
    keep_freed_memory()
    database = Database(settings.resolved_database_url)
    while True:
        order = inbox.get()
        job_id, attempt = int(order["job"]), int(order["attempt"])
        _redirect_output(str(storage.job_log(job_id)))
        context = JobContext(
            job_id=job_id, attempt=attempt, database=database, storage=storage, settings=settings
        )
        run_job(context)
        _reply(replies, job_id, attempt)
        _redirect_output(str(storage.worker_log(start["lane"])))


def run_job(context: JobContext) -> None:
    """Run one attempt at a job and store how it ended."""
    with context.read() as session:
        job = service.owned(session, context.job_id, context.attempt)
        if job is None:
            return
        kind, args = KINDS[job.kind], dict(job.args)
    context.log(f"Attempt {context.attempt} of job {context.job_id} ({kind.noun})")
    state, error = "done", None
    result: dict[str, Any] = {}
    try:
        result = resolve(kind.task)(context, **args) or {}
    except JobLost:
        context.log("The job belongs to a later attempt; this one stops.")
        return
    except JobCancelled:
        state = "cancelled"
    except AppError as refused:
        state, error = "failed", refused.message
    except MemoryError:
        traceback.print_exc()
        state = "failed"
        error = f"The {kind.noun} needs more memory than there is. Use a smaller scan."
    except OSError as failure:
        traceback.print_exc()
        state = "failed"
        error = _describe_os_error(kind.noun, failure, context.storage)
    except Exception as mistake:
        traceback.print_exc()
        state = "failed"
        error = (
            f"The {kind.noun} stopped at an unexpected error ({type(mistake).__name__}). "
            "The job's log has the details."
        )
    context.log(state if error is None else f"{state}: {error}")
    with context.database.write() as session:
        job = service.owned(session, context.job_id, context.attempt)
        if job is not None:
            service.finish(session, job, state, error=error, result=result)
    if job is not None:
        context.storage.remove_run_folder(context.job_id)


def _describe_os_error(noun: str, failure: OSError, storage: Storage) -> str:
    if failure.errno == errno.ENOSPC:
        free = readable_bytes(storage.free_bytes())
        return f"The {noun} stopped because the disk is full ({free} free). Free some space."
    return (
        f"The {noun} stopped at an error of the operating system "
        f"({failure.strerror or type(failure).__name__}). The job's log has the details."
    )


def _read_input(inbox: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin:
        inbox.put(json.loads(line))
    os._exit(END_OF_INPUT)


def _reply(replies: TextIO, job_id: int, attempt: int) -> None:
    with suppress(BrokenPipeError):
        replies.write(json.dumps({"job": job_id, "attempt": attempt}) + "\n")
        replies.flush()


def _redirect_output(path: str) -> None:
    """Send standard output and error of this process, native code too, to the end of a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _be_modest() -> None:
    """Let the server answer first, and be the one that dies when memory runs out."""
    with suppress(OSError, AttributeError):
        os.nice(5)
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("500")


if __name__ == "__main__":
    main()
