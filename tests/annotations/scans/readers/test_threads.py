# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from fewpoints.annotations.scans.readers import threads

FORKED = """
import os
from fewpoints.annotations.scans.readers import threads
threads.start()
child = os.fork()
if child == 0:
    os._exit(threads.submit(int, "7").result(timeout=10))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_all_threads_run_once_they_are_started() -> None:
    threads.start()
    together = threading.Barrier(threads.COUNT, timeout=10)
    waiting = [threads.submit(together.wait) for _ in range(threads.COUNT)]
    assert sorted(future.result(timeout=10) for future in waiting) == list(range(threads.COUNT))


def test_work_is_done_even_if_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausted:
        def submit(self, *_: object) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_pool", Exhausted())
    assert threads.submit(int, "7").result() == 7


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["7"]
