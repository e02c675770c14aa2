# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Threads that parse or unpack parts of a file side by side.

They are kept: a process whose memory is limited cannot start one where it is scarce, and may hang
when it tries.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

COUNT = min(4, os.cpu_count() or 1)
START_S = 10.0
_STACK_BYTES = 2 << 20
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()
_P = ParamSpec("_P")
_T = TypeVar("_T")


def start() -> None:
    """Start all threads now, before memory is limited."""
    together = threading.Barrier(COUNT, timeout=START_S)
    before = threading.stack_size(_STACK_BYTES)  # Stacks count as memory, even unused.
    try:
        for future in [submit(together.wait) for _ in range(COUNT)]:
            future.result()
    finally:
        threading.stack_size(before)


def submit(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
    """Have the work done by a thread; here and now if none can be started."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(COUNT, thread_name_prefix="reading")
    try:
        return _pool.submit(work, *args, **kwargs)
    except RuntimeError:
        done: Future[_T] = Future()
        done.set_result(work(*args, **kwargs))
        return done


def _forget() -> None:
    """A forked process has none of its parent's threads."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
