# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Alembic's entry point; `db/upgrade.py` hands it a connection."""

from __future__ import annotations

from alembic import context

from fewpoints.server.db.all_tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place.
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
