# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Scans say whether the file of a failed import is gone: it cannot be tried again then.

Of those that failed before this is not known here; their next try says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COUNTS_UP = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Apply the change."""
    op.add_column(
        "scan", sa.Column("source_gone", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("scan", table_kwargs=_COUNTS_UP) as batch:
        batch.drop_column("source_gone")
