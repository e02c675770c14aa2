# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Worker threads that each run torch operations on one core.

A convolution is thousands of short operations. Splitting every one of them over all cores costs a
barrier per operation, which is slow, and very slow when other programs want the cores too. Here
each worker takes its own share of the output rows instead and runs every operation alone; there is
one barrier per convolution. Python's lock is free while torch computes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_pool_size = 0


def worker_count() -> int:
    """Return how many workers the calling thread may use: its own number of torch threads."""
    return torch.get_num_threads()


def run_all(tasks: Sequence[Callable[[], None]], *, parallel: bool = True) -> None:
    """Run tasks at the same time, in inference mode, and return when all are done.

    Tasks must not write to the same memory; tensors they make and keep are inference tensors. The
    first error of any task is raised.
    """
    if not parallel or len(tasks) <= 1 or worker_count() == 1:
        for task in tasks:
            _call(task)
        return

    pool = _workers(worker_count())
    futures = [pool.submit(_call, task) for task in tasks]
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise errors[0]


def _call(task: Callable[[], None]) -> None:
    # The mode belongs to a thread, not to the program; slices cost least in this one.
    with torch.inference_mode():
        task()


def _workers(count: int) -> ThreadPoolExecutor:
    global _pool, _pool_size
    with _lock:
        if _pool is None or _pool_size < count:
            if _pool is not None:
                _pool.shutdown(wait=False)
            ready = threading.Barrier(count + 1)
            _pool = ThreadPoolExecutor(
                count, "fewpoints-conv", initializer=_one_core, initargs=(ready,)
            )
            _pool_size = count
            for _ in range(count):
                _pool.submit(int)
            ready.wait()
            # The number is kept per thread once a thread has used it, but the call in the workers
            # also set the default of threads yet to come: put that back.
            torch.set_num_threads(count)
        return _pool


def _forget_pool() -> None:
    global _lock, _pool, _pool_size
    _lock, _pool, _pool_size = threading.Lock(), None, 0


# A forked child has the pool's books but none of its threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def _one_core(ready: threading.Barrier) -> None:
    # Asking first: a thread that was never asked takes the common number at its first operation,
    # whatever was set for it before.
    torch.get_num_threads()
    torch.set_num_threads(1)
    ready.wait()
