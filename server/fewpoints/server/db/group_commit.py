# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Many small writes in one durable transaction.

Thirty people answering at once would otherwise wait for thirty disk syncs in a row. A thread
takes whatever is waiting, runs it in one transaction, and reports success only after the commit.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from fewpoints.annotations.errors import AppError

T = TypeVar("T")
MAX_BATCH = 64


@dataclass
class _Waiting:
    work: Callable[[Session], Any]
    future: Future[Any]


class GroupCommit:
    """Runs writes in the order they come, several per transaction.

    A write may raise an `AppError` only before it changes anything. Any other exception rolls
    the whole batch back, and its writes run again one by one, so that none harms its neighbours;
    a write must therefore be free of effects outside the database.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Session]]) -> None:
        self._transaction = transaction
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[Session], T]) -> Future[T]:
        """Queue `work`; the future is done once its transaction is on disk."""
        future: Future[T] = Future()
        with self._start:
            if self._closed:
                raise RuntimeError("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="group-commit", daemon=True)
                self._thread.start()
            self._queue.put(_Waiting(work, future))
        return future

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._start:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _loop(self) -> None:
        ended = False
        while not ended:
            batch: list[_Waiting] = []
            item = self._queue.get()
            while True:
                if item is None:
                    ended = True
                elif item.future.set_running_or_notify_cancel():
                    batch.append(item)
                if ended or len(batch) >= MAX_BATCH:
                    break
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
            if batch:
                self._run(batch)

    def _run(self, batch: list[_Waiting], *, again: bool = True) -> None:
        outcomes: list[tuple[Any, AppError | None]] = []
        try:
            with self._transaction() as session:
                for waiting in batch:
                    try:
                        outcomes.append((waiting.work(session), None))
                    except AppError as error:
                        outcomes.append((None, error))
        except Exception as error:
            if len(batch) == 1 and not (again and isinstance(error, IntegrityError)):
                batch[0].future.set_exception(error)
                return
            # A broken constraint may mean that another server process stored the same thing first;
            # a write that runs again finds it.
            for waiting in batch:
                self._run([waiting], again=len(batch) > 1)
            return
        for waiting, (result, refused) in zip(batch, outcomes, strict=True):
            if refused is not None:
                waiting.future.set_exception(refused)
            else:
                waiting.future.set_result(result)
