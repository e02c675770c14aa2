# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs end in a true state, whatever happens to workers and servers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import upgrade
from fewpoints.server.jobs import service
from fewpoints.server.jobs.context import JobContext, JobLost
from fewpoints.server.jobs.executors import local
from fewpoints.server.jobs.executors.local import LocalExecutor
from fewpoints.server.jobs.tables import Job
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.server import odd_worker
from tests.server.conftest import quick_settings
from tests.server.processes import ServerFailed, ServerProcess, wait_until


class Shop:
    """A database and an executor with odd workers."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = quick_settings(home)
        self.folder = home / "notes"
        self.folder.mkdir()
        self.storage = Storage(self.settings)
        self.storage.prepare()
        self.database = Database(self.settings.resolved_database_url)
        upgrade(self.database.engine)
        self.executor = LocalExecutor(self.database, self.storage, self.settings)

    def enqueue(self, how: str, **args: Any) -> int:
        with self.database.write() as session:
            job = service.enqueue(
                session, "features", args={"how": how, "folder": str(self.folder), **args}
            )
            return job.id

    def job(self, job_id: int) -> Job:
        with self.database.read() as session:
            return service.get_job(session, job_id)

    def cancel(self, job_id: int) -> None:
        with self.database.write() as session:
            service.request_cancel(session, service.get_job(session, job_id))

    def ended(self, job_id: int) -> Job:
        return wait_until(lambda: self._if_ended(job_id), what=f"end of job {job_id}")  # type: ignore[no-any-return]

    def _if_ended(self, job_id: int) -> Job | None:
        job = self.job(job_id)
        return job if job.state not in ("queued", "running") else None

    def worker_of(self, attempt: int) -> int:
        """Wait for an attempt to begin; return its process id."""
        note = self.folder / f"attempt-{attempt}"
        text = wait_until(lambda: note.exists() and note.read_text(), what=str(note))
        return int(text)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(local, "WORKER_MODULE", odd_worker.MODULE)
    shop = Shop(tmp_path)
    shop.executor.start()
    yield shop
    shop.executor.stop()
    shop.database.close()


def gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
    return status.rpartition(")")[2].split()[0] == "Z"


class TestEnds:
    def test_one_worker_does_one_job_after_the_other(self, shop: Shop) -> None:
        first, second = shop.enqueue("fine"), shop.enqueue("fine")
        done = [shop.ended(job_id) for job_id in (first, second)]
        assert [job.state for job in done] == ["done", "done"]
        assert done[0].result == {"how": "fine", "attempt": 1}
        assert done[0].finished_at is not None
        assert done[1].started_at is not None
        assert done[0].finished_at <= done[1].started_at
        assert done[1].progress == 1.0
        assert "odd job fine" in shop.storage.job_log(second).read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("how", "says"),
        [
            ("raise", "unexpected error (KeyError)"),
            ("refuse", "The moon is in the wrong phase."),
            ("memory", "more memory than there is"),
        ],
    )
    def test_a_failed_job_says_why_and_is_not_tried_again(
        self, shop: Shop, how: str, says: str
    ) -> None:
        job = shop.ended(shop.enqueue(how))
        assert job.state == "failed"
        assert says in (job.error or "")
        assert job.attempts == 1
        log = shop.storage.job_log(job.id).read_text(encoding="utf-8")
        assert how == "refuse" or "Traceback" in log
        assert shop.ended(shop.enqueue("fine")).state == "done"

    def test_progress_is_seen_while_it_runs(self, shop: Shop) -> None:
        job_id = shop.enqueue("slow")
        wait_until(lambda: shop.job(job_id).progress > 0, what="progress")
        assert shop.job(job_id).message.startswith("Step")
        shop.cancel(job_id)
        assert shop.ended(job_id).state == "cancelled"


class TestDeath:
    @pytest.mark.parametrize(
        ("how", "says"),
        [("die", "killed (SIGKILL)"), ("crash", "SIGSEGV"), ("exit", "exit status 7")],
    )
    def test_after_two_deaths_the_job_has_failed_with_the_reason(
        self, shop: Shop, how: str, says: str
    ) -> None:
        job = shop.ended(shop.enqueue(how, times=9))
        assert job.state == "failed"
        assert says in (job.error or "")
        assert job.attempts == 2

    def test_after_one_death_the_second_attempt_counts(self, shop: Shop) -> None:
        job = shop.ended(shop.enqueue("die", times=1))
        assert (job.state, job.attempts, job.crashes) == ("done", 2, 1)

    def test_a_worker_killed_from_outside(self, shop: Shop) -> None:
        job_id = shop.enqueue("slow")
        os.kill(shop.worker_of(1), signal.SIGKILL)
        second = shop.worker_of(2)
        assert shop.job(job_id).state == "running"
        shop.cancel(job_id)
        assert shop.ended(job_id).state == "cancelled"
        assert not gone(second), "a cooperative worker is kept"


class TestCancel:
    def test_a_queued_job_is_cancelled_at_once(self, shop: Shop) -> None:
        running = shop.enqueue("slow")
        queued = shop.enqueue("fine")
        shop.worker_of(1)
        shop.cancel(queued)
        assert shop.job(queued).state == "cancelled"
        shop.cancel(running)
        assert shop.ended(running).state == "cancelled"
        assert shop.job(queued).attempts == 0

    def test_a_job_that_does_not_listen_is_killed_after_a_while(self, shop: Shop) -> None:
        job_id = shop.enqueue("stubborn")
        process_id = shop.worker_of(1)
        shop.cancel(job_id)
        job = shop.ended(job_id)
        assert job.state == "cancelled"
        assert gone(process_id)
        assert shop.ended(shop.enqueue("fine")).state == "done"

    def test_a_finished_job_stays_finished(self, shop: Shop) -> None:
        job = shop.ended(shop.enqueue("fine"))
        shop.cancel(job.id)
        assert shop.job(job.id).state == "done"


class TestStop:
    def test_a_stopped_server_requeues_without_blame(self, shop: Shop) -> None:
        job_id = shop.enqueue("slow")
        process_id = shop.worker_of(1)
        shop.executor.stop()
        assert gone(process_id)
        job = shop.job(job_id)
        assert (job.state, job.crashes) == ("queued", 0)


class TestFencing:
    def test_an_old_attempt_cannot_write(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path)
        job_id = shop.enqueue("fine")
        with shop.database.write() as session:
            service.claim_next(session, "heavy")
        old = JobContext(
            job_id=job_id,
            attempt=1,
            database=shop.database,
            storage=shop.storage,
            settings=shop.settings,
        )
        with shop.database.write() as session:
            assert service.recover(session) == 1
        with pytest.raises(JobLost):
            old.progress(0.5, "still here")
        with shop.database.write() as session:
            service.claim_next(session, "heavy")
        with pytest.raises(JobLost), old.session():
            pytest.fail("the block must not run")
        with pytest.raises(JobLost):
            old.raise_if_cancelled()
        assert shop.job(job_id).attempts == 2
        shop.database.close()


class TestServerKilled:
    def test_its_jobs_run_again_and_its_workers_end(self, tmp_path: Path) -> None:
        folder = tmp_path / "notes"
        folder.mkdir()
        home = tmp_path / "home"
        with ServerProcess(home, worker=odd_worker.MODULE) as server:
            database = Database(server.settings.resolved_database_url)
            with database.write() as session:
                ids = [
                    service.enqueue(
                        session, "features", args={"how": how, "folder": str(folder)}
                    ).id
                    for how in ("slow", "fine")
                ]
            first = wait_until(lambda: (folder / "attempt-1").exists(), what="the first attempt")
            assert first
            worker = int((folder / "attempt-1").read_text(encoding="ascii"))
            server.kill()
            wait_until(lambda: gone(worker), timeout_s=10, what="end of the orphan")
            with database.read() as session:
                assert service.get_job(session, ids[0]).state == "running"
        with ServerProcess(home, worker=odd_worker.MODULE) as server:
            visitor = server.owner()
            wait_until(lambda: (folder / "attempt-2").exists(), what="the second attempt")
            job = visitor.get_json(f"/jobs/{ids[0]}")
            assert (job["state"], job["attempts"]) == ("running", 2)
            visitor.post_json(f"/jobs/{ids[0]}/cancel")
            assert visitor.finished(job)["state"] == "cancelled"
            assert visitor.finished({"id": ids[1]})["state"] == "done"
            server.kill()
        database.close()

    def test_killed_twice_the_job_has_failed(self, tmp_path: Path) -> None:
        folder = tmp_path / "notes"
        folder.mkdir()
        home = tmp_path / "home"
        job_id = 0
        for attempt in (1, 2):
            with ServerProcess(home, worker=odd_worker.MODULE) as server:
                if attempt == 1:
                    database = Database(server.settings.resolved_database_url)
                    with database.write() as session:
                        job_id = service.enqueue(
                            session, "features", args={"how": "slow", "folder": str(folder)}
                        ).id
                    database.close()
                note = folder / f"attempt-{attempt}"
                wait_until(note.exists, what=f"attempt {attempt}")
                server.kill()
        with ServerProcess(home, worker=odd_worker.MODULE) as server:
            job = server.owner().get_json(f"/jobs/{job_id}")
            assert job["state"] == "failed"
            assert "server stopped" in job["error"]

    def test_a_second_server_on_the_same_folder_is_refused(self, tmp_path: Path) -> None:
        with ServerProcess(tmp_path) as server:
            with pytest.raises(ServerFailed), ServerProcess(tmp_path):
                pass
            assert server.anonymous().get_json("/health")["status"] == "ok"
