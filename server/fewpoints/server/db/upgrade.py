# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Bring a database to the tables this version uses."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Engine

from fewpoints.server.errors import AppError

MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseFromTheFuture(AppError):
    """The database was written by a newer version of fewpoints."""

    status = 500
    code = "database_too_new"

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database is at revision {revision}, which this version of fewpoints does not "
            "know. Install the version that wrote it, or a newer one; nothing was changed."
        )


def alembic_config() -> Config:
    """Return a configuration that needs no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def newest_revision() -> str:
    """Return the revision of the tables that this version uses."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def upgrade(engine: Engine) -> None:
    """Run the migrations that `engine`'s database lacks.

    Raises:
        DatabaseFromTheFuture: the database is at a revision that no packaged migration makes.
    """
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None:
        try:
            scripts.get_revision(current)
        except CommandError as error:
            raise DatabaseFromTheFuture(current) from error
    if current == scripts.get_current_head():
        return
    writing = engine.execution_options(fewpoints_write=True)
    with writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
