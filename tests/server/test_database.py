# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The schema: migrations make the tables; other databases are told apart; writes are durable."""

from __future__ import annotations

import functools
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable

from fewpoints.server.answers.tables import AnswerEvent
from fewpoints.server.coverage.queries import candidates
from fewpoints.server.db.all_tables import metadata
from fewpoints.server.db.engine import Database
from fewpoints.server.db.upgrade import DatabaseFromTheFuture, alembic_config, upgrade
from fewpoints.server.errors import Conflict
from fewpoints.server.storage import Storage
from fewpoints.server.users.service import ensure_user
from fewpoints.server.users.tables import User
from tests.server.conftest import quick_settings
from tests.server.seeding import seed_scan


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database of the kind that is tested."""
    database = Database(quick_settings(tmp_path).resolved_database_url)
    upgrade(database.engine)
    yield database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(database.engine)
    yield database
    database.close()


class TestMigrations:
    def test_they_make_the_tables_of_the_code(self, database: Database) -> None:
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    def test_running_them_again_changes_nothing(self, database: Database) -> None:
        with database.write() as session:
            ensure_user(session, "Kept", "lead")
        upgrade(database.engine)
        with database.read() as session:
            assert session.query(User).count() == 1

    def test_scans_of_the_first_version_are_kept_and_not_compared_yet(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path / 'old.db'}")
        config = alembic_config()
        with database.engine.execution_options(fewpoints_write=True).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.execute(
                text(
                    "INSERT INTO project (id, name, description, budget, strategy, auto_select,"
                    " created_at, updated_at) VALUES (1, 'P', '', 20, 'diverse', 1,"
                    " '2026-11-01 00:00:00', '2026-11-01 00:00:00')"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO scan (id, project_id, name, suffix, state, bytes, warnings,"
                    " created_at, updated_at) VALUES (1, 1, 'old.ply', '.ply', 'ready', 1, '[]',"
                    " '2026-11-01 00:00:00', '2026-11-01 00:00:00')"
                )
            )
        upgrade(database.engine)
        with database.read() as session:
            (found,) = candidates(session, 1, user_id=1, without=None)
        database.close()
        assert (found.name, found.cells, found.unexplained) == ("old.ply", None, None)

    def test_a_database_from_the_future_is_left_alone(self, database: Database) -> None:
        with database.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseFromTheFuture, match=r"revision 9999.*newer"):
            upgrade(database.engine)

    def test_the_tables_can_be_made_on_postgresql(self) -> None:
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        for table in metadata.sorted_tables:
            assert str(CreateTable(table).compile(dialect=dialect))
            for index in table.indexes:
                assert str(CreateIndex(index).compile(dialect=dialect))


class TestSqlite:
    def test_commits_are_synced(self, sqlite: Database) -> None:
        with sqlite.read() as session:
            pragmas = {
                name: session.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}

    def test_writers_take_turns_and_readers_do_not_wait(self, sqlite: Database) -> None:
        inside, done = threading.Event(), threading.Event()

        def other() -> None:
            with sqlite.write() as session:
                inside.set()
                ensure_user(session, "Second", "lead")
            done.set()

        with sqlite.write() as session:
            ensure_user(session, "First", "lead")
            thread = threading.Thread(target=other)
            thread.start()
            assert not inside.wait(0.2)
            with sqlite.read() as reading:
                assert reading.query(User).count() == 0
        assert done.wait(5)
        thread.join()
        with sqlite.read() as session:
            assert session.query(User).count() == 2


class TestEvents:
    def test_answer_events_cannot_be_changed(self, tmp_path: Path) -> None:
        settings = quick_settings(tmp_path / "home")
        storage = Storage(settings)
        storage.prepare()
        database = Database(settings.resolved_database_url)
        upgrade(database.engine)
        seeded = seed_scan(database, storage)
        with database.write() as session:
            user = ensure_user(session, "A", "lead")
            event = AnswerEvent(
                client_id="x", kind="answer", scan_id=seeded.scan_id, user_id=user.id,
                author="A", point_index=0, position=[0, 0, 0], reply="skip",
                answered_at=user.created_at,
            )  # fmt: skip
            session.add(event)
            session.flush()
            event.reply = "unsure"
            with pytest.raises(AssertionError, match="never changed"):
                session.flush()
            session.rollback()
        database.close()


class TestGroupCommit:
    def test_one_bad_write_does_not_harm_its_neighbours(self, database: Database) -> None:
        gate = threading.Event()

        def wait(_: Session) -> None:
            gate.wait(5)

        def add(name: str) -> Future[None]:
            return database.group.submit(lambda session: _add(session, name))

        def refuse(_: Session) -> None:
            raise Conflict("No.")

        # All but the first wait together, so they share one transaction.
        first = database.group.submit(wait)
        futures = [add("a"), add("b"), add("a"), database.group.submit(refuse), add("c")]
        gate.set()
        first.result(5)
        outcomes = [type(future.exception(5)) for future in futures]
        assert outcomes == [type(None), type(None), IntegrityError, Conflict, type(None)]
        with database.read() as session:
            assert {user.name for user in session.query(User)} == {"a", "b", "c"}

    def test_what_is_queued_is_written_before_closing(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path / 'test.db'}")
        upgrade(database.engine)
        futures = [
            database.group.submit(functools.partial(_add, name=f"user {n}")) for n in range(200)
        ]
        database.close()
        assert all(future.done() for future in futures)
        rows = sqlite3.connect(tmp_path / "test.db")
        assert rows.execute("SELECT count(*) FROM user_account").fetchone() == (200,)
        rows.close()
        with pytest.raises(RuntimeError, match="closed"):
            database.group.submit(Session.flush)


def _add(session: Session, name: str) -> None:
    session.add(User(name=name, role="lead"))
    session.flush()


class TestImports:
    def test_the_api_process_has_no_torch(self) -> None:
        code = (
            "import sys, fewpoints.server.app, fewpoints.server.serve, fewpoints.server.openapi\n"
            # SciPy is there on purpose: dense labels are made in this process, of stored features.
            "loaded = {'torch', 'faiss'} & set(sys.modules)\n"
            "assert not loaded, loaded"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_the_interface_is_printed_the_same_each_time(self, tmp_path: Path) -> None:
        texts = {
            subprocess.run(
                [sys.executable, "-m", "fewpoints.server.openapi"],
                check=True,
                capture_output=True,
                cwd=tmp_path,
                env={"PYTHONHASHSEED": seed, "HOME": str(tmp_path)},
            ).stdout
            for seed in ("1", "2")
        }
        assert len(texts) == 1
        assert b'"answers_create_answer"' in texts.pop()
        assert list(tmp_path.iterdir()) == []
