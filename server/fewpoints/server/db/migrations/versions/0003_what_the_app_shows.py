# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Notes of answers, parents of classes, hidden predictions, agreement of checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("answer_event", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("label_class", sa.Column("parent", sa.String(100), nullable=True))
    op.add_column("checkpoint", sa.Column("agreement", sa.Double(), nullable=True))
    op.add_column(
        "project",
        sa.Column("hide_predictions", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Take the change back."""
    for table, column in (
        ("project", "hide_predictions"),
        ("checkpoint", "agreement"),
        ("label_class", "parent"),
        ("answer_event", "note"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
