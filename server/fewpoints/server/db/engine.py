# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Connections and transactions.

SQLite: WAL so that readers never wait for writers, and `synchronous=FULL`, because in WAL mode
`NORMAL` syncs only at checkpoints and a power cut would take acknowledged answers with it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from fewpoints.server.db.group_commit import GroupCommit

BUSY_TIMEOUT_MS = 30_000


class Database:
    """The engine, and the only two ways to open a transaction.

    Routes open transactions themselves, in one block, instead of through a dependency: a dependency
    would hold its connection (and SQLite's write lock) while its route waits for a free thread.
    """

    def __init__(self, url: str) -> None:
        self.engine = _make_engine(url)
        self._writing = self.engine.execution_options(fewpoints_write=True)
        # Threads of this process queue here in turn; SQLite itself would make them poll.
        self._turn = threading.Lock() if self.is_sqlite else nullcontext()
        self.group = GroupCommit(self.write)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent view; nothing written in it is kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back if it raises."""
        with self._turn, Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Finish waiting group commits and close every connection."""
        self.group.close()
        self.engine.dispose()


def _make_engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=20, max_overflow=40)
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=40,
        connect_args={
            "check_same_thread": False,
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "isolation_level": None,  # The driver begins nothing by itself; `_begin` does.
        },
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once if somebody wrote in between;
    # one that may write therefore takes the write lock before it reads.
    writes = connection.get_execution_options().get("fewpoints_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
