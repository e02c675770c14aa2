# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Worker processes on this machine: one per lane, reused, replaced when they die."""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from fewpoints.server.db.engine import Database
from fewpoints.server.jobs import service
from fewpoints.server.jobs.registry import LANES, Lane
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage

POLL_S = 0.2
STOP_S = 3.0
WORKER_MODULE = "fewpoints.server.jobs.worker"
logger = logging.getLogger(__name__)


def start_worker(errors: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a worker process, with pipes to its input and output."""
    # An own session: Ctrl-C in the terminal is for the server, which ends its workers.
    return subprocess.Popen(
        [sys.executable, "-m", WORKER_MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@dataclass(frozen=True)
class Claim:
    """A job as taken by this server."""

    job_id: int
    attempt: int


class LocalExecutor:
    """One thread per lane looks after one worker process."""

    def __init__(self, database: Database, storage: Storage, settings: Settings) -> None:
        self._database = database
        self._storage = storage
        self._stopping = threading.Event()
        self._lanes = [_Lane(lane, database, storage, settings, self._stopping) for lane in LANES]

    def start(self) -> None:
        """See `Executor`."""
        with self._database.write() as session:
            recovered = service.recover(session)
            unfinished = service.active_ids(session)
        self._storage.remove_run_folders(keep=unfinished)
        if recovered:
            logger.warning("%d jobs were running when the server stopped", recovered)
        for lane in self._lanes:
            lane.thread.start()

    def stop(self) -> None:
        """See `Executor`."""
        self._stopping.set()
        for lane in self._lanes:
            if lane.thread.is_alive():
                lane.thread.join()


class WorkerProcess:
    """One worker and the pipes to it."""

    def __init__(self, lane: Lane, storage: Storage, settings: Settings) -> None:
        log = storage.worker_log(lane)
        with log.open("ab") as errors:
            self._process = start_worker(errors)
        self._replies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name=f"{lane}-replies", daemon=True).start()
        self._send({"settings": settings.model_dump(mode="json"), "lane": lane})

    def give(self, claim: Claim) -> None:
        """Hand over a job."""
        self._send({"job": claim.job_id, "attempt": claim.attempt})

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the job; True if it ended, False if not yet.

        Raises:
            WorkerDied: the process ended first.
        """
        try:
            reply = self._replies.get(timeout=timeout_s)
        except queue.Empty:
            return False
        if reply is None:
            raise WorkerDied(self._process.wait())
        return True

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process; nothing of it is left when this returns."""
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # A dead worker is noticed by its closed output.
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            for line in pipe:
                self._replies.put(line)
        self._replies.put(None)


class WorkerDied(Exception):
    """A worker process ended in the middle of a job."""

    def __init__(self, status: int) -> None:
        super().__init__(describe_exit(status))


def describe_exit(status: int) -> str:
    """Return a sentence about how a process ended."""
    if status >= 0:
        return f"Its worker process ended unexpectedly (exit status {status})."
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGKILL":
        return (
            "Its worker process was killed (SIGKILL), which usually means that the machine ran out "
            "of memory."
        )
    return f"Its worker process crashed ({name})."


class _Lane:
    def __init__(
        self,
        lane: Lane,
        database: Database,
        storage: Storage,
        settings: Settings,
        stopping: threading.Event,
    ) -> None:
        self.thread = threading.Thread(target=self._loop, name=f"{lane}-lane", daemon=True)
        self._lane: Lane = lane
        self._database = database
        self._storage = storage
        self._settings = settings
        self._stopping = stopping
        self._worker: WorkerProcess | None = None
        self._idle_since = time.monotonic()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                claim = self._claim()
                if claim is not None:
                    self._run(claim)
                    self._idle_since = time.monotonic()
                    continue
            except Exception:  # The lane must outlive a full disk or a locked database.
                logger.exception("the %s lane had an error; it goes on", self._lane)
                self._stopping.wait(1.0)
            if time.monotonic() - self._idle_since > self._settings.worker_idle_s:
                self._drop_worker()
            self._stopping.wait(POLL_S)
        self._drop_worker()

    def _claim(self) -> Claim | None:
        with self._database.read() as session:
            if not service.has_queued(session, self._lane):
                return None
        with self._database.write() as session:
            job = service.claim_next(session, self._lane)
            return None if job is None else Claim(job.id, job.attempts)

    def _run(self, claim: Claim) -> None:
        worker = self._ready_worker()
        worker.give(claim)
        kill_at: float | None = None
        try:
            while not worker.wait(POLL_S):
                if self._stopping.is_set():
                    self._drop_worker()
                    self._settle(claim, None)
                    return
                if kill_at is None and self._cancel_requested(claim):
                    kill_at = time.monotonic() + self._settings.cancel_grace_s
                if kill_at is not None and time.monotonic() > kill_at:
                    self._drop_worker(kill=True)
                    self._settle(claim, "It was killed because it did not end by itself.")
                    return
        except WorkerDied as death:
            logger.warning("job %d: %s", claim.job_id, death)
            self._drop_worker()
            self._settle(claim, str(death))
            return
        # A worker that ended its job has also stored how; this catches one that could not.
        self._settle(claim, "Its worker could not store how it ended.")

    def _settle(self, claim: Claim, reason: str | None) -> None:
        """Bring the job into a true state, if its worker left it running; no reason: try again."""
        with self._database.write() as session:
            job = service.owned(session, claim.job_id, claim.attempt)
            if job is None:
                return
            if reason is None and not job.cancel_requested:
                service.requeue(job, "The server was stopped; the job starts again with it.")
            else:
                service.crashed(session, job, reason or "The server was stopped.")
            ended = job.state != "queued"
        if ended:
            self._storage.remove_run_folder(claim.job_id)

    def _cancel_requested(self, claim: Claim) -> bool:
        with self._database.read() as session:
            return service.get_job(session, claim.job_id).cancel_requested

    def _ready_worker(self) -> WorkerProcess:
        if self._worker is not None and not self._worker.alive:
            self._drop_worker()
        if self._worker is None:
            self._worker = WorkerProcess(self._lane, self._storage, self._settings)
        return self._worker

    def _drop_worker(self, *, kill: bool = False) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            if kill:
                worker.kill()
            worker.close()
