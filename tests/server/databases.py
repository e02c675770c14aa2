# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Which database the servers of these tests use.

SQLite in their home folder, or a PostgreSQL that FEWPOINTS_TEST_DATABASE names by its SQLAlchemy
URL: each home then has a schema of its own there, which goes with the session.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema, DropSchema

VARIABLE = "FEWPOINTS_TEST_DATABASE"
_schemas: dict[Path, str] = {}


def database_url(home: Path) -> str | None:
    """Return the URL of the database of a server with this home, the same each time.

    None stands for SQLite, as in `Settings`.
    """
    if not os.environ.get(VARIABLE):
        return None
    home = home.resolve()
    if home not in _schemas:
        schema = f"test_{uuid.uuid4().hex}"
        with _connected() as connection:
            connection.execute(CreateSchema(schema))
        _schemas[home] = schema
    url = make_url(os.environ[VARIABLE])
    url = url.update_query_dict({"options": f"-csearch_path={_schemas[home]}"})
    return url.render_as_string(hide_password=False)


def drop_schemas() -> None:
    """Remove what `database_url` made."""
    while _schemas:
        _, schema = _schemas.popitem()
        with _connected() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")  # Somebody left it open.
            connection.execute(DropSchema(schema, cascade=True))


@contextmanager
def _connected() -> Iterator[Connection]:
    engine = create_engine(os.environ[VARIABLE], poolclass=NullPool)
    with engine.begin() as connection:
        yield connection
