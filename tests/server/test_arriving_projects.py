# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""While a project is imported nobody sees it and nobody waits long; killed, it leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.commands.store import UnknownProject, require_project
from fewpoints.server.db.engine import Database
from fewpoints.server.db.types import utc_now
from fewpoints.server.errors import NotFound
from fewpoints.server.events.hub import changes
from fewpoints.server.jobs.context import JobCancelled
from fewpoints.server.jobs.service import list_jobs
from fewpoints.server.project_archives import arrivals, portions, turns
from fewpoints.server.projects.queries import get_project, list_projects
from fewpoints.server.projects.tables import Project, ProjectArrival
from fewpoints.server.reviews.queries import get_answer
from fewpoints.server.rounds.queries import get_query
from fewpoints.server.rounds.tables import Query, SelectionRound
from fewpoints.server.scans.queries import get_scan
from fewpoints.server.scans.tables import Scan
from fewpoints.server.training.checkpoints import get_checkpoint
from fewpoints.server.training.tables import Checkpoint, Snapshot
from fewpoints.server.users.service import create_api_token
from fewpoints.server.users.tables import User
from tests.server.processes import wait_until
from tests.server.project_archives import (
    Members,
    by_place,
    members_of,
    pack,
    restore,
    rows_of,
    with_rows,
    write,
)
from tests.server.running import RunningServer
from tests.server.seeding import Seeded, seed_scan
from tests.server.small_projects import Home, everything, good_members, small_home

ANSWERS = 400
MOST = 32  # Rows in a portion, here.
# Runs in a process of its own and is killed where it calls what the last argument names.
SCRIPT = """
import os, signal, sys
from pathlib import Path
from fewpoints.server.db.engine import Database
from fewpoints.server.project_archives import restoring
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.server.project_archives import restore

home, url, archive, place = sys.argv[1:]
settings = Settings(home=Path(home), database_url=url, min_free_bytes=0)
setattr(restoring, place, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
restore(Database(url), Storage(settings), Path(archive))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with small_home(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def other(home: Home) -> Seeded:
    """A project in which people go on labelling."""
    return seed_scan(home.database, home.storage, queries=1)


@pytest.fixture(scope="module")
def members(home: Home, other: Seeded, tmp_path_factory: pytest.TempPathFactory) -> Members:
    """A project with many answers, some of them by somebody who is not known here."""
    good = good_members(home, tmp_path_factory.mktemp("good"))
    answers = rows_of(good, "tables/answer_event.jsonl")

    def more(rows: list[dict[str, Any]]) -> None:
        for number in range(ANSWERS):
            rows.append(
                {
                    **answers[0],
                    "id": answers[-1]["id"] + 1 + number,
                    "client_id": f"00000000-0000-4000-9000-{number:012}",
                    "point_index": number % 200,
                    "user_id": 77_777,
                }
            )

    def newcomer(rows: list[dict[str, Any]]) -> None:
        rows.append({**rows[0], "id": 77_777, "name": "Newcomer", "role": "annotator"})

    return with_rows(with_rows(good, "tables/answer_event.jsonl", more), "people.jsonl", newcomer)


@pytest.fixture
def archive(members: Members, tmp_path: Path) -> Path:
    return write(tmp_path / "office.zip", members)


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "MOST", MOST)
    monkeypatch.setattr(portions, "AIM_S", 60.0)


def killed(home: Home, archive: Path, place: str) -> None:
    url = home.settings.resolved_database_url
    command = [sys.executable, "-c", SCRIPT, str(home.storage.home), url, str(archive), place]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, env=environment, timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL


def arriving(session: Session) -> int | None:
    return session.scalar(select(ProjectArrival.project_id))


def test_where_nothing_tells_of_a_running_import_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "import.lock"
    with turns.turn_if_free(lock) as free:
        assert free
    with turns.turn(lock, waiting=lambda: None), turns.turn_if_free(lock) as free:
        assert not free
    monkeypatch.setattr(turns, "fcntl", None)  # As on Windows.
    with turns.turn_if_free(lock) as free:
        assert not free


class TestKilled:
    # With its rows, with its files as well, and with everything but the last commit.
    @pytest.mark.parametrize("place", ["place_files", "read_back", "queue_work"])
    def test_nobody_sees_it_and_it_goes(self, place: str, home: Home, archive: Path) -> None:
        before = everything(home)
        killed(home, archive, place)
        home.storage.prepare()  # As each start does; removes the working folder.
        left = everything(home)
        assert left[0]["project"] == before[0]["project"] + 1
        assert left[0]["answer_event"] == before[0]["answer_event"] + ANSWERS + 4
        placed = [path for path in left[1] if path not in before[1]]
        assert bool(placed) == (place != "place_files")
        with home.database.read() as session:
            _nobody_sees(session, before[0]["project"], before[0]["job"])
        if place == "queue_work":  # The next import does it, too.
            made = restore(home.database, home.storage, archive)
            with home.database.read() as session:
                assert session.get_one(Project, made.project_id).name == made.name
                assert list_projects(session, 0, 100)[1] == before[0]["project"] + 1
            assert everything(home)[0]["project"] == before[0]["project"] + 1
        else:
            arrivals.sweep(home.database, home.storage)
            assert everything(home) == before

    def test_a_server_that_starts_removes_it(self, archive: Path, tmp_path: Path) -> None:
        with small_home(tmp_path / "home") as home:
            before = everything(home)
            killed(home, archive, "read_back")
            settings = home.settings.model_copy(update={"port": 0, "run_jobs": False})
            with RunningServer(settings):
                wait_until(lambda: _no_arrival(home), what="the clean-up")
            assert everything(home) == before


def _no_arrival(home: Home) -> bool:
    with home.database.read() as session:
        return arriving(session) is None


def _nobody_sees(session: Session, projects: int, jobs: int) -> None:
    project_id = arriving(session)
    assert project_id is not None
    assert list_projects(session, 0, 100)[1] == projects
    with pytest.raises(NotFound):
        get_project(session, project_id)
    with pytest.raises(UnknownProject):
        require_project(session, str(project_id))
    since = utc_now() - timedelta(hours=1)
    assert not [news for news in changes(session, since, {})[0] if news.project_id == project_id]
    found, total = list_jobs(session, project_id=None, state=None, offset=0, limit=1000)
    assert (total, [job for job in found if job.project_id == project_id]) == (jobs, [])
    for table, get in ((Scan, get_scan), (Checkpoint, get_checkpoint)):
        for number in session.scalars(select(table.id).where(table.project_id == project_id)):
            with pytest.raises(NotFound):
                get(session, number)
    scans = select(Scan.id).where(Scan.project_id == project_id)
    for number in session.scalars(select(Query.id).where(Query.scan_id.in_(scans)).limit(5)):
        with pytest.raises(NotFound):
            get_query(session, number)
    for number in session.scalars(select(AnswerEvent.id).where(AnswerEvent.scan_id.in_(scans))):
        with pytest.raises(NotFound):
            get_answer(session, number)
    hidden = session.get_one(Project, project_id)
    assert require_project(session, str(hidden.name)).id != project_id


class TestEndedOnPurpose:
    @pytest.mark.usefixtures("small_portions")
    def test_cancelled_between_rows(self, home: Home, archive: Path) -> None:
        before = everything(home)
        seen: list[int] = []

        @contextmanager
        def transaction() -> Iterator[Session]:
            with home.database.write() as session:
                yield session
                seen.append(_answers(session, arriving(session)))
            if seen[-1] > ANSWERS // 2:
                raise JobCancelled

        with pytest.raises(JobCancelled):
            restore(home.database, home.storage, archive, transaction=transaction)
        assert ANSWERS // 2 < max(seen) < ANSWERS
        assert everything(home) == before

    def test_somebody_invited_meanwhile_stays(self, archive: Path, tmp_path: Path) -> None:
        with small_home(tmp_path / "home") as home:
            before = everything(home)[0]

            def invite(fraction: float, sentence: str) -> None:
                if "in their places" not in sentence:
                    return
                with home.database.write() as session:
                    person = session.scalars(select(User).where(User.name == "Newcomer")).one()
                    create_api_token(session, person, name="test")
                raise JobCancelled

            with pytest.raises(JobCancelled):
                restore(home.database, home.storage, archive, progress=invite)
            after = everything(home)[0]
            assert after.pop("user_account") == before.pop("user_account") + 1
            assert after.pop("api_token") == before.pop("api_token") + 1
            assert after == before


@pytest.mark.usefixtures("small_portions")
class TestBesideOthers:
    def test_who_answers_elsewhere_gets_a_turn_after_each_portion(
        self, archive: Path, tmp_path: Path
    ) -> None:
        """And what others add gets ids between those of the import."""
        with small_home(tmp_path / "home") as home:
            other = seed_scan(home.database, home.storage, queries=1)
            beside = Database(home.settings.resolved_database_url)
            written = [0]

            def meddle(fraction: float, sentence: str) -> None:
                if "Storing rows" in sentence:
                    with beside.write() as session:
                        _work(session, other)
                        written.append(_answers(session, arriving(session)))

            made = restore(home.database, home.storage, archive, progress=meddle)
            beside.close()
            assert max(b - a for a, b in pairwise(written)) <= MOST
            assert len(written) > made.answers // MOST
            with home.database.read() as session:
                assert _answers(session, made.project_id) == made.answers == ANSWERS + 4
            target = tmp_path / "again.zip"
            pack(home.database, home.storage, made.project_id, target)
        assert by_place(members_of(target)) == by_place(members_of(archive))

    def test_who_waits_gets_a_turn_soon(self, home: Home, archive: Path, other: Seeded) -> None:
        """A writer of another process tries ten times a second; here it is a connection."""
        if not home.database.is_sqlite:
            pytest.skip("only SQLite has one writer")
        beside = Database(home.settings.resolved_database_url)
        count, waited = 0, list[int]()
        asks = threading.Semaphore(0)

        def answer() -> None:
            for _ in range(3):
                asks.acquire()
                began = count
                with beside.write() as session:
                    _work(session, other)
                waited.append(count - began)

        thread = threading.Thread(target=answer)

        @contextmanager
        def transaction() -> Iterator[Session]:
            nonlocal count
            with home.database.write() as session:
                yield session
                if count % 5 == 2:
                    asks.release()
            count += 1

        thread.start()
        restore(home.database, home.storage, archive, transaction=transaction)
        thread.join()
        beside.close()
        assert len(waited) == 3
        assert max(waited) <= 5  # Of about forty portions.

    def test_a_sweep_leaves_it_alone(self, home: Home, archive: Path) -> None:
        swept = 0

        def sweep(fraction: float, sentence: str) -> None:
            nonlocal swept
            swept += "Storing rows" in sentence
            arrivals.sweep(home.database, home.storage)

        made = restore(home.database, home.storage, archive, progress=sweep)
        assert swept > 2
        with home.database.read() as session:
            assert _answers(session, made.project_id) == made.answers

    def test_a_second_import_waits(self, home: Home, archive: Path) -> None:
        told: list[str] = []
        made = []

        def second(fraction: float, sentence: str) -> None:
            told.append(sentence)

        def import_too() -> None:
            made.append(restore(home.database, home.storage, archive, progress=second))

        thread = threading.Thread(target=import_too)

        def first(fraction: float, sentence: str) -> None:
            if "Storing rows" in sentence and not told:
                thread.start()
                waiting = "Waiting for another import of a project"
                wait_until(lambda: waiting in told, what="the second to wait")

        made.append(restore(home.database, home.storage, archive, progress=first))
        thread.join()
        assert len({one.name for one in made}) == 2
        with home.database.read() as session:
            for one in made:
                assert _answers(session, one.project_id) == ANSWERS + 4


def _answers(session: Session, project_id: int | None) -> int:
    mine = select(Scan.id).where(Scan.project_id == project_id)
    counted = select(func.count()).select_from(AnswerEvent).where(AnswerEvent.scan_id.in_(mine))
    return session.scalar(counted) or 0


_numbers: Callable[[], int] = iter(range(10**6)).__next__


def _work(session: Session, other: Seeded) -> None:
    """Add what labelling elsewhere adds: an answer, and rows of tables that give ids again."""
    user_id = session.scalars(select(User.id).where(User.name == "Somebody")).one()
    session.add(
        AnswerEvent(
            client_id=f"11111111-0000-4000-9000-{_numbers():012}",
            kind="answer",
            scan_id=other.scan_id,
            user_id=user_id,
            author="Somebody",
            point_index=3,
            position=[0.0, 0.0, 0.0],
            reply="skip",
            answered_at=utc_now(),
        )
    )
    session.add(
        SelectionRound(scan_id=other.scan_id, strategy="random", budget=1, seed=0, options={})
    )
    session.add(Snapshot(project_id=other.project_id, last_event_id=0, rows=[], classes=[]))
