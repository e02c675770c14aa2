# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""How much of each scan its answers explain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from fewpoints.server.db.types import LongId

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("scan", sa.Column("cells", LongId, nullable=True))
    op.add_column("scan", sa.Column("unexplained", sa.Double(), nullable=True))
    op.add_column("scan", sa.Column("unexplained_event", LongId, nullable=True))


def downgrade() -> None:
    """Take the change back."""
    with op.batch_alter_table("scan") as table:
        for name in ("unexplained_event", "unexplained", "cells"):
            table.drop_column(name)
