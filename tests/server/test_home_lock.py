# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes on one data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fewpoints.server.commands.store import open_store
from fewpoints.server.home_lock import HomeInUse, HomeLock
from fewpoints.server.storage import Storage
from tests.server.conftest import quick_settings


def test_one_process_runs_the_jobs(tmp_path: Path) -> None:
    path = tmp_path / "server.lock"
    first = HomeLock(path)
    with pytest.raises(HomeInUse, match=rf"process \({os.getpid()}\) uses this data folder"):
        HomeLock(path)
    first.release()
    HomeLock(path).release()


def test_what_a_command_works_on_outlives_the_next_start_of_a_server(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    storage = Storage(settings)
    storage.prepare()
    server = HomeLock(storage.lock_file)
    left = tmp_path / "uploads" / "of-a-killed-one"
    left.write_bytes(b"x")
    with open_store(settings) as store, store.storage.work_folder("mine") as work:
        (work / "part").write_bytes(b"x")
        server.release()
        server = HomeLock(storage.lock_file)
        storage.prepare()
        assert (work / "part").exists()
        assert left.exists(), "nobody can tell whose it is"
    storage.prepare()
    assert not left.exists()
    server.release()


def test_a_command_that_runs_the_jobs_removes_what_was_left(tmp_path: Path) -> None:
    settings = quick_settings(tmp_path)
    Storage(settings).prepare()
    left = tmp_path / "uploads" / "of-a-killed-one"
    left.write_bytes(b"x")
    with open_store(settings, run_jobs=False):
        assert not left.exists()
        with pytest.raises(HomeInUse):
            HomeLock(Storage(settings).lock_file)
    HomeLock(Storage(settings).lock_file).release()
