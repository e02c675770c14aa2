# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What a task sees of the server."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from fewpoints.server.db.engine import Database
from fewpoints.server.jobs import service
from fewpoints.server.jobs.output import add_loss
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage

REPORT_EVERY_S = 0.25


class JobCancelled(Exception):
    """Somebody asked for the job to end; nothing may be published any more."""


class JobLost(Exception):
    """The job belongs to a later attempt now; this one may not write anything."""


class JobContext:
    """One attempt at one job."""

    def __init__(
        self, *, job_id: int, attempt: int, database: Database, storage: Storage, settings: Settings
    ) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.database = database
        self.storage = storage
        self.settings = settings
        self._last_report = -math.inf
        self._last_sentence = ""

    @property
    def work_name(self) -> str:
        """A name for temporary folders that no other attempt uses."""
        return f"job-{self.job_id}-{self.attempt}"

    def progress(self, fraction: float, sentence: str) -> None:
        """Report a fraction 0..1 and a sentence; written at most four times a second.

        Raises:
            JobCancelled: the job is to end.
            JobLost: the job is somebody else's now.
        """
        now = time.monotonic()
        if now - self._last_report < REPORT_EVERY_S:
            return
        self._last_report = now
        fraction = min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 0.0
        if sentence != self._last_sentence:
            self._last_sentence = sentence
            self.log(sentence)
        with self.database.write() as session:
            cancel = service.report(
                session, self.job_id, self.attempt, progress=fraction, message=sentence
            )
        if cancel is None:
            raise JobLost
        if cancel:
            raise JobCancelled

    def raise_if_cancelled(self) -> None:
        """Raise as `progress` does, without reporting anything new."""
        with self.database.read() as session:
            self._check(session)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that commits only while the job is this attempt's and not cancelled.

        Raises:
            JobCancelled, JobLost: nothing is written.
        """
        with self.database.write() as session:
            self._check(session)
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view of the database."""
        with self.database.read() as session:
            yield session

    def log(self, *parts: Any) -> None:
        """Add a line to the job's log."""
        print(time.strftime("%H:%M:%S"), *parts, flush=True)  # noqa: T201 - stdout is the log.

    def loss(self, step: int, value: float) -> None:
        """Write down the loss of a step, for the curve that people watch."""
        add_loss(self.storage.job_losses(self.job_id), step, value)

    def _check(self, session: Session) -> None:
        job = service.owned(session, self.job_id, self.attempt)
        if job is None:
            raise JobLost
        if job.cancel_requested:
            raise JobCancelled
