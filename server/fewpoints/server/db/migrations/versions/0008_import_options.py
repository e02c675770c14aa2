# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What people decide about a file before it is imported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    for table in ("scan", "upload"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("import_options", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    for table in ("upload", "scan"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("import_options")
